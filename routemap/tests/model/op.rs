//! What may happen to a graph.

use proptest::prelude::*;
use routemap::{Direction, Reason, ShortChannelId};

use super::{NODES, SCIDS, scid};

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Channel {
        scid: u64,
        nodes: (u32, u32),
        capacity: Option<u64>,
    },
    Update {
        scid: u64,
        direction: Direction,
        days: i64,
        fee: u32,
        disabled: bool,
        signer: Option<u32>,
    },
    Node {
        node: u32,
        days: i64,
    },
    Capacity {
        scid: u64,
        sat: u64,
    },
    Remove {
        scid: u64,
        reason: Reason,
    },
    Prune,
    Own {
        node: u32,
    },
    Revive {
        scid: u64,
        direction: Direction,
        days: i64,
        signer: u32,
    },
    AddZombie {
        scid: u64,
        reason: Reason,
    },
    Connect {
        spent: Vec<u64>,
        by_outpoint: bool,
        spliced_to: Option<ShortChannelId>,
        /// Off by so many blocks.
        gap: u32,
    },
    Disconnect {
        times: u32,
    },
    Confirm {
        scid: u64,
    },
    Tag {
        scid: u64,
        node: u32,
        value: u64,
    },
    Follow,
    Read,
    /// From a snapshot, by another seed.
    Restart {
        seed: u64,
    },
    Wait {
        seconds: u64,
    },
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let id = 0..SCIDS;
    let direction = any::<bool>().prop_map(|two| Direction::from_bit(two.into()));
    let days = prop_oneof![4 => -1..30_i64, 1 => -20..-13_i64];
    let reason = prop_oneof![
        2 => Just(Reason::Removed),
        1 => Just(Reason::Closed),
        1 => Just(Reason::Stale),
        1 => Just(Reason::BadFunding),
        1 => Just(Reason::Conflict),
    ];
    prop_oneof![
        8 => (id.clone(), (0..NODES, 0..NODES), prop::option::of(1..9_u64))
            .prop_map(|(scid, nodes, capacity)| Op::Channel { scid, nodes, capacity }),
        8 => (
            id.clone(),
            direction.clone(),
            days.clone(),
            any::<u32>(),
            prop::bool::weighted(0.2),
            prop::option::weighted(0.1, 0..NODES),
        )
            .prop_map(|(scid, direction, days, fee, disabled, signer)| Op::Update {
                scid, direction, days, fee, disabled, signer,
            }),
        2 => (0..NODES, days.clone()).prop_map(|(node, days)| Op::Node { node, days }),
        1 => (id.clone(), 0..9_u64).prop_map(|(scid, sat)| Op::Capacity { scid, sat }),
        4 => (id.clone(), reason.clone()).prop_map(|(scid, reason)| Op::Remove { scid, reason }),
        2 => Just(Op::Prune),
        1 => (0..NODES).prop_map(|node| Op::Own { node }),
        2 => (id.clone(), direction, days, 0..NODES).prop_map(|(scid, direction, days, signer)| {
            Op::Revive { scid, direction, days, signer }
        }),
        1 => (id.clone(), reason).prop_map(|(scid, reason)| Op::AddZombie { scid, reason }),
        4 => (
            prop::collection::vec(id.clone(), 0..3),
            any::<bool>(),
            prop::option::weighted(0.3, id.clone().prop_map(scid)),
            prop::sample::select(vec![0, 0, 0, 0, 0, 0, 1]),
        )
            .prop_map(|(spent, by_outpoint, spliced_to, gap)| Op::Connect {
                spent, by_outpoint, spliced_to, gap,
            }),
        2 => (1..4_u32).prop_map(|times| Op::Disconnect { times }),
        1 => id.clone().prop_map(|scid| Op::Confirm { scid }),
        3 => (id, 0..NODES, any::<u64>())
            .prop_map(|(scid, node, value)| Op::Tag { scid, node, value }),
        2 => Just(Op::Follow),
        2 => Just(Op::Read),
        2 => any::<u64>().prop_map(|seed| Op::Restart { seed }),
        3 => (0..400_u64).prop_map(|seconds| Op::Wait { seconds }),
        1 => (0..12 * super::DAY).prop_map(|seconds| Op::Wait { seconds }),
    ]
}
