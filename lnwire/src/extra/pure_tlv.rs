//! Messages that are one TLV stream, of which a signature covers two ranges of types.

use bytes::{BufMut, Bytes};

use crate::{
    big_size::BigSize,
    codec::{WireMessage, sum},
    error::DecodeError,
    field::TlvValue,
    reader::Reader,
    tlv::{UnknownRecords, in_order, read_stream, refuse_even},
};

/// Returns whether the signature of a pure-TLV message covers records of this type: those from 0 to 159 and
/// from 1 000 000 000 to 2 999 999 999.
#[must_use]
pub const fn is_signed(tlv_type: u64) -> bool {
    matches!(tlv_type, 0..=FIRST_RANGE_END | SECOND_RANGE_START..=SECOND_RANGE_END)
}

const FIRST_RANGE_END: u64 = 159;
const SECOND_RANGE_START: u64 = 1_000_000_000;
const SECOND_RANGE_END: u64 = 2_999_999_999;

/// A message that is nothing but a TLV stream. It *is* the received bytes; the accessors read from them.
///
/// Which records a message must have is for its reader to say: an accessor answers `None`, or the default that
/// the proposal names, for one that is not there. Records of unknown odd types are kept where they stand.
pub trait PureTlv: WireMessage {
    /// The message's name in the proposal.
    const NAME: &'static str;

    /// Returns the whole message with its type, as received.
    fn as_bytes(&self) -> &Bytes;

    /// Returns type and value of each record, in ascending order of type.
    fn records(&self) -> impl Iterator<Item = (u64, Bytes)> {
        let mut reader = stream(self.as_bytes());
        core::iter::from_fn(move || {
            let (tlv_type, mut value) = next(Self::NAME, &mut reader).ok()??;
            Some((tlv_type, value.rest()))
        })
    }
}

/// A pure-TLV message with a Schnorr signature in record 160, over the records of the signed ranges.
pub trait SignedTlv: PureTlv {
    /// Returns the bytes that are signed, in two parts: the records of types 0 to 159 and those from
    /// 1 000 000 000 to 2 999 999 999, with types and lengths, as they stand in the message.
    fn signed(&self) -> [Bytes; 2] {
        // Types ascend, so each range is one run of neighbours.
        [(0, FIRST_RANGE_END), (SECOND_RANGE_START, SECOND_RANGE_END)].map(|(first, last)| {
            let frame = self.as_bytes();
            let mut reader = stream(frame);
            let mut run: Option<(usize, usize)> = None;
            loop {
                let start = frame.len().saturating_sub(reader.remaining());
                let Ok(Some((tlv_type, _))) = next(Self::NAME, &mut reader) else {
                    break;
                };
                if (first..=last).contains(&tlv_type) {
                    let start = run.map_or(start, |(start, _)| start);
                    run = Some((start, frame.len().saturating_sub(reader.remaining())));
                }
            }
            run.map_or_else(Bytes::new, |(start, end)| frame.slice(start..end))
        })
    }

    /// Returns how many bytes [`write_signed`](Self::write_signed) appends.
    fn signed_len(&self) -> usize {
        self.signed()
            .iter()
            .map(Bytes::len)
            .fold(0, |sum, len| sum.saturating_add(len))
    }

    /// Appends the bytes that are signed.
    fn write_signed<B: BufMut>(&self, out: &mut B) {
        self.signed().iter().for_each(|part| out.put_slice(part));
    }

    /// Returns the 32 bytes to be signed: the tagged hash of BIP 340 over the signed bytes, with the tag
    /// `lightning`, the message's name and `signature`, one behind the other.
    ///
    /// lnd computes it so. The proposal's text has the same tag, but hashes the signed bytes once before; as
    /// long as there are no test vectors, expect this to change.
    #[cfg(feature = "verify")]
    fn digest(&self) -> [u8; 32] {
        use sha2::{Digest, Sha256};
        let tag = Sha256::new()
            .chain_update("lightning")
            .chain_update(Self::NAME)
            .chain_update("signature")
            .finalize();
        let [first, second] = self.signed();
        Sha256::new()
            .chain_update(tag)
            .chain_update(tag)
            .chain_update(first)
            .chain_update(second)
            .finalize()
            .into()
    }
}

