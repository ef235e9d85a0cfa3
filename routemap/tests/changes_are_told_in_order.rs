//! The history of changes and those who read it.

mod common;

use common::{announcement, at, connect, node_id, terms, update};
use lnwire::{ChainHash, ShortChannelId, Timestamp, bolt7::channel_update};
use routemap::{Change, Config, Cursor, Direction, Graph, Missed, Reason, What};

fn graph(history: u32) -> Graph {
    Graph::new(Config {
        history,
        ..Config::new(ChainHash::REGTEST, common::SEED)
    })
}

fn read_all(graph: &Graph, cursor: &mut Cursor) -> Vec<Change> {
    core::iter::from_fn(|| graph.next_change(cursor).unwrap()).collect()
}

#[test]
fn each_change_tells_when_it_came_and_what_it_replaced() {
    let mut graph = graph(64);
    let channel = connect(&mut graph, 7, [1, 2], None, [None, None]);
    let [one, two] = [1, 2].map(|n| common::node(&graph, n));
    let direction = Direction::OneToTwo;
    let contents = |fee, timestamp| channel_update::Contents {
        fee_base_msat: fee,
        ..terms(7, direction, timestamp)
    };
    let mut cursor = graph.cursor();
    for (second, fee) in [(3, 10), (4, 20)] {
        let message = update(contents(fee, second), 1);
        graph.apply_update(at(second.into()), &message).unwrap();
    }
    graph
        .apply_node(at(5), &common::node_announcement(1, 9))
        .unwrap();
    graph.set_capacity(at(6), channel, 1000);
    graph
        .remove_channel_because(at(7), channel, Reason::Stale)
        .unwrap();

    let changes = read_all(&graph, &mut cursor);
    let times: Vec<_> = changes.iter().map(|change| change.at).collect();
    assert_eq!(times, [3, 4, 5, 6, 7, 7, 7].map(at));
    assert!(changes.iter().all(|change| change.block.is_none()));
    let fees: Vec<_> = changes[..2]
        .iter()
        .map(|change| match change.what {
            What::PolicyChanged { replaced, .. } => replaced.map(|p| p.fee_base_msat()),
            what => panic!("{what:?}"),
        })
        .collect();
    assert_eq!(fees, [None, Some(10)]);
    let generation = 1;
    assert_eq!(
        changes[2..].iter().map(|c| c.what).collect::<Vec<_>>(),
        [
            What::NodeAnnounced {
                node: one,
                generation,
                replaced: None
            },
            What::CapacityChanged {
                channel,
                generation,
                replaced: None
            },
            What::ChannelFreed {
                channel,
                generation,
                short_channel_id: ShortChannelId(7),
                nodes: [one, two],
                capacity_sat: Some(1000),
                reason: Reason::Stale
            },
            What::NodeFreed {
                node: one,
                generation,
                id: node_id(1),
                announced_at: Some(Timestamp(9))
            },
            What::NodeFreed {
                node: two,
                generation,
                id: node_id(2),
                announced_at: None
            },
        ]
    );
    // What went can be read whole while its slot rests.
    let freed = graph.freed_channel(channel, generation).unwrap();
    assert_eq!(freed.policy(direction).unwrap().fee_base_msat(), 20);
    assert_eq!(graph.freed_node(one, generation).unwrap().id(), node_id(1));
    assert!(graph.channel(channel).is_none());
}

#[test]
fn a_late_reader_is_told_how_many_changes_it_missed() {
    let mut graph = graph(8);
    let mut cursor = Cursor::START;
    // Three changes each: two nodes and a channel.
    for i in 0..4_u32 {
        let message = announcement(i.into(), 2 * i, 2 * i + 1);
        graph.apply_channel(at(i.into()), &message, None).unwrap();
    }
    assert_eq!(graph.next_change(&mut cursor), Err(Missed { count: 4 }));
    let changes = read_all(&graph, &mut cursor);
    assert_eq!(changes.len(), 8);
    assert_eq!(changes[0].at, at(1));
    assert_eq!(cursor, graph.cursor());
    assert_eq!(graph.next_change(&mut Cursor::new(13)), Ok(None));
}

#[test]
fn the_history_is_bounded_and_may_be_off() {
    let bytes = |history| {
        let mut graph = graph(history);
        let channel = connect(&mut graph, 7, [1, 2], None, [None, None]);
        let before = graph.heap_bytes();
        for sat in 0..5000 {
            graph.set_capacity(at(0), channel, sat);
        }
        assert_eq!(graph.cursor().number(), 5003);
        let missed = graph.next_change(&mut Cursor::new(0));
        let kept = u64::from(history.next_power_of_two()) * u64::from(history != 0);
        assert_eq!(missed, Err(Missed { count: 5003 - kept }));
        graph.heap_bytes() - before
    };
    assert_eq!(bytes(0), 0);
    assert!(bytes(1000) < 1024 * 64 + 1000);
    assert!(bytes(4000) < 4096 * 64 + 1000);
}

#[test]
fn refused_messages_are_no_change() {
    let mut graph = graph(8);
    connect(&mut graph, 7, [1, 2], None, [None, None]);
    let before = graph.cursor();
    graph
        .apply_channel(at(1), &announcement(7, 1, 2), None)
        .unwrap_err();
    graph
        .apply_update(at(1), &update(terms(7, Direction::OneToTwo, 1), 2))
        .unwrap_err();
    graph
        .apply_node(at(1), &common::node_announcement(5, 1))
        .unwrap_err();
    assert_eq!(graph.cursor(), before);
}
