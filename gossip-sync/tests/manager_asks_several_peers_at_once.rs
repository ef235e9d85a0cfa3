//! The first sync is cut into shards which several peers list at once; what one does not deliver another is asked for.

mod world;

use core::time::Duration;

use gossip_sync::SyncManager;
use gossip_sync::manager::{Config, Input, Output, PeerInfo};
use lnwire::{BlockHeight, Instant, Message, Timestamp};
use world::{CHAIN, DAY, Kind, TIP, World, at, node};

fn world() -> World {
    World::new(Config::new(CHAIN), 4000, 3)
}

/// When everything is known, with so many peers.
fn time_with(peers: usize) -> Instant {
    let mut world = world();
    for n in 0..peers {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
    }
    while world.graph.len() < world.truth.len() {
        assert!(world.step(at(3600)));
    }
    world.now
}

#[test]
fn more_peers_take_less_time() {
    let [one, four] = [1, 4].map(|n| time_with(n).since_epoch());
    assert!(four * 5 < one * 2, "{one:?} {four:?}");
}

#[test]
fn at_most_eight_at_once_and_one_shard_each() {
    let mut world = world();
    for n in 0..20 {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
    }
    assert_eq!((world.manager.tasks(), world.queries), (8, 8));
    let mut ranges: Vec<_> = (0..20)
        .flat_map(|n| world.ranges(node(n)).to_vec())
        .collect();
    ranges.sort_unstable();
    assert_eq!(ranges[0].0, 0);
    assert!(
        ranges.windows(2).all(|two| two[0].1 == two[1].0),
        "{ranges:?}"
    );
}

/// All shards together are all blocks, the tip's included, and the end stays where it was when the sync began.
#[test]
fn shards_have_no_gaps_and_include_the_tip() {
    let mut world = world();
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    world.manager.set_tip(BlockHeight(TIP + 50));
    world.run_until(at(60));
    let ranges = world.ranges(node(0));
    assert_eq!((ranges[0].0, ranges.last().unwrap().1), (0, TIP + 1));
    assert!(
        ranges.windows(2).all(|two| two[0].1 == two[1].0),
        "{ranges:?}"
    );
    // The next round goes on to the new tip.
    world.run_until(at(2 * 3600));
    assert_eq!(world.ranges(node(0)).last().unwrap().1, TIP + 51);
}

#[test]
fn what_a_silent_peer_does_not_list_another_does() {
    for bad in Kind::BAD {
        let mut world = world();
        world.up(node(0), bad, PeerInfo::new(1));
        world.up(node(1), Kind::Honest, PeerInfo::new(1));
        world.up(node(2), Kind::Honest, PeerInfo::new(1));
        world.run_until(at(300));
        assert_eq!(world.graph.len(), world.truth.len(), "{bad:?}");
        assert!(world.is_synced(), "{bad:?}");
        assert!(!world.was_blamed(node(1)) && !world.was_blamed(node(2)));
    }
}

/// A shard with more channels than a list has room for becomes several, and nobody is blamed for it.
#[test]
fn crowded_shards_are_cut() {
    let mut config = Config::new(CHAIN);
    config.syncer.max_listed = 64;
    config.channels_per_shard = 32;
    for tip_is_known in [true, false] {
        let mut world = World::new(config.clone(), 4000, 3);
        if !tip_is_known {
            world.manager = SyncManager::new(at(0), config.clone(), Timestamp(DAY), 3);
        }
        for n in 0..3 {
            world.up(node(n), Kind::Honest, PeerInfo::new(1));
        }
        world.run_until(at(1800));
        assert_eq!(world.graph.len(), world.truth.len(), "{tip_is_known}");
        assert!(world.is_synced());
        assert!((0..3).all(|n| !world.was_blamed(node(n))));
        // Three lists of 64 channels with 32 bytes, and what was listed with 8, or 16 more to ask for.
        assert!(world.most_held <= 3 * 64 * 40, "{}", world.most_held);
    }
}

/// Two peers list everything and send half of it, and so each block was listed by enough: a third one is asked at once.
#[test]
fn what_one_keeps_back_another_sends() {
    let mut world = world();
    let channels = world.truth.len();
    for n in 0..2 {
        world.up(node(n), Kind::Withholding, PeerInfo::new(1));
    }
    world.run_until(at(120));
    assert!(world.is_synced() && world.graph.len() < channels);
    world.up(node(2), Kind::Honest, PeerInfo::new(1));
    world.run_until(at(240));
    assert_eq!(world.graph.len(), channels);
}

