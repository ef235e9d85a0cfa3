//! Any inputs in any order: what is held and what is put out stays within the documented bounds, queries are
//! open one at a time, and nothing gets stuck.

mod common;

use core::time::Duration;

use common::signed::NOW;
use common::{
    CHAIN, FOREIGN, Store, announcement, filter, node, range_query, range_reply, scid, scids_end,
    scids_query, unsigned_node, update,
};
use gossip_sync::{Answerer, Ingest, Syncer, answerer, ingest, syncer};
use lnwire::bolt7::{QueryChannelRange, ReplyChannelRange};
use lnwire::{BlockHeight, Instant, Message, ShortChannelId, Signature, Timestamp};
use proptest::prelude::*;

fn ids() -> impl Strategy<Value = Vec<ShortChannelId>> {
    prop::collection::vec((0_u32..40, 0_u32..5), 0..30).prop_map(|places| {
        places
            .into_iter()
            .map(|(block, tx)| scid(block, tx))
            .collect()
    })
}

#[derive(Clone, Debug)]
enum SyncOp {
    Sync,
    Stop,
    Input(syncer::Input),
    /// Time goes on.
    Wait(u64),
    /// Time goes on to the deadline.
    TimeOut,
}

fn sync_op() -> impl Strategy<Value = SyncOp> {
    let reply = (
        ids(),
        0_u32..40,
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.05),
    );
    let reply = reply.prop_map(|(ids, first, complete, foreign)| {
        let reply = range_reply(first, 40, u8::from(complete), &ids);
        let chain_hash = if foreign { FOREIGN } else { CHAIN };
        syncer::Input::RangeReply(ReplyChannelRange {
            chain_hash,
            ..reply
        })
    });
    let wanted =
        prop::collection::vec((0_u32..40, 0_u32..5, any::<u8>()), 0..60).prop_map(|wanted| {
            let wanted = wanted.into_iter().map(|(block, tx, flags)| syncer::Wanted {
                short_channel_id: scid(block, tx),
                flags,
            });
            syncer::Input::Missing(wanted.collect())
        });
    let gossip = prop::option::of((0_u32..40, 0_u32..5));
    let gossip =
        gossip.prop_map(|place| syncer::Input::Gossip(place.map(|(block, tx)| scid(block, tx))));
    let end = prop::bool::weighted(0.9)
        .prop_map(|full| syncer::Input::ScidsEnd(scids_end(u8::from(full))));
    prop_oneof![
        4 => Just(SyncOp::Sync),
        1 => Just(SyncOp::Stop),
        8 => reply.prop_map(SyncOp::Input),
        4 => wanted.prop_map(SyncOp::Input),
        8 => gossip.prop_map(SyncOp::Input),
        4 => end.prop_map(SyncOp::Input),
        2 => (0_u64..30).prop_map(SyncOp::Wait),
        2 => Just(SyncOp::TimeOut),
    ]
}

/// Runs a syncer and checks it after every step; returns all outputs.
fn run_syncer(ops: &[SyncOp]) -> Vec<syncer::Output> {
    let config = syncer::Config {
        max_listed: 50,
        channels_per_query: 7,
        ..syncer::Config::new(CHAIN)
    };
    let total = config.total_timeout;
    let mut syncer = Syncer::new(config);
    let (mut now, mut began) = (Instant::ZERO, Instant::ZERO);
    let (mut range_open, mut scids_open, mut finished) = (false, false, true);
    let (mut all, mut wanted_bytes) = (Vec::new(), 0);
    for op in ops {
        let idle = syncer.is_idle();
        match op {
            SyncOp::Sync => {
                syncer.sync(now, BlockHeight(0), BlockHeight(30));
                if idle {
                    (began, finished) = (now, false);
                }
            }
            SyncOp::Stop => syncer.stop(),
            SyncOp::Input(input) => {
                match input {
                    syncer::Input::RangeReply(reply) => {
                        range_open &= reply.sync_complete == 0 && reply.chain_hash == CHAIN;
                    }
                    syncer::Input::ScidsEnd(_) => scids_open = false,
                    syncer::Input::Missing(wanted) => wanted_bytes = wanted.len() * 16,
                    syncer::Input::Gossip(_) => {}
                }
                syncer.handle_input(now, input.clone());
            }
            SyncOp::Wait(seconds) => {
                now = now + Duration::from_secs(*seconds);
                syncer.handle_timeout(now);
            }
            SyncOp::TimeOut => {
                now = syncer.poll_timeout().unwrap_or(now).max(now);
                syncer.handle_timeout(now);
            }
        }
        let outputs = common::drain(&mut syncer);
        assert!(outputs.len() <= 1, "{outputs:?}");
        for output in &outputs {
            match output {
                syncer::Output::Send(Message::QueryChannelRange(_)) => {
                    assert!(!range_open, "two range queries");
                    range_open = true;
                }
                syncer::Output::Send(Message::QueryShortChannelIds(query)) => {
                    assert!(!scids_open && query.short_channel_ids.len() <= 7);
                    scids_open = true;
                }
                syncer::Output::Send(Message::GossipTimestampFilter(_)) => {}
                syncer::Output::Send(other) => panic!("{other:?}"),
                syncer::Output::FindMissing(listed) => assert!(listed.len() <= 50),
                syncer::Output::Event(syncer::Event::Finished(outcome)) => {
                    assert!(!finished, "finished twice");
                    finished = true;
                    // The range reply that said so is the only one there is.
                    range_open &=
                        *outcome != syncer::Outcome::Failed(syncer::Failure::ChainNotServed);
                }
                syncer::Output::Event(_) => {}
            }
        }
        all.extend(outputs);
        assert_eq!(
            (finished, syncer.is_idle()),
            (syncer.is_idle(), syncer.poll_timeout().is_none())
        );
        assert!(
            syncer
                .poll_timeout()
                .is_none_or(|deadline| deadline <= began + total)
        );
        assert!(syncer.held_bytes() <= (50 * 32).max(wanted_bytes));
    }
    while let Some(deadline) = syncer.poll_timeout() {
        syncer.handle_timeout(deadline);
    }
    assert!(syncer.is_idle() && syncer.held_bytes() == 0);
    all
}

