//! Scores leak, bans expire, and nothing counts that is not on the list.
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

mod common;

use core::time::Duration;
use std::collections::BTreeMap;

use common::{at, node};
use gossip_sync::Scores;
use gossip_sync::ingest::DropReason;
use gossip_sync::scores::{Config, Offence};
use lnwire::{Instant, NodeId, SignatureError};
use proptest::prelude::*;

const HOURS_48: u64 = 48 * 3600;

#[test]
fn the_list() {
    let bad = DropReason::Signature(SignatureError::InvalidKey { field: "node_id" });
    let scored = [
        (bad, Offence::InvalidSignature),
        (DropReason::InvalidCopy, Offence::InvalidSignature),
        (DropReason::ForeignChain, Offence::ForeignChain),
    ];
    for (reason, offence) in scored {
        assert_eq!((reason.offence(), reason.is_fault()), (Some(offence), true));
    }
    // Told, and not held against anybody.
    assert!(DropReason::NodeOrder.is_fault() && DropReason::NodeOrder.offence().is_none());
    for reason in [
        DropReason::Known,
        DropReason::Superseded,
        DropReason::Own,
        DropReason::UnknownChannel,
        DropReason::Closed,
        DropReason::Zombie,
        DropReason::Unconfirmed,
        DropReason::FarAboveTip,
        DropReason::NoTimestamp,
        DropReason::Stale,
        DropReason::Future,
        DropReason::DontForward,
        DropReason::Addresses,
        DropReason::FundingNotFound,
        DropReason::FundingScript,
        DropReason::ChainUnavailable,
        DropReason::GraphFull,
        DropReason::RateLimited,
        DropReason::Overloaded,
        DropReason::NotChecked,
    ] {
        assert_eq!(
            (reason.offence(), reason.is_fault()),
            (None, false),
            "{reason}"
        );
    }
    assert_eq!(Offence::ALL.map(Offence::points), [1, 1, 10]);
}

#[test]
fn a_hundred_points_ban_for_forty_eight_hours() {
    let mut scores = Scores::new(Config::default());
    let peer = node(1);
    for n in 1..100 {
        assert!(!scores.record(at(0), peer, Offence::InvalidSignature));
        assert_eq!(scores.score(at(0), peer), n);
    }
    assert!(scores.record(at(0), peer, Offence::InvalidSignature));
    assert!(scores.is_banned(at(HOURS_48 - 1), peer));
    assert!(!scores.is_banned(at(HOURS_48), peer) && scores.score(at(HOURS_48), peer) == 0);
    // Another offence while it is banned: from then on.
    assert!(scores.record(at(10), peer, Offence::InvalidSignature));
    assert!(scores.is_banned(at(HOURS_48 + 9), peer) && !scores.is_banned(at(HOURS_48 + 10), peer));
}

/// An honest peer that passes on a bad message every hour never gets there.
#[test]
fn scores_leak() {
    let mut scores = Scores::new(Config::default());
    for hour in 0..10_000 {
        assert!(!scores.record(at(hour * 3600), node(1), Offence::InvalidSignature));
    }
    assert!(scores.score(at(10_000 * 3600), node(1)) <= 3);
}

#[test]
fn bans_survive_a_restart_and_may_be_off() {
    let mut scores = Scores::new(Config::default());
    scores.ban(at(0), node(1), at(100));
    let bans: Vec<_> = scores.bans(at(50)).collect();
    assert_eq!(bans, [(node(1), at(100))]);
    assert_eq!(scores.bans(at(100)).count(), 0);
    scores.forgive(node(1));
    assert!(!scores.is_banned(at(50), node(1)) && scores.is_empty());

    let mut off: Scores<NodeId> = Scores::new(Config {
        ban_at: 0,
        ..Config::default()
    });
    for _ in 0..1000 {
        assert!(!off.record(at(0), node(1), Offence::UselessReply));
    }
}

/// Whoever changes keys all the time pushes out nobody who is banned.
#[test]
fn new_keys_push_no_ban_out() {
    let mut scores = Scores::new(Config {
        max_peers: 50,
        ..Config::default()
    });
    for _ in 0..10 {
        scores.record(at(0), node(1), Offence::UselessReply);
    }
    for n in 2..2000 {
        scores.record(at(1), node(n), Offence::InvalidSignature);
        assert!(scores.len() <= 50);
    }
    assert!(scores.is_banned(at(2), node(1)));
}

/// Offences as a list, looked through each time.
#[derive(Default)]
struct Model(BTreeMap<NodeId, (f64, u64, Option<u64>)>);

impl Model {
    /// The score now, with `per_point` seconds for each to leak away.
    fn score(&self, now: u64, peer: NodeId, per_point: f64) -> f64 {
        let Some((score, since, _)) = self.0.get(&peer) else {
            return 0.0;
        };
        (score - (now - since) as f64 / per_point).max(0.0)
    }

    fn is_banned(&self, now: u64, peer: NodeId) -> bool {
        self.0
            .get(&peer)
            .is_some_and(|(_, _, until)| until.is_some_and(|until| now < until))
    }

    fn record(&mut self, now: u64, peer: NodeId, offence: Offence, config: &Config) -> bool {
        let ban_for = config.ban_for.as_secs();
        let per_point = ban_for as f64 / f64::from(config.ban_at);
        let score = self.score(now, peer, per_point) + f64::from(offence.points());
        let banned = self.is_banned(now, peer) || score.ceil() >= f64::from(config.ban_at);
        let score = score.min(f64::from(config.ban_at));
        self.0
            .insert(peer, (score, now, banned.then_some(now + ban_for)));
        banned
    }
}

proptest! {
    #[test]
    fn as_the_model(ops in prop::collection::vec((0_u64..40, 0_u16..4, 0_usize..3), 0..200)) {
        // One second a point, so that numbers are whole.
        let config = Config { ban_at: 100, ban_for: Duration::from_secs(100), max_peers: 10 };
        let (mut scores, mut model, mut now) = (Scores::new(config), Model::default(), 0);
        for (wait, peer, offence) in ops {
            now += wait;
            let (peer, offence) = (node(peer), Offence::ALL[offence]);
            let time = Instant::from_epoch(Duration::from_secs(now));
            prop_assert_eq!(scores.record(time, peer, offence), model.record(now, peer, offence, &config));
            for n in 0..4 {
                let peer = node(n);
                prop_assert_eq!(scores.is_banned(time, peer), model.is_banned(now, peer));
                prop_assert_eq!(f64::from(scores.score(time, peer)), model.score(now, peer, 1.0));
            }
        }
    }
}
