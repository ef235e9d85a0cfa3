//! Asks the chain about funding outputs.

use lnwire::{Instant, Point, Verified, bolt7::ChannelAnnouncement};
use sha2::{Digest, Sha256};

use super::{
    Answer, DropReason, FundingOutput, Ingest, JobId, LookupId, Output, checks::Announced,
    held::Ticket,
};

/// A channel whose signatures hold and whose funding is asked about.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) ticket: Ticket,
    pub(super) candidate: JobId,
    pub(super) announced: Announced,
    message: Verified<ChannelAnnouncement>,
    pub(super) deadline: Instant,
    state: State,
    attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Queued,
    Asked,
    /// The chain was not available: asked again then.
    Resting(Instant),
}

impl Ingest {
    pub(super) fn look_up(
        &mut self,
        now: Instant,
        ticket: Ticket,
        candidate: JobId,
        announced: Announced,
        message: Verified<ChannelAnnouncement>,
    ) {
        self.last_lookup += 1;
        let number = self.last_lookup;
        let lookup = Lookup {
            ticket,
            candidate,
            announced,
            message,
            deadline: now + self.config.lookup_timeout,
            state: State::Queued,
            attempt: 0,
        };
        self.lookups.insert(number, lookup);
        self.lookup_turns.push(ticket.peer, number, 4);
    }

    /// Hands out questions while there may be more.
    pub(super) fn ask(&mut self) {
        while self.asked < self.config.max_lookups.max(1) {
            // One whose time was over meanwhile is not there any more.
            let lookups = &self.lookups;
            let is_over = |number: &u64| !lookups.contains_key(number);
            let Some(number) = self.lookup_turns.pop(is_over) else {
                return;
            };
            let Some(lookup) = self.lookups.get_mut(&number) else {
                continue;
            };
            lookup.state = State::Asked;
            lookup.attempt += 1;
            self.asked += 1;
            let id = LookupId {
                number,
                attempt: lookup.attempt,
            };
            let short_channel_id = lookup.announced.short_channel_id;
            self.outputs.push_back(Output::Lookup {
                id,
                short_channel_id,
            });
        }
    }

    /// Takes an answer. One that comes too late, or twice, finds no question.
    pub(super) fn looked_up(&mut self, now: Instant, id: LookupId, answer: Answer) {
        let Some(lookup) = self.lookups.get_mut(&id.number) else {
            return;
        };
        if lookup.state != State::Asked || lookup.attempt != id.attempt {
            return;
        }
        let reason = match answer {
            Answer::Unavailable => {
                self.asked -= 1;
                let at = now + self.config.lookup_retry;
                lookup.state = State::Resting(at);
                self.resting.insert((at, id.number));
                return;
            }
            Answer::Unspent {
                value_sat,
                script_pubkey,
                outpoint,
            } => {
                let message = &lookup.message;
                let keys = [message.bitcoin_key_1(), message.bitcoin_key_2()];
                if script_pubkey[..] == funding_script(keys) {
                    let funding = FundingOutput {
                        value_sat,
                        outpoint,
                    };
                    if let Some(lookup) = self.end_lookup(id.number) {
                        self.channel_confirmed(now, lookup, funding);
                    }
                    return;
                }
                DropReason::FundingScript
            }
            Answer::Spent => DropReason::Closed,
            Answer::NotFound => DropReason::FundingNotFound,
        };
        if let Some(lookup) = self.end_lookup(id.number) {
            self.seen.insert(now, lookup.ticket.hash, reason);
            self.channel_refused(now, &lookup, reason);
        }
    }

    fn channel_confirmed(&mut self, now: Instant, lookup: Lookup, funding: FundingOutput) {
        self.channel_right(
            now,
            lookup.candidate,
            lookup.ticket,
            lookup.message,
            lookup.announced,
            Some(funding),
        );
    }

    fn channel_refused(&mut self, now: Instant, lookup: &Lookup, reason: DropReason) {
        self.end_held(lookup.ticket, reason);
        self.candidate_ended(now, lookup.candidate, lookup.announced, reason);
    }

    fn end_lookup(&mut self, number: u64) -> Option<Lookup> {
        let lookup = self.lookups.remove(&number)?;
        match lookup.state {
            State::Asked => self.asked -= 1,
            State::Resting(at) => {
                self.resting.remove(&(at, number));
            }
            State::Queued => {}
        }
        Some(lookup)
    }

    /// Gives up what took too long, and asks again what has rested.
    pub(super) fn lookups_timed_out(&mut self, now: Instant) {
        while let Some((number, lookup)) = self.lookups.first_key_value() {
            if now < lookup.deadline {
                break;
            }
            let number = *number;
            if let Some(lookup) = self.end_lookup(number) {
                self.channel_refused(now, &lookup, DropReason::ChainUnavailable);
            }
        }
        while let Some((at, number)) = self.resting.first().copied() {
            if now < at {
                return;
            }
            self.resting.pop_first();
            if let Some(lookup) = self.lookups.get_mut(&number) {
                lookup.state = State::Queued;
                self.lookup_turns.push(lookup.ticket.peer, number, 4);
            }
        }
    }
}

/// Returns the script of an output that two keys own together: the P2WSH of their 2-of-2.
///
/// BOLT 3, [funding transaction output](https://github.com/lightning/bolts/blob/master/03-transactions.md#funding-transaction-output).
fn funding_script(mut keys: [Point; 2]) -> [u8; 34] {
    const TWO: u8 = 0x52;
    const PUSH_33: u8 = 0x21;
    const CHECK_MULTISIG: u8 = 0xae;
    const PUSH_32: u8 = 0x20;
    keys.sort_unstable_by_key(|key| key.0);
    let mut hash = Sha256::new();
    hash.update([TWO]);
    for key in keys {
        hash.update([PUSH_33]);
        hash.update(key.0);
    }
    hash.update([TWO, CHECK_MULTISIG]);
    let mut script = [0; 34];
    script[1] = PUSH_32;
    script[2..].copy_from_slice(&hash.finalize());
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        core::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
    }

    /// The keys of BOLT 3, appendix B, in either order. The expected script was made with python's hashlib.
    #[test]
    fn script_of_bolt_3() {
        let one = "023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb";
        let two = "030e9f7b623d2ccc7c9bd44d66d5ce21ce504c0acf6385a132cec6d3c39fa711c1";
        let expected: [u8; 34] = bytes(EXPECTED);
        let keys = [one, two].map(|hex| Point(bytes(hex)));
        assert_eq!(funding_script(keys), expected);
        assert_eq!(funding_script([keys[1], keys[0]]), expected);
    }

    const EXPECTED: &str = "0020c015c4a6be010e21657068fc2e6a9d02b27ebe4d490a25846f7237f104d1a3cd";
}