/// Returns a reader of the records of a message with its type.
fn stream(frame: &Bytes) -> Reader<'_> {
    let mut reader = Reader::new(frame);
    let _msg_type = reader.u16("type");
    reader
}

/// Takes the next record, if there is one.
pub(super) fn next<'a>(
    stream: &'static str,
    reader: &mut Reader<'a>,
) -> Result<Option<(u64, Reader<'a>)>, DecodeError> {
    if reader.is_empty() {
        return Ok(None);
    }
    let BigSize(tlv_type) = BigSize::read(stream, reader)?;
    let BigSize(len) = BigSize::read(stream, reader)?;
    let value = reader.sub(stream, usize::try_from(len).unwrap_or(usize::MAX))?;
    Ok(Some((tlv_type, value)))
}

/// Finds a record, looking at no record of a higher type.
pub(super) fn find<'a>(
    stream: &'static str,
    reader: &mut Reader<'a>,
    wanted: u64,
) -> Result<Option<Reader<'a>>, DecodeError> {
    let mut previous: Option<u64> = None;
    while let Some((tlv_type, value)) = next(stream, reader)? {
        in_order(stream, &mut previous, tlv_type)?;
        if tlv_type >= wanted {
            return Ok((tlv_type == wanted).then_some(value));
        }
    }
    Ok(None)
}

/// Checks a stream as [`read_stream`] does, and keeps nothing.
pub(super) fn check<'a>(
    stream: &'static str,
    reader: &mut Reader<'a>,
    mut known: impl FnMut(u64, &mut Reader<'a>) -> Result<bool, DecodeError>,
) -> Result<(), DecodeError> {
    let mut previous: Option<u64> = None;
    while let Some((tlv_type, mut value)) = next(stream, reader)? {
        in_order(stream, &mut previous, tlv_type)?;
        if known(tlv_type, &mut value)? {
            value.finish(stream)?;
        } else {
            refuse_even(stream, tlv_type)?;
        }
    }
    Ok(())
}

/// Returns the value of a record of a message that `check` has accepted.
pub(super) fn value<T: TlvValue>(
    frame: &Bytes,
    stream_name: &'static str,
    tlv_type: u64,
    record: &'static str,
) -> Option<T> {
    let mut value = find(stream_name, &mut stream(frame), tlv_type).ok()??;
    T::read_value(record, &mut value).ok()
}

/// Returns the records of a message that are of none of the `known` types.
pub(super) fn unknown(frame: &Bytes, stream_name: &'static str, known: &[u64]) -> UnknownRecords {
    read_stream(stream_name, &mut stream(frame), |tlv_type, value| {
        let known = known.contains(&tlv_type);
        if known {
            value.rest();
        }
        Ok(known)
    })
    .unwrap_or_default()
}

/// Returns the bytes of type and records together, if they make a message.
pub(super) fn checked_len(lengths: &[usize]) -> Result<usize, DecodeError> {
    match sum(lengths) {
        len if len > crate::MAX_MESSAGE_LEN => Err(DecodeError::TooLong { len }),
        len => Ok(len),
    }
}

