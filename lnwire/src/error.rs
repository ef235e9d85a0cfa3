//! What can be wrong with bytes, and what to do about the peer that sent them.

/// Why bytes are not what they claim to be. Each variant names the field at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The message ends before the field does.
    #[error("{field}: {needed} bytes needed, {available} left")]
    Truncated {
        /// The field that is cut short.
        field: &'static str,
        /// Bytes the field needs.
        needed: usize,
        /// Bytes that are left.
        available: usize,
    },
    /// A `bigsize` or truncated integer has a shorter encoding.
    #[error("{field}: number not minimally encoded")]
    NotMinimal {
        /// The field that holds the number.
        field: &'static str,
    },
    /// A field of known size is followed by bytes that belong to nothing.
    #[error("{field}: {extra} bytes too many")]
    TrailingBytes {
        /// The field that ended early.
        field: &'static str,
        /// Bytes that are left over.
        extra: usize,
    },
    /// TLV records must ascend strictly by type.
    #[error("{stream}: record type {found} after {previous}")]
    TlvOrder {
        /// The TLV stream.
        stream: &'static str,
        /// Type of the record before.
        previous: u64,
        /// Type of the record at fault.
        found: u64,
    },
    /// A record of an unknown even type must be understood, and is not.
    #[error("{stream}: unknown even record type {tlv_type}")]
    TlvUnknownEven {
        /// The TLV stream.
        stream: &'static str,
        /// Type of the record.
        tlv_type: u64,
    },
    /// Only encoding 0 (a plain array) is in use; 1 (zlib) was removed from BOLT 7.
    #[error("{field}: encoding {encoding} is not supported")]
    UnsupportedEncoding {
        /// The field that begins with the encoding byte.
        field: &'static str,
        /// The encoding byte.
        encoding: u8,
    },
    /// An array's length is no multiple of its element's.
    #[error("{field}: {len} bytes do not divide into elements of {element}")]
    Ragged {
        /// The array.
        field: &'static str,
        /// Its length in bytes.
        len: usize,
        /// An element's length in bytes.
        element: usize,
    },
    /// An array that belongs to the short channel ids has another number of elements.
    #[error("{field}: {found} elements for {expected} short channel ids")]
    CountMismatch {
        /// The array.
        field: &'static str,
        /// Short channel ids in the message.
        expected: usize,
        /// Elements in the array.
        found: usize,
    },
    /// A compressed public key begins with 2 or 3.
    #[error("{field}: public key begins with {prefix}, not with 2 or 3")]
    PointPrefix {
        /// The field that holds the key.
        field: &'static str,
        /// Its first byte.
        prefix: u8,
    },
    /// The message is of another type than the one asked for.
    #[error("message type {found} where {expected} was expected")]
    WrongType {
        /// The type asked for.
        expected: u16,
        /// The type in the message.
        found: u16,
    },
    /// No Lightning message is longer than 65535 bytes with its type.
    #[error("message of {len} bytes is longer than 65535")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

/// What BOLT 1 and BOLT 7 suggest to do with a peer after a fault of its.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advice {
    /// Drop the message and go on.
    Ignore,
    /// Drop the message, send a `warning`, and stay connected.
    Warn,
    /// Send a `warning` or `error` and close the connection.
    Disconnect,
}

/// A message that does not decode: its type and what is wrong with it.
///
/// ```
/// use lnwire::{Advice, Message, bytes::Bytes};
///
/// // Broken gossip is warned about; a broken message of a channel ends the connection.
/// let gossip = Message::decode(Bytes::from_static(&[1, 2, 0])).expect_err("a channel_update of one byte");
/// assert_eq!(gossip.to_string(), "message type 258: signature to htlc_maximum_msat: 136 bytes needed, 1 left");
/// assert_eq!(gossip.advice(), Advice::Warn);
/// let payment = Message::decode(Bytes::from_static(&[0, 128])).expect_err("an update_add_htlc of none");
/// assert_eq!(payment.advice(), Advice::Disconnect);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message type {msg_type}: {error}")]
pub struct MessageError {
    /// The type number it claims; 0 when there were not even two bytes.
    pub msg_type: u16,
    /// What is wrong with it.
    pub error: DecodeError,
}

impl MessageError {
    /// Returns what to do about the sender.
    ///
    /// Broken gossip (types 256 to 511) is warned about: it must not cost the channels of the peer that
    /// relayed it. Anything else broken ends the connection (BOLT 1: "too short … MUST close").
    #[must_use]
    pub const fn advice(&self) -> Advice {
        match self.msg_type {
            256..=511 => Advice::Warn,
            _ => Advice::Disconnect,
        }
    }
}

/// Why a message cannot be encoded: it is longer than 65535 bytes with its type (BOLT 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message of {len} bytes is longer than 65535")]
pub struct MessageTooLong {
    /// The length that it would have, in bytes, with its type.
    pub len: usize,
}
