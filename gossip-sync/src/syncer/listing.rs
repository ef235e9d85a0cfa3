//! The range query and its replies.

use lnwire::{
    Instant,
    bolt7::{QueryChannelRange, ReplyChannelRange},
    tlv::UnknownRecords,
};

use super::{
    Blocks, Config, Failure, Output, State, Syncer,
    range::{Next, RangeReplies},
    wait::Wait,
};
use crate::violation::Violation;

/// When the updates were made, and what is in them: what is known and has not changed need not be sent.
const QUERY_OPTIONS: u64 = QueryChannelRange::WANT_TIMESTAMPS | QueryChannelRange::WANT_CHECKSUMS;

impl Syncer {
    pub(super) fn range_reply(&mut self, now: Instant, reply: &ReplyChannelRange) {
        let Config { reply_timeout, .. } = self.config;
        let State::AwaitRange { replies, wait } = &mut self.state else {
            return self.owed_reply(now, reply.sync_complete != 0);
        };
        let wait_on = wait.answered(now, reply_timeout, reply_timeout);
        match replies.add(reply) {
            Ok(Next::Reply) => *wait = wait_on,
            Ok(Next::AskAgain(gap)) => {
                *wait = wait_on;
                self.send_range_query(gap);
            }
            Ok(Next::List) => {
                let (listed, page) = replies.take_page();
                self.state = State::AwaitMissing {
                    page,
                    wait: wait_on,
                };
                self.outputs.push_back(Output::FindMissing(listed));
            }
            Err(failure) => {
                self.fail(failure);
                // A peer says once that it does not serve a chain, whatever it puts into `sync_complete`.
                self.owed.range = failure != Failure::ChainNotServed && reply.sync_complete == 0;
            }
        }
    }

    /// Takes a range reply that the present state did not ask for.
    pub(super) fn owed_reply(&mut self, now: Instant, complete: bool) {
        if !self.owed.range {
            return self.violation(Violation::UnexpectedRangeReply);
        }
        self.owed.range = !complete;
        let Config { reply_timeout, .. } = self.config;
        match core::mem::replace(&mut self.state, State::Idle) {
            State::AwaitOwed { blocks, wait } => {
                let wait = wait.answered(now, reply_timeout, reply_timeout);
                if complete {
                    self.ask_range(blocks, wait);
                } else {
                    self.state = State::AwaitOwed { blocks, wait };
                }
            }
            state => self.state = state,
        }
    }

    pub(super) fn ask_range(&mut self, blocks: Blocks, wait: Wait) {
        let Config {
            chain_hash,
            max_listed,
            ..
        } = self.config;
        let replies = RangeReplies::new(chain_hash, blocks, max_listed);
        self.state = State::AwaitRange { replies, wait };
        self.send_range_query(blocks);
    }

    pub(super) fn send_range_query(&mut self, blocks: Blocks) {
        let query = QueryChannelRange {
            chain_hash: self.config.chain_hash,
            first_blocknum: blocks.first,
            number_of_blocks: blocks.count(),
            query_option: Some(QUERY_OPTIONS),
            unknown: UnknownRecords::default(),
        };
        self.send(query.into());
    }
}
