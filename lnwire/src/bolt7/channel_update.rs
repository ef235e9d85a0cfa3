//! `channel_update` (258): the terms of one direction of a channel.

use bytes::{BufMut, Bytes};

use super::frame::{SignedFrame, Unsigned, array_at, build, detached};
use crate::{
    codec::{WireMessage, open},
    error::{DecodeError, MessageTooLong},
    time::Timestamp,
    types::{ChainHash, Msat, ShortChannelId, Signature},
};

/// Fees, limits and delay at which a node forwards payments into one of its channels, signed by its key.
///
/// It *is* the received message, so that relaying it cannot change what was signed; the accessors read from
/// those bytes.
///
/// BOLT 7, [the `channel_update` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-channel_update-message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelUpdate {
    /// Invariant: at least `FIXED_LEN` bytes long.
    frame: Bytes,
}

const SIGNATURE: usize = 2;
const CHAIN_HASH: usize = SIGNATURE + 64;
const SHORT_CHANNEL_ID: usize = CHAIN_HASH + 32;
const TIMESTAMP: usize = SHORT_CHANNEL_ID + 8;
const MESSAGE_FLAGS: usize = TIMESTAMP + 4;
const CHANNEL_FLAGS: usize = MESSAGE_FLAGS + 1;
const CLTV_EXPIRY_DELTA: usize = CHANNEL_FLAGS + 1;
const HTLC_MINIMUM_MSAT: usize = CLTV_EXPIRY_DELTA + 2;
const FEE_BASE_MSAT: usize = HTLC_MINIMUM_MSAT + 8;
const FEE_PROPORTIONAL_MILLIONTHS: usize = FEE_BASE_MSAT + 4;
const HTLC_MAXIMUM_MSAT: usize = FEE_PROPORTIONAL_MILLIONTHS + 4;
const FIXED_LEN: usize = HTLC_MAXIMUM_MSAT + 8;

const MUST_BE_ONE: u8 = 1;
const DONT_FORWARD: u8 = 2;
const DIRECTION: u8 = 1;
const DISABLE: u8 = 2;

/// The checksum of [RFC 3720](https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4), CRC-32C.
const CRC32C: crc::Crc<u32, crc::Table<16>> =
    crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISCSI);

impl ChannelUpdate {
    /// The length in bytes of an update with nothing behind its fields, with its type: the least there is.
    pub const MIN_LEN: usize = FIXED_LEN;

    /// Returns the whole message with its type, as received.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.frame
    }

    /// Copies the message to a buffer of exactly its size. A message that outlives its arrival should not
    /// pin the block it arrived in.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            frame: detached(&self.frame),
        }
    }

    /// Returns the signature by the node that sets these terms.
    #[must_use]
    pub fn signature(&self) -> Signature {
        Signature(array_at(&self.frame, SIGNATURE))
    }

    /// Returns the chain that holds the channel.
    #[must_use]
    pub fn chain_hash(&self) -> ChainHash {
        ChainHash(array_at(&self.frame, CHAIN_HASH))
    }

    /// Returns the channel.
    #[must_use]
    pub fn short_channel_id(&self) -> ShortChannelId {
        ShortChannelId(u64::from_be_bytes(array_at(&self.frame, SHORT_CHANNEL_ID)))
    }

    /// Returns when the node claims to have set these terms; later ones replace them.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp(u32::from_be_bytes(array_at(&self.frame, TIMESTAMP)))
    }

    /// Returns the bits that speak of the message itself.
    #[must_use]
    pub fn message_flags(&self) -> u8 {
        u8::from_be_bytes(array_at(&self.frame, MESSAGE_FLAGS))
    }

    /// Returns the bits that speak of the channel.
    #[must_use]
    pub fn channel_flags(&self) -> u8 {
        u8::from_be_bytes(array_at(&self.frame, CHANNEL_FLAGS))
    }

    /// Returns whether the update is meant for the channel's other node alone.
    #[must_use]
    pub fn dont_forward(&self) -> bool {
        self.message_flags() & DONT_FORWARD != 0
    }

    /// Returns 0 if `node_id_1` of the channel sets these terms, for payments from it to `node_id_2`; 1 if
    /// it is the other way round.
    #[must_use]
    pub fn direction(&self) -> u8 {
        self.channel_flags() & DIRECTION
    }

    /// Returns whether the channel cannot be used in this direction for now.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.channel_flags() & DISABLE != 0
    }

    /// Returns the number of blocks that the node adds to the expiry of what it forwards.
    #[must_use]
    pub fn cltv_expiry_delta(&self) -> u16 {
        u16::from_be_bytes(array_at(&self.frame, CLTV_EXPIRY_DELTA))
    }

    /// Returns the least amount forwarded.
    #[must_use]
    pub fn htlc_minimum_msat(&self) -> Msat {
        Msat(u64::from_be_bytes(array_at(&self.frame, HTLC_MINIMUM_MSAT)))
    }

    /// Returns the part of the fee that does not depend on the amount, in msat.
    #[must_use]
    pub fn fee_base_msat(&self) -> u32 {
        u32::from_be_bytes(array_at(&self.frame, FEE_BASE_MSAT))
    }

    /// Returns the part of the fee that does, in millionths of the amount.
    #[must_use]
    pub fn fee_proportional_millionths(&self) -> u32 {
        u32::from_be_bytes(array_at(&self.frame, FEE_PROPORTIONAL_MILLIONTHS))
    }

    /// Returns the greatest amount forwarded.
    #[must_use]
    pub fn htlc_maximum_msat(&self) -> Msat {
        Msat(u64::from_be_bytes(array_at(&self.frame, HTLC_MAXIMUM_MSAT)))
    }

    /// Returns the bytes behind the fields, as received; the signature covers them too.
    #[must_use]
    pub fn extra(&self) -> Bytes {
        self.frame.slice(FIXED_LEN..)
    }

    /// Returns the CRC-32C of the update without its signature and timestamp: updates with the same one
    /// differ in nothing that matters (`checksums_tlv` of `reply_channel_range`).
    #[must_use]
    pub fn checksum(&self) -> u32 {
        let mut digest = CRC32C.digest();
        digest.update(self.frame.get(CHAIN_HASH..TIMESTAMP).unwrap_or_default());
        digest.update(self.frame.get(MESSAGE_FLAGS..).unwrap_or_default());
        digest.finalize()
    }
}

