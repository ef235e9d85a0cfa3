//! Updates and announcements of nodes need a channel: they wait while one is checked, and no longer.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, channel_of, pair, signed_channel, signed_node, signed_update};
use common::{node, scid};
use gossip_sync::ingest::DropReason;
use lnwire::bolt7::ChannelAnnouncement;
use lnwire::{Message, Signature};

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

/// An update of each side and an announcement of each node.
fn rest() -> [Message; 4] {
    let id = scid(1, 1);
    [
        signed_update(id, nodes(), 0, NOW).into(),
        signed_update(id, nodes(), 1, NOW).into(),
        signed_node(nodes()[0], NOW).into(),
        signed_node(nodes()[1], NOW).into(),
    ]
}

fn forged() -> ChannelAnnouncement {
    channel_of(scid(1, 1), nodes())
        .unsigned()
        .unwrap()
        .sign(&[Signature([9; 64]); 4])
}

fn dropped(reason: DropReason) -> [End; 4] {
    [0; 4].map(|_| End::Dropped(node(1), reason))
}

fn accepted(log: &[End]) -> usize {
    log.iter()
        .filter(|end| matches!(end, End::Accepted(..)))
        .count()
}

#[test]
fn before_it_they_are_of_no_known_channel() {
    let mut desk = Desk::new();
    for message in rest() {
        desk.offer(node(1), message);
    }
    assert_eq!(desk.log(), dropped(DropReason::UnknownChannel));
    desk.assert_empty();
}

#[test]
fn while_it_is_checked_they_wait() {
    let mut desk = Desk::new();
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    for message in rest() {
        desk.offer(node(1), message);
    }
    assert_eq!(
        (desk.jobs.len(), desk.log(), desk.ingest.held_messages()),
        (1, vec![], 5)
    );
    desk.check(0);
    assert_eq!(
        (
            desk.jobs.len(),
            accepted(&desk.log()),
            desk.ingest.held_messages()
        ),
        (4, 1, 4)
    );
    desk.check_all();
    assert_eq!(accepted(&desk.log()), 4);
    desk.assert_empty();
}

#[test]
fn after_it_they_are_checked_at_once() {
    let mut desk = Desk::new();
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check(0);
    for message in rest() {
        desk.offer(node(1), message);
    }
    assert_eq!(desk.jobs.len(), 4);
    desk.check_all();
    assert_eq!(accepted(&desk.log()), 5);
    desk.assert_empty();
}

#[test]
fn with_a_wrong_one_they_are_of_no_known_channel() {
    let mut desk = Desk::new();
    desk.offer(node(2), forged());
    for message in rest() {
        desk.offer(node(1), message);
    }
    desk.check(0);
    let log = desk.log();
    assert!(matches!(log[0], End::Dropped(peer, DropReason::Signature(_)) if peer == node(2)));
    assert_eq!(log[1..], dropped(DropReason::UnknownChannel));
    desk.assert_empty();
}

/// A node waits for any of its channels.
#[test]
fn a_node_waits_for_each_of_its_channels() {
    let [one, two] = nodes();
    let other = pair(one, Signer::new(7));
    for right_first in [false, true] {
        let mut desk = Desk::new();
        desk.offer(node(2), forged());
        desk.offer(node(1), signed_channel(scid(2, 2), other));
        desk.offer(node(1), signed_node(one, NOW));
        desk.offer(node(1), signed_node(two, NOW));
        desk.check(usize::from(right_first));
        desk.check_all();
        let log = desk.log();
        // The channel, and the one of the two nodes that has it.
        assert_eq!((log.len(), accepted(&log)), (4, 2));
        assert!(log.contains(&End::Accepted(
            node(1),
            signed_node(one, NOW).as_bytes().clone()
        )));
        desk.assert_empty();
    }
}

/// A job that nobody runs is given up; what waits for it goes too, and a verdict that comes then is void.
#[test]
fn jobs_time_out() {
    let mut desk = Desk::new();
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    for message in rest() {
        desk.offer(node(1), message);
    }
    assert_eq!(desk.ingest.poll_timeout(), Some(common::at(60)));
    desk.ingest.handle_timeout(common::at(59));
    assert_eq!(desk.ingest.held_messages(), 5);
    desk.time_out();
    let log = desk.log();
    assert_eq!(log[0], End::Dropped(node(1), DropReason::NotChecked));
    assert_eq!(log[1..], dropped(DropReason::UnknownChannel));
    desk.assert_empty();
    desk.check_all();
    assert_eq!(desk.log(), []);
    desk.assert_empty();
}

#[test]
fn a_late_verdict_does_not_decide_over_a_later_job() {
    let mut desk = Desk::new();
    desk.offer(node(1), forged());
    desk.time_out();
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.log();
    desk.check(0);
    assert_eq!((desk.log(), desk.jobs.len()), (vec![], 1));
    desk.check(0);
    assert_eq!(accepted(&desk.log()), 1);
}

/// Verdicts on updates may come in any order; ingest knows no graph, so the graph keeps the newest.
#[test]
fn verdicts_out_of_order() {
    let mut desk = Desk::new();
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    for time in [NOW, NOW + 1, NOW + 2] {
        desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, time));
    }
    for job in [2, 0, 0] {
        desk.check(job);
    }
    assert_eq!(accepted(&desk.log()), 4);
    desk.assert_empty();
}
