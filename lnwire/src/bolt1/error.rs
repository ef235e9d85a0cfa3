//! `error` (17) and `warning` (1): what a peer has to say about a fault.

use core::fmt;

use bytes::Bytes;

use crate::{message_macro::message, types::ChannelId};

message! {
    /// A fault that ends the use of a channel, or of all of them.
    ///
    /// ```
    /// use lnwire::{ChannelId, bolt1::ErrorMessage};
    ///
    /// let error = ErrorMessage::about_all("internal error");
    /// assert_eq!(error.channel_id, ChannelId::ALL);
    /// // What peers write is escaped before people read it.
    /// assert_eq!(ErrorMessage::about_all("sync\x1b[2J").text().to_string(), "sync\\x1b[2J");
    /// ```
    ///
    /// BOLT 1, [the `error` and `warning` messages](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-error-and-warning-messages).
    ErrorMessage = 17 {
        /// The channel it is about; [`ChannelId::ALL`] for all of them.
        channel_id: ChannelId,
        /// Text for people, hostile: [`text`](Self::text) shows it escaped.
        data: Bytes,
    }
}

message! {
    /// A fault that the sender can live with.
    ///
    /// BOLT 1, [the `error` and `warning` messages](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-error-and-warning-messages).
    Warning = 1 {
        /// The channel it is about; [`ChannelId::ALL`] for all of them.
        channel_id: ChannelId,
        /// Text for people, hostile: [`text`](Self::text) shows it escaped.
        data: Bytes,
    }
}

/// The two differ in their number only.
macro_rules! complaint {
    ($name:ident) => {
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
    };
}

complaint!(ErrorMessage);
complaint!(Warning);
