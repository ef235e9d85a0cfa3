//! Whatever a peer does wrong on its connection, that connection ends with the reason that names it; the node
//! goes on serving others and loses nothing.

mod common;

use core::time::Duration;

use brontide::{Act, DecryptError, HandshakeError, initiator};
use common::{
    nodes::{Server, patiently},
    rogue::{Rogue, connect, encode, init, new_key},
};
use conn_worker::EndReason;
use lnwire::{
    ChainHash, DecodeError, Feature, Features, MAX_MESSAGE_LEN, Message, MessageError,
    bolt1::{ChainHashes, ErrorMessage, Init, Ping},
    bytes::Bytes,
};
use tokio::io::AsyncWriteExt as _;

const SOON: Duration = Duration::from_secs(1);

fn ping(num_pong_bytes: u16) -> Ping {
    Ping {
        num_pong_bytes,
        ignored: Bytes::new(),
        extra: Bytes::new(),
    }
}

/// Sends this instead of act one, and expects this end.
async fn instead_of_act_one(bytes: &[u8], reason: EndReason) {
    let server = Server::start().await;
    let mut stream = connect(&server.address()).await;
    stream.write_all(bytes).await.unwrap();
    server.survives(reason).await;
}

/// Sends this instead of `init`, and expects this end.
async fn instead_of_init(message: impl Into<Message>, reason: EndReason) {
    let server = Server::start().await;
    let mut rogue = Rogue::shake_hands(&server.address(), &new_key(), |_| {}).await;
    rogue.send(message).await;
    server.survives(reason).await;
}

/// Sends this when both can talk, and expects this end.
async fn when_up(message: &[u8], reason: EndReason) {
    let server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    rogue.send_bytes(message).await;
    rogue.closed().await;
    server.survives(reason).await;
}

#[tokio::test]
async fn garbage_instead_of_act_one() {
    let (act, version) = (Act::One, 0xff);
    let reason = HandshakeError::BadVersion { act, version };
    instead_of_act_one(&[0xff; 50], reason.into()).await;
}

#[tokio::test]
async fn another_protocol() {
    let (act, version) = (Act::One, b'G');
    let reason = HandshakeError::BadVersion { act, version };
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
    instead_of_act_one(request, reason.into()).await;
}

#[tokio::test]
async fn an_act_one_for_another_node() {
    let other = new_key().public_key();
    let ephemeral = brontide::EphemeralKey::from_bytes([7; 32]).unwrap();
    let (act_one, _) = initiator::start(new_key().public_key(), other, ephemeral);
    let reason = HandshakeError::BadTag { act: Act::One };
    instead_of_act_one(&act_one, reason.into()).await;
}

#[tokio::test]
async fn a_forged_act_three() {
    let server = Server::start().await;
    let _rogue = Rogue::shake_hands(&server.address(), &new_key(), |act| act[65] ^= 1).await;
    let reason = HandshakeError::BadTag { act: Act::Three };
    server.survives(reason.into()).await;
}

#[tokio::test]
async fn nothing_at_all() {
    let server = Server::with(|session| session.handshake_timeout = SOON).await;
    let _stream = connect(&server.address()).await;
    server.survives(EndReason::HandshakeTimeout).await;
}

#[tokio::test]
async fn half_an_act_and_then_silence() {
    let server = Server::with(|session| session.handshake_timeout = SOON).await;
    let mut stream = connect(&server.address()).await;
    stream.write_all(&[0; 25]).await.unwrap();
    server.survives(EndReason::HandshakeTimeout).await;
}

#[tokio::test]
async fn half_an_act_and_then_the_end() {
    let server = Server::start().await;
    let mut stream = connect(&server.address()).await;
    stream.write_all(&[0; 25]).await.unwrap();
    drop(stream);
    server.survives(EndReason::ClosedInHandshake).await;
}

#[tokio::test]
async fn silence_instead_of_init() {
    let mut server = Server::with(|session| session.init_timeout = SOON).await;
    let node = new_key();
    let _rogue = Rogue::shake_hands(&server.address(), &node, |_| {}).await;
    let (peer, reason) = server.down().await;
    // It has proved who it is.
    assert_eq!(peer, Some(node.public_key().into()));
    assert_eq!(reason, EndReason::InitTimeout);
    server.serves_others().await;
    server.ends_unchanged().await;
}

#[tokio::test]
async fn closing_before_init() {
    let server = Server::start().await;
    let mut rogue = Rogue::shake_hands(&server.address(), &new_key(), |_| {}).await;
    rogue.expect_init().await;
    drop(rogue);
    server.survives(EndReason::ClosedBeforeInit).await;
}

#[tokio::test]
async fn a_ping_before_init() {
    instead_of_init(ping(1), EndReason::NotInit { msg_type: 18 }).await;
}

#[tokio::test]
async fn init_for_another_chain() {
    let hello = Init {
        networks: Some(ChainHashes::new(&[ChainHash::MAINNET])),
        ..init()
    };
    instead_of_init(hello, EndReason::NoCommonChain).await;
}

