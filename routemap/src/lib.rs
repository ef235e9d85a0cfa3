//! The Lightning Network's graph as arenas with small-integer handles, and path finding on it.
//!
//! A [`Graph`] takes gossip whose signatures were checked, and nothing else: [`Verified`] is the proof. It
//! gives each channel and node a handle, a number in 32 bits that also indexes the embedder's own arrays.
//! A removed handle names nothing for the length of the [quarantine](Config::quarantine), so who hears of
//! the removal within that time never takes a new channel for an old one. [`find_path`] finds the cheapest
//! way for an amount, and needs no memory but its reusable [`Scratch`]; [`find_path_by`] asks the embedder's [`Score`] about
//! each channel, and [`find_parts`] splits what no path carries at once. Who pays or is paid need not be in the graph: a
//! [`Query`] takes the payer's [`OwnChannel`]s and the [`Hint`]s of an invoice.
//!
//! Whoever follows the graph reads its [changes](Change) in order, and keeps values of its own by handle in
//! [side tables](Component). [`Graph::prune`] takes out what nobody updates; [`Graph::connect_block`] what the
//! chain has closed.
//!
//! Nothing here reads a clock, draws randomness or does I/O. With the feature `shm`, on Linux, other processes read the graph in
//! memory that is mapped. With the feature `prefetch`, which needs the standard library, many messages and look-ups at once
//! ([`Graph::for_each_ahead`], [`Graph::look_up_channels`]) wait less for memory.
//!
//! ```
//! use lnwire::bolt7::{channel_announcement, channel_update};
//! use lnwire::secp256k1::{Message, Secp256k1, SecretKey};
//! use lnwire::{Features, Signature};
//! use routemap::{ChainHash, Config, Direction, Graph, Instant, Msat, NodeId, Query, Scratch};
//! use routemap::{ShortChannelId, Timestamp, find_path};
//!
//! // Three nodes, a channel from each to the next; messages as they would come from peers.
//! let secp = Secp256k1::new();
//! let mut keys = [1, 2, 3].map(|n| SecretKey::from_slice(&[n; 32]).expect("less than the order"));
//! keys.sort_by_key(|key| key.public_key(&secp).serialize());
//! let ids = keys.map(|key| NodeId::from(key.public_key(&secp)));
//! let sign = |digest: [u8; 32], key: &SecretKey| {
//!     Signature::from(secp.sign_ecdsa(&Message::from_digest(digest), key))
//! };
//!
//! let mut graph = Graph::new(Config::new(ChainHash::REGTEST, 0x5eed));
//! let now = Instant::ZERO;
//! for i in 0..2 {
//!     let short_channel_id = ShortChannelId::new(100, 1, i as u16).expect("24 bits each");
//!     let unsigned = channel_announcement::Contents {
//!         features: Features::default(),
//!         chain_hash: ChainHash::REGTEST,
//!         short_channel_id,
//!         node_id_1: ids[i],
//!         node_id_2: ids[i + 1],
//!         bitcoin_key_1: keys[i].public_key(&secp).into(),
//!         bitcoin_key_2: keys[i + 1].public_key(&secp).into(),
//!     }
//!     .unsigned()?;
//!     let [one, two] = [i, i + 1].map(|node| sign(unsigned.digest(), &keys[node]));
//!     let announcement = unsigned.sign(&[one, two, one, two]).verify(&secp)?;
//!     graph.apply_channel(now, &announcement, Some(1_000_000))?;
//!
//!     let unsigned = channel_update::Contents {
//!         chain_hash: ChainHash::REGTEST,
//!         short_channel_id,
//!         timestamp: Timestamp(1_700_000_000),
//!         dont_forward: false,
//!         direction: Direction::OneToTwo.bit(),
//!         disabled: false,
//!         cltv_expiry_delta: 40,
//!         htlc_minimum_msat: Msat(1),
//!         fee_base_msat: 1000,
//!         fee_proportional_millionths: 100,
//!         htlc_maximum_msat: Msat::from_sat(990_000),
//!     }
//!     .unsigned()?;
//!     let signature = sign(unsigned.digest(), &keys[i]);
//!     graph.apply_update(now, &unsigned.sign(&[signature]).verify(&secp, ids[i])?)?;
//! }
//!
//! let [alice, bob, carol] = ids.map(|id| graph.node_by_id(&id).expect("it has a channel"));
//! let query = Query::new(alice, carol, Msat::from_sat(50_000));
//! let route = find_path(&graph, &mut Scratch::new(), &query)?;
//! assert_eq!(route.hops[1].from, bob);
//! assert_eq!(route.total_fee(), Msat(1000 + 5000));
//! assert_eq!(route.total_cltv(), Query::FINAL_CLTV_DELTA + 40);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![deny(missing_docs, unsafe_code)]

extern crate alloc;
#[cfg(all(feature = "shm", target_os = "linux"))]
extern crate std;

mod arena;
mod change;
mod crc32c;
mod graph;
mod instant;
mod memory;
mod path;
mod prefetch;
#[cfg(all(feature = "shm", target_os = "linux"))]
pub mod shm;
mod side;
mod source;
pub mod store;

pub use arena::{ChannelHandle, Handle, NodeHandle};
pub use change::{Change, Cursor, Missed, Reason, What};
pub use graph::{
    ApplyError, BlockError, Channel, ChannelRef, Config, Direction, Gossip, Graph, Node, Outpoint,
    Policy, Removed, ReviveError, SnapshotError, SnapshotPart, Spent, SpentOutput, Zombie,
};
pub use lnwire::{
    self, BlockHeight, ChainHash, Instant, Msat, NodeId, ShortChannelId, Timestamp, Verified,
};
pub use path::{
    Candidate, Hint, Hop, NoRoute, OwnChannel, PrivateChannel, PrivateHop, Query, Route, Score,
    Scratch, find_parts, find_path, find_path_by,
};
pub use side::{Bounds, ChannelFeatures, Component, Followed, Kind, Liquidity, NodeDetails};
pub use source::Source;
