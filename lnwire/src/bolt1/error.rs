//! `error` (17) and `warning` (1): what a peer has to say about a fault.

use core::fmt;

use bytes::{BufMut, Bytes};

use crate::{
    codec::{WireMessage, open, sum},
    error::DecodeError,
    features::put_u16_prefixed,
    types::ChannelId,
};

/// Declares a message made of a channel id and a text: `error` and `warning` differ in their number only.
macro_rules! complaint {
    ($(#[$doc:meta])* $name:ident = $msg_type:literal) => {
        $(#[$doc])*
        ///
        /// BOLT 1, [the `error` and `warning` messages](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-error-and-warning-messages).
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name {
            /// The channel it is about; [`ChannelId::ALL`] for all of them.
            pub channel_id: ChannelId,
            /// Text for people, hostile: [`text`](Self::text) shows it escaped.
            #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
            pub data: Bytes,
            /// Bytes behind the fields, kept.
            #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::hex"))]
            pub extra: Bytes,
        }

        impl $name {
            /// Says `text` about all channels with the peer.
            #[must_use]
            pub fn about_all(text: &'static str) -> Self {
                Self {
                    channel_id: ChannelId::ALL,
                    data: Bytes::from_static(text.as_bytes()),
                    extra: Bytes::new(),
                }
            }

            /// Returns the text with everything outside printable ASCII escaped, and quotes and backslashes too.
            #[must_use]
            pub fn text(&self) -> impl fmt::Display + '_ {
                self.data.escape_ascii()
            }
        }

        impl WireMessage for $name {
            const TYPE: u16 = $msg_type;

            #[inline]
            fn decode(frame: Bytes) -> Result<Self, DecodeError> {
                let mut reader = open(&frame, Self::TYPE)?;
                Ok(Self {
                    channel_id: ChannelId::read("channel_id", &mut reader)?,
                    data: reader.u16_prefixed("data")?,
                    extra: reader.rest(),
                })
            }

            #[inline]
            fn encoded_len(&self) -> usize {
                sum(&[2, 32, 2, self.data.len(), self.extra.len()])
            }

            #[inline]
            fn write<B: BufMut>(&self, out: &mut B) {
                out.put_u16(Self::TYPE);
                out.put_slice(self.channel_id.as_bytes());
                put_u16_prefixed(&self.data, out);
                out.put_slice(&self.extra);
            }
        }
    };
}

complaint! {
    /// A fault that ends the use of a channel, or of all of them.
    ErrorMessage = 17
}

complaint! {
    /// A fault that the sender can live with.
    Warning = 1
}