#[derive(Clone, Debug)]
enum AnswerOp {
    Range {
        first: u32,
        number: u32,
        options: u64,
        foreign: bool,
    },
    Scids(Vec<ShortChannelId>, Option<Vec<u64>>),
    Filter(u32, u32),
    Ready,
    /// Answers one of the questions so far.
    Answer(prop::sample::Index),
}

fn answer_op() -> impl Strategy<Value = AnswerOp> {
    let flags = prop::option::of(prop::collection::vec(0_u64..40, 30));
    let range = (
        0_u32..150,
        prop_oneof![0_u32..150, Just(u32::MAX)],
        0_u64..4,
        any::<bool>(),
    );
    prop_oneof![
        2 => range.prop_map(|(first, number, options, foreign)| AnswerOp::Range { first, number, options, foreign }),
        2 => (ids(), flags).prop_map(|(ids, flags)| AnswerOp::Scids(ids, flags)),
        2 => (0_u32..2000, prop_oneof![Just(0_u32), 0_u32..2000]).prop_map(|(first, range)| AnswerOp::Filter(first, range)),
        6 => Just(AnswerOp::Ready),
        8 => any::<prop::sample::Index>().prop_map(AnswerOp::Answer),
    ]
}

/// Two queries with their nodes, and a page.
fn answerer_bound(page: usize) -> usize {
    2 * 30 * (16 + 2 * 33) + page * (432 + 2 * 138 + 2 * 144) + 65_535
}

fn run_answerer(store: &Store, ops: Vec<AnswerOp>) {
    let page = 4;
    let config = answerer::Config {
        channels_per_page: page,
        ..answerer::Config::new(CHAIN)
    };
    let mut answerer = Answerer::new(config);
    let (mut questions, mut open) = (Vec::new(), 0);
    for op in ops {
        let input = match op {
            AnswerOp::Range {
                first,
                number,
                options,
                foreign,
            } => answerer::Input::QueryRange(QueryChannelRange {
                chain_hash: if foreign { FOREIGN } else { CHAIN },
                ..range_query(first, number, options)
            }),
            AnswerOp::Scids(ids, flags) => {
                let flags = flags.map(|flags| flags[..ids.len()].to_vec());
                answerer::Input::QueryScids(scids_query(&ids, flags.as_deref()))
            }
            AnswerOp::Filter(first, range) => answerer::Input::Filter(filter(first, range)),
            AnswerOp::Ready => answerer::Input::Ready,
            AnswerOp::Answer(_) if questions.is_empty() => continue,
            AnswerOp::Answer(index) => {
                let question = index.index(questions.len());
                open -= usize::from(question + 1 == questions.len() && open == 1);
                store.answer(&questions[question]).unwrap()
            }
        };
        answerer.handle_input(input);
        assert!(
            answerer.held_bytes() <= answerer_bound(page),
            "{}",
            answerer.held_bytes()
        );
        let mut outputs = 0;
        while let Some(output) = answerer.poll_output() {
            outputs += 1;
            if store.answer(&output).is_some() {
                questions.push(output);
                open += 1;
            }
        }
        // A page, or a refusal; and the next question when the page was empty.
        assert!(outputs <= 5 * page + 1, "{outputs}");
        assert!(open <= 1, "two questions are open");
    }
    // The last question is answered, if it was not: nothing is stuck.
    if let Some(last) = questions.last() {
        answerer.handle_input(store.answer(last).unwrap());
    }
    store.run(&mut answerer);
    assert!(
        answerer.is_idle() && answerer.held_bytes() == 0,
        "{answerer:?}"
    );
}

