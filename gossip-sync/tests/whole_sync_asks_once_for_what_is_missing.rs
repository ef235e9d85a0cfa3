//! A syncer and an answerer over a graph: everything arrives, and is asked for once.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::BTreeMap;

use common::{CHAIN, Store, announced, at, drain, everything_of};
use gossip_sync::syncer::{Event, Input, Listed, Outcome, Output, Wanted};
use gossip_sync::{Answerer, Syncer, answerer, syncer};
use lnwire::bolt7::{QueryFlags, QueryShortChannelIds};
use lnwire::{BlockHeight, Message, ShortChannelId};
use proptest::prelude::*;

/// What a sync came to.
struct Sync {
    outcome: Outcome,
    queries: Vec<QueryShortChannelIds>,
    arrived: BTreeMap<ShortChannelId, usize>,
}

/// Runs a sync; `choose` says what is wanted of the listed channels.
fn sync(store: &Store, choose: impl Fn(&[Listed]) -> Vec<Wanted>) -> Sync {
    let mut syncer = Syncer::new(syncer::Config::new(CHAIN));
    let mut answerer = Answerer::new(answerer::Config::new(CHAIN));
    syncer.sync(at(0), BlockHeight(0), BlockHeight(800_000));
    let (mut queries, mut arrived) = (Vec::new(), BTreeMap::new());
    loop {
        for output in drain(&mut syncer) {
            match output {
                Output::Send(Message::QueryChannelRange(query)) => {
                    answerer.handle_input(answerer::Input::QueryRange(query));
                }
                Output::Send(Message::QueryShortChannelIds(query)) => {
                    queries.push(query.clone());
                    answerer.handle_input(answerer::Input::QueryScids(query));
                }
                Output::FindMissing(listed) => {
                    assert!(
                        listed
                            .windows(2)
                            .all(|w| w[0].short_channel_id < w[1].short_channel_id)
                    );
                    syncer.handle_input(at(0), Input::Missing(choose(&listed)));
                }
                Output::Event(Event::Finished(outcome)) => {
                    assert!(syncer.is_idle() && syncer.held_bytes() == 0 && answerer.is_idle());
                    assert_eq!((syncer.poll_timeout(), drain(&mut syncer)), (None, vec![]));
                    return Sync {
                        outcome,
                        queries,
                        arrived,
                    };
                }
                other => panic!("{other:?}"),
            }
        }
        for output in store.run(&mut answerer) {
            let input = match output {
                answerer::Output::Send(Message::ReplyChannelRange(reply)) => {
                    Input::RangeReply(reply)
                }
                answerer::Output::Send(Message::ReplyShortChannelIdsEnd(end)) => {
                    Input::ScidsEnd(end)
                }
                answerer::Output::Relay(frame) => {
                    let channel = announced(&frame);
                    channel
                        .into_iter()
                        .for_each(|c| *arrived.entry(c).or_insert(0) += 1);
                    Input::Gossip(channel)
                }
                other => panic!("{other:?}"),
            };
            syncer.handle_input(at(0), input);
        }
    }
}

fn all(listed: &[Listed]) -> Vec<Wanted> {
    // In any order: here descending.
    listed
        .iter()
        .rev()
        .map(|l| everything_of(l.short_channel_id))
        .collect()
}

#[test]
fn nothing_is_missing_at_the_end() {
    for count in [0, 1, 499, 500, 501, 20_000] {
        let store = Store::of(count);
        let sync = sync(&store, all);
        let count = count as usize;
        let complete = Outcome::Complete {
            listed: count,
            asked: count,
            withheld: vec![],
        };
        assert_eq!(sync.outcome, complete);
        assert_eq!(sync.arrived.len(), count);
        assert!(sync.arrived.values().all(|times| *times == 1));
        let sizes: Vec<_> = sync
            .queries
            .iter()
            .map(|q| q.short_channel_ids.len())
            .collect();
        assert_eq!(sizes.len(), count.div_ceil(500));
        assert!(sizes.iter().all(|size| (1..=500).contains(size)));
        // None sends flags: peers exist that do not take them.
        assert!(sync.queries.iter().all(|q| q.query_flags.is_none()));
    }
}

