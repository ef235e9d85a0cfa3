//! Offers and verdicts in any order, some of them forged: what is accepted is what a naive model accepts.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use common::desk::{Desk, End};
use common::signed::{
    NOW, Signer, channel_of, pair, sign_node, sign_update, signed_channel, signed_node,
    signed_update,
};
use common::{about, node, scid, update};
use lnwire::bytes::Bytes;
use lnwire::{Message, NodeId, ShortChannelId, Signature};
use proptest::prelude::*;

/// A message of a small network, or a forgery of one.
#[derive(Clone, Debug)]
struct Item {
    message: Message,
    frame: Bytes,
    valid: bool,
}

impl Item {
    fn new(message: impl Into<Message>, valid: bool) -> Self {
        let message = message.into();
        let mut frame = Vec::new();
        message.write(&mut frame);
        Self {
            message,
            frame: frame.into(),
            valid,
        }
    }
}

/// Three channels among four nodes, in the order in which a peer serves them.
static REAL: LazyLock<Vec<Item>> = LazyLock::new(|| {
    let mut items = Vec::new();
    for (id, nodes) in channels() {
        items.push(Item::new(signed_channel(id, nodes), true));
        for time in [NOW, NOW + 1] {
            items.extend([0, 1].map(|side| Item::new(signed_update(id, nodes, side, time), true)));
        }
        items.extend(nodes.map(|n| Item::new(signed_node(n, NOW), true)));
    }
    items
});

/// Forgeries of each of them.
static FORGED: LazyLock<Vec<Item>> = LazyLock::new(|| {
    let mut items = Vec::new();
    let others = pair(Signer::new(100), Signer::new(101));
    for (id, nodes) in channels() {
        for claimed in [nodes, others] {
            let unsigned = channel_of(id, claimed).unsigned().unwrap();
            items.push(Item::new(unsigned.sign(&[Signature([1; 64]); 4]), false));
        }
        let newer = |side| sign_update(&update(id, side, NOW + 9), others[0]);
        items.extend([0, 1].map(|side| Item::new(newer(side), false)));
        items.extend(nodes.map(|n| Item::new(sign_node(&about(n.id, NOW + 9), others[0]), false)));
    }
    items
});

fn channels() -> [(ShortChannelId, [Signer; 2]); 3] {
    let [a, b, c, d] = [1, 2, 3, 4].map(Signer::new);
    [
        (scid(1, 1), pair(a, b)),
        (scid(2, 1), pair(b, c)),
        (scid(3, 1), pair(c, d)),
    ]
}

/// What ingest and a graph do, with lists and searches.
#[derive(Default)]
struct Model {
    channels: BTreeMap<ShortChannelId, [u32; 2]>,
    nodes: BTreeMap<NodeId, u32>,
    jobs: Vec<Item>,
    /// Messages, and the announcements that they wait for.
    waiting: Vec<(Item, Vec<Bytes>)>,
    accepted: Vec<Bytes>,
    /// Messages whose signatures do not hold.
    invalid: Vec<Bytes>,
}

fn named(item: &Item) -> (ShortChannelId, Vec<NodeId>) {
    match &item.message {
        Message::ChannelAnnouncement(m) => {
            (m.short_channel_id(), vec![m.node_id_1(), m.node_id_2()])
        }
        _ => (ShortChannelId(0), vec![]),
    }
}

impl Model {
    fn offer(&mut self, item: &Item) {
        let is_job = self.jobs.iter().any(|j| j.frame == item.frame);
        let is_invalid = self.invalid.contains(&item.frame);
        if is_invalid || is_job || self.waiting.iter().any(|(w, _)| w.frame == item.frame) {
            return;
        }
        let (newer, candidates): (Option<bool>, Vec<_>) = match &item.message {
            Message::ChannelAnnouncement(m) => (
                Some(!self.channels.contains_key(&m.short_channel_id())),
                vec![],
            ),
            Message::ChannelUpdate(m) => {
                let times = self.channels.get(&m.short_channel_id());
                let newer = times.map(|t| t[usize::from(m.direction())] < m.timestamp().0);
                (
                    newer,
                    self.jobs
                        .iter()
                        .filter(|j| named(j).0 == m.short_channel_id())
                        .collect(),
                )
            }
            Message::NodeAnnouncement(m) => {
                let newer = self
                    .nodes
                    .get(&m.node_id())
                    .map(|time| *time < m.timestamp().0);
                (
                    newer,
                    self.jobs
                        .iter()
                        .filter(|j| named(j).1.contains(&m.node_id()))
                        .collect(),
                )
            }
            other => panic!("{other:?}"),
        };
        let candidates: Vec<_> = candidates.into_iter().map(|j| j.frame.clone()).collect();
        match newer {
            Some(true) => self.jobs.push(item.clone()),
            None if !candidates.is_empty() => self.waiting.push((item.clone(), candidates)),
            Some(false) | None => {}
        }
    }

    /// Peers take turns, so jobs come in another order than their messages.
    fn verdict_on(&mut self, frame: &Bytes) {
        let job = self.jobs.iter().position(|job| job.frame == *frame);
        self.verdict(job.unwrap(), true);
    }

    fn verdict(&mut self, job: usize, in_time: bool) {
        let item = self.jobs.remove(job);
        if item.valid && in_time {
            self.accept(&item);
        } else if in_time {
            self.invalid.push(item.frame.clone());
        }
        for (_, candidates) in &mut self.waiting {
            candidates.retain(|frame| *frame != item.frame);
        }
        self.waiting
            .retain(|(_, candidates)| !candidates.is_empty());
    }

