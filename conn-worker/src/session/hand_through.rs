//! Onion messages and an application's own: who may send how many of them.

use lnwire::{Instant, Message, WireMessage as _};

use super::budget::ByteBudget;
use super::config::SessionConfig;

/// Whether a peer's messages of a kind are handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Within the rate limit; what exceeds it is dropped without a word.
    #[default]
    Limited,
    /// None: all are dropped without a word.
    Denied,
}

/// What is left of the limits, and how much was dropped.
#[derive(Debug)]
pub(super) struct HandThrough {
    pub(super) onions: Permission,
    pub(super) onion_budget: ByteBudget,
    custom_budget: ByteBudget,
    pub(super) dropped: u32,
}

impl HandThrough {
    pub(super) fn new(now: Instant, config: &SessionConfig) -> Self {
        let full = || ByteBudget::for_onions(now);
        Self {
            onions: config.onions,
            onion_budget: config.onion_budget.unwrap_or_else(full),
            custom_budget: ByteBudget::new(now, CUSTOM_PER_SECOND, CUSTOM_BURST),
            dropped: 0,
        }
    }

    /// Returns whether the message may be handed out, and counts it.
    pub(super) fn lets_pass(&mut self, now: Instant, message: &Message) -> bool {
        let passes = match message {
            Message::OnionMessage(onion) => {
                self.onions == Permission::Limited
                    && self.onion_budget.take(now, onion.encoded_len())
            }
            Message::Unknown(unknown) => self.custom_budget.take(now, unknown.as_bytes().len()),
            _ => true,
        };
        if !passes {
            self.dropped = self.dropped.saturating_add(1);
        }
        passes
    }
}

/// Bytes a second of types that nobody here knows: an application that sends files will want a channel of its own.
const CUSTOM_PER_SECOND: u32 = 128 * 1024;
/// Such bytes at once.
const CUSTOM_BURST: u32 = 1024 * 1024;
