//! What pruning takes out, what it remembers, and who brings it back.

mod common;

use core::time::Duration;

use common::{announcement, at, node_announcement, node_id, terms, update};
use lnwire::{ChainHash, ShortChannelId, Timestamp, bolt7::channel_update};
use routemap::{ApplyError, ChannelHandle, Config, Direction, Graph, Reason, ReviveError};

const DAY: u64 = 24 * 60 * 60;
const WALL: u32 = 1_700_000_000;

fn new(config: impl FnOnce(&mut Config)) -> Graph {
    let mut with = Config::new(ChainHash::REGTEST, common::SEED);
    config(&mut with);
    Graph::new(with)
}

fn days_ago(days: u64) -> u32 {
    WALL - (days * DAY) as u32
}

/// Adds channel 7 of nodes 1 and 2, whose sides last sent an update so many days ago.
fn channel(graph: &mut Graph, days: [Option<u64>; 2]) -> ChannelHandle {
    let handle = graph
        .apply_channel(at(0), &announcement(7, 1, 2), None)
        .unwrap();
    for (direction, days) in Direction::BOTH.into_iter().zip(days) {
        let signer = 1 + u32::from(direction.bit());
        let Some(days) = days else { continue };
        let message = update(terms(7, direction, days_ago(days)), signer);
        graph.apply_update(at(0), &message).unwrap();
    }
    handle
}

/// Returns whether such a channel goes, so many days after it was announced.
fn goes(strict: bool, days: [Option<u64>; 2], announced_days_ago: u64) -> bool {
    let mut graph = new(|config| config.strict_pruning = strict);
    let handle = channel(&mut graph, days);
    let now = at(announced_days_ago * DAY);
    let pruned = graph.prune(now, Timestamp(WALL)).len();
    graph.check_invariants();
    assert_eq!(graph.channel(handle).is_none(), pruned == 1);
    assert_eq!(graph.node_count(), 2 - 2 * pruned);
    pruned == 1
}

#[test]
fn both_sides_old_or_either_if_strict() {
    let (fresh, old, none) = (Some(1), Some(15), None);
    // One side, the other, whether a channel goes, whether it does if that is strict.
    let matrix = [
        (fresh, fresh, false, false),
        (fresh, old, false, true),
        (old, old, true, true),
        (fresh, none, false, false),
        (old, none, true, true),
        (none, none, false, false),
    ];
    for (one, two, lax, strict) in matrix {
        for sides in [[one, two], [two, one]] {
            assert_eq!(goes(false, sides, 1), lax, "{sides:?}");
            assert_eq!(goes(true, sides, 1), strict, "{sides:?}, strict");
        }
    }
    // Two weeks to the second are not too old.
    let border = |seconds| {
        let mut graph = new(|_| ());
        channel(&mut graph, [Some(14), Some(14)]);
        graph.prune(at(0), Timestamp(WALL + seconds)).len()
    };
    assert_eq!((border(0), border(1)), (0, 1));
}

#[test]
fn what_went_is_handed_out() {
    let mut graph = new(|_| ());
    let handle = channel(&mut graph, [Some(20), Some(15)]);
    let before = graph.channel(handle).unwrap().copied();
    let two = graph.node_by_id(&node_id(2)).unwrap();
    // A fresh channel keeps one of its nodes.
    let other = graph
        .apply_channel(at(0), &announcement(8, 1, 3), None)
        .unwrap();
    let removed = graph.prune(at(0), Timestamp(WALL));
    let [removed] = &removed[..] else {
        panic!("{removed:?}");
    };
    assert_eq!((removed.handle, removed.channel), (handle, before));
    assert_eq!(
        removed.channel.by_ref().short_channel_id(),
        ShortChannelId(7)
    );
    assert_eq!(removed.reason, Reason::Stale);
    let nodes = removed.nodes.map(|node| node.map(|(h, n)| (h, n.id())));
    assert_eq!(nodes, [None, Some((two, node_id(2)))]);

    assert_eq!(graph.prune(at(0), Timestamp(WALL)), []);
    let removed = graph.remove_channel(at(0), other).unwrap();
    assert_eq!((removed.handle, removed.reason), (other, Reason::Removed));
}

#[test]
fn a_side_without_update_ages_with_the_announcement() {
    let (fresh, none) = (Some(1), None);
    assert!(!goes(false, [none, none], 14));
    assert!(goes(false, [none, none], 15));
    assert!(goes(true, [none, none], 15));
    assert!(!goes(false, [fresh, none], 15));
    assert!(goes(true, [fresh, none], 15));
}

