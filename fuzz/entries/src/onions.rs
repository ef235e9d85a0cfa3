//! Onion messages, and what comes back when a payment fails.

use lnwire::{
    bolt4::{FailureMessage, FailurePacket, OnionMessage, OnionMessagePacket},
    bytes::Bytes,
};

use crate::lnwire_message::{look_at_records, look_at_update, printable};

/// Looks at everything in an onion message that is not sealed.
pub(crate) fn look_at(message: &OnionMessage) {
    let packet = &message.onion_message_packet;
    let parts = (
        packet.version(),
        packet.public_key(),
        packet.payloads(),
        packet.hmac(),
    );
    if let (Some(version), Some(key), Some(payloads), Some(hmac)) = parts {
        let again = OnionMessagePacket::new(version, key, &payloads, &hmac);
        assert_eq!(again, *packet);
    } else {
        assert!(matches!(parts, (None, None, None, None)));
    }
}

/// Decodes `input` as a failure message.
pub(crate) fn failure_message(input: &[u8]) {
    let Ok(message) = FailureMessage::decode(Bytes::copy_from_slice(input)) else {
        return;
    };
    let mut out = Vec::new();
    message.write(&mut out);
    assert_eq!(out, input);
    assert_eq!(message.encoded_len(), input.len());
    look_at_failure(&message);

    if let Ok(packet) = FailurePacket::new(&message) {
        assert_eq!(packet.message(), Ok(message));
        let mut out = Vec::new();
        packet.write(&mut out);
        assert_eq!(packet.encoded_len(), out.len());
        assert_eq!(FailurePacket::decode(out.into()), Ok(packet));
    }
}

/// Decodes `input` as what a failed payment's onion has inside.
pub(crate) fn failure_packet(input: &[u8]) {
    let packet = match FailurePacket::decode(Bytes::copy_from_slice(input)) {
        Ok(packet) => packet,
        Err(error) => {
            let _ = error.to_string();
            return;
        }
    };
    let mut out = Vec::new();
    packet.write(&mut out);
    assert_eq!(out, input);
    assert_eq!(packet.encoded_len(), input.len());
    let lens = packet.failuremsg().len() + packet.pad().len();
    assert!(lens >= FailurePacket::MIN_LEN);
    match (packet.message(), packet.code()) {
        (Ok(message), code) => {
            assert_eq!(code, Ok(message.code()));
            look_at_failure(&message);
        }
        (Err(error), _) => printable(&error.to_string()),
    }
}

fn look_at_failure(message: &FailureMessage) {
    let code = message.code();
    let _ = (code.is_bad_onion(), code.is_permanent(), code.is_node());
    printable(&code.to_string());
    let _ = format!("{message:?}");
    if let Ok(records) = message.tlvs() {
        look_at_records(&records);
    }
    let Some(update) = message.failure.channel_update() else {
        return;
    };
    assert!(code.is_update());
    if let Some(Ok(update)) = update.message() {
        look_at_update(update);
    }
}
