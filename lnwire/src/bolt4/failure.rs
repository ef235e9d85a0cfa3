//! Failure messages: a code, the data that belong to it, and a TLV stream that may follow.

use bytes::{BufMut, Bytes, BytesMut};

use super::FailureCode;
use crate::{
    big_size::BigSize,
    bolt7::ChannelUpdate,
    codec::{WireMessage, sum},
    error::DecodeError,
    features::put_u16_prefixed,
    field::{Field, made_of_part, made_when_found},
    reader::Reader,
    tlv::UnknownRecords,
    types::{BlockHeight, Msat},
};

/// What a node on the way of a payment says about why it failed: the `failuremsg` of a return packet.
///
/// BOLT 4, [failure messages](https://github.com/lightning/bolts/blob/master/04-onion-routing.md#failure-messages).
///
/// ```
/// use lnwire::bolt4::{Failure, FailureCode, FailureMessage};
/// let message = FailureMessage::decode(vec![0x20, 2].into())?;
/// assert_eq!(message, Failure::TemporaryNodeFailure.into());
/// assert_eq!(message.code(), FailureCode::TEMPORARY_NODE_FAILURE);
/// # Ok::<(), lnwire::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureMessage {
    /// The code and its data.
    pub failure: Failure,
    /// What lies behind the data, as received. For a code of BOLT 4 it should be a TLV stream, which
    /// [`tlvs`](Self::tlvs) checks; for an unknown code it is everything behind the code.
    pub tail: Bytes,
}

impl FailureMessage {
    /// Reads a whole failure message, which begins with its code. A code that is not known is no error, nor
    /// is a tail that makes no sense.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when data of the code are missing, [`DecodeError::NotMinimal`] for the
    /// `type` of `invalid_onion_payload`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as `WireMessage::decode`: what comes out shares the bytes"
    )]
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(&bytes);
        let code = FailureCode(reader.u16("failure_code")?);
        Ok(Self {
            failure: Failure::read(code, &mut reader)?,
            tail: reader.rest(),
        })
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        self.failure.code()
    }

    /// Returns the TLV stream behind the data, for which BOLT 4 has no record yet.
    ///
    /// # Errors
    /// [`DecodeError`] if the tail is none, or has a record of an even type.
    pub fn tlvs(&self) -> Result<UnknownRecords, DecodeError> {
        UnknownRecords::from_bytes(&self.tail)
    }

    /// Returns how many bytes [`write`](Self::write) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        sum(&[2, self.failure.data_len(), self.tail.len()])
    }

    /// Appends it.
    pub fn write<B: BufMut>(&self, out: &mut B) {
        out.put_u16(self.code().0);
        self.failure.write_data(out);
        out.put_slice(&self.tail);
    }
}

impl From<Failure> for FailureMessage {
    /// Without a tail.
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            tail: Bytes::new(),
        }
    }
}

/// A code that is none of BOLT 4, be it that it is newer, or gone from there (`invalid_realm`,
/// `incorrect_payment_amount`, `final_expiry_too_soon`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownCode(FailureCode);

impl UnknownCode {
    /// Takes a code; `None` if it is one of BOLT 4.
    #[must_use]
    pub const fn new(code: FailureCode) -> Option<Self> {
        match code.name() {
            Some(_) => None,
            None => Some(Self(code)),
        }
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(self) -> FailureCode {
        self.0
    }
}

/// Declares the table of failures: one entry for each code, with its data in their order.
macro_rules! failures {
    ($(
        $(#[$doc:meta])*
        $constant:ident = $code:expr, $name:literal => $variant:ident
        $({ $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })?,
    )*) => {
        impl FailureCode {
            $($(#[$doc])* pub const $constant: Self = Self($code);)*

            /// Every code of BOLT 4, in the order of their numbers without flags.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];

            /// Returns the name in BOLT 4, or `None` for a code that is not there.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$constant => Some($name),)*
                    _ => None,
                }
            }
        }

        /// A failure code and the data that belong to it.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Failure {
            $($(#[$doc])* $variant $({ $($(#[$field_doc])* $field: $ty,)* })?,)*
            /// A code that this crate does not know. What follows it is the
            /// [`tail`](FailureMessage::tail) of the message.
            Unknown(UnknownCode),
        }

        impl Failure {
            /// Returns the code.
            #[must_use]
            pub const fn code(&self) -> FailureCode {
                match self {
                    $(Self::$variant { .. } => FailureCode::$constant,)*
                    Self::Unknown(code) => code.code(),
                }
            }

            fn read(code: FailureCode, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                // No data, no use.
                let _: &Reader<'_> = reader;
                match code {
                    $(FailureCode::$constant => Ok(Self::$variant $({
                        $($field: <$ty as Field>::read_field(stringify!($field), reader)?,)*
                    })?),)*
                    code => Ok(Self::Unknown(UnknownCode(code))),
                }
            }

            fn data_len(&self) -> usize {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        sum(&[$($(Field::field_len($field)),*)?])
                    })*
                    Self::Unknown(_) => 0,
                }
            }

            fn write_data<B: BufMut>(&self, out: &mut B) {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        $($(Field::write_field($field, out);)*)?
                    })*
                    Self::Unknown(_) => {}
                }
            }
        }
    };
}