/// Declares a pure-TLV message: the struct that is its bytes with an accessor for each record, and `Contents`,
/// of which one can be made. A record with a default is answered with it when it is not there.
macro_rules! pure_tlv {
    (
        $(#[$doc:meta])*
        $name:ident = $msg_type:literal, $msg_name:literal {
            $(
                $(#[$tlv_doc:meta])*
                $tlv_type:literal => $record:ident: $ty:ty $(= $default:expr)?,
            )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            /// Invariant: accepted by `decode`.
            frame: bytes::Bytes,
        }

        impl $name {
            $($crate::extra::pure_tlv::accessor! {
                $(#[$tlv_doc])* $tlv_type, $msg_name, $record, $ty $(, $default)?
            })*

            /// Returns the records of odd types that are none of the above, as received.
            #[must_use]
            pub fn unknown(&self) -> $crate::tlv::UnknownRecords {
                $crate::extra::pure_tlv::unknown(&self.frame, $msg_name, &[$($tlv_type),*])
            }

            /// Returns what the message says, record by record.
            #[must_use]
            pub fn contents(&self) -> Contents {
                Contents {
                    $($record: $crate::extra::pure_tlv::value(
                        &self.frame,
                        $msg_name,
                        $tlv_type,
                        stringify!($record),
                    ),)*
                    unknown: self.unknown(),
                }
            }

            /// Copies the message to a buffer of exactly its size. A message that outlives its arrival should
            /// not pin the block it arrived in.
            #[must_use]
            pub fn detached(&self) -> Self {
                Self { frame: bytes::Bytes::copy_from_slice(&self.frame) }
            }
        }

        $crate::by_bytes::by_bytes!($name);

        impl $crate::extra::PureTlv for $name {
            const NAME: &'static str = $msg_name;

            fn as_bytes(&self) -> &bytes::Bytes {
                &self.frame
            }
        }

        impl $crate::WireMessage for $name {
            const TYPE: u16 = $msg_type;

            fn decode(frame: bytes::Bytes) -> Result<Self, $crate::DecodeError> {
                let mut reader = $crate::codec::open(&frame, Self::TYPE)?;
                $crate::extra::pure_tlv::check($msg_name, &mut reader, |tlv_type, value| {
                    match tlv_type {
                        $($tlv_type => {
                            <$ty as $crate::field::TlvValue>::find_value(
                                stringify!($record),
                                value,
                            )?;
                        })*
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?;
                Ok(Self { frame })
            }

            fn encoded_len(&self) -> usize {
                self.frame.len()
            }

            fn write<B: bytes::BufMut>(&self, out: &mut B) {
                out.put_slice(&self.frame);
            }
        }

        #[doc = concat!("What a `", $msg_name, "` says, for making one.")]
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Contents {
            $($(#[$tlv_doc])* pub $record: Option<$ty>,)*
            /// Records of unknown odd types.
            pub unknown: $crate::tlv::UnknownRecords,
        }

        impl Contents {
            #[doc = concat!("Makes the message. To sign it, make it without `signature`, sign its ")]
            #[doc = concat!("digest, and make it again with it: the digest does not cover that record.")]
            ///
            /// # Errors
            /// [`DecodeError::TooLong`](crate::DecodeError::TooLong) past 65535 bytes, or what a receiver
            /// would find wrong, such as a key that does not begin with 2 or 3.
            pub fn message(&self) -> Result<$name, $crate::DecodeError> {
                let len = $crate::extra::pure_tlv::checked_len(&[
                    2,
                    $(self.$record.as_ref().map_or(0, |value| $crate::tlv::record_len(
                        $tlv_type,
                        $crate::field::TlvValue::value_len(value),
                    )),)*
                    self.unknown.encoded_len(),
                ])?;
                let mut frame = bytes::BytesMut::with_capacity(len);
                bytes::BufMut::put_u16(&mut frame, $msg_type);
                let mut tlvs = $crate::tlv::Writer::new(&mut frame, &self.unknown);
                $(if let Some(value) = &self.$record {
                    let len = $crate::field::TlvValue::value_len(value);
                    tlvs.record($tlv_type, len, |out| {
                        $crate::field::TlvValue::write_value(value, out);
                    });
                })*
                tlvs.finish();
                $crate::WireMessage::decode(frame.freeze())
            }
        }
    };
}

macro_rules! accessor {
    ($(#[$doc:meta])* $tlv_type:literal, $msg_name:literal, $record:ident, $ty:ty) => {
        #[doc = concat!("Returns `", stringify!($record), "` (record ", stringify!($tlv_type), "), if it is there.")]
        ///
        $(#[$doc])*
        #[must_use]
        pub fn $record(&self) -> Option<$ty> {
            let record = stringify!($record);
            $crate::extra::pure_tlv::value(&self.frame, $msg_name, $tlv_type, record)
        }
    };
    ($(#[$doc:meta])* $tlv_type:literal, $msg_name:literal, $record:ident, $ty:ty, $default:expr) => {
        #[doc = concat!("Returns `", stringify!($record), "` (record ", stringify!($tlv_type), "), or its default.")]
        ///
        $(#[$doc])*
        #[must_use]
        pub fn $record(&self) -> $ty {
            let record = stringify!($record);
            $crate::extra::pure_tlv::value(&self.frame, $msg_name, $tlv_type, record)
                .unwrap_or($default)
        }
    };
}
pub(super) use {accessor, pure_tlv};
