//! What a node adds for payments that come in through a channel: a record behind `channel_update`.

use bytes::BufMut;

use super::pure_tlv::find;
use crate::{
    bolt7::ChannelUpdate,
    error::DecodeError,
    field::{TlvValue, made_when_found},
    reader::Reader,
};

/// What a node adds to its fee for payments that come in through a channel, whichever one they leave by.
///
/// A negative number is a discount. The fee of a hop as a whole is never below zero. As lnd has it since 0.18,
/// in the line of the proposals [835](https://github.com/lightning/bolts/pull/835) and
/// [965](https://github.com/lightning/bolts/pull/965).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboundFee {
    /// The part that does not depend on the amount, in msat.
    pub base_fee_msat: i32,
    /// The part that does, in millionths of the amount.
    pub fee_proportional_millionths: i32,
}

impl InboundFee {
    /// The type of the record.
    pub const TLV_TYPE: u64 = 55555;
}

made_when_found!(InboundFee);

impl TlvValue for InboundFee {
    fn find_value(field: &'static str, record: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            base_fee_msat: i32::from_be_bytes(record.array(field)?),
            fee_proportional_millionths: i32::from_be_bytes(record.array(field)?),
        })
    }

    fn value_len(&self) -> usize {
        8
    }

    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_i32(self.base_fee_msat);
        out.put_i32(self.fee_proportional_millionths);
    }
}

/// Returns the inbound fee in the bytes behind an update's fields; `None` if there is none.
///
/// Those bytes need be no TLV stream (BOLT 1 lets a reader skip them), so what is wrong with them is no fault of
/// the update: who cannot read its inbound fee should take it as one without.
///
/// # Errors
/// [`DecodeError`] when the records up to this one are cut short, out of order or not minimal, or it is not 8
/// bytes long. Unknown records of even types do not matter here.
///
/// ```
/// use lnwire::{WireMessage, bolt7::ChannelUpdate, extra::inbound_fee};
/// let mut frame = vec![1, 2];
/// frame.resize(ChannelUpdate::MIN_LEN, 0);
/// frame.extend([0xfd, 0xd9, 0x03, 8, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 5]);
/// let fee = inbound_fee(&ChannelUpdate::decode(frame.into())?).expect("a fee")?;
/// assert_eq!((fee.base_fee_msat, fee.fee_proportional_millionths), (-1, 5));
/// # Ok::<(), lnwire::DecodeError>(())
/// ```
#[must_use]
pub fn inbound_fee(update: &ChannelUpdate) -> Option<Result<InboundFee, DecodeError>> {
    const FIELD: &str = "inbound_fee";
    let extra = update.extra();
    let record = find(FIELD, &mut Reader::new(&extra), InboundFee::TLV_TYPE).transpose()?;
    Some(record.and_then(|mut record| {
        let fee = InboundFee::read_value(FIELD, &mut record)?;
        record.finish(FIELD)?;
        Ok(fee)
    }))
}
