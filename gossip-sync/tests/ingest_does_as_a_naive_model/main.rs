//! Gossip, verdicts, answers of the chain, blocks, removals and time, in any order: what an ingest takes, holds, lets wait and
//! says in the end is what a naive model does. Which job comes next is not the model's to say: the turns of peers are looked at.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

#[path = "../common/mod.rs"]
mod common;
mod model;
mod taken;
mod time;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use common::desk::{self, Desk};
use common::signed::{
    NOW, Signer, channel_of, pair, sign_node, sign_update, signed_channel, signed_node,
    signed_update,
};
use common::{CHAIN, about, node, scid, update};
use gossip_sync::ingest::{Answer, Config, DropReason, Funding, Gone};
use lnwire::bytes::Bytes;
use lnwire::extra::Outpoint;
use lnwire::{BlockHeight, Message, NodeId, ShortChannelId, Signature, Txid};
use model::Model;
use proptest::prelude::*;
use proptest::sample::Index;
use sha2::{Digest, Sha256};
use taken::{About, End, Item, State, Taken, dropped};

const TIP: u32 = 100;
const PEERS: u16 = 4;
const MAX_JOBS: usize = 3;
const MAX_LOOKUPS: usize = 2;

fn config() -> Config {
    Config {
        funding: Funding::LookUp,
        max_messages_per_peer: 6,
        max_bytes_per_peer: 2000,
        max_jobs: MAX_JOBS,
        max_lookups: MAX_LOOKUPS,
        // Three of one peer, seven of all.
        max_parked_bytes_per_peer: 1700,
        max_parked_bytes: 4000,
        // No update is too fast, and nothing that was seen is forgotten.
        update_burst: 1000,
        seen_for: Duration::from_secs(1 << 30),
        ..Config::new(CHAIN)
    }
}

fn channels() -> [(ShortChannelId, [Signer; 2]); 4] {
    let [a, b, c, d] = [1, 2, 3, 4].map(Signer::new);
    [
        (scid(1, 1), pair(a, b)),
        (scid(2, 1), pair(b, c)),
        // Not confirmed yet.
        (scid(TIP - 3, 1), pair(c, d)),
        (scid(TIP - 2, 1), pair(a, d)),
    ]
}

/// Everything there is to say about four channels, and forgeries of it.
static ITEMS: LazyLock<Vec<Item>> = LazyLock::new(|| {
    let mut items = Vec::new();
    let stranger = Signer::new(100);
    for (id, nodes) in channels() {
        let channel = About::Channel(id, nodes.map(|n| n.id));
        items.push(item(signed_channel(id, nodes), channel.clone(), true));
        let forged = channel_of(id, nodes).unsigned().unwrap();
        items.push(item(forged.sign(&[Signature([1; 64]); 4]), channel, false));
        for side in [0, 1] {
            for time in [NOW, NOW + 1] {
                let about = About::Update(id, side, time);
                let right = signed_update(id, nodes, side as u8, time);
                items.push(item(right, about, true));
            }
            let about = About::Update(id, side, NOW + 9);
            let forged = sign_update(&update(id, side as u8, NOW + 9), stranger);
            items.push(item(forged, about, false));
        }
    }
    for node in [1, 2, 3, 4].map(Signer::new) {
        for time in [NOW, NOW + 1] {
            let about = About::Node(node.id, time);
            items.push(item(signed_node(node, time), about, true));
        }
        let forged = sign_node(&about(node.id, NOW + 9), stranger);
        items.push(item(forged, About::Node(node.id, NOW + 9), false));
    }
    items
});

fn item(message: impl Into<Message>, about: About, is_valid: bool) -> Item {
    let message = message.into();
    let mut frame = Vec::new();
    message.write(&mut frame);
    Item {
        message,
        frame: frame.into(),
        about,
        is_valid,
    }
}

fn unspent(id: ShortChannelId) -> Answer {
    let channel = channels().into_iter().find(|(of, _)| *of == id);
    let [one, two] = channel.unwrap().1.map(|n| n.id.0);
    let witness = [&[0x52, 33][..], &one, &[33], &two, &[0x52, 0xae]].concat();
    Answer::Unspent {
        value_sat: 5000,
        script_pubkey: [&[0, 32][..], &Sha256::digest(witness)].concat().into(),
        outpoint: Outpoint {
            txid: Txid([0; 32]),
            index: 0,
        },
    }
}

#[derive(Clone, Debug)]
enum Op {
    Offer(Index, u16),
    Verdict(Index),
    Answer(Index, u8),
    Wait(u64),
    Block,
    Remove(usize, u8),
}

