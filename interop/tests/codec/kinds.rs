//! The types that both codecs know.

use lightning::{
    ln::msgs::{self, DecodeError},
    util::ser::{LengthReadable, Writeable},
};
use lnwire::{
    WireMessage,
    arbitrary::{Arbitrary, Unstructured},
    bolt1, bolt2, bolt4, bolt7,
};

use super::layout::{
    Field::{
        Addresses, Blob, Flag, InitFeatures, MessageFlags, Onion, Packet, Padding, Point, Prevtx,
        Raw, ShortIds, Signature, Signatures, Text, Witnesses,
    },
    Layout,
    Tail::{Dropped, Kept, Records},
    Value::{self, Address, Any, Chains, Len, OwnLen, OwnPaths},
};

/// What one of the codecs makes of a message: its bytes when encoded again, or what it has against it.
pub(crate) type Verdict<E> = Result<Vec<u8>, E>;

/// A type of message.
pub(crate) struct Kind {
    pub(crate) msg_type: u16,
    pub(crate) name: &'static str,
    pub(crate) layout: Layout,
    /// LDK's verdict on a message without its type.
    pub(crate) ldk: fn(&[u8]) -> Verdict<DecodeError>,
    /// Makes a message, with its type.
    pub(crate) generate: fn(&[u8]) -> Option<Vec<u8>>,
}

fn ldk<T: LengthReadable + Writeable>(mut payload: &[u8]) -> Verdict<DecodeError> {
    T::read_from_fixed_length_buffer(&mut payload).map(|message| message.encode())
}

fn generate<T: WireMessage + for<'a> Arbitrary<'a>>(seed: &[u8]) -> Option<Vec<u8>> {
    let message = T::arbitrary(&mut Unstructured::new(seed)).ok()?;
    let mut frame = Vec::with_capacity(message.encoded_len());
    message.encode(&mut frame).ok()?;
    Some(frame)
}

macro_rules! kinds {
    ($($ours:ty, $ldk:ident: [$($field:expr),*] $tail:expr;)*) => {
        pub(crate) const KINDS: &[Kind] = &[$(Kind {
            msg_type: <$ours>::TYPE,
            name: stringify!($ldk),
            layout: Layout { fields: &[$($field),*], tail: $tail },
            ldk: ldk::<msgs::$ldk>,
            generate: generate::<$ours>,
        }),*];
    };
}

const OPENING: &[(u64, Value)] = &[(0, Any), (1, Any)];
const OPENING_2: &[(u64, Value)] = &[(0, Any), (1, Any), (2, Len(0))];
const CLOSING: &[(u64, Value)] = &[
    (1, Value::Signature),
    (2, Value::Signature),
    (3, Value::Signature),
];
const NONE: &[(u64, Value)] = &[];

