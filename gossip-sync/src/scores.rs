//! What is held against peers, and who is banned for it.
//!
//! The list of offences is fixed and public: [`Offence`]. Everything else that peers do wrong is told, and costs
//! nothing: closed or unknown channels, old or future timestamps and repeated gossip are what honest peers
//! relay, and our own clock or chain may be the one that is wrong.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use lnwire::{Instant, NodeId};

/// What counts against a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Offence {
    /// Gossip whose signature does not hold: 1 point. Some of them come from honest nodes.
    InvalidSignature,
    /// Gossip of another chain: 1 point.
    ForeignChain,
    /// A reply that cannot answer what was asked: 10 points.
    UselessReply,
}

impl Offence {
    /// All of them.
    pub const ALL: [Self; 3] = [
        Self::InvalidSignature,
        Self::ForeignChain,
        Self::UselessReply,
    ];

    /// Returns how much it adds to a score.
    #[must_use]
    pub const fn points(self) -> u32 {
        match self {
            Self::InvalidSignature | Self::ForeignChain => 1,
            Self::UselessReply => 10,
        }
    }
}

/// What [`Scores`] are told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The score at which a peer is banned; 0 bans nobody. Default 100.
    pub ban_at: u32,
    /// How long a ban lasts after the last offence. A score of [`ban_at`](Self::ban_at) leaks away in the same
    /// time. Default 48 h.
    pub ban_for: Duration,
    /// Peers remembered. At the bound the one that would be forgiven first goes. Default 10,000, of some 200
    /// bytes.
    pub max_peers: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ban_at: 100,
            ban_for: Duration::from_secs(48 * 60 * 60),
            max_peers: 10_000,
        }
    }
}

/// Scores of peers, which leak, and bans, which expire.
///
/// `K` is what a score is about: a peer by its key; as a key costs nothing to change, an embedder may keep a
/// second one by groups of addresses. Nothing here needs a timer: time counts when it is looked at. A banned
/// peer with which there is a channel should stay connected; whether there is one, the embedder knows.
///
/// ```
/// use gossip_sync::{Scores, scores::{Config, Offence}};
/// use lnwire::{Instant, NodeId};
///
/// let mut scores = Scores::new(Config::default());
/// let (now, peer) = (Instant::ZERO, NodeId([2; 33]));
/// for _ in 0..9 {
///     assert!(!scores.record(now, peer, Offence::UselessReply));
/// }
/// assert!(scores.record(now, peer, Offence::UselessReply) && scores.is_banned(now, peer));
/// ```
#[derive(Clone, Debug)]
pub struct Scores<K = NodeId> {
    config: Config,
    entries: BTreeMap<K, Entry>,
    /// By when they will be forgiven.
    order: BTreeSet<(Instant, K)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// When the score will have leaked away.
    clear_at: Instant,
    banned_until: Option<Instant>,
}

impl Entry {
    fn forgiven_at(&self) -> Instant {
        self.clear_at
            .max(self.banned_until.unwrap_or(Instant::ZERO))
    }
}

impl<K: Ord + Copy> Scores<K> {
    /// Makes one that holds nothing against anybody.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            entries: BTreeMap::new(),
            order: BTreeSet::new(),
        }
    }

    /// Holds an offence against a peer. Returns whether it is banned by now.
    pub fn record(&mut self, now: Instant, peer: K, offence: Offence) -> bool {
        let before = self.remove(peer);
        let clear_at = before.map_or(now, |entry| entry.clear_at.max(now));
        let points = offence.points();
        let clear_at = clear_at + self.per_point().saturating_mul(points);
        let was_banned = before.and_then(|entry| entry.banned_until);
        let is_banned = was_banned.is_some_and(|until| now < until)
            || (self.config.ban_at > 0 && self.points(now, clear_at) >= self.config.ban_at);
        let entry = Entry {
            // A banned peer starts anew after its ban.
            clear_at: clear_at.min(now + self.config.ban_for),
            banned_until: is_banned.then(|| now + self.config.ban_for),
        };
        self.insert(now, peer, entry);
        is_banned
    }

    /// Returns a peer's score.
    #[must_use]
    pub fn score(&self, now: Instant, peer: K) -> u32 {
        let entry = self.entries.get(&peer);
        entry.map_or(0, |entry| self.points(now, entry.clear_at))
    }

    /// Returns whether a peer is banned.
    #[must_use]
    pub fn is_banned(&self, now: Instant, peer: K) -> bool {
        self.banned_until(peer).is_some_and(|until| now < until)
    }

    /// Returns every ban and its end, for who wants to keep them over a restart.
    pub fn bans(&self, now: Instant) -> impl Iterator<Item = (K, Instant)> + '_ {
        let until = |(peer, entry): (&K, &Entry)| Some((*peer, entry.banned_until?));
        self.entries
            .iter()
            .filter_map(until)
            .filter(move |(_, until)| now < *until)
    }

    /// Bans a peer until a time.
    pub fn ban(&mut self, now: Instant, peer: K, until: Instant) {
        let clear_at = self.remove(peer).map_or(now, |entry| entry.clear_at);
        let entry = Entry {
            clear_at,
            banned_until: Some(until),
        };
        self.insert(now, peer, entry);
    }

    /// Forgets what a peer did.
    pub fn forgive(&mut self, peer: K) {
        self.remove(peer);
    }

    /// Returns how many peers are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether nothing is held against anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn banned_until(&self, peer: K) -> Option<Instant> {
        self.entries.get(&peer)?.banned_until
    }

    fn per_point(&self) -> Duration {
        self.config.ban_for / self.config.ban_at.max(1)
    }

    fn points(&self, now: Instant, clear_at: Instant) -> u32 {
        let left = clear_at - now;
        let points = left.as_nanos().div_ceil(self.per_point().as_nanos().max(1));
        u32::try_from(points).unwrap_or(u32::MAX)
    }

    fn insert(&mut self, now: Instant, peer: K, entry: Entry) {
        // What is forgiven goes without being asked for.
        while let Some((at, first)) = self.order.first().copied() {
            if at > now && self.entries.len() < self.config.max_peers.max(1) {
                break;
            }
            self.remove(first);
        }
        self.order.insert((entry.forgiven_at(), peer));
        self.entries.insert(peer, entry);
    }

    fn remove(&mut self, peer: K) -> Option<Entry> {
        let entry = self.entries.remove(&peer)?;
        self.order.remove(&(entry.forgiven_at(), peer));
        Some(entry)
    }
}