#[test]
fn what_is_known_is_not_asked_for() {
    let sync = sync(&Store::of(1000), |_| vec![]);
    assert_eq!(
        sync.outcome,
        Outcome::Complete {
            listed: 1000,
            asked: 0,
            withheld: vec![]
        }
    );
    assert!(sync.queries.is_empty());
}

#[test]
fn timestamps_are_listed() {
    let store = Store::of(10);
    sync(&store, |listed| {
        for l in listed {
            let updates = &store.0[&l.short_channel_id].updates;
            let times = [0, 1].map(|side: usize| updates[side].as_ref().unwrap().timestamp());
            assert_eq!(l.timestamps, Some(times));
        }
        vec![]
    });
}

#[test]
fn channels_that_do_not_exist_any_more_are_withheld() {
    let gone = common::scid(799_999, 1);
    let sync = sync(&Store::of(3), |listed| {
        [all(listed), vec![everything_of(gone)]].concat()
    });
    assert_eq!(
        sync.outcome,
        Outcome::Complete {
            listed: 3,
            asked: 4,
            withheld: vec![gone]
        }
    );
}

/// An update alone leaves no trace by which it could be missed.
#[test]
fn refreshed_channels_are_not_withheld() {
    let sync = sync(&Store::of(3), |listed| {
        let refresh = |l: &Listed| Wanted {
            flags: QueryFlags::CHANNEL_UPDATE_1 as u8,
            ..everything_of(l.short_channel_id)
        };
        listed.iter().map(refresh).collect()
    });
    assert_eq!(
        sync.outcome,
        Outcome::Complete {
            listed: 3,
            asked: 3,
            withheld: vec![]
        }
    );
    assert!(sync.arrived.is_empty());
    let flags: Vec<_> = sync.queries[0]
        .query_flags
        .as_ref()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(flags, [2, 2, 2]);
}

/// Wanted twice, or for nothing: asked once, for all that was wanted, or not at all.
#[test]
fn repeated_wishes_add_up() {
    let sync = sync(&Store::of(3), |listed| {
        let want = |n: usize, flags| Wanted {
            short_channel_id: listed[n].short_channel_id,
            flags,
        };
        vec![want(1, 1), want(0, 0), want(1, 4), want(2, 255)]
    });
    let query = &sync.queries[0];
    let flags: Vec<_> = query.query_flags.as_ref().unwrap().iter().collect();
    assert_eq!((query.short_channel_ids.len(), flags), (2, vec![5, 31]));
    assert!(matches!(sync.outcome, Outcome::Complete { asked: 2, .. }));
}

/// With flags 8,000 ids are more than a message holds.
#[test]
fn the_largest_query_fits_into_a_message() {
    let config = syncer::Config {
        channels_per_query: usize::MAX,
        ..syncer::Config::new(CHAIN)
    };
    let mut syncer = Syncer::new(config);
    syncer.sync(at(0), BlockHeight(0), BlockHeight(1000));
    syncer.handle_input(
        at(0),
        Input::RangeReply(common::range_reply(0, 1000, 1, &[])),
    );
    drain(&mut syncer);
    let want = |n| Wanted {
        short_channel_id: ShortChannelId(n),
        flags: (n % 256) as u8,
    };
    syncer.handle_input(at(0), Input::Missing((0..20_000).map(want).collect()));
    let [Output::Send(query)] = &drain(&mut syncer)[..] else {
        panic!()
    };
    assert!((60_000..=lnwire::MAX_MESSAGE_LEN).contains(&query.encoded_len()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_choice_is_asked_for_once(count in 0_u32..1500, keep in any::<[bool; 17]>()) {
        let store = Store::of(count);
        let chosen = |listed: &[Listed]| -> Vec<Wanted> {
            let all = all(listed).into_iter().enumerate();
            all.filter(|(n, _)| keep[n % 17]).map(|(_, w)| w).collect()
        };
        let sync = sync(&store, chosen);
        let is_complete = matches!(&sync.outcome, Outcome::Complete { withheld, asked, .. }
            if withheld.is_empty() && *asked == sync.arrived.len());
        prop_assert!(is_complete);
        prop_assert!(sync.arrived.values().all(|times| *times == 1));
    }
}