impl WireMessage for ChannelUpdate {
    const TYPE: u16 = 258;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        reader.slice("signature to htlc_maximum_msat", FIXED_LEN - 2)?;
        Ok(Self { frame })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        self.frame.len()
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_slice(&self.frame);
    }
}

impl SignedFrame for ChannelUpdate {
    type Signatures = [Signature; 1];
}

/// What a `channel_update` says, for making one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Contents {
    /// The chain that holds the channel.
    pub chain_hash: ChainHash,
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// Greater than that of every earlier update for this direction.
    pub timestamp: Timestamp,
    /// Whether it is meant for the channel's other node alone.
    pub dont_forward: bool,
    /// 0 if `node_id_1` sets these terms, 1 if `node_id_2`; only the lowest bit counts.
    pub direction: u8,
    /// Whether the direction cannot be used for now.
    pub disabled: bool,
    /// Blocks added to the expiry of what is forwarded.
    pub cltv_expiry_delta: u16,
    /// The least amount forwarded.
    pub htlc_minimum_msat: Msat,
    /// The part of the fee that does not depend on the amount, in msat.
    pub fee_base_msat: u32,
    /// The part of the fee that does, in millionths of the amount.
    pub fee_proportional_millionths: u32,
    /// The greatest amount forwarded.
    pub htlc_maximum_msat: Msat,
}

impl Contents {
    /// Encodes everything but the signature.
    ///
    /// # Errors
    /// None in practice: an update is 138 bytes long.
    pub fn unsigned(&self) -> Result<Unsigned<ChannelUpdate>, MessageTooLong> {
        let message_flags = if self.dont_forward {
            MUST_BE_ONE | DONT_FORWARD
        } else {
            MUST_BE_ONE
        };
        let disable = if self.disabled { DISABLE } else { 0 };
        build(FIXED_LEN, |out| {
            out.put_slice(self.chain_hash.as_bytes());
            out.put_u64(self.short_channel_id.0);
            out.put_u32(self.timestamp.as_secs());
            out.put_u8(message_flags);
            out.put_u8(self.direction & DIRECTION | disable);
            out.put_u16(self.cltv_expiry_delta);
            out.put_u64(self.htlc_minimum_msat.as_msat());
            out.put_u32(self.fee_base_msat);
            out.put_u32(self.fee_proportional_millionths);
            out.put_u64(self.htlc_maximum_msat.as_msat());
        })
    }
}

#[cfg(feature = "serde")]
crate::serde_form::as_raw!(ChannelUpdate {
    signature,
    chain_hash,
    short_channel_id,
    timestamp,
    message_flags,
    channel_flags,
    cltv_expiry_delta,
    htlc_minimum_msat,
    fee_base_msat,
    fee_proportional_millionths,
    htlc_maximum_msat,
});

#[cfg(test)]
mod tests {
    use super::CRC32C;

    #[test]
    fn checksum_is_that_of_rfc_3720() {
        let file = include_str!("../../tests/vectors/bolt07/crc32c.json");
        let file: serde_json::Value = serde_json::from_str(file).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 5);
        for vector in vectors {
            let data = hex::decode(vector["data"].as_str().unwrap()).unwrap();
            assert_eq!(vector["crc32c"], CRC32C.checksum(&data));
        }
    }
}