const BADONION: u16 = FailureCode::BADONION;
const PERM: u16 = FailureCode::PERM;
const NODE: u16 = FailureCode::NODE;
const UPDATE: u16 = FailureCode::UPDATE;

failures! {
    /// The node is out of order for now.
    TEMPORARY_NODE_FAILURE = NODE | 2, "temporary_node_failure" => TemporaryNodeFailure,
    /// The node is out of order for good.
    PERMANENT_NODE_FAILURE = PERM | NODE | 2, "permanent_node_failure" => PermanentNodeFailure,
    /// The node demands a feature that the onion does not have.
    REQUIRED_NODE_FEATURE_MISSING = PERM | NODE | 3, "required_node_feature_missing"
        => RequiredNodeFeatureMissing,
    /// The node does not know the onion's version.
    INVALID_ONION_VERSION = BADONION | PERM | 4, "invalid_onion_version" => InvalidOnionVersion {
        /// SHA-256 of the onion that the node received.
        sha256_of_onion: [u8; 32],
    },
    /// The onion's authentication code was wrong when it reached the node.
    INVALID_ONION_HMAC = BADONION | PERM | 5, "invalid_onion_hmac" => InvalidOnionHmac {
        /// SHA-256 of the onion that the node received.
        sha256_of_onion: [u8; 32],
    },
    /// The onion's ephemeral key is none.
    INVALID_ONION_KEY = BADONION | PERM | 6, "invalid_onion_key" => InvalidOnionKey {
        /// SHA-256 of the onion that the node received.
        sha256_of_onion: [u8; 32],
    },
    /// The channel behind the node cannot take this payment now.
    TEMPORARY_CHANNEL_FAILURE = UPDATE | 7, "temporary_channel_failure" => TemporaryChannelFailure {
        /// The terms of that channel.
        channel_update: FailureUpdate,
    },
    /// The channel behind the node takes no payment any more.
    PERMANENT_CHANNEL_FAILURE = PERM | 8, "permanent_channel_failure" => PermanentChannelFailure,
    /// The channel behind the node demands a feature that the onion does not have.
    REQUIRED_CHANNEL_FEATURE_MISSING = PERM | 9, "required_channel_feature_missing"
        => RequiredChannelFeatureMissing,
    /// The node has no such channel as the onion names.
    UNKNOWN_NEXT_PEER = PERM | 10, "unknown_next_peer" => UnknownNextPeer,
    /// The amount is below the least that the channel behind the node takes.
    AMOUNT_BELOW_MINIMUM = UPDATE | 11, "amount_below_minimum" => AmountBelowMinimum {
        /// The amount that was to be forwarded.
        htlc_msat: Msat,
        /// The terms of that channel.
        channel_update: FailureUpdate,
    },
    /// The fee is below what the channel behind the node asks for.
    FEE_INSUFFICIENT = UPDATE | 12, "fee_insufficient" => FeeInsufficient {
        /// The amount that the node received.
        htlc_msat: Msat,
        /// The terms of that channel.
        channel_update: FailureUpdate,
    },
    /// The expiry does not leave the number of blocks that the channel behind the node asks for.
    INCORRECT_CLTV_EXPIRY = UPDATE | 13, "incorrect_cltv_expiry" => IncorrectCltvExpiry {
        /// The expiry that the node was given, a block height.
        cltv_expiry: BlockHeight,
        /// The terms of that channel.
        channel_update: FailureUpdate,
    },
    /// The expiry is too near to be forwarded safely.
    EXPIRY_TOO_SOON = UPDATE | 14, "expiry_too_soon" => ExpiryTooSoon {
        /// The terms of the channel behind the node.
        channel_update: FailureUpdate,
    },
    /// The final node does not know the payment, or its secret, amount or expiry is not right.
    INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS = PERM | 15, "incorrect_or_unknown_payment_details"
        => IncorrectOrUnknownPaymentDetails {
        /// What the final node saw. Nodes from before it was added to the failure send `None`.
        details: Option<PaymentDetails>,
    },
    /// The payment's expiry is not what the onion says, as the final node sees it.
    FINAL_INCORRECT_CLTV_EXPIRY = 18, "final_incorrect_cltv_expiry" => FinalIncorrectCltvExpiry {
        /// The expiry that the node was given, a block height.
        cltv_expiry: BlockHeight,
    },
    /// The payment's amount is below what the onion says, as the final node sees it.
    FINAL_INCORRECT_HTLC_AMOUNT = 19, "final_incorrect_htlc_amount" => FinalIncorrectHtlcAmount {
        /// The amount that the node received.
        incoming_htlc_amt: Msat,
    },
    /// The channel behind the node is disabled.
    CHANNEL_DISABLED = UPDATE | 20, "channel_disabled" => ChannelDisabled {
        /// Bits without meaning so far: 0. Kept as received.
        disabled_flags: u16,
        /// The terms of that channel.
        channel_update: FailureUpdate,
    },
    /// The expiry is too far in the future.
    EXPIRY_TOO_FAR = 21, "expiry_too_far" => ExpiryTooFar,
    /// The node's part of the onion makes no sense to it, or lacks something.
    INVALID_ONION_PAYLOAD = PERM | 22, "invalid_onion_payload" => InvalidOnionPayload {
        /// The type of the TLV record at fault; 0 if the node does not say.
        tlv_type: BigSize,
        /// Where in the decrypted part it stands, in bytes; 0 if the node does not say.
        offset: u16,
    },
    /// The other parts of the payment did not arrive in time.
    MPP_TIMEOUT = 23, "mpp_timeout" => MppTimeout,
    /// Something went wrong in the blinded path, and nobody says what.
    INVALID_ONION_BLINDING = BADONION | PERM | 24, "invalid_onion_blinding" => InvalidOnionBlinding {
        /// SHA-256 of the onion that the node received.
        sha256_of_onion: [u8; 32],
    },
}

