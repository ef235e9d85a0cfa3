//! What blocks, and reorganisations, do to channels.

mod common;

use common::{announcement, at, node_id, terms, update};
use lnwire::{BlockHeight, ChainHash, Msat, ShortChannelId, bolt7::channel_update};
use routemap::{
    ApplyError, BlockError, ChannelHandle, Config, Direction, Graph, Outpoint, Reason, Spent,
    SpentOutput, What,
};

fn scid(block: u32) -> ShortChannelId {
    ShortChannelId::new(block, 1, 0).unwrap()
}

/// A channel funded in block 100 between nodes 1 and 2, with terms of both; the latest block is 110.
fn graph(config: impl FnOnce(&mut Config)) -> (Graph, ChannelHandle) {
    let mut with = Config::new(ChainHash::REGTEST, common::SEED);
    config(&mut with);
    let mut graph = Graph::new(with);
    let message = announcement(scid(100).0, 1, 2);
    let handle = graph.apply_channel(at(0), &message, None).unwrap();
    for (direction, signer) in Direction::BOTH.into_iter().zip([1, 2]) {
        let message = update(terms(scid(100).0, direction, 1), signer);
        graph.apply_update(at(0), &message).unwrap();
    }
    graph.connect_block(at(0), BlockHeight(110), &[]).unwrap();
    (graph, handle)
}

fn spent(block: u32) -> Spent {
    Spent {
        output: SpentOutput::Channel(scid(block)),
        spliced_to: None,
    }
}

fn connect(graph: &mut Graph, heights: core::ops::RangeInclusive<u32>) {
    for height in heights {
        graph
            .connect_block(at(0), BlockHeight(height), &[])
            .unwrap();
        graph.check_invariants();
    }
}

fn last_change(graph: &Graph) -> What {
    let mut cursor = routemap::Cursor::new(graph.cursor().number() - 1);
    graph.next_change(&mut cursor).unwrap().unwrap().what
}

#[test]
fn a_spent_channel_is_forgotten_72_blocks_later() {
    let (mut graph, handle) = graph(|_| ());
    let generation = graph.channel_generation(handle).unwrap();
    graph
        .connect_block(at(1), BlockHeight(111), &[spent(100), spent(99)])
        .unwrap();
    assert!(graph.channel(handle).unwrap().is_dying());
    assert_eq!(graph.dying_reason(handle), Some(Reason::Closed));
    assert_eq!(
        last_change(&graph),
        What::ChannelDying {
            channel: handle,
            generation,
            reason: Reason::Closed
        }
    );
    // It is not listed to peers, but still there for payments.
    let blocks = BlockHeight(0)..BlockHeight(1000);
    assert!(graph.channels_in_blocks(blocks).is_empty());
    let channel = graph.channel(handle).unwrap();
    assert!(channel.carries(Direction::OneToTwo, Msat(1)));

    connect(&mut graph, 112..=182);
    assert!(graph.channel(handle).is_some());
    connect(&mut graph, 183..=183);
    assert!(graph.channel(handle).is_none());
    assert_eq!((graph.node_count(), graph.dying_count()), (0, 0));
    let zombie = graph.zombie(scid(100)).unwrap();
    assert_eq!(
        (zombie.reason, zombie.may_revive),
        (Reason::Closed, [false; 2])
    );
    let again = announcement(scid(100).0, 1, 2);
    assert_eq!(
        graph.apply_channel(at(0), &again, None),
        Err(ApplyError::Zombie(Reason::Closed))
    );
}

#[test]
fn an_output_is_known_by_its_outpoint_too() {
    let (mut graph, handle) = graph(|_| ());
    let outpoint = |n, index| Outpoint {
        txid: [n; 32],
        index,
    };
    assert!(graph.set_outpoint(handle, outpoint(6, 1)));
    // Told anew: the first was wrong.
    assert!(graph.set_outpoint(handle, outpoint(7, 1)));
    assert_eq!(graph.outpoint(handle), Some(outpoint(7, 1)));
    let spends = |n, index| Spent {
        output: SpentOutput::Outpoint(outpoint(n, index)),
        spliced_to: None,
    };
    let others = [spends(6, 1), spends(7, 0), spends(8, 1)];
    graph
        .connect_block(at(0), BlockHeight(111), &others)
        .unwrap();
    assert_eq!(graph.dying_count(), 0);
    graph
        .connect_block(at(0), BlockHeight(112), &[spends(7, 1)])
        .unwrap();
    assert!(graph.channel(handle).unwrap().is_dying());
    graph.remove_channel(at(0), handle).unwrap();
    assert_eq!(graph.outpoint(handle), None);
    assert!(!graph.set_outpoint(handle, outpoint(9, 9)));
    graph.check_invariants();
}

#[test]
fn payments_keep_off_a_dying_channel_if_the_embedder_says_so() {
    let (mut graph, handle) = graph(|config| config.unroute_dying = true);
    let carries = |graph: &Graph| {
        let channel = graph.channel(handle).unwrap();
        Direction::BOTH.map(|direction| channel.carries(direction, Msat(1)))
    };
    graph
        .connect_block(at(0), BlockHeight(111), &[spent(100)])
        .unwrap();
    assert_eq!(carries(&graph), [false; 2]);
    graph.set_capacity(at(0), handle, 0);
    assert_eq!(carries(&graph), [false; 2]);
    graph.disconnect_block(at(0), BlockHeight(111)).unwrap();
    assert_eq!(carries(&graph), [true; 2]);
}

