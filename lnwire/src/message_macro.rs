//! `message!`: a message as its BOLT section has it.

/// Declares a message: its fields in their order on the wire and, behind them, either a TLV stream or nothing
/// that is known. It makes the struct, with an `Option` for each record, and its [`WireMessage`].
///
/// ```text
/// message! {
///     /// What it is for, and a link to the section.
///     ChannelReady = 36 {
///         /// What the field is.
///         channel_id: ChannelId,
///         second_per_commitment_point: Point,
///     }
///     "channel_ready_tlvs" {
///         /// What the record is.
///         1 => short_channel_id: ShortChannelId,
///     }
/// }
/// ```
///
/// Fields are of types that are a [`Field`](crate::field::Field), records of types that are a
/// [`TlvValue`](crate::field::TlvValue). A message without a stream keeps what lies behind its fields as `extra`.
macro_rules! message {
    (
        $(#[$doc:meta])*
        $name:ident = $msg_type:literal {
            $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::field"))]
                pub $field: $ty,
            )*
            /// Bytes behind the fields, kept.
            #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
            pub extra: bytes::Bytes,
        }

        #[cfg(feature = "arbitrary")]
        impl<'a> arbitrary::Arbitrary<'a> for $name {
            fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                Ok(Self {
                    $($field: <$ty as $crate::field::Field>::arbitrary_field(u)?,)*
                    extra: $crate::any::extra(u)?,
                })
            }
        }

        impl $crate::WireMessage for $name {
            const TYPE: u16 = $msg_type;

            #[inline]
            fn decode(frame: bytes::Bytes) -> Result<Self, $crate::DecodeError> {
                let mut reader = $crate::codec::open(&frame, Self::TYPE)?;
                $(let $field = <$ty as $crate::field::Field>::find(
                    stringify!($field),
                    &mut reader,
                )?;)*
                let extra = reader.peek();
                // Made in two places, so that the usual one is written straight to where the message will be.
                if extra.is_empty() {
                    return Ok(Self {
                        $($field: <$ty as $crate::field::Field>::make($field, &frame),)*
                        extra: bytes::Bytes::new(),
                    });
                }
                Ok(Self {
                    $($field: <$ty as $crate::field::Field>::make($field, &frame),)*
                    extra: $crate::reader::share(&frame, extra),
                })
            }

            #[inline]
            fn encoded_len(&self) -> usize {
                $crate::codec::sum(&[
                    2,
                    $($crate::field::Field::field_len(&self.$field),)*
                    self.extra.len(),
                ])
            }

            #[inline]
            fn write<B: bytes::BufMut>(&self, out: &mut B) {
                out.put_u16(Self::TYPE);
                $($crate::field::Field::write_field(&self.$field, out);)*
                if !self.extra.is_empty() {
                    out.put_slice(&self.extra);
                }
            }
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident = $msg_type:literal {
            $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
        }
        $stream:literal {
            $($(#[$tlv_doc:meta])* $tlv_type:literal => $tlv:ident: $tlv_ty:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::field"))]
                pub $field: $ty,
            )*
            $(
                $(#[$tlv_doc])*
                #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::record", default))]
                pub $tlv: Option<$tlv_ty>,
            )*
            /// Records of unknown odd types.
            pub unknown: $crate::tlv::UnknownRecords,
        }

        #[cfg(feature = "arbitrary")]
        impl<'a> arbitrary::Arbitrary<'a> for $name {
            fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                Ok(Self {
                    $($field: <$ty as $crate::field::Field>::arbitrary_field(u)?,)*
                    $($tlv: if u.arbitrary()? {
                        <$tlv_ty as $crate::field::TlvValue>::arbitrary_value(u).ok()
                    } else {
                        None
                    },)*
                    unknown: u.arbitrary()?,
                })
            }
        }

        impl $crate::WireMessage for $name {
            const TYPE: u16 = $msg_type;

            #[inline]
            fn decode(frame: bytes::Bytes) -> Result<Self, $crate::DecodeError> {
                let mut reader = $crate::codec::open(&frame, Self::TYPE)?;
                $(let $field = <$ty as $crate::field::Field>::find(
                    stringify!($field),
                    &mut reader,
                )?;)*
                // As above: most streams are empty, and most others hold nothing unknown.
                if reader.is_empty() {
                    return Ok(Self {
                        $($field: <$ty as $crate::field::Field>::make($field, &frame),)*
                        $($tlv: None,)*
                        unknown: $crate::tlv::UnknownRecords::NONE,
                    });
                }
                $(let mut $tlv = None;)*
                let records = reader.clone();
                let unknown = $crate::tlv::find_unknown($stream, &mut reader, |tlv_type, value| {
                    match tlv_type {
                        $($tlv_type => {
                            $tlv = Some(<$tlv_ty as $crate::field::TlvValue>::read_value(
                                stringify!($tlv),
                                value,
                            )?);
                        })*
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?;
                if unknown.is_empty() {
                    return Ok(Self {
                        $($field: <$ty as $crate::field::Field>::make($field, &frame),)*
                        $($tlv,)*
                        unknown: $crate::tlv::UnknownRecords::NONE,
                    });
                }
                Ok(Self {
                    $($field: <$ty as $crate::field::Field>::make($field, &frame),)*
                    $($tlv,)*
                    unknown: unknown.gather(&records),
                })
            }

            #[inline]
            fn encoded_len(&self) -> usize {
                $crate::codec::sum(&[
                    2,
                    $($crate::field::Field::field_len(&self.$field),)*
                    $(self.$tlv.as_ref().map_or(0, |value| $crate::tlv::record_len(
                        $tlv_type,
                        $crate::field::TlvValue::value_len(value),
                    )),)*
                    self.unknown.encoded_len(),
                ])
            }

            #[inline]
            fn write<B: bytes::BufMut>(&self, out: &mut B) {
                out.put_u16(Self::TYPE);
                $($crate::field::Field::write_field(&self.$field, out);)*
                let mut tlvs = $crate::tlv::Writer::new(out, &self.unknown);
                $(if let Some(value) = &self.$tlv {
                    let len = $crate::field::TlvValue::value_len(value);
                    tlvs.record($tlv_type, len, |out| {
                        $crate::field::TlvValue::write_value(value, out);
                    });
                })*
                tlvs.finish();
            }
        }
    };
}
pub(crate) use message;
