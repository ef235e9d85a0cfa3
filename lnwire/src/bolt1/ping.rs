//! `ping` (18) and `pong` (19): signs of life.

use bytes::Bytes;

use crate::message_macro::message;

/// The longest pong that can be asked for, in bytes; a ping that asks for more wants no answer (BOLT 1).
pub const MAX_PONG_BYTES: u16 = 65531;

message! {
    /// Asks for a pong of a given length.
    ///
    /// BOLT 1, [the `ping` and `pong` messages](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-ping-and-pong-messages).
    Ping = 18 {
        /// Length of the answer's `ignored` field in bytes; above [`MAX_PONG_BYTES`] no answer is due.
        num_pong_bytes: u16,
        /// Padding, of no meaning.
        ignored: Bytes,
    }
}

message! {
    /// Answers a ping.
    ///
    /// BOLT 1, [the `ping` and `pong` messages](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-ping-and-pong-messages).
    Pong = 19 {
        /// As many bytes as the ping asked for, of no meaning.
        ignored: Bytes,
    }
}

impl Ping {
    /// Returns the length of the pong that is due in bytes, or `None` if none is.
    #[must_use]
    pub const fn pong_len(&self) -> Option<u16> {
        if self.num_pong_bytes <= MAX_PONG_BYTES {
            Some(self.num_pong_bytes)
        } else {
            None
        }
    }
}