fn op() -> impl Strategy<Value = Op> {
    let index = any::<Index>;
    prop_oneof![
        16 => (index(), 1..=PEERS).prop_map(|(item, peer)| Op::Offer(item, peer)),
        12 => index().prop_map(Op::Verdict),
        6 => (index(), 0_u8..8).prop_map(|(lookup, answer)| Op::Answer(lookup, answer)),
        2 => prop_oneof![Just(15), Just(61), Just(601), Just(7201), 1_u64..2000].prop_map(Op::Wait),
        1 => Just(Op::Block),
        2 => (0_usize..4, 0_u8..6).prop_map(|(channel, gone)| Op::Remove(channel, gone)),
    ]
}

/// An ingest, its model, and which of the model's messages the jobs and questions are about.
struct Run {
    desk: Desk,
    model: Model,
    jobs: Vec<usize>,
    asked: Vec<usize>,
    /// Of each peer that has something to check: signatures handed out for each other one since it had its turn.
    passed_over: BTreeMap<(NodeId, NodeId), u32>,
    /// A job ended before its turn came, which is spent for nothing then.
    is_turn_spent: bool,
    tip: u32,
}

impl Run {
    fn new() -> Self {
        let mut desk = Desk::with(config());
        desk.set_tip(TIP);
        Self {
            desk,
            model: Model::new(config(), TIP),
            jobs: Vec::new(),
            asked: Vec::new(),
            passed_over: BTreeMap::new(),
            is_turn_spent: false,
            tip: TIP,
        }
    }

    fn go(&mut self, op: &Op) {
        match op {
            Op::Offer(item, peer) => {
                let item = item.get(&ITEMS);
                self.desk.offer(node(*peer), item.message.clone());
                self.model.offer(node(*peer), item);
            }
            Op::Verdict(job) if !self.jobs.is_empty() => self.check(job.index(self.jobs.len())),
            Op::Answer(lookup, answer) if !self.asked.is_empty() => {
                self.answer(lookup.index(self.asked.len()), *answer);
            }
            Op::Wait(seconds) => return self.wait(*seconds),
            Op::Block => {
                self.tip += 1;
                self.desk.set_tip(self.tip);
                self.model.set_tip(BlockHeight(self.tip));
            }
            Op::Remove(channel, gone) => self.remove(channels()[*channel].0, *gone),
            Op::Verdict(_) | Op::Answer(..) => {}
        }
        self.compare();
    }

    fn check(&mut self, job: usize) {
        let number = self.jobs.remove(job);
        self.desk.check(job);
        // One whose time is over says nothing to anybody.
        let is_out = |t: &mut Taken| t.state == State::Out;
        if self.model.at(number).is_some_and(is_out) {
            self.model.verdict(number);
        }
    }

    fn answer(&mut self, lookup: usize, answer: u8) {
        let number = self.asked.remove(lookup);
        let (id, channel) = self.desk.lookups.remove(lookup);
        let now = self.model.now;
        let is_current = match self.model.at(number) {
            Some(taken) if taken.state == State::Asked => {
                if answer == 2 {
                    taken.state = State::Rests(now + config().lookup_retry);
                }
                true
            }
            _ => false,
        };
        let said = match answer {
            0 => Answer::Spent,
            1 => Answer::NotFound,
            2 => Answer::Unavailable,
            3 => Answer::Unspent {
                value_sat: 5000,
                script_pubkey: Bytes::from_static(&[0; 34]),
                outpoint: Outpoint {
                    txid: Txid([0; 32]),
                    index: 0,
                },
            },
            _ => unspent(channel),
        };
        if is_current && answer == 0 {
            self.desk.gone.insert(channel, Gone::Closed);
            self.model.gone.insert(channel, Gone::Closed);
        }
        self.desk.answer_to(id, said);
        match answer {
            _ if !is_current => {}
            0 => self.model.refused(number, DropReason::Closed),
            1 => self.model.refused(number, DropReason::FundingNotFound),
            2 => {}
            3 => self.model.refused(number, DropReason::FundingScript),
            _ => self.model.unspent(number),
        }
    }

    fn wait(&mut self, seconds: u64) {
        let end = self.desk.now + Duration::from_secs(seconds);
        while let Some(next) = self.desk.ingest.poll_timeout().filter(|next| *next <= end) {
            self.desk.time_out();
            self.is_turn_spent |= self.model.time_out(next);
            self.compare();
        }
        self.desk.now = end;
        self.model.now = end;
        self.compare();
    }