kinds! {
    bolt1::Warning, WarningMessage: [Raw(32), Text] Dropped;
    bolt2::Stfu, Stfu: [Raw(32), Flag] Records(NONE);
    bolt1::PeerStorage, PeerStorage: [Blob] Records(NONE);
    bolt1::PeerStorageRetrieval, PeerStorageRetrieval: [Blob] Records(NONE);
    bolt1::Init, Init: [InitFeatures] Records(&[(1, Chains), (3, Address)]);
    bolt1::ErrorMessage, ErrorMessage: [Raw(32), Text] Dropped;
    bolt1::Ping, Ping: [Raw(2), Padding] Dropped;
    bolt1::Pong, Pong: [Padding] Dropped;
    bolt2::OpenChannel, OpenChannel:
        [Raw(120), Point, Point, Point, Point, Point, Point, Raw(1)] Records(OPENING);
    bolt2::AcceptChannel, AcceptChannel:
        [Raw(72), Point, Point, Point, Point, Point, Point] Records(OPENING);
    bolt2::FundingCreated, FundingCreated: [Raw(66), Signature] Records(NONE);
    bolt2::FundingSigned, FundingSigned: [Raw(32), Signature] Records(NONE);
    bolt2::ChannelReady, ChannelReady: [Raw(32), Point] Records(&[(1, Len(8))]);
    bolt2::Shutdown, Shutdown: [Raw(32), Blob] Records(NONE);
    bolt2::ClosingSigned, ClosingSigned: [Raw(40), Signature] Records(&[(1, Len(16))]);
    bolt2::ClosingComplete, ClosingComplete: [Raw(32), Blob, Blob, Raw(12)] Records(CLOSING);
    bolt2::ClosingSig, ClosingSig: [Raw(32), Blob, Blob, Raw(12)] Records(CLOSING);
    bolt2::OpenChannel2, OpenChannelV2:
        [Raw(112), Point, Point, Point, Point, Point, Point, Point, Raw(1)] Records(OPENING_2);
    bolt2::AcceptChannel2, AcceptChannelV2:
        [Raw(72), Point, Point, Point, Point, Point, Point, Point] Records(OPENING_2);
    bolt2::TxAddInput, TxAddInput: [Raw(40), Prevtx, Raw(8)] Records(&[(0, Len(32))]);
    bolt2::TxAddOutput, TxAddOutput: [Raw(48), Blob] Records(NONE);
    bolt2::TxRemoveInput, TxRemoveInput: [Raw(40)] Records(NONE);
    bolt2::TxRemoveOutput, TxRemoveOutput: [Raw(40)] Records(NONE);
    bolt2::TxComplete, TxComplete: [Raw(32)] Records(NONE);
    bolt2::TxSignatures, TxSignatures: [Raw(64), Witnesses] Records(&[(0, Value::Signature)]);
    bolt2::TxInitRbf, TxInitRbf: [Raw(40)] Records(&[(0, Len(8))]);
    bolt2::TxAckRbf, TxAckRbf: [Raw(32)] Records(&[(0, Len(8))]);
    bolt2::TxAbort, TxAbort: [Raw(32), Blob] Records(NONE);
    bolt2::SpliceLocked, SpliceLocked: [Raw(64)] Records(NONE);
    bolt2::SpliceInit, SpliceInit: [Raw(48), Point] Records(&[(2, Len(0))]);
    bolt2::SpliceAck, SpliceAck: [Raw(40), Point] Records(&[(2, Len(0))]);
    bolt2::StartBatch, StartBatch: [Raw(34)] Records(&[(1, Len(2))]);
    bolt2::UpdateAddHtlc, UpdateAddHTLC: [Raw(84), Onion]
        Records(&[(0, Value::Point), (65537, OwnLen(8)), (75537, OwnLen(0))]);
    bolt2::UpdateFulfillHtlc, UpdateFulfillHTLC: [Raw(72)] Records(&[(1, Len(920))]);
    bolt2::UpdateFailHtlc, UpdateFailHTLC: [Raw(40), Blob] Records(&[(1, Len(920))]);
    bolt2::CommitmentSigned, CommitmentSigned: [Raw(32), Signature, Signatures]
        Records(&[(1, Len(32))]);
    bolt2::RevokeAndAck, RevokeAndACK: [Raw(64), Point] Records(&[(75537, OwnPaths)]);
    bolt2::UpdateFee, UpdateFee: [Raw(36)] Records(NONE);
    bolt2::UpdateFailMalformedHtlc, UpdateFailMalformedHTLC: [Raw(74)] Records(NONE);
    bolt2::ChannelReestablish, ChannelReestablish: [Raw(80), Point]
        Records(&[(1, Len(33)), (5, Len(33))]);
    bolt7::ChannelAnnouncement, ChannelAnnouncement:
        [Signature, Signature, Signature, Signature, Blob, Raw(172)] Kept;
    bolt7::NodeAnnouncement, NodeAnnouncement: [Signature, Blob, Raw(72), Addresses] Kept;
    bolt7::ChannelUpdate, ChannelUpdate: [Signature, Raw(44), MessageFlags, Raw(27)] Kept;
    bolt7::AnnouncementSignatures, AnnouncementSignatures: [Raw(40), Signature, Signature]
        Records(NONE);
    bolt7::QueryShortChannelIds, QueryShortChannelIds: [Raw(32), ShortIds] Dropped;
    bolt7::ReplyShortChannelIdsEnd, ReplyShortChannelIdsEnd: [Raw(32), Flag] Records(NONE);
    bolt7::QueryChannelRange, QueryChannelRange: [Raw(40)] Records(NONE);
    bolt7::ReplyChannelRange, ReplyChannelRange: [Raw(40), Flag, ShortIds] Dropped;
    bolt7::GossipTimestampFilter, GossipTimestampFilter: [Raw(40)] Records(NONE);
    bolt4::OnionMessage, OnionMessage: [Point, Packet] Dropped;
}
