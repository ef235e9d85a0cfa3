//! Asks one peer for everything it knows: the range query, then the channels that are missing here.
//!
//! The moves, each wait with its deadline:
//!
//! ```text
//! Idle --sync--> AwaitRange --last reply--> AwaitMissing --Missing--> AwaitEnd --last end--> Idle
//!                                                                        | first query unanswered
//!                                                                        v
//!                                                              AwaitDump --all there, quiet--> Idle
//! ```
//! Peers exist that answer range queries and never a `query_short_channel_ids`; from those the syncer asks
//! for a dump by `gossip_timestamp_filter` and takes what is missing from that. No message ends a dump, and
//! updates and nodes come behind the channels: it is over when all channels are there and it falls silent.
//!
//! Blocks that the replies leave out are asked for again before the list counts as one; a list that would be too long is
//! cut at a block's border, and the rest handed back.
//!
//! A query that was given up is still owed an answer, which may come at any later time: it is no violation,
//! and no second query of the kind goes out before (BOLT 7).

mod batch;
mod blocks;
mod config;
mod fetching;
mod input;
mod listing;
mod output;
mod range;
mod wait;

use alloc::collections::VecDeque;

use lnwire::{BlockHeight, Instant, Message};

use batch::Wants;
pub use blocks::Blocks;
pub use config::Config;
pub use input::{Input, Wanted};
pub use output::{Event, Failure, Outcome, Output};
pub use range::{Listed, MAX_GAP_QUERIES, MAX_REPLIES};
use range::{Page, RangeReplies};
use wait::Wait;

use crate::violation::Violation;

/// Learns from one peer which channels there are, and asks for those that are missing.
///
/// At most one query of each kind is open at any time, as BOLT 7 demands, even when an earlier one was given
/// up. Every sync ends in exactly one [`Event::Finished`], at most [`Config::total_timeout`] after it began.
///
/// A range may list more than [`Config::max_listed`]: then its lower blocks are synced, and the outcome hands back the
/// others, to be asked for in another sync. Blocks that the replies do not speak for are asked for again, and handed back
/// if they stay out.
///
/// Holds at most [`Config::max_listed`] entries of 32 bytes, then 16 bytes for each channel of
/// [`Input::Missing`]. Each input adds at most one output, so draining after each keeps them few.
///
/// BOLT 7, [query messages](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#query-messages).
///
/// ```
/// use gossip_sync::{Syncer, syncer};
/// use lnwire::{BlockHeight, ChainHash, Instant};
///
/// let mut syncer = Syncer::new(syncer::Config::new(ChainHash::REGTEST));
/// syncer.sync(Instant::ZERO, BlockHeight(0), BlockHeight(1000));
/// assert!(matches!(syncer.poll_output(), Some(syncer::Output::Send(_))));
/// // Nothing comes back.
/// syncer.handle_timeout(syncer.poll_timeout().expect("an answer is waited for"));
/// let Some(syncer::Output::Event(syncer::Event::Finished(outcome))) = syncer.poll_output() else { panic!() };
/// assert_eq!(outcome, syncer::Outcome::Failed(syncer::Failure::TimedOut));
/// ```
#[derive(Debug)]
pub struct Syncer {
    config: Config,
    state: State,
    owed: Owed,
    outputs: VecDeque<Output>,
}

/// Which answers the peer owes to queries that were given up.
#[derive(Clone, Copy, Debug)]
struct Owed {
    range: bool,
    scids: bool,
}

#[derive(Debug)]
enum State {
    Idle,
    /// A range query waits until the peer has answered the one before, which was given up.
    AwaitOwed {
        blocks: Blocks,
        wait: Wait,
    },
    /// A range query is out.
    AwaitRange {
        replies: RangeReplies,
        wait: Wait,
    },
    /// The embedder compares the list with what it knows.
    AwaitMissing {
        page: Page,
        wait: Wait,
    },
    /// A query for channels is out.
    AwaitEnd {
        wants: Wants,
        wait: Wait,
    },
    /// The peer does not answer such queries; what is missing is to come out of its dump.
    AwaitDump {
        wants: Wants,
        wait: Wait,
    },
}

