//! The bytes of a store: version, record header, checksum, flags, types.

use lnwire::Timestamp;

use crate::crc32c;

/// Bytes of a record before its message: flags, length, checksum, timestamp.
pub(super) const HEADER_LEN: usize = 12;

/// What we write: major version 0, minor version 16.
pub(super) const VERSION: u8 = 16;

/// Before, the completed flag meant something else or nothing.
pub(super) const FIRST_MINOR_WITH_COMPLETED: u8 = 15;

pub(super) const CHANNEL_AMOUNT: u16 = 4101;
pub(super) const DELETE_CHANNEL: u16 = 4103;
pub(super) const ENDED: u16 = 4105;
pub(super) const CHANNEL_DYING: u16 = 4106;
pub(super) const UUID: u16 = 4107;

/// The timestamp of an amount that nobody looked up in the chain.
///
/// Others write 0 and do not read it. It is covered by the checksum, so no flipped bit makes an estimate a fact.
pub(super) const ESTIMATE: Timestamp = Timestamp(1);

/// What the writer noted about a record. Not covered by the checksum, as it changes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    pub(super) const DELETED: Self = Self(0x8000);
    pub(super) const COMPLETED: Self = Self(0x2000);
    pub(super) const DYING: Self = Self(0x0800);

    /// Returns whether the record no longer counts.
    #[must_use]
    pub const fn is_deleted(self) -> bool {
        self.0 & Self::DELETED.0 != 0
    }

    /// Returns whether the writer was done with the record. Older minor versions than 15 do not tell.
    #[must_use]
    pub const fn is_completed(self) -> bool {
        self.0 & Self::COMPLETED.0 != 0
    }

    /// Returns whether the channel's funding output was spent a short time ago.
    #[must_use]
    pub const fn is_dying(self) -> bool {
        self.0 & Self::DYING.0 != 0
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the first of the two bytes: it has every flag there is.
    pub(super) const fn first_byte(self) -> u8 {
        self.0.to_be_bytes()[0]
    }
}

/// What stands before a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) flags: Flags,
    pub(super) len: u16,
    pub(super) crc: u32,
    pub(super) timestamp: Timestamp,
}

impl Header {
    /// Describes `message`; `None` if it is too long for a record.
    pub(super) fn new(flags: Flags, timestamp: Timestamp, message: &[u8]) -> Option<Self> {
        Some(Self {
            flags,
            len: message.len().try_into().ok()?,
            crc: checksum(timestamp, message),
            timestamp,
        })
    }

    pub(super) fn encode(self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..2].copy_from_slice(&self.flags.0.to_be_bytes());
        out[2..4].copy_from_slice(&self.len.to_be_bytes());
        out[4..8].copy_from_slice(&self.crc.to_be_bytes());
        out[8..].copy_from_slice(&self.timestamp.as_secs().to_be_bytes());
        out
    }

    /// Reads a header off the front; `None` if there are too few bytes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let [f0, f1, l0, l1, c0, c1, c2, c3, t0, t1, t2, t3] =
            *bytes.first_chunk::<HEADER_LEN>()?;
        Some(Self {
            flags: Flags(u16::from_be_bytes([f0, f1])),
            len: u16::from_be_bytes([l0, l1]),
            crc: u32::from_be_bytes([c0, c1, c2, c3]),
            timestamp: Timestamp(u32::from_be_bytes([t0, t1, t2, t3])),
        })
    }

    /// Returns the bytes of header and message together.
    pub(super) const fn record_len(self) -> usize {
        HEADER_LEN + self.len as usize
    }
}

/// Returns the CRC-32C of the message, continued from the timestamp: it stands where the checksum of earlier
/// bytes would.
pub(super) fn checksum(timestamp: Timestamp, message: &[u8]) -> u32 {
    crc32c::append(timestamp.as_secs(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back() {
        let header = Header::new(Flags::COMPLETED, Timestamp(7), b"\x01\x02").unwrap();
        let bytes = header.encode();
        let again = Header::decode(&bytes).unwrap();
        assert_eq!(again.encode(), bytes);
        assert_eq!(again.record_len(), 14);
        assert!(Header::decode(&bytes[..11]).is_none());
        assert!(Header::new(Flags(0), Timestamp(0), &[0; 65536]).is_none());
    }
}
