//! Learns the Lightning Network's public graph from untrusted peers and serves it to others, sans-IO.
//!
//! Machines that know no socket, clock or graph:
//!
//! - [`Syncer`] asks one peer for what is missing here.
//! - [`SyncManager`] owns the syncers of all peers: who lists which blocks, who sends new gossip, when is it all there?
//! - [`Answerer`] answers one peer's queries.
//! - [`Ingest`] checks what peers send: cheap rules first, then signatures as jobs that run anywhere, then the
//!   chain. What [`Scores`] hold against peers comes of that.
//! - [`Relay`] passes on what is new.
//!
//! What they need from the graph is an output; the answer is an input. With the feature `routemap`, a module
//! of that name answers from a graph of that crate. All of them are moved by the same
//! four methods: `handle_input` and `handle_timeout` change them, `poll_output` and `poll_timeout` say what
//! to do and when to come back.
//!
//! A syncer and an answerer, wired to each other without any network between:
//!
//! ```
//! use gossip_sync::{Answerer, Syncer, answerer, syncer};
//! use lnwire::{BlockHeight, ChainHash, Instant, Message};
//!
//! let now = Instant::ZERO;
//! let mut syncer = Syncer::new(syncer::Config::new(ChainHash::REGTEST));
//! let mut answerer = Answerer::new(answerer::Config::new(ChainHash::REGTEST));
//!
//! syncer.sync(now, BlockHeight(0), BlockHeight(1000));
//! let Some(syncer::Output::Send(Message::QueryChannelRange(query))) = syncer.poll_output() else { panic!() };
//! answerer.handle_input(answerer::Input::QueryRange(query));
//! while let Some(output) = answerer.poll_output() {
//!     match output {
//!         // This node knows of no channel.
//!         answerer::Output::List { request, .. } => {
//!             answerer.handle_input(answerer::Input::Listed { request, channels: vec![] });
//!         }
//!         answerer::Output::Send(Message::ReplyChannelRange(reply)) => {
//!             syncer.handle_input(now, syncer::Input::RangeReply(reply));
//!         }
//!         other => panic!("{other:?}"),
//!     }
//! }
//! let Some(syncer::Output::FindMissing(listed)) = syncer.poll_output() else { panic!() };
//! assert!(listed.is_empty());
//! syncer.handle_input(now, syncer::Input::Missing(vec![]));
//! let Some(syncer::Output::Event(syncer::Event::Finished(outcome))) = syncer.poll_output() else { panic!() };
//! assert!(matches!(outcome, syncer::Outcome::Complete { listed: 0, .. }));
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod answerer;
pub mod ingest;
pub mod manager;
pub mod relay;
#[cfg(feature = "routemap")]
pub mod routemap;
mod salt;
pub mod scores;
pub mod syncer;
#[cfg(feature = "threads")]
pub mod threads;
mod violation;

pub use answerer::Answerer;
pub use ingest::Ingest;
pub use lnwire;
pub use manager::SyncManager;
pub use relay::Relay;
pub use scores::Scores;
pub use syncer::Syncer;
pub use violation::Violation;
