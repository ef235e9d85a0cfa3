//! `record!`: a TLV record of several fields.

/// Declares a TLV record that is made of fields: the struct, and how it fills its record.
///
/// ```text
/// record! {
///     /// What it is.
///     FeeRange {
///         /// What the field is.
///         min_fee_satoshis: Sat,
///         max_fee_satoshis: Sat,
///     }
/// }
/// ```
///
/// Fields are of types that are a [`Field`](crate::field::Field).
macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        $crate::field::made_when_found!($name);

        impl $crate::field::TlvValue for $name {
            #[inline]
            fn find_value(
                _record: &'static str,
                record: &mut $crate::reader::Reader<'_>,
            ) -> Result<Self, $crate::DecodeError> {
                Ok(Self {
                    $($field: <$ty as $crate::field::Field>::read_field(
                        stringify!($field),
                        record,
                    )?,)*
                })
            }

            #[inline]
            fn value_len(&self) -> usize {
                $crate::codec::sum(&[$($crate::field::Field::field_len(&self.$field),)*])
            }

            #[inline]
            fn write_value<B: bytes::BufMut>(&self, out: &mut B) {
                $($crate::field::Field::write_field(&self.$field, out);)*
            }
        }
    };
}
pub(crate) use record;