    fn accept(&mut self, item: &Item) {
        match &item.message {
            Message::ChannelAnnouncement(m) => {
                let (id, nodes) = named(item);
                if self.channels.contains_key(&id) {
                    return;
                }
                self.channels.insert(id, [0; 2]);
                self.release(|w| matches!(&w.message, Message::ChannelUpdate(u) if u.short_channel_id() == m.short_channel_id()));
                for node in nodes {
                    self.nodes.entry(node).or_insert(0);
                    self.release(|w| matches!(&w.message, Message::NodeAnnouncement(n) if n.node_id() == node));
                }
            }
            Message::ChannelUpdate(m) => {
                let times = self.channels.get_mut(&m.short_channel_id()).unwrap();
                let time = &mut times[usize::from(m.direction())];
                *time = m.timestamp().0.max(*time);
            }
            Message::NodeAnnouncement(m) => {
                let time = self.nodes.get_mut(&m.node_id()).unwrap();
                *time = m.timestamp().0.max(*time);
            }
            other => panic!("{other:?}"),
        }
        self.accepted.push(item.frame.clone());
    }

    fn release(&mut self, which: impl Fn(&Item) -> bool) {
        let (released, waiting) = core::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(w, _)| which(w));
        self.waiting = waiting;
        self.jobs
            .extend(Vec::into_iter(released).map(|(item, _): (Item, Vec<Bytes>)| item));
    }
}

#[derive(Clone, Debug)]
enum Op {
    Real {
        item: prop::sample::Index,
        peer: u16,
    },
    Forged(prop::sample::Index),
    Verdict(prop::sample::Index),
    TimeOut,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => (any::<prop::sample::Index>(), 1_u16..4).prop_map(|(item, peer)| Op::Real { item, peer }),
        6 => any::<prop::sample::Index>().prop_map(Op::Forged),
        12 => any::<prop::sample::Index>().prop_map(Op::Verdict),
        1 => Just(Op::TimeOut),
    ]
}

const LIAR: u16 = 9;

/// Takes the log, and returns what was accepted.
fn accepted(desk: &mut Desk, ends: &mut usize) -> Vec<Bytes> {
    let log = desk.log();
    *ends += log.len();
    let frames = log.into_iter().filter_map(|end| match end {
        End::Accepted(_, frame) => Some(frame),
        End::Dropped(..) => None,
    });
    frames.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn as_the_model(ops in prop::collection::vec(op(), 0..150)) {
        let (mut desk, mut model) = (Desk::new(), Model::default());
        let (mut offers, mut ends) = (0, 0);
        for op in ops {
            match op {
                Op::Real { item, peer } => {
                    let item = item.get(&REAL);
                    desk.offer(node(peer), item.message.clone());
                    model.offer(item);
                    offers += 1;
                }
                Op::Forged(item) => {
                    let item = item.get(&FORGED);
                    desk.offer(node(LIAR), item.message.clone());
                    model.offer(item);
                    offers += 1;
                }
                Op::Verdict(job) if !desk.jobs.is_empty() => {
                    let job = job.index(desk.jobs.len());
                    let frame = desk.jobs[job].as_bytes().clone();
                    desk.check(job);
                    model.verdict_on(&frame);
                }
                Op::TimeOut if !desk.jobs.is_empty() => {
                    desk.time_out();
                    desk.jobs.clear();
                    while !model.jobs.is_empty() {
                        model.verdict(0, false);
                    }
                }
                Op::Verdict(_) | Op::TimeOut => {}
            }
            prop_assert_eq!(desk.jobs.len(), model.jobs.len());
            prop_assert_eq!(desk.ingest.held_messages(), model.jobs.len() + model.waiting.len());
            prop_assert_eq!(accepted(&mut desk, &mut ends), core::mem::take(&mut model.accepted));
        }
        while !desk.jobs.is_empty() {
            let frame = desk.jobs[0].as_bytes().clone();
            desk.check(0);
            model.verdict_on(&frame);
        }
        prop_assert_eq!(accepted(&mut desk, &mut ends), model.accepted);
        prop_assert_eq!(ends, offers);
        desk.assert_empty();
    }

    /// An honest peer in the order of BOLT 7 and a liar that knows everything beforehand: whatever the order
    /// of the verdicts, the honest peer's whole graph arrives, and it is not blamed for anything.
    #[test]
    fn a_liar_changes_nothing(
        turns in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3), 0..200),
    ) {
        let mut desk = Desk::new();
        let mut real = REAL.iter();
        let mut log = Vec::new();
        for (index, kind) in turns {
            match kind {
                0 => desk.offer(node(LIAR), index.get(&FORGED).message.clone()),
                1 => real.next().into_iter().for_each(|item| desk.offer(node(1), item.message.clone())),
                _ if desk.jobs.is_empty() => {}
                _ => desk.check(index.index(desk.jobs.len())),
            }
        }
        real.for_each(|item| desk.offer(node(1), item.message.clone()));
        desk.check_all();
        log.extend(desk.log());
        // What came after something newer was accepted, and each node's second announcement, is known.
        let superseded = log.iter().filter(|end| matches!(end, End::Dropped(peer, _) if *peer == node(1)));
        for end in superseded {
            let known = matches!(end, End::Dropped(_, gossip_sync::ingest::DropReason::Known));
            prop_assert!(known, "{:?}", end);
        }
        for item in REAL.iter().filter(|item| match &item.message {
            Message::ChannelUpdate(m) => m.timestamp().0 == NOW + 1,
            _ => true,
        }) {
            prop_assert!(log.contains(&End::Accepted(node(1), item.frame.clone())));
        }
        desk.assert_empty();
    }
}
