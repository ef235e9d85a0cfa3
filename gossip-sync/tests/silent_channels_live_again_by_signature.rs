//! Channels that are gone are remembered with the reason; a silent one comes back by a signed update alone.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, pair, sign_update, signed_channel, signed_update};
use common::{CHAIN, node, scid, update};
use gossip_sync::ingest::{Config, DropReason, Gone, KnownChannel, KnownUpdate, Standing, Zombie};
use lnwire::Timestamp;

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

fn desk_without(gone: Gone) -> Desk {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    desk.remove(scid(1, 1), Some(gone));
    desk.log();
    desk
}

const fn zombie(node_ids: [lnwire::NodeId; 2], may_revive: [bool; 2]) -> Zombie {
    Zombie {
        node_ids,
        may_revive,
    }
}

fn silent(may_revive: [bool; 2]) -> Gone {
    Gone::Silent(zombie(nodes().map(|n| n.id), may_revive))
}

fn dropped(desk: &mut Desk) -> Vec<DropReason> {
    let ends = desk.log().into_iter().map(|end| match end {
        End::Dropped(_, reason) => reason,
        End::Accepted(..) => panic!("accepted"),
    });
    ends.collect()
}

/// The four cases: which side was silent decides who may revive it.
#[test]
fn the_silent_side_revives_it() {
    let at = |time: u32| {
        Some(KnownUpdate {
            timestamp: Timestamp(time),
            terms: None,
        })
    };
    for (updates, may) in [
        ([at(100), at(100)], [false, false]),
        ([at(99), at(100)], [true, false]),
        ([at(100), None], [false, true]),
        ([None, at(99)], [true, true]),
    ] {
        let channel = KnownChannel {
            node_ids: nodes().map(|n| n.id),
            updates,
        };
        let gone = Gone::silent(&channel, Timestamp(100));
        assert_eq!(gone, silent(may));
        for side in [0, 1] {
            let mut desk = desk_without(gone);
            desk.offer(node(2), signed_update(scid(1, 1), nodes(), side, NOW));
            desk.check_all();
            let may = may[usize::from(side)];
            assert_eq!(desk.revived.len(), usize::from(may));
            if !may {
                assert_eq!(dropped(&mut desk), [DropReason::Zombie]);
                continue;
            }
            assert_eq!(desk.revived, [(node(2), scid(1, 1))]);
            // The same announcement as before is taken now, and the update with it.
            desk.offer(node(2), signed_channel(scid(1, 1), nodes()));
            desk.check_all();
            assert_eq!(desk.log().len(), 2);
            assert!(desk.known(scid(1, 1)).unwrap().updates[usize::from(side)].is_some());
            desk.assert_empty();
        }
    }
}

#[test]
fn an_announcement_or_a_forgery_does_not() {
    let mut desk = desk_without(silent([true; 2]));
    desk.offer(node(2), signed_channel(scid(1, 1), nodes()));
    assert_eq!(dropped(&mut desk), [DropReason::Zombie]);
    let forged = sign_update(&update(scid(1, 1), 0, NOW), nodes()[1]);
    desk.offer(node(2), forged);
    desk.check_all();
    assert!(matches!(dropped(&mut desk)[..], [DropReason::Signature(_)]));
    let old = signed_update(scid(1, 1), nodes(), 0, NOW - 15 * 24 * 3600);
    desk.offer(node(2), old);
    assert_eq!(dropped(&mut desk), [DropReason::Stale]);
    assert!(
        desk.revived.is_empty() && desk.standing(scid(1, 1)) == Standing::Gone(silent([true; 2]))
    );
    desk.assert_empty();
}

