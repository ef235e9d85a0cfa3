//! A record and what it holds.

use lnwire::{
    BlockHeight, DecodeError, Reader, ShortChannelId, Timestamp, WireMessage,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    bytes::Bytes,
};

use super::format::{
    CHANNEL_AMOUNT, CHANNEL_DYING, DELETE_CHANNEL, ENDED, ESTIMATE, Flags, HEADER_LEN, UUID,
};

/// A record whose checksum holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it begins in the file.
    pub offset: u64,
    /// What the writer noted about it.
    pub flags: Flags,
    /// The timestamp in its header: that of the message, 0 for entries that have none; for an announcement
    /// that of one of its updates.
    pub timestamp: Timestamp,
    /// What it holds, with its type in the first two bytes. Shares the bytes that were read.
    pub message: Bytes,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// 256: a channel.
    ChannelAnnouncement(ChannelAnnouncement),
    /// 257: a node.
    NodeAnnouncement(NodeAnnouncement),
    /// 258: the terms of a direction.
    ChannelUpdate(ChannelUpdate),
    /// 4101: what the channel announced right before holds.
    Amount {
        /// The value of the funding output, in satoshi.
        sat: u64,
        /// Nobody looked at the chain: it is the greatest amount that a direction forwards.
        is_estimate: bool,
    },
    /// 4103: the channel is gone.
    DeleteChannel(ShortChannelId),
    /// 4106: the channel's funding output is spent.
    ChannelDying {
        /// The channel.
        short_channel_id: ShortChannelId,
        /// When to forget it.
        deadline: BlockHeight,
    },
    /// 4107: the file's identifier.
    Uuid([u8; 32]),
    /// A type that is not known here, such as the private channels of older versions.
    Other(Bytes),
}

/// Which file took the place of another (4105).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Who has read the old file whole goes on at this byte of the new one.
    pub equivalent_offset: u64,
    /// The identifier of the new file.
    pub uuid: [u8; 32],
}

impl Replaced {
    /// Reads a whole 4105; `None` if the message is anything else.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let rest = message.strip_prefix(&ENDED.to_be_bytes())?;
        let (offset, rest) = rest.split_first_chunk()?;
        Some(Self {
            equivalent_offset: u64::from_be_bytes(*offset),
            uuid: *rest.first_chunk()?,
        })
    }
}

impl Record {
    /// Returns the type of what it holds.
    #[must_use]
    pub fn msg_type(&self) -> u16 {
        self.message
            .first_chunk()
            .map_or(0, |b| u16::from_be_bytes(*b))
    }

    /// Returns where the next record begins.
    #[must_use]
    pub fn end(&self) -> u64 {
        let len = HEADER_LEN + self.message.len();
        self.offset.saturating_add(len as u64)
    }

    /// Decodes what it holds.
    ///
    /// # Errors
    /// [`DecodeError`] if the message is not what its type says; its checksum holds, so it was written so.
    pub fn entry(&self) -> Result<Entry, DecodeError> {
        self.clone().into_entry()
    }

    /// As [`entry`](Self::entry), with the message moved.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    #[inline]
    pub fn into_entry(self) -> Result<Entry, DecodeError> {
        let msg_type = self.msg_type();
        let message = self.message;
        Ok(match msg_type {
            ChannelAnnouncement::TYPE => {
                Entry::ChannelAnnouncement(ChannelAnnouncement::decode(message)?)
            }
            NodeAnnouncement::TYPE => Entry::NodeAnnouncement(NodeAnnouncement::decode(message)?),
            ChannelUpdate::TYPE => Entry::ChannelUpdate(ChannelUpdate::decode(message)?),
            CHANNEL_AMOUNT => Entry::Amount {
                sat: body(&message).u64("amount")?,
                is_estimate: self.timestamp == ESTIMATE,
            },
            DELETE_CHANNEL => Entry::DeleteChannel(ShortChannelId(body(&message).u64("scid")?)),
            CHANNEL_DYING => {
                let mut body = body(&message);
                Entry::ChannelDying {
                    short_channel_id: ShortChannelId(body.u64("scid")?),
                    deadline: BlockHeight(body.u32("deadline")?),
                }
            }
            UUID => Entry::Uuid(body(&message).array("uuid")?),
            _ => Entry::Other(message),
        })
    }
}

/// Reads what stands behind the type, which is there.
fn body(message: &Bytes) -> Reader<'_> {
    let mut reader = Reader::new(message);
    let _type = reader.u16("type");
    reader
}
