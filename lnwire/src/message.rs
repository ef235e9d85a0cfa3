//! Type numbers and the messages behind them.

use bytes::{BufMut, Bytes};

use crate::{
    bolt1::{ErrorMessage, Init, PeerStorage, PeerStorageRetrieval, Ping, Pong, Warning},
    bolt2::{
        AcceptChannel, AcceptChannel2, ChannelReady, ChannelReestablish, ClosingComplete,
        ClosingSig, ClosingSigned, CommitmentSigned, FundingCreated, FundingSigned, OpenChannel,
        OpenChannel2, RevokeAndAck, Shutdown, SpliceAck, SpliceInit, SpliceLocked, StartBatch,
        Stfu, TxAbort, TxAckRbf, TxAddInput, TxAddOutput, TxComplete, TxInitRbf, TxRemoveInput,
        TxRemoveOutput, TxSignatures, UpdateAddHtlc, UpdateFailHtlc, UpdateFailMalformedHtlc,
        UpdateFee, UpdateFulfillHtlc,
    },
    bolt4::OnionMessage,
    bolt7::{
        AnnouncementSignatures, ChannelAnnouncement, ChannelUpdate, GossipTimestampFilter,
        NodeAnnouncement, QueryChannelRange, QueryShortChannelIds, ReplyChannelRange,
        ReplyShortChannelIdsEnd,
    },
    codec::{MAX_MESSAGE_LEN, WireMessage},
    error::{DecodeError, MessageError, MessageTooLong},
    extra::{
        AnnouncementSignatures2, ChannelAnnouncement2, ChannelUpdate2, DynAck, DynCommit,
        DynPropose, DynReject, KickoffSig, NodeAnnouncement2,
    },
    reader::Reader,
};

/// A message of a type that this crate does not know, whole and with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Invariant: 2 to 65535 bytes.
    frame: Bytes,
    msg_type: u16,
}

/// The first type number of the range for experiments and applications (BOLT 1).
pub const FIRST_CUSTOM_TYPE: u16 = 32768;

impl Unknown {
    /// Takes a whole message with its type, of whatever type.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] for less than two bytes, [`DecodeError::TooLong`] for more than 65535.
    pub fn new(frame: Bytes) -> Result<Self, DecodeError> {
        if frame.len() > MAX_MESSAGE_LEN {
            return Err(DecodeError::TooLong { len: frame.len() });
        }
        let msg_type = Reader::new(&frame).u16("type")?;
        Ok(Self { frame, msg_type })
    }

    /// Returns the type number.
    #[must_use]
    pub const fn msg_type(&self) -> u16 {
        self.msg_type
    }

    /// Returns whether the sender demands that it be understood: its type is even. Whoever does not
    /// understand such a message closes the connection (BOLT 1).
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.msg_type % 2 == 0
    }

    /// Returns whether the type lies in the range for applications, from 32768 on.
    #[must_use]
    pub const fn is_custom(&self) -> bool {
        self.msg_type >= FIRST_CUSTOM_TYPE
    }

    /// Returns the whole message with its type.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.frame
    }
}

