//! `announcement_signatures` (259): one side's half of a channel announcement.

use bytes::{BufMut, Bytes};

use crate::{
    codec::{WireMessage, open, sum},
    error::DecodeError,
    types::{ChannelId, ShortChannelId, Signature},
};

/// Gives the channel's other node the two signatures that it needs to announce the channel.
///
/// BOLT 7, [the `announcement_signatures` message](https://github.com/lightning/bolts/blob/master/07-routing-gossip.md#the-announcement_signatures-message).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AnnouncementSignatures {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its place in the chain.
    pub short_channel_id: ShortChannelId,
    /// Signature by the node's key.
    pub node_signature: Signature,
    /// Signature by the funding key.
    pub bitcoin_signature: Signature,
    /// Bytes behind the fields, kept.
    #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
    pub extra: Bytes,
}

impl WireMessage for AnnouncementSignatures {
    const TYPE: u16 = 259;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        Ok(Self {
            channel_id: ChannelId::read("channel_id", &mut reader)?,
            short_channel_id: ShortChannelId(reader.u64("short_channel_id")?),
            node_signature: Signature::read("node_signature", &mut reader)?,
            bitcoin_signature: Signature::read("bitcoin_signature", &mut reader)?,
            extra: reader.rest(),
        })
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        sum(&[2, 32, 8, 64, 64, self.extra.len()])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_u16(Self::TYPE);
        out.put_slice(self.channel_id.as_bytes());
        out.put_u64(self.short_channel_id.0);
        out.put_slice(self.node_signature.as_bytes());
        out.put_slice(self.bitcoin_signature.as_bytes());
        out.put_slice(&self.extra);
    }
}