impl Syncer {
    /// Makes a syncer that does nothing until [`sync`](Self::sync).
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Idle,
            owed: Owed {
                range: false,
                scids: false,
            },
            outputs: VecDeque::new(),
        }
    }

    /// Asks for all channels funded in blocks from `first` up to, not including, `end`. A sync that is under
    /// way goes on instead, and the call does nothing.
    ///
    /// If the peer has not finished its answer to an earlier query, the new one waits for that, and fails
    /// with it: then another peer is the better choice, or a new connection and a new syncer.
    pub fn sync(&mut self, now: Instant, first: BlockHeight, end: BlockHeight) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        let blocks = Blocks::new(first, end);
        let Config {
            reply_timeout,
            total_timeout,
            ..
        } = self.config;
        let wait = Wait::new(now, reply_timeout, total_timeout);
        if self.owed.range {
            self.state = State::AwaitOwed { blocks, wait };
        } else {
            self.ask_range(blocks, wait);
        }
    }

    /// Ends a sync that is under way: it is reported as finished, with what is missing.
    pub fn stop(&mut self) {
        self.fail(Failure::Stopped);
    }

    /// Returns whether no sync is under way.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Returns how many bytes the lists of channels take.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        match &self.state {
            State::Idle | State::AwaitOwed { .. } | State::AwaitMissing { .. } => 0,
            State::AwaitRange { replies, .. } => replies.held_bytes(),
            State::AwaitEnd { wants, .. } | State::AwaitDump { wants, .. } => wants.held_bytes(),
        }
    }

    /// Takes note of what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::RangeReply(reply) => self.range_reply(now, &reply),
            Input::ScidsEnd(end) => self.scids_end(now, &end),
            Input::Gossip(announced) => self.gossip(now, announced),
            Input::Missing(wanted) => self.missing(now, wanted),
        }
    }

    /// Takes note that time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return;
        }
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Idle => {}
            State::AwaitMissing { .. } => self.finish(Outcome::Failed(Failure::NotLookedUp)),
            State::AwaitEnd { wants, wait } if !wait.is_over(now) && wants.is_unanswered() => {
                self.owed.scids = true;
                self.ask_for_dump(now, wants, wait);
            }
            state => {
                self.state = state;
                self.fail(Failure::TimedOut);
            }
        }
    }

    /// Returns what to do next; `None` when there is nothing.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout); `None` when nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Idle => None,
            State::AwaitOwed { wait, .. }
            | State::AwaitRange { wait, .. }
            | State::AwaitMissing { wait, .. }
            | State::AwaitEnd { wait, .. }
            | State::AwaitDump { wait, .. } => Some(wait.deadline()),
        }
    }

    fn fail(&mut self, reason: Failure) {
        let outcome = match core::mem::replace(&mut self.state, State::Idle) {
            State::Idle => return,
            State::AwaitOwed { .. } | State::AwaitMissing { .. } => Outcome::Failed(reason),
            State::AwaitRange { .. } => {
                self.owed.range = true;
                Outcome::Failed(reason)
            }
            State::AwaitEnd { wants, .. } => {
                self.owed.scids = reason != Failure::NotFullInformation;
                // A peer that answers no queries may be sending everything for a filter, and this was among it.
                if self.owed.scids && wants.all_asked() && wants.all_arrived() {
                    wants.into_answered()
                } else {
                    wants.into_partial(reason)
                }
            }
            // What remained was to wait for the silence behind it.
            State::AwaitDump { wants, .. } if wants.all_arrived() => wants.into_answered(),
            State::AwaitDump { wants, .. } => wants.into_partial(reason),
        };
        self.finish(outcome);
    }

    fn finish(&mut self, outcome: Outcome) {
        self.outputs
            .push_back(Output::Event(Event::Finished(outcome)));
    }

    fn violation(&mut self, violation: Violation) {
        self.outputs
            .push_back(Output::Event(Event::Violation(violation)));
    }

    fn send(&mut self, message: Message) {
        self.outputs.push_back(Output::Send(message));
    }
}
