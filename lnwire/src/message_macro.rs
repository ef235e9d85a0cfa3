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
                let parts = $crate::codec::sum(&[
                    $(<$ty as $crate::field::FromFrame>::parts(&$field),)*
                ]);
                $(let $field = <$ty as $crate::field::FromFrame>::keep($field, &frame);)*
                let extra = $crate::field::Part::of(extra, &frame);
                // Made in two places, so that the usual one is written straight to where the message will be.
                if extra.is_empty() {
                    let mut frame = $crate::field::Owned::new(frame, parts);
                    return Ok(Self {
                        $($field: <$ty as $crate::field::FromFrame>::make($field, &mut frame),)*
                        extra: bytes::Bytes::new(),
                    });
                }
                let mut frame = $crate::field::Owned::new(frame, parts.saturating_add(1));
                Ok(Self {
                    $($field: <$ty as $crate::field::FromFrame>::make($field, &mut frame),)*
                    extra: $crate::field::Frame::share(&mut frame, extra),
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
                $crate::message_macro::write_fields!(self, out, $($field: $ty,)*);
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
                let parts = $crate::codec::sum(&[
                    $(<$ty as $crate::field::FromFrame>::parts(&$field),)*
                ]);
                // Made in two places, so that the usual one is written straight to where the message will be: most
                // streams are empty.
                if reader.is_empty() {
                    $(let $field = <$ty as $crate::field::FromFrame>::keep($field, &frame);)*
                    let mut frame = $crate::field::Owned::new(frame, parts);
                    return Ok(Self {
                        $($field: <$ty as $crate::field::FromFrame>::make($field, &mut frame),)*
                        $($tlv: None,)*
                        unknown: $crate::tlv::UnknownRecords::NONE,
                    });
                }
                $(let mut $tlv = None;)*
                let mut has_unknown = false;
                let stream_len = reader.remaining();
                let mut records = $crate::tlv::Records::new($stream, reader);
                while let Some(mut record) = records.next_record()? {
                    match record.tlv_type {
                        $($tlv_type => {
                            $tlv = Some(<$tlv_ty as $crate::field::TlvValue>::find_value(
                                stringify!($tlv),
                                &mut record.value,
                            )?);
                            record.value.finish($stream)?;
                        })*
                        unknown => {
                            $crate::tlv::refuse_even($stream, unknown)?;
                            has_unknown = true;
                        }
                    }
                }
                let parts = $crate::codec::sum(&[
                    parts,
                    $($tlv.as_ref().map_or(0, <$tlv_ty as $crate::field::FromFrame>::parts),)*
                ]);
                let unknown = if has_unknown {
                    $crate::tlv::UnknownRecords::all_but(&[$($tlv_type,)*], &frame, stream_len)
                } else {
                    $crate::tlv::UnknownRecords::NONE
                };
                $(let $field = <$ty as $crate::field::FromFrame>::keep($field, &frame);)*
                $(let $tlv = $tlv.map(|found| {
                    <$tlv_ty as $crate::field::FromFrame>::keep(found, &frame)
                });)*
                let mut frame = $crate::field::Owned::new(frame, parts);
                Ok(Self {
                    $($field: <$ty as $crate::field::FromFrame>::make($field, &mut frame),)*
                    $($tlv: $tlv.map(|kept| {
                        <$tlv_ty as $crate::field::FromFrame>::make(kept, &mut frame)
                    }),)*
                    unknown,
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
                $crate::message_macro::write_fields!(self, out, $($field: $ty,)*);
                let mut tlvs = $crate::tlv::Writer::new(out, &self.unknown);
                $(if let Some(value) = &self.$tlv {
                    $crate::message_macro::write_record!(tlvs, $tlv_type, value, $tlv_ty);
                })*
                tlvs.finish();
            }
        }
    };
}
pub(crate) use message;

/// Writes the type and the fields. Those at the head, which are always as long, are put together first, with the length
/// of the first that is not: the compiler knows then where each goes, and `out` is asked for room once.
macro_rules! write_fields {
    ($this:ident, $out:ident, $($field:ident: $ty:ty,)*) => {
        const HEAD: usize = $crate::codec::head_len(&[$((
            <$ty as $crate::field::Field>::LEN,
            <$ty as $crate::field::Field>::HEAD,
        ),)*]);
        let mut head = [0_u8; HEAD];
        let mut room = head.as_mut_slice();
        bytes::BufMut::put_u16(&mut room, Self::TYPE);
        $(if !room.is_empty() {
            $crate::field::Field::write_head(&$this.$field, &mut room);
        })*
        $out.put_slice(&head);
        let mut begun = HEAD.saturating_sub(2);
        $(if begun > 0 {
            $crate::field::Field::write_rest(&$this.$field, $out);
            begun = begun.saturating_sub(<$ty as $crate::field::Field>::HEAD);
        } else {
            $crate::field::Field::write_field(&$this.$field, $out);
        })*
        let _all = begun;
    };
}
pub(crate) use write_fields;

/// Writes a record. One that is short and always as long is put together first, as a message's head is.
macro_rules! write_record {
    ($tlvs:ident, $tlv_type:literal, $value:ident, $ty:ty) => {
        const LEN: usize =
            $crate::tlv::short_record_len($tlv_type, <$ty as $crate::field::TlvValue>::LEN);
        if LEN > 0 {
            let mut record = [0_u8; LEN];
            let mut room = record.as_mut_slice();
            $crate::BigSize($tlv_type).write(&mut room);
            $crate::BigSize::from(LEN.saturating_sub(2)).write(&mut room);
            $crate::field::TlvValue::write_value($value, &mut room);
            $tlvs.short_record($tlv_type, &record);
        } else {
            let len = $crate::field::TlvValue::value_len($value);
            $tlvs.record($tlv_type, len, |out| {
                $crate::field::TlvValue::write_value($value, out);
            });
        }
    };
}
pub(crate) use write_record;
