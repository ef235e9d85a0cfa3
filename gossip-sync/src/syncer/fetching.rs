//! The queries for channels, and the dump of a peer that answers none.

use alloc::vec::Vec;

use lnwire::{
    Instant, ShortChannelId, Timestamp,
    bolt7::{GossipTimestampFilter, ReplyShortChannelIdsEnd},
    bytes::Bytes,
};

use super::{Config, Failure, State, Syncer, Wanted, batch::Wants, wait::Wait};
use crate::violation::Violation;

impl Syncer {
    pub(super) fn missing(&mut self, now: Instant, wanted: Vec<Wanted>) {
        // A late answer to a question of a sync that has ended finds another state, or none.
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AwaitMissing { page, wait } => {
                self.ask_next(now, Wants::new(page, wanted), wait);
            }
            state => self.state = state,
        }
    }

    pub(super) fn ask_next(&mut self, now: Instant, mut wants: Wants, wait: Wait) {
        let Config {
            chain_hash,
            channels_per_query,
            ..
        } = self.config;
        if wants.all_asked() {
            self.state = State::Idle;
            return self.finish(wants.into_answered());
        }
        // A peer that still owes the end of an earlier query must not be sent another.
        if self.owed.scids {
            return self.ask_for_dump(now, wants, wait);
        }
        let query = wants.next_query(chain_hash, channels_per_query);
        self.state = State::AwaitEnd {
            wants,
            wait: self.answered(now, wait),
        };
        self.send(query.into());
    }

    pub(super) fn answered(&self, now: Instant, wait: Wait) -> Wait {
        wait.answered(now, self.config.gossip_timeout, self.config.reply_timeout)
    }

    pub(super) fn scids_end(&mut self, now: Instant, end: &ReplyShortChannelIdsEnd) {
        let chain_hash = self.config.chain_hash;
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AwaitEnd { mut wants, wait } if end.chain_hash == chain_hash => {
                if end.full_information == 0 && !wants.all_arrived() {
                    self.state = State::AwaitEnd { wants, wait };
                    return self.fail(Failure::NotFullInformation);
                }
                wants.end_query();
                self.ask_next(now, wants, wait);
            }
            state => {
                self.state = state;
                if self.owed.scids && end.chain_hash == chain_hash {
                    self.owed.scids = false;
                } else {
                    self.violation(Violation::UnexpectedScidsEnd);
                }
            }
        }
    }

    pub(super) fn gossip(&mut self, now: Instant, announced: Option<ShortChannelId>) {
        let Config {
            gossip_timeout,
            dump_silence,
            reply_timeout,
            ..
        } = self.config;
        match &mut self.state {
            State::AwaitEnd { wants, wait } => {
                let is_answer = announced.is_some_and(|channel| wants.arrived(channel));
                *wait = if is_answer {
                    wait.answered(now, gossip_timeout, reply_timeout)
                } else {
                    wait.progressed(now, gossip_timeout)
                };
            }
            State::AwaitDump { wants, wait } => {
                if let Some(channel) = announced {
                    wants.arrived(channel);
                }
                let silence = if wants.all_arrived() {
                    dump_silence
                } else {
                    gossip_timeout
                };
                // A dump holds everything, so any channel shows that it goes on.
                *wait = if announced.is_some() {
                    wait.answered(now, silence, reply_timeout)
                } else {
                    wait.progressed(now, silence)
                };
            }
            _ => {}
        }
    }

    pub(super) fn ask_for_dump(&mut self, now: Instant, mut wants: Wants, wait: Wait) {
        wants.ask_for_all();
        self.state = State::AwaitDump {
            wants,
            wait: self.answered(now, wait),
        };
        let filter = GossipTimestampFilter {
            chain_hash: self.config.chain_hash,
            first_timestamp: Timestamp(0),
            timestamp_range: u32::MAX,
            extra: Bytes::new(),
        };
        self.send(filter.into());
    }
}
