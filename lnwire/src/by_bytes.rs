//! For a message whose layout is written by hand: what the optional features need of it, by its bytes.

/// Implements the traits of the features `serde` and `arbitrary` for a [`WireMessage`](crate::WireMessage): serde sees
/// an object of the message's bytes alone, and an arbitrary one is decoded from random bytes.
macro_rules! by_bytes {
    ($ty:ident) => {
        #[cfg(feature = "serde")]
        $crate::serde_form::as_raw!($ty {});

        #[cfg(feature = "arbitrary")]
        impl<'a> arbitrary::Arbitrary<'a> for $ty {
            fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                $crate::any::decoded(u)
            }
        }
    };
}
pub(crate) use by_bytes;

#[cfg(all(test, feature = "serde", feature = "arbitrary"))]
mod tests {
    use arbitrary::{Arbitrary, Unstructured};
    use bytes::{BufMut, Bytes};

    use crate::{DecodeError, WireMessage};

    #[derive(Debug, PartialEq)]
    struct ByHand(Bytes);

    impl WireMessage for ByHand {
        const TYPE: u16 = 0x1234;

        fn decode(frame: Bytes) -> Result<Self, DecodeError> {
            crate::codec::open(&frame, Self::TYPE)?;
            Ok(Self(frame))
        }

        fn encoded_len(&self) -> usize {
            self.0.len()
        }

        fn write<B: BufMut>(&self, out: &mut B) {
            out.put_slice(&self.0);
        }
    }

    by_bytes!(ByHand);

    #[test]
    fn a_message_by_hand() {
        let message = ByHand(Bytes::from_static(&[0x12, 0x34, 0xff]));
        let json = serde_json::to_value(&message).unwrap();
        assert_eq!(json, serde_json::json!({ "raw": "1234ff" }));
        assert_eq!(serde_json::from_value::<ByHand>(json).unwrap(), message);
        let wrong = serde_json::json!({ "raw": "1235" });
        assert!(serde_json::from_value::<ByHand>(wrong).is_err());
        let random = ByHand::arbitrary(&mut Unstructured::new(&[7; 40])).unwrap();
        assert!(random.0.starts_with(&[0x12, 0x34, 7]));
    }
}
