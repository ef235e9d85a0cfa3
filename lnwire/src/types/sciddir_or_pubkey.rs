//! A node, named by its key or by its end of a channel.

use bytes::BufMut;

use super::{Point, ShortChannelId};
use crate::{
    codec::sum,
    error::DecodeError,
    field::{Field, TlvValue, made_when_found},
    reader::Reader,
};

/// A node: its key (33 bytes), or one end of an announced channel, which is shorter (9 bytes).
///
/// The first byte tells which: 0 or 1 for an end, 2 or 3 for a compressed key.
///
/// BOLT 1, [fundamental types](https://github.com/lightning/bolts/blob/master/01-messaging.md#fundamental-types).
///
/// ```
/// use lnwire::{Reader, SciddirOrPubkey, field::Field};
/// let bytes = vec![0, 8, 0x3a, 0x84, 0, 3, 0x4d, 0, 1].into();
/// let node = SciddirOrPubkey::read_field("first_node_id", &mut Reader::new(&bytes))?;
/// let end = SciddirOrPubkey::Sciddir { node_2: false, short_channel_id: "539268x845x1".parse()? };
/// assert_eq!(node, end);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SciddirOrPubkey {
    /// One of the two nodes that the announcement of a channel names.
    Sciddir {
        /// Which of them: `node_id_1` (first byte 0) if false, `node_id_2` (first byte 1) if true.
        node_2: bool,
        /// The channel.
        short_channel_id: ShortChannelId,
    },
    /// The node's key. It must begin with 2 or 3; whether it lies on the curve is not checked.
    Pubkey(Point),
}

impl SciddirOrPubkey {
    /// Returns its length on the wire in bytes: 9 or 33.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Sciddir { .. } => sum(&[1, ShortChannelId::LEN]),
            Self::Pubkey(_) => Point::LEN,
        }
    }
}

made_when_found!(SciddirOrPubkey);

impl Field for SciddirOrPubkey {
    fn find(field: &'static str, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if let Some(end @ (0 | 1)) = reader.peek().first().copied() {
            reader.u8(field)?;
            return Ok(Self::Sciddir {
                node_2: end == 1,
                short_channel_id: ShortChannelId(reader.u64(field)?),
            });
        }
        Point::read_compressed(field, reader).map(Self::Pubkey)
    }

    fn field_len(&self) -> usize {
        self.encoded_len()
    }

    fn write_field<B: BufMut>(&self, out: &mut B) {
        match self {
            Self::Sciddir {
                node_2,
                short_channel_id,
            } => {
                out.put_u8(u8::from(*node_2));
                out.put_u64(short_channel_id.0);
            }
            Self::Pubkey(point) => out.put_slice(point.as_bytes()),
        }
    }
}

impl TlvValue for SciddirOrPubkey {
    fn find_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::find(field, record)
    }

    fn value_len(&self) -> usize {
        self.encoded_len()
    }

    fn write_value<B: BufMut>(&self, out: &mut B) {
        self.write_field(out);
    }
}