/// Without a tip all blocks are one shard. A peer that has it and says nothing is not waited for: another one is asked, too.
#[test]
fn a_silent_peer_is_hedged() {
    for tip_is_known in [true, false] {
        let mut world = world();
        let channels = world.truth.len();
        if !tip_is_known {
            world.manager = SyncManager::new(at(0), Config::new(CHAIN), Timestamp(DAY), 3);
        }
        world.up(node(0), Kind::Silent, PeerInfo::new(1));
        world.up(node(1), Kind::Silent, PeerInfo::new(1));
        world.up(node(2), Kind::Honest, PeerInfo::new(1));
        world.run_until(at(30));
        assert_eq!(world.graph.len(), channels, "{tip_is_known}");
        assert_eq!(world.synced().len(), 1);
        // Those that were silent are given up, and what they had is free for whoever comes.
        world.run_until(at(120));
        world.up(node(3), Kind::Honest, PeerInfo::new(1));
        world.run_until(at(240));
        assert_eq!(world.synced().last().map(|c| c.listed_by), Some(2));
        assert!(world.is_synced() && world.most_tasks <= 4);
    }
}

/// Peers whose links are not for this are asked when there is no other.
#[test]
fn metered_links_are_spared() {
    let metered = PeerInfo {
        may_be_active: false,
        ..PeerInfo::new(1)
    };
    let mut world = world();
    world.up(node(0), Kind::Honest, metered);
    assert_eq!(world.manager.tasks(), 1);
    world.run_until(at(60));
    assert!(world.synced()[0].is_full());
    let asked = world.ranges(node(0)).len();
    for n in 1..3 {
        world.up(node(n), Kind::Honest, PeerInfo::new(1));
    }
    world.run_until(at(3600 * 5));
    let others: usize = (1..3).map(|n| world.ranges(node(n)).len()).sum();
    assert!(others > 4 * 16);
    assert!(world.ranges(node(0)).len() < asked + others / 8);
    assert_eq!(world.filters(node(0)), []);
}

#[test]
fn peers_without_queries_are_asked_for_nothing() {
    let mut world = world();
    let info = PeerInfo {
        queries: false,
        ..PeerInfo::new(1)
    };
    world.up(node(0), Kind::Honest, info);
    world.run_until(at(3600));
    assert_eq!((world.queries, world.manager.role(&node(0))), (0, None));
    assert_eq!(world.manager.poll_timeout(), None);
}

/// Two lists of a peer wait to be confirmed at most; an embedder that never does it costs nobody's name.
#[test]
fn lists_that_nobody_confirms_are_given_to_others_in_the_end() {
    let mut world = world();
    let now = at(0);
    let peer = node(1);
    world
        .manager
        .handle_input(now, peer, Input::Up(PeerInfo::new(1)));
    let mut confirms = 0;
    let mut queries = 0;
    let mut answers = Vec::new();
    loop {
        while let Some((_, output)) = world.manager.poll_output() {
            match output {
                Output::Send(Message::QueryChannelRange(query)) => {
                    queries += 1;
                    answers.push(Input::RangeReply(lnwire::bolt7::ReplyChannelRange {
                        chain_hash: CHAIN,
                        first_blocknum: query.first_blocknum,
                        number_of_blocks: query.number_of_blocks,
                        sync_complete: 1,
                        short_channel_ids: lnwire::bolt7::ShortChannelIds::new([]),
                        timestamps: None,
                        checksums: None,
                        unknown: lnwire::tlv::UnknownRecords::default(),
                    }));
                }
                Output::FindMissing { task, .. } => answers.push(Input::Missing {
                    task,
                    wanted: vec![],
                }),
                Output::Confirm { .. } => confirms += 1,
                _ => {}
            }
        }
        let Some(answer) = answers.pop() else {
            break;
        };
        world.manager.handle_input(now, peer, answer);
    }
    assert_eq!((queries, confirms), (2, 2));
    // After ten minutes, and a moment's rest, it is asked again.
    let mut again = None;
    while again.is_none() {
        let deadline = world.manager.poll_timeout().unwrap();
        world.manager.handle_timeout(deadline);
        while let Some((_, output)) = world.manager.poll_output() {
            if matches!(output, Output::Send(Message::QueryChannelRange(_))) {
                again = Some(deadline);
            }
        }
    }
    assert_eq!(again, Some(now + Duration::from_secs(610)));
}

/// Forced before anybody is there: the first peer is asked for a part, as always when the tip is known.
#[test]
fn a_sync_that_was_forced_too_early_is_split_all_the_same() {
    let mut world = World::new(Config::new(CHAIN), 600, 22);
    world.manager.force_historical_sync(at(0));
    world.up(node(0), Kind::Honest, PeerInfo::new(1));
    let (first, end) = world.ranges(node(0))[0];
    assert!(first == 0 && end < TIP, "{end}");
    world.run_until(at(120));
    assert!(world.is_synced());
}

/// Nothing is asked for where no channel can be.
#[test]
fn without_a_tip_blocks_are_asked_for_up_to_the_last_that_an_id_can_name() {
    let mut manager = SyncManager::new(at(0), Config::new(CHAIN), Timestamp(DAY), 23);
    manager.handle_input(at(0), node(0), Input::Up(PeerInfo::new(1)));
    let Some((_, Output::Send(Message::QueryChannelRange(query)))) = manager.poll_output() else {
        panic!("a query");
    };
    assert_eq!(
        (query.first_blocknum.0, query.number_of_blocks),
        (0, 1 << 24)
    );
}