    fn remove(&mut self, id: ShortChannelId, gone: u8) {
        if !self.model.may_remove(id) {
            return;
        }
        let gone = match gone {
            0 => None,
            1 => Some(Gone::Closed),
            n => Some(self.model.zombie(id, [n & 1 == 0, n & 2 == 0])),
        };
        self.desk.remove(id, gone);
        self.model.remove(id, gone);
    }

    fn compare(&mut self) {
        self.handed_out();
        let (ingest, model) = (&self.desk.ingest, &mut self.model);
        assert_eq!(ingest.poll_timeout(), model.next_deadline());
        for peer in (1..=PEERS).map(node) {
            assert_eq!(ingest.held_messages_of(peer), model.under_way_of(peer));
            assert_eq!(ingest.parked_bytes_of(peer), model.parked_bytes_of(peer));
        }
        let mut ends: Vec<_> = self.desk.log().into_iter().map(end).collect();
        let mut expected = core::mem::take(&mut model.ends);
        ends.sort_unstable();
        expected.sort_unstable();
        assert_eq!(ends, expected);
        assert_eq!(self.desk.revived.len(), self.model.revived);
        for (id, _) in channels() {
            let times = self.desk.known(id).map(|channel| channel.timestamps());
            let times = times.map(|both| both.map(|at| at.map_or(0, |at| at.0)));
            assert_eq!(times, self.model.channels.get(&id).map(|c| c.1));
        }
    }

    /// Takes note of new jobs and questions: no more than there may be, all that there may be, those of a peer in their order,
    /// and none of a peer much before another's.
    fn handed_out(&mut self) {
        for job in &self.desk.jobs[self.jobs.len()..] {
            let queued = self.model.taken.iter().filter_map(|t| match t.state {
                State::Queued(order) => Some((order, t.peer, t.number, &t.item.frame)),
                _ => None,
            });
            let mut queued: Vec<_> = queued.collect();
            queued.sort_unstable();
            let this = queued.iter().find(|(.., frame)| *frame == job.as_bytes());
            let (order, peer, number, _) = *this.expect("a job of a message that waits for it");
            let mut before = queued.iter().take_while(|(other, ..)| *other < order);
            assert!(before.all(|(_, other, ..)| *other != peer), "out of order");
            let waiting: BTreeSet<_> = queued.iter().map(|(_, peer, ..)| *peer).collect();
            self.passed_over
                .retain(|(waits, _), _| *waits != peer && waiting.contains(waits));
            for other in waiting.into_iter().filter(|other| *other != peer) {
                let passed = self.passed_over.entry((other, peer)).or_default();
                *passed += job.signatures() as u32;
                // A turn is of four signatures, exceeded by three of them at most.
                let is_fair = *passed <= 7 || self.is_turn_spent;
                assert!(is_fair, "{other} waits for its turn");
            }
            self.jobs.push(number);
            if let Some(taken) = self.model.at(number) {
                taken.state = State::Out;
            }
        }
        for (_, id) in &self.desk.lookups[self.asked.len()..] {
            let is_it = |t: &&mut Taken| {
                t.state == State::ToAsk
                    && matches!(t.item.about, About::Channel(of, _) if of == *id)
            };
            let taken = self.model.taken.iter_mut().find(is_it);
            let taken = taken.expect("a question that is to be asked");
            taken.state = State::Asked;
            self.asked.push(taken.number);
        }
        let count = |of: fn(&State) -> bool| {
            let states = self.model.taken.iter().map(|t| &t.state);
            states.filter(|state| of(state)).count()
        };
        let (out, asked) = (count(|s| *s == State::Out), count(|s| *s == State::Asked));
        assert!(out <= MAX_JOBS && asked <= MAX_LOOKUPS);
        assert!(out == MAX_JOBS || count(|s| matches!(s, State::Queued(_))) == 0);
        assert!(asked == MAX_LOOKUPS || count(|s| *s == State::ToAsk) == 0);
    }
}

fn end(end: desk::End) -> End {
    match end {
        desk::End::Accepted(peer, frame) => End::Accepted(peer, frame),
        desk::End::Dropped(peer, reason) => dropped(peer, reason),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn as_the_model(ops in prop::collection::vec(op(), 0..250)) {
        let mut run = Run::new();
        for op in &ops {
            run.go(op);
        }
        // Whatever was taken ends.
        run.wait(3 * 3600);
        prop_assert!(run.model.taken.is_empty());
        run.desk.assert_empty();
    }
}