#[test]
fn a_restart_does_not_make_a_channel_younger() {
    let mut graph = new(|_| ());
    let handle = channel(&mut graph, [None, None]);
    // It was announced before the embedder's epoch.
    assert!(graph.set_age(at(0), handle, Duration::from_secs(13 * DAY)));
    let age = |graph: &Graph, seconds| graph.channel(handle).unwrap().age(at(seconds));
    assert_eq!(age(&graph, 5), Duration::from_secs(13 * DAY + 5));
    assert_eq!(graph.prune(at(DAY), Timestamp(WALL)).len(), 0);
    assert_eq!(graph.prune(at(DAY + 1), Timestamp(WALL)).len(), 1);
    assert!(!graph.set_age(at(0), handle, Duration::ZERO));
}

#[test]
fn own_channels_stay() {
    let mut graph = new(|config| config.strict_pruning = true);
    let handle = channel(&mut graph, [Some(100), None]);
    graph.add_own_node(node_id(2));
    assert_eq!(graph.prune(at(0), Timestamp(WALL)).len(), 0);
    assert!(graph.channel(handle).is_some());
}

#[test]
fn a_channel_that_both_sides_disabled_comes_back_when_one_enables_it() {
    let disable = |graph: &mut Graph, direction: Direction, days, disabled| {
        let contents = channel_update::Contents {
            disabled,
            ..terms(7, direction, days_ago(days))
        };
        let message = update(contents, 1 + u32::from(direction.bit()));
        graph.apply_update(at(0), &message).unwrap()
    };
    let mut graph = new(|_| ());
    let handle = channel(&mut graph, [Some(9), Some(9)]);
    for direction in Direction::BOTH {
        disable(&mut graph, direction, 8, true);
    }
    assert_eq!(graph.prune(at(0), Timestamp(WALL)).len(), 0);
    let carries = |graph: &Graph| {
        let channel = graph.channel(handle).unwrap();
        Direction::BOTH.map(|direction| channel.carries(direction, lnwire::Msat(1)))
    };
    assert_eq!(carries(&graph), [false, false]);
    disable(&mut graph, Direction::OneToTwo, 7, false);
    assert_eq!(carries(&graph), [true, false]);

    // An embedder without a chain source may take such a channel for closed; either side brings it back.
    let mut graph = new(|config| config.prune_disabled = true);
    channel(&mut graph, [Some(9), Some(9)]);
    disable(&mut graph, Direction::OneToTwo, 8, true);
    assert_eq!(graph.prune(at(0), Timestamp(WALL)).len(), 0);
    disable(&mut graph, Direction::TwoToOne, 8, true);
    assert_eq!(graph.prune(at(0), Timestamp(WALL)).len(), 1);
    let zombie = graph.zombie(ShortChannelId(7)).unwrap();
    assert_eq!(zombie.may_revive, [true, true]);
}

#[test]
fn the_side_that_was_stale_revives_the_channel() {
    // The four cases: one side is stale, the other, both, or neither was ever heard of.
    let cases = [
        ([Some(20), Some(1)], [true, false]),
        ([Some(1), Some(20)], [false, true]),
        ([Some(20), Some(30)], [true, true]),
        ([None, None], [true, true]),
    ];
    for (days, may_revive) in cases {
        for direction in Direction::BOTH {
            let side = usize::from(direction.bit());
            let mut graph = new(|config| config.strict_pruning = true);
            channel(&mut graph, days);
            assert_eq!(graph.prune(at(15 * DAY), Timestamp(WALL)).len(), 1);
            let zombie = graph.zombie(ShortChannelId(7)).unwrap();
            assert_eq!(
                (zombie.reason, zombie.may_revive),
                (Reason::Stale, may_revive)
            );
            assert_eq!(zombie.node_ids, [node_id(1), node_id(2)]);
            let again = announcement(7, 1, 2);
            assert_eq!(
                graph.apply_channel(at(15 * DAY), &again, None),
                Err(ApplyError::Zombie(Reason::Stale))
            );

            let message = update(terms(7, direction, days_ago(0)), 1 + side as u32);
            assert_eq!(
                graph.apply_update(at(15 * DAY), &message),
                Err(ApplyError::Zombie(Reason::Stale))
            );
            let revived = graph.revive(Timestamp(WALL), &message);
            if !may_revive[side] {
                assert_eq!(revived, Err(ReviveError::NotByThisNode));
                continue;
            }
            assert_eq!(revived, Ok(()));
            let handle = graph.apply_channel(at(15 * DAY), &again, None).unwrap();
            assert_eq!(graph.apply_update(at(15 * DAY), &message), Ok(handle));
            assert_eq!(graph.prune(at(15 * DAY), Timestamp(WALL)).len(), 0);
        }
    }
}