#[tokio::test]
async fn init_that_demands_an_unknown_feature() {
    let hello = Init {
        features: Features::from_bits([1000]),
        ..init()
    };
    instead_of_init(hello, EndReason::UnknownFeature { bit: 1000 }).await;
}

#[tokio::test]
async fn init_that_contradicts_itself() {
    let hello = Init {
        features: Features::offering(&[Feature::ZEROCONF]),
        ..init()
    };
    let reason = EndReason::MissingDependency {
        feature: Feature::ZEROCONF.name,
        needed: Feature::SCID_ALIAS.name,
    };
    instead_of_init(hello, reason).await;
}

/// A header cannot claim more than 65535 bytes, so so much has to be taken. It is of an odd type: ignored.
#[tokio::test]
async fn the_largest_frame_is_no_crime() {
    let server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    rogue.send_bytes(&[0xff; MAX_MESSAGE_LEN]).await;
    rogue.is_served().await;
    drop(rogue);
    server.survives(EndReason::RemoteClosed).await;
}

#[tokio::test]
async fn a_cut_off_frame() {
    let server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    let frame = rogue.seal(&[0xff; MAX_MESSAGE_LEN]);
    rogue.stream.write_all(&frame[..1000]).await.unwrap();
    drop(rogue);
    server.survives(EndReason::RemoteClosed).await;
}

#[tokio::test]
async fn a_frame_that_never_ends() {
    let server = Server::with(|session| {
        session.ping_interval = SOON;
        session.pong_timeout = SOON;
    })
    .await;
    let mut rogue = Rogue::up(&server.address()).await;
    let frame = rogue.seal(&[0xff; MAX_MESSAGE_LEN]);
    rogue.stream.write_all(&frame[..1000]).await.unwrap();
    server.survives(EndReason::PongTimeout).await;
}

/// Alters one byte of a frame.
async fn altered(at: usize) {
    let server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    let mut frame = rogue.seal(&encode(ping(1)));
    frame[at] ^= 1;
    rogue.stream.write_all(&frame).await.unwrap();
    server.survives(DecryptError::BadTag.into()).await;
}

#[tokio::test]
async fn an_altered_length() {
    altered(1).await;
}

#[tokio::test]
async fn an_altered_tag_of_a_length() {
    altered(17).await;
}

#[tokio::test]
async fn an_altered_message() {
    altered(18).await;
}

#[tokio::test]
async fn garbage_instead_of_frames() {
    let server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    rogue.stream.write_all(&[0x5a; 5000]).await.unwrap();
    server.survives(DecryptError::BadTag.into()).await;
}

#[tokio::test]
async fn an_unknown_even_message() {
    let reason = EndReason::UnknownMessage { msg_type: 1000 };
    when_up(&[0x03, 0xe8, 1, 2, 3], reason).await;
}

#[tokio::test]
async fn a_custom_even_message() {
    let reason = EndReason::UnknownMessage { msg_type: 0x8000 };
    when_up(&[0x80, 0x00, 1, 2, 3], reason).await;
}

/// A message that does not decode ends it with the error that decoding gives.
async fn undecodable(message: &'static [u8], msg_type: u16) {
    let error: DecodeError = Message::decode(Bytes::from_static(message))
        .unwrap_err()
        .error;
    when_up(message, MessageError { msg_type, error }.into()).await;
}

#[tokio::test]
async fn a_cut_off_ping() {
    undecodable(&[0, 18, 0], 18).await;
}

#[tokio::test]
async fn a_message_without_a_type() {
    undecodable(&[1], 0).await;
}

#[tokio::test]
async fn a_cut_off_error() {
    undecodable(&[0, 17, 9], 17).await;
}

#[tokio::test]
async fn an_error_about_all_channels() {
    let message = encode(ErrorMessage::about_all("no more"));
    when_up(&message, EndReason::PeerError).await;
}

#[tokio::test]
async fn a_flood_of_pings() {
    let server = Server::start().await;
    let mut rogue = Rogue::up(&server.address()).await;
    let mut pings = Vec::new();
    for _ in 0..1000 {
        pings.extend_from_slice(&rogue.seal(&encode(ping(65_531))));
    }
    // The pongs are read, so nothing but the node's own judgement ends it.
    let (mut reader, mut writer) = rogue.stream.into_split();
    let write = tokio::spawn(async move {
        let _written = writer.write_all(&pings).await;
        writer
    });
    let mut sink = tokio::io::sink();
    let _copied = patiently("the end", tokio::io::copy(&mut reader, &mut sink)).await;
    let _writer = patiently("the end", write).await;
    server.survives(EndReason::PingFlood).await;
}

/// The older connection makes room for the newer one, whether its peer reads or not.
#[tokio::test]
async fn a_peer_that_comes_twice() {
    let mut server = Server::start().await;
    let node = new_key();
    let first = Rogue::up_as(&server.address(), &node, &init()).await;
    let mut second = Rogue::up_as(&server.address(), &node, &init()).await;
    let (peer, reason) = server.down().await;
    assert_eq!(peer, Some(node.public_key().into()));
    assert_eq!(reason, EndReason::LocalClose);
    first.closed().await;
    second.is_served().await;
    drop(second);
    server.survives(EndReason::RemoteClosed).await;
}