#[test]
fn a_disabled_channel_needs_an_update_that_enables_it() {
    let gone = Gone::Disabled(zombie(nodes().map(|n| n.id), [true; 2]));
    let mut desk = desk_without(gone);
    let mut contents = update(scid(1, 1), 0, NOW);
    contents.disabled = true;
    desk.offer(node(2), sign_update(&contents, nodes()[0]));
    assert_eq!(dropped(&mut desk), [DropReason::Zombie]);
    desk.offer(node(2), signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.check_all();
    assert_eq!(desk.revived.len(), 1);
}

#[test]
fn a_closed_channel_stays_closed() {
    let mut desk = desk_without(Gone::Closed);
    desk.offer(node(2), signed_channel(scid(1, 1), nodes()));
    desk.offer(node(2), signed_update(scid(1, 1), nodes(), 0, NOW));
    let reasons = dropped(&mut desk);
    assert_eq!(reasons, [DropReason::Closed; 2]);
    assert!(reasons.iter().all(|reason| !reason.is_fault()));
    desk.assert_empty();
}

/// After a reorganisation a channel may come back in another block, and in the same.
#[test]
fn what_is_removed_without_a_reason_may_come_back() {
    let mut desk = Desk::with(Config::new(CHAIN));
    for _ in 0..2 {
        desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
        desk.offer(node(1), signed_update(scid(1, 1), nodes(), 0, NOW));
        desk.check_all();
        assert_eq!(desk.log().len(), 2);
        assert!(desk.known(scid(1, 1)).unwrap().updates[0].is_some());
        desk.remove(scid(1, 1), None);
    }
}

/// With the graph that remembers: it prunes, a signed update makes it forget, and the channel can be announced again.
#[cfg(feature = "routemap")]
#[test]
fn a_graph_that_prunes_has_it_back() {
    use gossip_sync::ingest::{Ingest, Input, Output};
    use gossip_sync::routemap::{apply, standing};

    let (old, now) = (NOW - 15 * 24 * 3600, common::at(0));
    let mut graph = routemap::Graph::new(routemap::Config::new(CHAIN, 7));
    let mut ingest = Ingest::new(Config::new(CHAIN), Timestamp(old), 7);
    let offer = |graph: &mut routemap::Graph, ingest: &mut Ingest, message: lnwire::Message| {
        let peer = node(2);
        let input = match message {
            lnwire::Message::ChannelAnnouncement(message) => Input::ChannelAnnouncement {
                peer,
                channel: standing(graph, message.short_channel_id()),
                message,
            },
            lnwire::Message::ChannelUpdate(message) => Input::ChannelUpdate {
                peer,
                channel: standing(graph, message.short_channel_id()),
                message,
            },
            other => panic!("{other:?}"),
        };
        ingest.handle_input(now, input);
        let mut revived = 0;
        while let Some(output) = ingest.poll_output() {
            match output {
                Output::Check(job) => {
                    ingest.handle_input(now, Input::Checked(common::signed::run(job)));
                }
                Output::Accept { message, .. } => apply(graph, now, &message, None).unwrap(),
                Output::Revived { update, .. } => {
                    graph.revive(Timestamp(NOW), &update).unwrap();
                    revived += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        revived
    };
    offer(
        &mut graph,
        &mut ingest,
        signed_channel(scid(1, 1), nodes()).into(),
    );
    for side in [0, 1] {
        let update = signed_update(scid(1, 1), nodes(), side, old);
        offer(&mut graph, &mut ingest, update.into());
    }
    ingest.set_wall_clock(Timestamp(NOW));
    assert_eq!(graph.prune(now, Timestamp(NOW)).len(), 1);
    assert_eq!(
        standing(&graph, scid(1, 1)),
        Standing::Gone(silent([true; 2]))
    );

    let fresh = signed_update(scid(1, 1), nodes(), 1, NOW);
    assert_eq!(offer(&mut graph, &mut ingest, fresh.into()), 1);
    assert_eq!(standing(&graph, scid(1, 1)), Standing::Unknown);
    offer(
        &mut graph,
        &mut ingest,
        signed_channel(scid(1, 1), nodes()).into(),
    );
    let Standing::Known(channel) = standing(&graph, scid(1, 1)) else {
        panic!("it is not back");
    };
    assert_eq!(channel.timestamps(), [None, Some(Timestamp(NOW))]);
    assert!(ingest.is_idle() && ingest.parked_messages() == 0);
}
