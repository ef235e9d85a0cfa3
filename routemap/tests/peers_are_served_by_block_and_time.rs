//! Lists for peers' queries, and where the messages behind the records are.

mod common;

use common::{announcement, at, connect, graph, node, node_announcement, terms, update};
use lnwire::{BlockHeight, ShortChannelId, Timestamp};
use routemap::{ChannelHandle, Direction, Graph};

fn scid(block: u32, transaction: u32) -> ShortChannelId {
    ShortChannelId::new(block, transaction, 0).unwrap()
}

#[test]
fn channels_are_listed_by_block_in_the_order_of_the_chain() {
    let mut graph = graph();
    for (block, transaction) in [(102, 1), (100, 9), (101, 2), (100, 3), (103, 0)] {
        let message = announcement(scid(block, transaction).0, block, block + 1);
        graph.apply_channel(at(0), &message, None).unwrap();
    }
    let listed = |blocks: core::ops::Range<u32>| {
        let listed = graph.channels_in_blocks(BlockHeight(blocks.start)..BlockHeight(blocks.end));
        for (id, handle) in &listed {
            assert_eq!(graph.channel_by_scid(*id), Some(*handle));
        }
        listed.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    let [a, b, c, d, e] = [
        scid(100, 3),
        scid(100, 9),
        scid(101, 2),
        scid(102, 1),
        scid(103, 0),
    ];
    assert_eq!(listed(0..u32::MAX), [a, b, c, d, e]);
    assert_eq!(listed(100..103), [a, b, c, d]);
    assert_eq!(listed(101..102), [c]);
    assert!(listed(0..100).is_empty() && listed(104..200).is_empty());
    assert!(listed(102..102).is_empty());
}

#[test]
fn policies_are_listed_by_time_in_pages() {
    let mut graph = graph();
    for i in 0..100_u32 {
        let channel = [2 * i, 2 * i + 1];
        connect(&mut graph, i.into(), channel, None, [None, None]);
        for (direction, signer) in Direction::BOTH.into_iter().zip(channel) {
            let timestamp = 1000 + 2 * i + u32::from(direction.bit());
            let message = update(terms(i.into(), direction, timestamp), signer);
            graph.apply_update(at(0), &message).unwrap();
        }
    }
    // The first second is in it, the last is not.
    let times = |from, to| {
        let range = Timestamp(from)..Timestamp(to);
        let of = graph.policies_set_in(range, None);
        of.map(|(_, _, policy)| policy.timestamp().0)
            .collect::<Vec<_>>()
    };
    assert_eq!(times(0, 1002), [1000, 1001]);
    assert_eq!(times(1050, 1053), [1050, 1051, 1052]);
    assert_eq!(times(1199, u32::MAX), [1199]);
    assert!(times(1050, 1050).is_empty());

    let page = |graph: &Graph, after: Option<ChannelHandle>| {
        let range = Timestamp(1020)..Timestamp(1180);
        let of = graph.policies_set_in(range, after);
        of.map(|(handle, ..)| handle).take(30).collect::<Vec<_>>()
    };
    let (mut after, mut total) = (None, 0);
    loop {
        let handles = page(&graph, after);
        total += handles.len();
        if handles.is_empty() {
            break;
        }
        after = handles.last().copied();
        // What goes meanwhile does not make the next page skip or repeat any.
        graph.remove_channel(at(1), handles[0]).unwrap();
    }
    assert_eq!(total, 160);
}

#[test]
fn node_announcements_are_listed_by_time() {
    let mut graph = graph();
    for i in 0..10 {
        connect(&mut graph, i.into(), [i, i + 1], None, [None, None]);
    }
    for i in 0..10 {
        graph
            .apply_node(at(0), &node_announcement(i, 100 + i))
            .unwrap();
    }
    let range = Timestamp(102)..Timestamp(105);
    let of = graph.nodes_announced_in(range.clone(), None);
    let handles: Vec<_> = of.map(|(handle, _)| handle).collect();
    assert_eq!(handles, [2, 3, 4].map(|i| node(&graph, i)));
    let rest = graph.nodes_announced_in(range, Some(handles[0]));
    assert_eq!(rest.count(), 2);
}

#[test]
fn messages_are_found_in_the_store_until_newer_ones_come() {
    let mut graph = graph();
    let channel = connect(&mut graph, 7, [1, 2], None, [None, None]);
    let one = node(&graph, 1);
    let (there, back) = (Direction::OneToTwo, Direction::TwoToOne);
    assert_eq!(graph.announcement_offset(channel), None);
    assert!(graph.set_announcement_offset(channel, 0));
    assert!(graph.set_update_offset(channel, there, 500));
    assert!(graph.set_update_offset(channel, back, 700));
    assert!(graph.set_node_offset(one, 900));
    let offsets = |graph: &Graph| {
        (
            graph.announcement_offset(channel),
            [there, back].map(|direction| graph.update_offset(channel, direction)),
            graph.node_offset(one),
        )
    };
    assert_eq!(
        offsets(&graph),
        (Some(0), [Some(500), Some(700)], Some(900))
    );

    graph
        .apply_update(at(0), &update(terms(7, back, 1), 2))
        .unwrap();
    graph.apply_node(at(0), &node_announcement(1, 1)).unwrap();
    assert_eq!(offsets(&graph), (Some(0), [Some(500), None], None));
    assert!(graph.set_node_offset(one, 1000));
    graph.remove_channel(at(0), channel).unwrap();
    assert_eq!(offsets(&graph), (None, [None; 2], None));
    assert!(!graph.set_announcement_offset(channel, 1));
    assert!(!graph.set_update_offset(channel, there, 1));
    assert!(!graph.set_node_offset(one, 1));
}
