//! A list of channels that were asked for, and of which hardly any is true, counts for nothing, and that is told. One of which
//! nothing was wanted, because it is all too old, is nobody's fault.

mod world;

use gossip_sync::SyncManager;
use gossip_sync::manager::{Config, Event, Input, Output, PeerInfo};
use gossip_sync::syncer::Wanted;
use lnwire::bolt7::{QueryFlags, ReplyShortChannelIdsEnd};
use lnwire::bytes::Bytes;
use lnwire::{BlockHeight, Message, Timestamp};
use world::{CHAIN, DAY, at, node, reply, scid};

const LISTED: usize = 16;

/// One peer lists sixteen channels, of which `wanted` are asked for, and `known` turn out to be known. Returns what is told
/// then, and whether the sync has settled.
fn events(wanted: usize, known: usize) -> (Vec<Event>, bool) {
    let peer = node(1);
    let mut manager = SyncManager::new(at(0), Config::new(CHAIN), Timestamp(DAY), 5);
    let ids: Vec<_> = (0..16).map(|block| scid(block, 1)).collect();
    assert!(!manager.is_settled());
    manager.handle_input(at(0), peer, Input::Up(PeerInfo::new(1)));
    let mut events = Vec::new();
    while let Some((_, output)) = manager.poll_output() {
        let answer = match output {
            Output::Send(Message::QueryChannelRange(query)) => {
                assert_eq!(query.first_blocknum, BlockHeight(0));
                Input::RangeReply(reply(0, query.number_of_blocks, 1, &ids))
            }
            Output::Send(Message::QueryShortChannelIds(_)) => {
                Input::ScidsEnd(ReplyShortChannelIdsEnd {
                    chain_hash: CHAIN,
                    full_information: 1,
                    extra: Bytes::new(),
                })
            }
            Output::Send(_) => continue,
            Output::FindMissing { task, listed } => {
                assert_eq!(listed.len(), LISTED);
                let wanted = ids[..wanted].iter().map(|id| Wanted {
                    short_channel_id: *id,
                    flags: QueryFlags::EVERYTHING as u8,
                });
                let wanted = wanted.collect();
                Input::Missing { task, wanted }
            }
            Output::Confirm { task, .. } => {
                assert!(!manager.is_settled());
                Input::Confirmed {
                    task,
                    channels: known,
                }
            }
            Output::Event(event) => {
                events.push(event);
                continue;
            }
        };
        manager.handle_input(at(1), peer, answer);
    }
    (events, manager.is_settled())
}

fn is_doubtful(event: &Event) -> bool {
    matches!(event, Event::Doubtful(_))
}

#[test]
fn one_true_channel_of_sixteen_is_too_few() {
    let (events, is_settled) = events(16, 1);
    assert!(events.iter().any(is_doubtful) && !is_settled, "{events:?}");
    assert!(!events.contains(&Event::Complete));
}

#[test]
fn one_of_eight_is_enough() {
    let (events, is_settled) = events(16, 2);
    assert!(!events.iter().any(is_doubtful) && is_settled, "{events:?}");
    assert!(events.contains(&Event::Complete));
}

#[test]
fn what_nobody_wanted_is_not_held_against_its_teller() {
    let (events, is_settled) = events(0, 0);
    assert!(!events.iter().any(is_doubtful) && is_settled, "{events:?}");
    assert!(events.contains(&Event::Complete));
}