const PEERS: u16 = 3;

/// A message nobody signed; ingest cannot tell before it is checked.
fn gossip() -> impl Strategy<Value = Message> {
    let forged = || any::<u8>().prop_map(|n| Signature([n; 64]));
    let place = || (0_u32..4).prop_map(|block| scid(block, 1));
    prop_oneof![
        (place(), 0_u16..5, 0_u16..5, forged()).prop_map(|(id, one, two, signature)| {
            let contents = announcement(id, [node(one), node(two)]);
            contents.unsigned().unwrap().sign(&[signature; 4]).into()
        }),
        (place(), 0_u8..2, forged()).prop_map(|(id, side, signature)| {
            update(id, side, NOW)
                .unsigned()
                .unwrap()
                .sign(&[signature])
                .into()
        }),
        (0_u16..5, 0_u32..50).prop_map(|(id, time)| unsigned_node(node(id), NOW + time).into()),
    ]
}

fn run_ingest(ops: Vec<(u16, Message, bool, Option<prop::sample::Index>)>) {
    let (max_messages, max_bytes) = (6, 1500);
    let config = ingest::Config {
        max_messages_per_peer: max_messages,
        max_bytes_per_peer: max_bytes,
        max_parked_bytes_per_peer: 0,
        ..ingest::Config::new(CHAIN)
    };
    let mut machine = Ingest::new(config, Timestamp(NOW), 7);
    let (mut jobs, mut offers, mut ends) = (Vec::new(), 0, 0);
    let mut drain = |machine: &mut Ingest, jobs: &mut Vec<_>, before: usize| {
        let mut outputs = 0;
        while let Some(output) = machine.poll_output() {
            outputs += 1;
            match output {
                ingest::Output::Check(job) => jobs.push(job),
                ingest::Output::Drop { .. } => ends += 1,
                other => panic!("nothing was signed: {other:?}"),
            }
        }
        assert!(outputs <= before.max(1), "{outputs} for {before} held");
        let peers = usize::from(PEERS);
        assert!(machine.held_messages() <= peers * max_messages);
        assert!(machine.held_bytes() <= peers * (max_bytes + 432));
        assert_eq!(
            machine.held_messages() == 0,
            machine.poll_timeout().is_none()
        );
        ends
    };
    for (peer, message, known, job) in ops {
        let peer = node(peer);
        let room = machine.has_room(peer);
        let channel = match known {
            false => ingest::Standing::Unknown,
            true => ingest::Standing::Known(ingest::KnownChannel {
                node_ids: [node(1), node(2)],
                updates: [None; 2],
            }),
        };
        let input = match message {
            Message::ChannelAnnouncement(message) => ingest::Input::ChannelAnnouncement {
                peer,
                message,
                channel,
            },
            Message::ChannelUpdate(message) => ingest::Input::ChannelUpdate {
                peer,
                message,
                channel,
            },
            Message::NodeAnnouncement(message) => {
                let node = known.then_some(ingest::KnownNode { timestamp: None });
                ingest::Input::NodeAnnouncement {
                    peer,
                    message,
                    node,
                }
            }
            other => panic!("{other:?}"),
        };
        let before = machine.held_messages();
        machine.handle_input(Instant::ZERO, input);
        offers += 1;
        assert!(room || machine.held_messages() == before);
        drain(&mut machine, &mut jobs, before);
        if let Some(job) = job.filter(|_| !jobs.is_empty()) {
            let checked = common::signed::run(jobs.remove(job.index(jobs.len())));
            let before = machine.held_messages();
            machine.handle_input(Instant::ZERO, ingest::Input::Checked(checked));
            drain(&mut machine, &mut jobs, before);
        }
    }
    let before = machine.held_messages();
    machine.handle_timeout(common::at(60));
    let ends = drain(&mut machine, &mut jobs, before);
    assert_eq!(
        (ends, machine.held_bytes(), machine.is_idle()),
        (offers, 0, true)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn syncer(ops in prop::collection::vec(sync_op(), 0..120)) {
        // And twice the same gives the same.
        prop_assert_eq!(run_syncer(&ops), run_syncer(&ops));
    }

    #[test]
    fn answerer(count in 0_u32..60, ops in prop::collection::vec(answer_op(), 0..80)) {
        run_answerer(&Store::of(count), ops);
    }

    #[test]
    fn ingest(
        ops in prop::collection::vec(
            (0..PEERS, gossip(), prop::bool::weighted(0.1), prop::option::of(any::<prop::sample::Index>())),
            0..80,
        ),
    ) {
        run_ingest(ops);
    }
}
