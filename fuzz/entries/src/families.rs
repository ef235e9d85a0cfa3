//! The messages of one document: the first byte of an input picks the type, so that no fuzzer has to guess it.

use lnwire::{
    WireMessage,
    bolt1::{ErrorMessage, Init, PeerStorage, PeerStorageRetrieval, Ping, Pong, Warning},
    bolt2::*,
    bolt4::OnionMessage,
    bolt7::*,
    extra::*,
};

use crate::{lnwire_message, onions};

/// The message of the type that the first byte picks, with the rest behind its type.
///
/// # Panics
/// As [`lnwire_message`] does.
fn family(types: &[u16], input: &[u8]) {
    if let Some((choice, rest)) = input.split_first() {
        let msg_type = types[usize::from(*choice) % types.len()];
        lnwire_message(&[&msg_type.to_be_bytes(), rest].concat());
    }
}

/// A message of BOLT 1.
///
/// # Panics
/// As [`lnwire_message`] does.
pub fn lnwire_bolt1(input: &[u8]) {
    const TYPES: &[u16] = &[
        Warning::TYPE,
        PeerStorage::TYPE,
        PeerStorageRetrieval::TYPE,
        Init::TYPE,
        ErrorMessage::TYPE,
        Ping::TYPE,
        Pong::TYPE,
    ];
    family(TYPES, input);
}

/// A message of BOLT 2.
///
/// # Panics
/// As [`lnwire_message`] does.
pub fn lnwire_bolt2(input: &[u8]) {
    const TYPES: &[u16] = &[
        Stfu::TYPE,
        OpenChannel::TYPE,
        AcceptChannel::TYPE,
        FundingCreated::TYPE,
        FundingSigned::TYPE,
        ChannelReady::TYPE,
        Shutdown::TYPE,
        ClosingSigned::TYPE,
        ClosingComplete::TYPE,
        ClosingSig::TYPE,
        OpenChannel2::TYPE,
        AcceptChannel2::TYPE,
        TxAddInput::TYPE,
        TxAddOutput::TYPE,
        TxRemoveInput::TYPE,
        TxRemoveOutput::TYPE,
        TxComplete::TYPE,
        TxSignatures::TYPE,
        TxInitRbf::TYPE,
        TxAckRbf::TYPE,
        TxAbort::TYPE,
        SpliceLocked::TYPE,
        SpliceInit::TYPE,
        SpliceAck::TYPE,
        StartBatch::TYPE,
        UpdateAddHtlc::TYPE,
        UpdateFulfillHtlc::TYPE,
        UpdateFailHtlc::TYPE,
        CommitmentSigned::TYPE,
        RevokeAndAck::TYPE,
        UpdateFee::TYPE,
        UpdateFailMalformedHtlc::TYPE,
        ChannelReestablish::TYPE,
    ];
    family(TYPES, input);
}

/// An onion message, a failure message or a failure packet.
///
/// # Panics
/// As [`lnwire_message`] does, also for the failures.
pub fn lnwire_bolt4(input: &[u8]) {
    match input.split_first() {
        Some((choice, rest)) if choice % 3 == 1 => onions::failure_message(rest),
        Some((choice, rest)) if choice % 3 == 2 => onions::failure_packet(rest),
        _ => family(&[OnionMessage::TYPE], input),
    }
}

/// A message of BOLT 7.
///
/// # Panics
/// As [`lnwire_message`] does.
pub fn lnwire_bolt7(input: &[u8]) {
    const TYPES: &[u16] = &[
        ChannelAnnouncement::TYPE,
        NodeAnnouncement::TYPE,
        ChannelUpdate::TYPE,
        AnnouncementSignatures::TYPE,
        QueryShortChannelIds::TYPE,
        ReplyShortChannelIdsEnd::TYPE,
        QueryChannelRange::TYPE,
        ReplyChannelRange::TYPE,
        GossipTimestampFilter::TYPE,
    ];
    family(TYPES, input);
}

/// A message of a proposal.
///
/// # Panics
/// As [`lnwire_message`] does.
pub fn lnwire_extra(input: &[u8]) {
    const TYPES: &[u16] = &[
        DynPropose::TYPE,
        DynAck::TYPE,
        DynReject::TYPE,
        DynCommit::TYPE,
        AnnouncementSignatures2::TYPE,
        ChannelAnnouncement2::TYPE,
        NodeAnnouncement2::TYPE,
        ChannelUpdate2::TYPE,
        KickoffSig::TYPE,
    ];
    family(TYPES, input);
}
