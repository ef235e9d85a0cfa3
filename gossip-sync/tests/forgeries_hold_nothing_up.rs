//! What one peer forges neither delays nor displaces what another sends.

mod common;

use common::desk::{Desk, End};
use common::signed::{
    NOW, Signer, channel_of, pair, sign_update, signed_channel, signed_node, signed_update,
};
use common::{node, scid, update};
use gossip_sync::ingest::DropReason;
use lnwire::bolt7::ChannelAnnouncement;
use lnwire::{Message, NodeId, Signature};

fn honest() -> NodeId {
    node(1)
}

fn liar() -> NodeId {
    node(2)
}

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

/// Announcements of the same channel that nobody signed; `n` tells them apart.
fn forged(n: u8) -> ChannelAnnouncement {
    let others = pair(Signer::new(100), Signer::new(101));
    channel_of(scid(1, 1), others)
        .unsigned()
        .unwrap()
        .sign(&[Signature([n; 64]); 4])
}

fn real() -> Vec<Message> {
    let id = scid(1, 1);
    vec![
        signed_channel(id, nodes()).into(),
        signed_update(id, nodes(), 0, NOW).into(),
        signed_update(id, nodes(), 1, NOW).into(),
        signed_node(nodes()[0], NOW).into(),
        signed_node(nodes()[1], NOW).into(),
    ]
}

fn accepted(desk: &mut Desk) -> usize {
    let log = desk.log();
    assert!(
        log.iter().all(|end| match end {
            End::Accepted(peer, _) => *peer == honest(),
            End::Dropped(peer, reason) =>
                *peer == liar() && matches!(reason, DropReason::Signature(_)),
        }),
        "{log:?}"
    );
    log.iter()
        .filter(|end| matches!(end, End::Accepted(..)))
        .count()
}

/// Whichever announcement comes first, and whichever verdict.
#[test]
fn a_forged_announcement_does_not_push_the_real_one_out() {
    for (forged_first, last_job_first) in
        [(false, false), (false, true), (true, false), (true, true)]
    {
        let mut desk = Desk::new();
        if forged_first {
            desk.offer(liar(), forged(1));
        }
        for message in real() {
            desk.offer(honest(), message);
        }
        if !forged_first {
            desk.offer(liar(), forged(1));
        }
        while !desk.jobs.is_empty() {
            desk.check(if last_job_first {
                desk.jobs.len() - 1
            } else {
                0
            });
        }
        assert_eq!(accepted(&mut desk), 5);
        desk.assert_empty();
    }
}

/// The real one is checked at once, however many forged ones came before.
#[test]
fn many_forged_announcements_do_not_hold_the_real_one_up() {
    let mut desk = Desk::new();
    for n in 1..=50 {
        desk.offer(liar(), forged(n));
    }
    for message in real() {
        desk.offer(honest(), message);
    }
    desk.check(50);
    assert!(desk.graph_has(scid(1, 1)));
    desk.check_all();
    assert_eq!(accepted(&mut desk), 5);
    desk.assert_empty();
}

/// Forged ones that come without end do not keep what waits for ever: it waits for those that were there.
#[test]
fn waiting_ends_though_forged_announcements_do_not() {
    let mut desk = Desk::new();
    desk.offer(liar(), forged(1));
    desk.offer(honest(), signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.offer(honest(), signed_node(Signer::new(100), NOW));
    desk.offer(liar(), forged(2));
    desk.log();
    desk.check(0);
    let log = desk.log();
    let unknown = End::Dropped(honest(), DropReason::UnknownChannel);
    assert_eq!((log.len(), &log[1..]), (3, &[unknown.clone(), unknown][..]));
    assert_eq!(desk.ingest.held_messages(), 1);
}

#[test]
fn a_forged_newer_update_does_not_block_the_honest_one() {
    for forged_first in [false, true] {
        let mut desk = Desk::new();
        desk.offer(honest(), signed_channel(scid(1, 1), nodes()));
        desk.check_all();
        let forged = sign_update(&update(scid(1, 1), 0, NOW + 100), nodes()[1]);
        let mut messages = [
            (honest(), signed_update(scid(1, 1), nodes(), 0, NOW)),
            (liar(), forged),
        ];
        if forged_first {
            messages.reverse();
        }
        for (peer, message) in messages {
            desk.offer(peer, message);
        }
        desk.check_all();
        assert_eq!(accepted(&mut desk), 2);
        desk.assert_empty();
    }
}

/// A bad message says nothing about the next one, from the same peer either.
#[test]
fn a_right_message_after_a_wrong_one() {
    let mut desk = Desk::new();
    desk.offer(liar(), forged(1));
    desk.check_all();
    desk.log();
    for message in real() {
        desk.offer(liar(), message);
    }
    desk.check_all();
    assert_eq!(
        desk.log()
            .iter()
            .filter(|end| matches!(end, End::Accepted(..)))
            .count(),
        5
    );
    desk.assert_empty();
}

/// Two announcements that are both signed: one is taken, the other says nothing new.
#[test]
fn the_second_of_two_signed_announcements_is_known() {
    for first in [0, 1] {
        let mut desk = Desk::new();
        desk.offer(honest(), signed_channel(scid(1, 1), nodes()));
        desk.offer(liar(), other_signed());
        desk.check(first);
        desk.check_all();
        let log = desk.log();
        assert!(matches!(
            log[..],
            [End::Accepted(..), End::Dropped(_, DropReason::Known)]
        ));
        desk.assert_empty();
    }
}

/// … unless the graph refused the first, say because its keys are not those of the funding output.
#[test]
fn the_second_one_is_taken_when_the_graph_refused_the_first() {
    let mut desk = Desk::new();
    let other = other_signed();
    desk.refused.push(other.as_bytes().clone());
    desk.offer(liar(), other);
    desk.offer(honest(), signed_channel(scid(1, 1), nodes()));
    desk.check(0);
    assert!(!desk.graph_has(scid(1, 1)));
    // An update shows that the graph still lacks the channel.
    desk.offer(honest(), signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.check_all();
    assert!(desk.graph_has(scid(1, 1)));
    assert_eq!(
        desk.log()
            .iter()
            .filter(|end| matches!(end, End::Accepted(..)))
            .count(),
        3
    );
    desk.assert_empty();
}

/// The same, shown by an announcement that comes after the refusal, while a forged one is still checked.
#[test]
fn a_later_one_is_taken_when_the_graph_refused_the_first() {
    let mut desk = Desk::new();
    let other = other_signed();
    desk.refused.push(other.as_bytes().clone());
    desk.offer(liar(), other);
    desk.offer(liar(), forged(1));
    desk.check(0);
    desk.offer(honest(), signed_channel(scid(1, 1), nodes()));
    desk.check(1);
    assert!(desk.graph_has(scid(1, 1)));
    desk.check_all();
    desk.assert_empty();
}

fn other_signed() -> ChannelAnnouncement {
    let others = pair(Signer::new(100), Signer::new(101));
    signed_channel(scid(1, 1), others)
}