impl Failure {
    /// Returns the `channel_update` that the failure brings, if its code is one that does.
    #[must_use]
    pub const fn channel_update(&self) -> Option<&FailureUpdate> {
        match self {
            Self::TemporaryChannelFailure { channel_update }
            | Self::AmountBelowMinimum { channel_update, .. }
            | Self::FeeInsufficient { channel_update, .. }
            | Self::IncorrectCltvExpiry { channel_update, .. }
            | Self::ExpiryTooSoon { channel_update }
            | Self::ChannelDisabled { channel_update, .. } => Some(channel_update),
            _ => None,
        }
    }
}

/// The `channel_update` in a failure, as received: with its message type, without it, or nothing at all.
///
/// BOLT 4 wants it with the type; nodes exist that leave the type out. Believe it no more than one that came
/// by gossip: check the signature, and do not let a payment's failure tell the network who pays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FailureUpdate(pub Bytes);

impl FailureUpdate {
    /// Returns the message, `None` if there is none. One without its type is copied to be given it.
    ///
    /// Bytes that begin with the type and are long enough for a message with it are taken for one, so of those
    /// without it one in 65536 (whose signature begins like the type) can be misread.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are no `channel_update` either way.
    pub fn message(&self) -> Option<Result<ChannelUpdate, DecodeError>> {
        let type_bytes = ChannelUpdate::TYPE.to_be_bytes();
        if self.0.is_empty() {
            return None;
        }
        if self.0.starts_with(&type_bytes) && self.0.len() >= ChannelUpdate::MIN_LEN {
            return Some(ChannelUpdate::decode(self.0.clone()));
        }
        let mut frame = BytesMut::with_capacity(self.0.len().saturating_add(type_bytes.len()));
        frame.put_slice(&type_bytes);
        frame.put_slice(&self.0);
        Some(ChannelUpdate::decode(frame.freeze()))
    }
}

impl From<&ChannelUpdate> for FailureUpdate {
    /// With its type.
    fn from(update: &ChannelUpdate) -> Self {
        Self(update.as_bytes().clone())
    }
}

made_of_part!(FailureUpdate, Self);

impl Field for FailureUpdate {
    #[inline]
    fn find<'a>(field: &'static str, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        reader.u16_prefixed_slice(field)
    }

    fn field_len(&self) -> usize {
        self.0.len().saturating_add(2)
    }

    fn write_field<B: BufMut>(&self, out: &mut B) {
        put_u16_prefixed(&self.0, out);
    }
}

/// What the final node saw of a payment that it does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaymentDetails {
    /// The amount that the node received.
    pub htlc_msat: Msat,
    /// The node's best block when the payment arrived. Nodes from before it was added to the failure send
    /// `None`, and then nothing follows.
    pub height: Option<BlockHeight>,
}

made_when_found!(Option<PaymentDetails>);

/// The data end where an older node ended them.
impl Field for Option<PaymentDetails> {
    fn find(_field: &'static str, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.is_empty() {
            return Ok(None);
        }
        let htlc_msat = Msat::read_field("htlc_msat", reader)?;
        let height = match reader.is_empty() {
            true => None,
            false => Some(BlockHeight::read_field("height", reader)?),
        };
        Ok(Some(PaymentDetails { htlc_msat, height }))
    }

    fn field_len(&self) -> usize {
        match self {
            None => 0,
            Some(PaymentDetails { height: None, .. }) => 8,
            Some(_) => 12,
        }
    }

    fn write_field<B: BufMut>(&self, out: &mut B) {
        if let Some(PaymentDetails { htlc_msat, height }) = self {
            htlc_msat.write_field(out);
            if let Some(height) = height {
                height.write_field(out);
            }
        }
    }
}

made_when_found!(BigSize);

impl Field for BigSize {
    fn find(field: &'static str, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::read(field, reader)
    }

    fn field_len(&self) -> usize {
        self.encoded_len()
    }

    fn write_field<B: BufMut>(&self, out: &mut B) {
        self.write(out);
    }
}
