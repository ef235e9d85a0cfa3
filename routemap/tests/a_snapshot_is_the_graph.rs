//! A graph that is made of a snapshot is the one that was written.
//!
//! That it is the same in every respect, after any events and before any others, is part of
//! `graph_agrees_with_a_naive_model`.

mod common;
mod snapshot_common;

use common::{Network, announcement, at, graph, node, node_id, terms, update};
use routemap::{Config, Direction, Graph, Reason, ShortChannelId, Timestamp};
use snapshot_common::{COUNTS_AT, DAY, NODES_AT, WALL, config, full, read, snapshot};

#[test]
fn all_that_was_told_is_there_again() {
    let graph = full();
    let bytes = snapshot(&graph);
    for count in bytes[COUNTS_AT..NODES_AT].chunks_exact(4) {
        assert_ne!(count, [0; 4], "each part has an entry");
    }
    // By another seed: it is not in the file.
    let other = Config {
        seed: 3,
        ..config()
    };
    let again = Graph::from_snapshot(other, at(0), WALL, &bytes).unwrap();
    again.check_invariants();
    assert_eq!(snapshot(&again), bytes);
    assert!(again.channels().eq(graph.channels()));
    assert_eq!(again.policy_count(), graph.policy_count());
    assert_eq!(again.block_height(), graph.block_height());
    assert_eq!(again.dying_count(), 2);
    assert_eq!(again.zombie_count(), graph.zombie_count());
    assert_eq!(again.cursor(), graph.cursor());
    for (handle, channel) in graph.channels() {
        let id = channel.short_channel_id();
        assert_eq!(again.channel_by_scid(id), Some(handle));
        assert_eq!(again.dying_reason(handle), graph.dying_reason(handle));
        assert_eq!(again.outpoint(handle), graph.outpoint(handle));
        let offset = graph.announcement_offset(handle);
        assert_eq!(again.announcement_offset(handle), offset);
        for direction in Direction::BOTH {
            let offset = graph.update_offset(handle, direction);
            assert_eq!(again.update_offset(handle, direction), offset);
        }
    }
    for (handle, node) in graph.nodes() {
        assert_eq!(again.node_by_id(&node.id()), Some(handle));
        let announced_at = again.node(handle).and_then(|n| n.announced_at());
        assert_eq!(announced_at, node.announced_at());
        assert_eq!(again.node_offset(handle), graph.node_offset(handle));
        let mut channels: Vec<_> = graph.channels_of(handle).collect();
        channels.sort_by_key(|(handle, _)| *handle);
        assert!(again.channels_of(handle).eq(channels), "in their order");
    }
}

#[test]
fn it_is_about_as_small_when_it_is_made_again() {
    let mut graph = graph();
    Network::new(3000).apply(&mut graph);
    let again = read(&snapshot(&graph)).unwrap();
    // Without the history.
    assert!(again.heap_bytes() <= graph.heap_bytes());
}

#[test]
fn an_empty_graph_is_one_too() {
    let again = read(&snapshot(&graph())).unwrap();
    again.check_invariants();
    assert_eq!(again.channel_count(), 0);
}

#[test]
fn ages_go_on_by_the_wall_clock_whatever_the_epoch() {
    let mut graph = graph();
    let stale = announcement(1, 1, 2);
    let handle = graph.apply_channel(at(1000), &stale, None).unwrap();
    graph.add_zombie(at(2000), ShortChannelId(9), Reason::BadFunding);
    let mut bytes = Vec::new();
    graph.write_snapshot(at(5000), WALL, &mut bytes);
    let later = Timestamp(WALL.0 + 100);
    for now in [200, 5000, 50 * DAY] {
        let graph = Graph::from_snapshot(config(), at(now), later, &bytes).unwrap();
        let age = graph.channel(handle).unwrap().age(at(now));
        assert_eq!(age.as_secs(), 4100);
        // It came before the epoch, if that is late: an instant cannot say so.
        let since = graph.zombie(ShortChannelId(9)).unwrap().since;
        assert_eq!(since, at(now.saturating_sub(3100)));
    }
    // A wall clock that went back makes nothing younger.
    let early = Timestamp(WALL.0 - 500);
    let graph = Graph::from_snapshot(config(), at(10_000), early, &bytes).unwrap();
    assert_eq!(
        graph.channel(handle).unwrap().age(at(10_000)).as_secs(),
        4000
    );
}

#[test]
fn the_clock_is_known_at_once() {
    let mut graph = graph();
    graph
        .apply_channel(at(0), &announcement(1, 1, 2), None)
        .unwrap();
    let mut again = read(&snapshot(&graph)).unwrap();
    let late = terms(1, Direction::OneToTwo, WALL.0 + 15 * DAY as u32);
    assert!(again.apply_update(at(0), &update(late, 1)).is_err());
    let fresh = terms(1, Direction::OneToTwo, WALL.0 + 13 * DAY as u32);
    again.apply_update(at(0), &update(fresh, 1)).unwrap();
}

#[test]
fn free_slots_rest_from_the_restart_on() {
    let mut graph = graph();
    let channel = announcement(1, 1, 2);
    let gone = graph.apply_channel(at(0), &channel, None).unwrap();
    graph.remove_channel(at(0), gone).unwrap();
    let rest = Config::QUARANTINE.as_secs();
    let bytes = snapshot(&graph);
    for (waited, is_again) in [(rest - 1, false), (rest, true)] {
        let restart = 10 * rest;
        let mut graph = Graph::from_snapshot(config(), at(restart), WALL, &bytes).unwrap();
        let now = at(restart + waited);
        let next = graph.apply_channel(now, &channel, None).unwrap();
        assert_eq!(next == gone, is_again);
        assert_eq!(graph.channel_generation(gone), is_again.then_some(3));
    }
}

#[test]
fn a_cursor_of_before_goes_on_or_has_missed_some() {
    let mut graph = full();
    let mut end = graph.cursor();
    let mut behind = routemap::Cursor::new(end.number() - 3);
    let bytes = snapshot(&graph);
    graph = read(&bytes).unwrap();
    assert_eq!(graph.next_change(&mut end), Ok(None));
    let missed = graph.next_change(&mut behind).unwrap_err();
    assert_eq!(missed.count, 3);
    let channel = announcement(3, 1, 2);
    graph.apply_channel(at(0), &channel, None).unwrap();
    // Two nodes and the channel.
    for cursor in [&mut end, &mut behind] {
        for _ in 0..3 {
            assert!(graph.next_change(cursor).unwrap().is_some());
        }
        assert_eq!(graph.next_change(cursor), Ok(None));
    }
    assert_eq!(graph.node(node(&graph, 1)).unwrap().id(), node_id(1));
}
