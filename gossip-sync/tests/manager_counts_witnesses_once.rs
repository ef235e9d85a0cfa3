//! Who is of no use counts for no quorum, whatever is still confirmed of what it listed before: no peer leaves its voice
//! behind when it goes.

mod world;

use gossip_sync::SyncManager;
use gossip_sync::manager::{Config, Event, Input, Output, PeerInfo, TaskId};
use gossip_sync::syncer::{Failure, Outcome};
use lnwire::bolt7::QueryChannelRange;
use lnwire::{BlockHeight, Message, NodeId, Timestamp};
use world::{CHAIN, DAY, TIP, at, node, reply};

/// What the manager wants, as far as this test is about it.
#[derive(Default)]
struct Wanted {
    query: Option<QueryChannelRange>,
    confirm: Vec<TaskId>,
    events: Vec<Event>,
}

fn drain(manager: &mut SyncManager, peer: NodeId) -> Wanted {
    let mut all = Wanted::default();
    while let Some((_, output)) = manager.poll_output() {
        match output {
            Output::Send(Message::QueryChannelRange(query)) => all.query = Some(query),
            Output::FindMissing { task, .. } => {
                let wanted = Vec::new();
                manager.handle_input(at(1), peer, Input::Missing { task, wanted });
            }
            Output::Confirm { task, .. } => all.confirm.push(task),
            Output::Event(event) => all.events.push(event),
            Output::Send(_) => {}
        }
    }
    all
}

/// Answers the open query: nothing is there, or, if not `complete`, the chain is not served.
fn answer(
    manager: &mut SyncManager,
    peer: NodeId,
    query: &QueryChannelRange,
    complete: u8,
) -> Wanted {
    let (first, number) = (query.first_blocknum.0, query.number_of_blocks);
    let input = Input::RangeReply(reply(first, number, complete, &[]));
    manager.handle_input(at(1), peer, input);
    drain(manager, peer)
}

#[test]
fn a_list_that_is_confirmed_after_its_peer_proved_useless() {
    let mut manager = SyncManager::new(at(0), Config::new(CHAIN), Timestamp(DAY), 5);
    manager.set_tip(BlockHeight(TIP));

    let turncoat = node(0);
    manager.handle_input(at(1), turncoat, Input::Up(PeerInfo::new(1)));
    let first = drain(&mut manager, turncoat).query.expect("a shard");
    let listed = answer(&mut manager, turncoat, &first, 1);
    let task = listed.confirm[0];
    // The list is not confirmed yet, and the next shard is asked for.
    let second = listed.query.expect("another shard");
    let refused = answer(&mut manager, turncoat, &second, 0);
    assert!(refused.events.iter().any(|event| matches!(
        event,
        Event::RangeDone {
            outcome: Outcome::Failed(Failure::ChainNotServed),
            ..
        }
    )));
    let channels = 0;
    manager.handle_input(at(1), turncoat, Input::Confirmed { task, channels });
    manager.handle_input(at(1), turncoat, Input::Down { session: 1 });
    drain(&mut manager, turncoat);

    // One peer is there now, and one is enough.
    let honest = node(1);
    manager.handle_input(at(1), honest, Input::Up(PeerInfo::new(1)));
    let mut wanted = drain(&mut manager, honest);
    let mut quorums = Vec::new();
    for _ in 0..100 {
        for event in &wanted.events {
            if let Event::Synced(coverage) = event {
                quorums.push(coverage.quorum);
            }
        }
        wanted = if let Some(query) = wanted.query.take() {
            let mut next = answer(&mut manager, honest, &query, 1);
            next.confirm.splice(0..0, wanted.confirm);
            next
        } else if let Some(task) = wanted.confirm.pop() {
            manager.handle_input(at(1), honest, Input::Confirmed { task, channels: 0 });
            let mut next = drain(&mut manager, honest);
            next.confirm.extend(wanted.confirm);
            next
        } else {
            break;
        };
    }
    assert_eq!(quorums, [1]);
}
