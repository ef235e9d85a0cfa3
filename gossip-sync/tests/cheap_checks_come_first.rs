//! Rules before signatures: what a look can tell costs no signature check, and the cheapest look decides.

mod common;

use core::time::Duration;

use common::desk::{Desk, End};
use common::signed::{
    NOW, Signer, channel_of, pair, sign_channel, sign_node, sign_update, signed_channel,
    signed_node, signed_update,
};
use common::{CHAIN, FOREIGN, about, node, scid, update};
use gossip_sync::ingest::{Config, DropReason};
use lnwire::bolt7::{channel_announcement, channel_update};
use lnwire::{Message, Signature};

const WEEKS: u32 = 14 * 24 * 60 * 60;

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

/// A graph that has one channel, with updates and nodes of `NOW`.
fn desk_with_channel() -> Desk {
    let mut desk = Desk::new();
    let peer = node(1);
    desk.offer(peer, signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    for side in [0, 1] {
        desk.offer(peer, signed_update(scid(1, 1), nodes(), side, NOW));
        desk.offer(peer, signed_node(nodes()[usize::from(side)], NOW));
    }
    desk.check_all();
    assert!(
        desk.log()
            .iter()
            .all(|end| matches!(end, End::Accepted(..)))
    );
    desk
}

/// Offers a message and expects it to be dropped without a job.
fn assert_dropped(desk: &mut Desk, message: impl Into<Message>, reason: DropReason) {
    desk.offer(node(1), message);
    assert_eq!(desk.log(), [End::Dropped(node(1), reason)]);
    desk.assert_empty();
}

fn assert_checked(desk: &mut Desk, message: impl Into<Message>) {
    desk.offer(node(1), message);
    assert_eq!((desk.jobs.len(), desk.log()), (1, vec![]));
    desk.check_all();
    assert!(matches!(desk.log()[..], [End::Accepted(..)]));
}

#[test]
fn announcements_of_channels() {
    let mut desk = desk_with_channel();
    let contents = channel_of(scid(1, 1), nodes());
    let reversed = |contents: channel_announcement::Contents| channel_announcement::Contents {
        node_id_1: contents.node_id_2,
        node_id_2: contents.node_id_1,
        ..contents
    };
    let foreign = channel_announcement::Contents {
        chain_hash: FOREIGN,
        ..contents.clone()
    };
    assert_dropped(
        &mut desk,
        sign_channel(&reversed(foreign), nodes()),
        DropReason::ForeignChain,
    );
    assert_dropped(
        &mut desk,
        sign_channel(&reversed(contents), nodes()),
        DropReason::Known,
    );
    let new = channel_of(scid(2, 2), nodes());
    assert_dropped(
        &mut desk,
        sign_channel(&reversed(new.clone()), nodes()),
        DropReason::NodeOrder,
    );
    let same = channel_announcement::Contents {
        node_id_2: new.node_id_1,
        ..new.clone()
    };
    assert_dropped(
        &mut desk,
        sign_channel(&same, nodes()),
        DropReason::NodeOrder,
    );
    assert_checked(&mut desk, sign_channel(&new, nodes()));
}

#[test]
fn updates() {
    let mut desk = desk_with_channel();
    let make = |change: &dyn Fn(&mut channel_update::Contents)| {
        let mut contents = update(scid(1, 1), 0, NOW + 1);
        change(&mut contents);
        sign_update(&contents, nodes()[0])
    };
    let unknown = scid(9, 9);
    let foreign = make(&|u| (u.chain_hash, u.dont_forward) = (FOREIGN, true));
    assert_dropped(&mut desk, foreign, DropReason::ForeignChain);
    let private = make(&|u| (u.dont_forward, u.timestamp.0) = (true, 0));
    assert_dropped(&mut desk, private, DropReason::DontForward);
    let stale = make(&|u| (u.timestamp.0, u.short_channel_id) = (NOW - WEEKS - 1, unknown));
    assert_dropped(&mut desk, stale, DropReason::Stale);
    let future = make(&|u| (u.timestamp.0, u.short_channel_id) = (NOW + WEEKS + 1, unknown));
    assert_dropped(&mut desk, future, DropReason::Future);
    for time in [NOW - WEEKS, NOW - 1, NOW] {
        assert_dropped(
            &mut desk,
            make(&|u| u.timestamp.0 = time),
            DropReason::Known,
        );
    }
    assert_dropped(
        &mut desk,
        make(&|u| u.short_channel_id = unknown),
        DropReason::UnknownChannel,
    );
    assert_checked(&mut desk, make(&|_| ()));
    assert_checked(&mut desk, make(&|u| u.timestamp.0 = NOW + WEEKS));
}

#[test]
fn the_edges_of_time() {
    for time in [NOW - WEEKS, NOW + WEEKS] {
        let mut desk = Desk::new();
        desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
        desk.check_all();
        desk.log();
        assert_checked(&mut desk, signed_update(scid(1, 1), nodes(), 0, time));
    }
    // The wall clock decides, and may be set; any bound will do.
    let mut desk = desk_with_channel();
    desk.ingest
        .set_wall_clock(lnwire::Timestamp(NOW + WEEKS + 2));
    assert_dropped(
        &mut desk,
        signed_update(scid(1, 1), nodes(), 0, NOW + 1),
        DropReason::Stale,
    );
    let mut desk = Desk::with(Config {
        max_parked_bytes_per_peer: 0,
        max_age: Duration::MAX,
        ..Config::new(CHAIN)
    });
    assert_dropped(
        &mut desk,
        signed_update(scid(1, 1), nodes(), 0, u32::MAX),
        DropReason::UnknownChannel,
    );
}

#[test]
fn announcements_of_nodes() {
    let mut desk = desk_with_channel();
    let (known, unknown) = (nodes()[0], Signer::new(9));
    assert_dropped(
        &mut desk,
        signed_node(unknown, NOW + WEEKS + 1),
        DropReason::Future,
    );
    assert_dropped(&mut desk, signed_node(known, NOW), DropReason::Known);
    assert_dropped(&mut desk, signed_node(known, NOW - 1), DropReason::Known);
    assert_dropped(
        &mut desk,
        signed_node(unknown, NOW),
        DropReason::UnknownChannel,
    );
    assert_checked(&mut desk, signed_node(known, NOW + 1));
}

/// Channels age, nodes do not: one that changed nothing for a year has an announcement that old.
#[test]
fn old_announcements_of_nodes_are_taken() {
    let mut desk = Desk::new();
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    desk.log();
    assert_checked(&mut desk, signed_node(nodes()[0], NOW - 30 * WEEKS));
}

/// Also if another peer sends it, and while it is only waiting.
#[test]
fn what_is_under_way_costs_no_second_job() {
    let mut desk = Desk::new();
    let announcement = signed_channel(scid(1, 1), nodes());
    let update = signed_update(scid(1, 1), nodes(), 0, NOW);
    let about = signed_node(nodes()[1], NOW);
    let known = |peer| vec![End::Dropped(node(peer), DropReason::Known); 3];
    for peer in 1..=3 {
        desk.offer(node(peer), announcement.clone());
        desk.offer(node(peer), update.clone());
        desk.offer(node(peer), about.clone());
        assert_eq!(desk.jobs.len(), 1);
        let log = desk.log();
        assert_eq!(log, if peer == 1 { vec![] } else { known(peer) });
    }
    desk.check(0);
    assert_eq!(desk.jobs.len(), 2);
    desk.log();
    for peer in 1..=3 {
        desk.offer(node(peer), announcement.clone());
        desk.offer(node(peer), update.clone());
        desk.offer(node(peer), about.clone());
        assert_eq!((desk.jobs.len(), desk.log()), (2, known(peer)));
    }
    desk.check_all();
    assert_eq!(desk.log().len(), 2);
    desk.assert_empty();
}

#[test]
fn wrong_signatures_are_named_and_blamed() {
    let mut desk = desk_with_channel();
    let unsigned = channel_of(scid(5, 5), nodes()).unsigned().unwrap();
    let forged_node = sign_node(&about(nodes()[0].id, NOW + 1), nodes()[1]);
    let forged_update = sign_update(&update(scid(1, 1), 0, NOW + 1), nodes()[1]);
    let messages: [Message; 3] = [
        unsigned.sign(&[Signature([0; 64]); 4]).into(),
        forged_node.into(),
        forged_update.into(),
    ];
    for (message, signatures) in messages.into_iter().zip([4, 1, 1]) {
        desk.offer(node(1), message);
        assert_eq!(desk.jobs[0].signatures(), signatures);
        desk.check_all();
        let log = desk.log();
        let [End::Dropped(_, reason @ DropReason::Signature(_))] = &log[..] else {
            panic!("{log:?}")
        };
        assert!(reason.is_fault());
        desk.assert_empty();
    }
}

/// What honest peers relay, or what we did not manage, is nobody's fault.
#[test]
fn faults() {
    use DropReason::{
        DontForward, ForeignChain, Future, Known, NodeOrder, NotChecked, Overloaded, Stale,
        UnknownChannel,
    };
    for reason in [
        DontForward,
        Future,
        Known,
        NotChecked,
        Overloaded,
        Stale,
        UnknownChannel,
    ] {
        assert!(!reason.is_fault());
    }
    assert!(ForeignChain.is_fault() && NodeOrder.is_fault());
}