#[test]
fn a_reorganisation_undoes_a_spend() {
    let (mut graph, handle) = graph(|_| ());
    graph
        .connect_block(at(0), BlockHeight(111), &[spent(100)])
        .unwrap();
    connect(&mut graph, 112..=113);
    for height in [113, 112] {
        graph.disconnect_block(at(0), BlockHeight(height)).unwrap();
        assert!(graph.channel(handle).unwrap().is_dying());
    }
    graph.disconnect_block(at(0), BlockHeight(111)).unwrap();
    assert!(!graph.channel(handle).unwrap().is_dying());
    assert!(matches!(last_change(&graph), What::ChannelAlive { channel, .. } if channel == handle));
    connect(&mut graph, 111..=300);
    assert!(graph.channel(handle).is_some());
}

#[test]
fn a_reorganisation_deeper_than_72_blocks_lets_a_channel_be_announced_again() {
    let (mut graph, _) = graph(|_| ());
    graph
        .connect_block(at(0), BlockHeight(111), &[spent(100)])
        .unwrap();
    connect(&mut graph, 112..=190);
    let again = announcement(scid(100).0, 1, 2);
    for height in (111..=190).rev() {
        assert!(graph.apply_channel(at(0), &again, None).is_err());
        graph.disconnect_block(at(0), BlockHeight(height)).unwrap();
    }
    assert!(graph.apply_channel(at(0), &again, None).is_ok());
}

#[test]
fn a_channel_whose_funding_leaves_the_chain_goes_unless_it_is_found_again() {
    for found_again in [true, false] {
        let (mut graph, handle) = graph(|_| ());
        let message = announcement(scid(110).0, 2, 3);
        let young = graph.apply_channel(at(0), &message, None).unwrap();
        graph.disconnect_block(at(0), BlockHeight(110)).unwrap();
        assert_eq!(graph.dying_reason(young), Some(Reason::ReorganisedOut));
        assert_eq!(graph.dying_reason(handle), None);
        // Not spent: its terms may still change.
        let message = update(terms(scid(110).0, Direction::OneToTwo, 1), 2);
        assert_eq!(graph.apply_update(at(0), &message), Ok(young));
        connect(&mut graph, 110..=115);
        if found_again {
            assert!(graph.set_confirmed(at(0), young));
            assert!(!graph.set_confirmed(at(0), young));
        }
        connect(&mut graph, 116..=182);
        assert_eq!(graph.channel(young).is_some(), found_again);
        // Another channel may stand at the same place in the new chain.
        let other = announcement(scid(110).0, 7, 8);
        assert_eq!(
            graph.apply_channel(at(0), &other, None).is_ok(),
            !found_again
        );
    }
}

#[test]
fn a_splice_is_told_with_the_channel_that_follows() {
    let (mut graph, handle) = graph(|_| ());
    let splice = Spent {
        spliced_to: Some(scid(111)),
        ..spent(100)
    };
    graph
        .connect_block(at(0), BlockHeight(111), &[splice])
        .unwrap();
    let follower = announcement(scid(111).0, 1, 2);
    graph.apply_channel(at(0), &follower, None).unwrap();
    let cursor = &mut graph.cursor();
    connect(&mut graph, 112..=183);
    let change = graph.next_change(cursor).unwrap().unwrap();
    assert_eq!(change.block, Some(BlockHeight(183)));
    assert!(matches!(
        change.what,
        What::ChannelFreed { channel, reason, .. }
            if channel == handle && reason == Reason::Spliced(scid(111))
    ));
    assert_eq!(graph.next_change(cursor), Ok(None), "its nodes stay");
    assert!(graph.node_by_id(&node_id(1)).is_some());
}

#[test]
fn a_spent_channel_takes_only_updates_that_disable_it() {
    let (mut graph, handle) = graph(|_| ());
    graph
        .connect_block(at(0), BlockHeight(111), &[spent(100)])
        .unwrap();
    let newer = |disabled| {
        let contents = channel_update::Contents {
            disabled,
            ..terms(scid(100).0, Direction::OneToTwo, 2)
        };
        update(contents, 1)
    };
    assert_eq!(
        graph.apply_update(at(0), &newer(false)),
        Err(ApplyError::Dying(handle))
    );
    assert_eq!(graph.apply_update(at(0), &newer(true)), Ok(handle));
}

#[test]
fn missed_blocks_come_in_order() {
    let (mut graph, _) = graph(|_| ());
    let error = |expected: u32, found| {
        Err(BlockError {
            expected: Some(BlockHeight(expected)),
            found: BlockHeight(found),
        })
    };
    for height in [100, 110, 112] {
        let got = graph.connect_block(at(0), BlockHeight(height), &[spent(100)]);
        assert_eq!(got, error(111, height));
    }
    for height in [109, 111] {
        let got = graph.disconnect_block(at(0), BlockHeight(height));
        assert_eq!(got, error(110, height));
    }
    assert_eq!(graph.dying_count(), 0);
    assert_eq!(graph.block_height(), Some(BlockHeight(110)));

    // Down to the first block of all, and up again.
    let mut graph = Graph::new(Config::new(ChainHash::REGTEST, 1));
    graph.connect_block(at(0), BlockHeight(0), &[]).unwrap();
    graph.disconnect_block(at(0), BlockHeight(0)).unwrap();
    assert_eq!(graph.block_height(), None);
    assert!(graph.disconnect_block(at(0), BlockHeight(0)).is_err());
    let last = BlockHeight(u32::MAX);
    graph.connect_block(at(0), last, &[]).unwrap();
    assert!(graph.connect_block(at(0), BlockHeight(0), &[]).is_err());
}