#[test]
fn only_a_fresh_update_by_a_node_of_the_channel_revives_it() {
    let mut graph = new(|_| ());
    channel(&mut graph, [Some(20), Some(20)]);
    graph.prune(at(0), Timestamp(WALL));
    let mut revive = |timestamp, signer| {
        let message = update(terms(7, Direction::OneToTwo, timestamp), signer);
        graph.revive(Timestamp(WALL), &message)
    };
    for signer in [2, 3] {
        let got = revive(days_ago(0), signer);
        assert_eq!(got, Err(ReviveError::NotByThisNode));
    }
    for timestamp in [days_ago(15), WALL + 15 * DAY as u32] {
        let offered = Timestamp(timestamp);
        assert_eq!(revive(timestamp, 1), Err(ReviveError::NotFresh { offered }));
    }
    assert_eq!(revive(days_ago(1), 1), Ok(()));
    assert_eq!(revive(days_ago(1), 1), Err(ReviveError::NotAZombie));
}

#[test]
fn zombies_expire_unless_they_were_spent() {
    let mut graph = new(|_| ());
    let [stale, closed, unfunded] = [1, 2, 3].map(ShortChannelId);
    let handle = graph
        .apply_channel(at(0), &announcement(1, 1, 2), None)
        .unwrap();
    graph
        .remove_channel_because(at(0), handle, Reason::Stale)
        .unwrap();
    assert!(graph.add_zombie(at(0), closed, Reason::Closed));
    assert!(graph.add_zombie(at(0), unfunded, Reason::BadFunding));
    assert!(!graph.zombie(unfunded).unwrap().may_revive.contains(&true));
    graph.prune(at(90 * DAY - 1), Timestamp(WALL));
    assert_eq!(graph.zombie_count(), 3);
    graph.prune(at(90 * DAY), Timestamp(WALL));
    assert_eq!(graph.zombie_count(), 1);
    assert!(graph.zombie(stale).is_none() && graph.zombie(closed).is_some());
}

#[test]
fn reasons_that_are_about_this_announcement_only_leave_no_zombie() {
    for reason in [Reason::Removed, Reason::Conflict, Reason::ReorganisedOut] {
        let mut graph = new(|_| ());
        let handle = channel(&mut graph, [None, None]);
        graph.remove_channel_because(at(0), handle, reason).unwrap();
        // The rightful owners announce the same output.
        let other = announcement(7, 4, 5);
        assert!(graph.apply_channel(at(0), &other, None).is_ok());
        assert!(!graph.add_zombie(at(0), ShortChannelId(8), reason));
    }
}

#[test]
fn zombies_are_bounded_and_the_oldest_go() {
    let mut graph = new(|config| config.max_zombies = 100);
    for i in 0..1000 {
        graph.add_zombie(at(i), ShortChannelId(i), Reason::Closed);
        assert!(graph.zombie_count() <= 100);
    }
    let left = |id| graph.zombie(ShortChannelId(id)).is_some();
    assert!((0..900).all(|id| !left(id)) && (900..1000).all(left));
    assert!(graph.heap_bytes() < 100 * 250 + 10_000);
    graph.check_invariants();
}

#[test]
fn a_node_is_not_pinned_by_an_announcement_from_the_future() {
    let mut graph = new(|_| ());
    channel(&mut graph, [None, None]);
    graph.set_wall_clock(Timestamp(WALL));
    let limit = Timestamp(WALL + 14 * DAY as u32);
    let offered = Timestamp(limit.0 + 1);
    let refused = Err(ApplyError::FromTheFuture { limit, offered });
    let got = graph.apply_node(at(0), &node_announcement(1, offered.0));
    assert_eq!(got.map(|_| ()), refused);
    let late = update(terms(7, Direction::OneToTwo, offered.0), 1);
    assert_eq!(graph.apply_update(at(0), &late).map(|_| ()), refused);
    assert!(
        graph
            .apply_node(at(0), &node_announcement(1, limit.0))
            .is_ok()
    );
}