/// Declares the table of messages: one line for each type.
macro_rules! messages {
    ($($(#[$doc:meta])* $variant:ident($message:ty),)*) => {
        /// A message of any type.
        ///
        /// ```
        /// use lnwire::{Message, WireMessage, bolt1::Warning};
        /// let mut out = Vec::new();
        /// Warning::about_all("slow down").encode(&mut out)?;
        /// let Message::Warning(warning) = Message::decode(out.into())? else { panic!() };
        /// assert_eq!(warning.text().to_string(), "slow down");
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
        #[non_exhaustive]
        pub enum Message {
            $($(#[$doc])* $variant($message),)*
            /// A type that this crate does not know.
            Unknown(Unknown),
        }

        impl Message {
            /// Reads a whole message, which begins with its two-byte type.
            ///
            /// # Errors
            /// [`MessageError`], which names type and field, and advises what to do about the sender. A
            /// type that is not known is no error.
            pub fn decode(frame: Bytes) -> Result<Self, MessageError> {
                let fault = |msg_type| move |error| MessageError { msg_type, error };
                let msg_type = Reader::new(&frame).u16("type").map_err(fault(0))?;
                // By hand: `map` and `map_err` would move a value as large as the largest message once more each.
                match msg_type {
                    $(<$message>::TYPE => match <$message>::decode(frame) {
                        Ok(message) => Ok(Self::$variant(message)),
                        Err(error) => Err(fault(msg_type)(error)),
                    },)*
                    _ => Unknown::new(frame).map(Self::Unknown).map_err(fault(msg_type)),
                }
            }

            /// Returns the type number.
            #[must_use]
            pub const fn msg_type(&self) -> u16 {
                match self {
                    $(Self::$variant(_) => <$message>::TYPE,)*
                    Self::Unknown(message) => message.msg_type(),
                }
            }

            /// Returns how many bytes [`write`](Self::write) appends.
            #[must_use]
            pub fn encoded_len(&self) -> usize {
                match self {
                    $(Self::$variant(message) => message.encoded_len(),)*
                    Self::Unknown(message) => message.frame.len(),
                }
            }

            /// Appends the whole message with its type.
            ///
            /// # Errors
            /// [`MessageTooLong`] past 65535 bytes, with `out` left as it was.
            pub fn encode<B: BufMut>(&self, out: &mut B) -> Result<(), MessageTooLong> {
                match self {
                    $(Self::$variant(message) => message.encode(out),)*
                    Self::Unknown(message) => {
                        out.put_slice(&message.frame);
                        Ok(())
                    }
                }
            }

            /// Appends the whole message with its type, without looking at its length, which
            /// [`encoded_len`](Self::encoded_len) tells.
            pub fn write<B: BufMut>(&self, out: &mut B) {
                match self {
                    $(Self::$variant(message) => message.write(out),)*
                    Self::Unknown(message) => out.put_slice(&message.frame),
                }
            }
        }

        #[cfg(feature = "arbitrary")]
        impl<'a> arbitrary::Arbitrary<'a> for Message {
            fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                type Make<'a> = fn(&mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Message>;
                let choices: &[Make<'a>] = &[
                    $(|u| u.arbitrary().map(Self::$variant),)*
                    |u| match u.arbitrary::<Unknown>()? {
                        known if [$(<$message>::TYPE),*].contains(&known.msg_type()) => {
                            Err(arbitrary::Error::IncorrectFormat)
                        }
                        unknown => Ok(Self::Unknown(unknown)),
                    },
                ];
                u.choose(choices)?(u)
            }
        }

        $(impl From<$message> for Message {
            fn from(message: $message) -> Self {
                Self::$variant(message)
            }
        })*
    };
}

messages! {
    /// 1: a fault that the sender can live with.
    Warning(Warning),
    /// 2: stop, so that something can be changed.
    Stfu(Stfu),
    /// 7: asks to keep a backup.
    PeerStorage(PeerStorage),
    /// 9: gives the backup back.
    PeerStorageRetrieval(PeerStorageRetrieval),
    /// 16: the first message on every connection.
    Init(Init),
    /// 17: a fault that ends the use of a channel, or of all of them.
    Error(ErrorMessage),
    /// 18: asks for a pong.
    Ping(Ping),
    /// 19: answers a ping.
    Pong(Pong),
    /// 32: asks for a channel that the sender funds.
    OpenChannel(OpenChannel),
    /// 33: agrees to it.
    AcceptChannel(AcceptChannel),
    /// 34: names and signs the funding of a channel.
    FundingCreated(FundingCreated),
    /// 35: signs it too.
    FundingSigned(FundingSigned),
    /// 36: the funding transaction is deep enough.
    ChannelReady(ChannelReady),
    /// 38: the channel is to be closed.
    Shutdown(Shutdown),
    /// 39: offers a fee for closing.
    ClosingSigned(ClosingSigned),
    /// 40: offers a closing transaction that the sender pays for.
    ClosingComplete(ClosingComplete),
    /// 41: signs it.
    ClosingSig(ClosingSig),
    /// 64: asks for a channel that both sides may fund.
    OpenChannel2(OpenChannel2),
    /// 65: agrees to it.
    AcceptChannel2(AcceptChannel2),
    /// 66: adds an input to a transaction built together.
    TxAddInput(TxAddInput),
    /// 67: adds an output to it.
    TxAddOutput(TxAddOutput),
    /// 68: takes an input out again.
    TxRemoveInput(TxRemoveInput),
    /// 69: takes an output out again.
    TxRemoveOutput(TxRemoveOutput),
    /// 70: has nothing more to add.
    TxComplete(TxComplete),
    /// 71: signs the transaction.
    TxSignatures(TxSignatures),
    /// 72: asks for another one at a higher fee.
    TxInitRbf(TxInitRbf),
    /// 73: agrees to it.
    TxAckRbf(TxAckRbf),
    /// 74: gives the transaction up.
    TxAbort(TxAbort),
    /// 77: the splice transaction is deep enough.
    SpliceLocked(SpliceLocked),
    /// 80: asks for a splice.
    SpliceInit(SpliceInit),
    /// 81: agrees to it.
    SpliceAck(SpliceAck),
    /// 111: other terms for a channel in use (a proposal, see [`extra`](crate::extra)).
    DynPropose(DynPropose),
    /// 113: agrees to 111 (a proposal).
    DynAck(DynAck),
    /// 115: declines 111 (a proposal).
    DynReject(DynReject),
    /// 117: puts 111 into force (a proposal).
    DynCommit(DynCommit),
    /// 127: the next messages belong together.
    StartBatch(StartBatch),
    /// 128: offers an HTLC.
    UpdateAddHtlc(UpdateAddHtlc),
    /// 130: gives its preimage.
    UpdateFulfillHtlc(UpdateFulfillHtlc),
    /// 131: fails it.
    UpdateFailHtlc(UpdateFailHtlc),
    /// 132: signs the next commitment transaction.
    CommitmentSigned(CommitmentSigned),
    /// 133: revokes the one before.
    RevokeAndAck(RevokeAndAck),
    /// 134: sets the fee rate.
    UpdateFee(UpdateFee),
    /// 135: fails an HTLC whose onion is broken.
    UpdateFailMalformedHtlc(UpdateFailMalformedHtlc),
    /// 136: where the sender stands after a lost connection.
    ChannelReestablish(ChannelReestablish),
    /// 256: a channel exists between two nodes.
    ChannelAnnouncement(ChannelAnnouncement),
    /// 257: what a node says about itself.
    NodeAnnouncement(NodeAnnouncement),
    /// 258: the terms of one direction of a channel.
    ChannelUpdate(ChannelUpdate),
    /// 259: one side's half of a channel announcement.
    AnnouncementSignatures(AnnouncementSignatures),
    /// 260: one side's half of 267 (a proposal). Its type is even: who has not negotiated it should treat it
    /// like an unknown one, which [`Unknown::is_required`] is for.
    AnnouncementSignatures2(AnnouncementSignatures2),
    /// 261: asks for all about some channels.
    QueryShortChannelIds(QueryShortChannelIds),
    /// 262: ends the answer to 261.
    ReplyShortChannelIdsEnd(ReplyShortChannelIdsEnd),
    /// 263: asks which channels there are.
    QueryChannelRange(QueryChannelRange),
    /// 264: answers 263, in one part or more.
    ReplyChannelRange(ReplyChannelRange),
    /// 265: which gossip the sender wants to be sent.
    GossipTimestampFilter(GossipTimestampFilter),
    /// 267: a channel, taproot or not, exists between two nodes (a proposal).
    ChannelAnnouncement2(ChannelAnnouncement2),
    /// 269: what a node says about itself (a proposal).
    NodeAnnouncement2(NodeAnnouncement2),
    /// 271: the terms of one direction of a channel (a proposal).
    ChannelUpdate2(ChannelUpdate2),
    /// 513: an onion with a message in it.
    OnionMessage(OnionMessage),
    /// 777: a signature that other terms for a channel need (a proposal).
    KickoffSig(KickoffSig),
}

#[cfg(feature = "serde")]
crate::serde_form::as_bytes!(Unknown, |this| &this.frame, |bytes| Self::new(bytes.into()));
