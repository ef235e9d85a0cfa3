//! What the messages of BOLT 2 say.

use lnwire::{
    Features, Message,
    bolt2::{AttributionData, OnionPacket},
};

use crate::lnwire_message::{look_at_features, look_at_records, printable};

/// Looks at everything in a message of BOLT 2.
pub(crate) fn look_at(message: &Message) {
    match message {
        Message::OpenChannel(m) => {
            let _ = m.announce_channel();
            channel_type(m.channel_type.as_ref());
        }
        Message::AcceptChannel(m) => channel_type(m.channel_type.as_ref()),
        Message::OpenChannel2(m) => {
            let _ = m.announce_channel();
            channel_type(m.channel_type.as_ref());
        }
        Message::AcceptChannel2(m) => channel_type(m.channel_type.as_ref()),
        Message::TxSignatures(m) => {
            assert_eq!(m.witnesses.iter().count(), m.witnesses.len());
            assert_eq!(m.witnesses.is_empty(), m.witnesses.iter().next().is_none());
        }
        Message::TxAbort(m) => printable(&m.text().to_string()),
        Message::CommitmentSigned(m) => {
            let signatures = &m.htlc_signatures;
            assert_eq!(signatures.iter().count(), signatures.len());
            assert_eq!(signatures.is_empty(), signatures.iter().next().is_none());
        }
        Message::UpdateAddHtlc(m) => onion(&m.onion_routing_packet),
        Message::UpdateFulfillHtlc(m) => attribution(m.attribution_data.as_ref()),
        Message::UpdateFailHtlc(m) => attribution(m.attribution_data.as_ref()),
        _ => {}
    }
    unknown_records(message);
}

/// The records that a message keeps.
fn unknown_records(message: &Message) {
    macro_rules! of {
        ($($variant:ident),*) => {
            match message {
                $(Message::$variant(m) => look_at_records(&m.unknown),)*
                _ => {}
            }
        };
    }
    of!(
        OpenChannel,
        AcceptChannel,
        ChannelReady,
        ClosingSigned,
        ClosingComplete,
        ClosingSig,
        OpenChannel2,
        AcceptChannel2,
        TxAddInput,
        TxSignatures,
        TxInitRbf,
        TxAckRbf,
        SpliceInit,
        SpliceAck,
        StartBatch,
        UpdateAddHtlc,
        UpdateFulfillHtlc,
        UpdateFailHtlc,
        CommitmentSigned,
        ChannelReestablish,
        DynPropose,
        DynAck,
        DynCommit
    );
}

fn channel_type(features: Option<&Features>) {
    features.into_iter().for_each(look_at_features);
}

fn onion(packet: &OnionPacket) {
    let mut bytes = vec![packet.version()];
    bytes.extend(packet.public_key().as_bytes());
    bytes.extend(packet.hop_payloads());
    bytes.extend(packet.hmac());
    assert_eq!(bytes, packet.as_bytes()[..]);
    assert_eq!(OnionPacket::new(bytes.into()).as_ref(), Ok(packet));
}

fn attribution(data: Option<&AttributionData>) {
    let Some(data) = data else {
        return;
    };
    let times = data.htlc_hold_times().map(u32::to_be_bytes);
    let bytes: Vec<u8> = times.chain(data.truncated_hmacs()).flatten().collect();
    assert_eq!(bytes, data.as_bytes()[..]);
    assert_eq!(data.htlc_hold_times().count(), AttributionData::HOPS);
    let _ = data.htlc_hold_times().map(AttributionData::hold_time).max();
}
