//! A peer on a bare socket, which follows the rules as far as it likes.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use brontide::{
    ACT_ONE_LEN, ACT_THREE_LEN, ACT_TWO_LEN, ActThree, EphemeralKey, LocalSigner, Transport,
    initiator, responder,
    secp256k1::{PublicKey, SecretKey},
};
use bytes::BytesMut;
use examples::node::PeerAddress;
use lnwire::{
    BlockHeight, Feature, Features, Message, NodeId,
    bolt1::{ChainHashes, Init},
    bolt7::QueryChannelRange,
    tlv::UnknownRecords,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::nodes::{CHAIN, CHANNELS, patiently};

pub(crate) struct Rogue {
    pub(crate) stream: TcpStream,
    pub(crate) transport: Transport,
    received: BytesMut,
}

/// Returns 32 bytes that no other call in this process returns, and that are a key.
fn key_bytes() -> [u8; 32] {
    static LAST: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x11; 32];
    bytes[24..].copy_from_slice(&LAST.fetch_add(1, Relaxed).to_be_bytes());
    bytes
}

pub(crate) fn new_key() -> LocalSigner {
    LocalSigner::new(SecretKey::from_slice(&key_bytes()).unwrap())
}

fn ephemeral() -> EphemeralKey {
    EphemeralKey::from_bytes(key_bytes()).unwrap()
}

pub(crate) fn init() -> Init {
    Init {
        features: Features::offering(&[Feature::GOSSIP_QUERIES]),
        networks: Some(ChainHashes::new(&[CHAIN])),
        ..Init::default()
    }
}

pub(crate) fn encode(message: impl Into<Message>) -> BytesMut {
    let message = message.into();
    let mut bytes = BytesMut::with_capacity(message.encoded_len());
    message.write(&mut bytes);
    bytes
}

pub(crate) fn query_everything() -> QueryChannelRange {
    QueryChannelRange {
        chain_hash: CHAIN,
        first_blocknum: BlockHeight(0),
        number_of_blocks: u32::MAX,
        query_option: None,
        unknown: UnknownRecords::default(),
    }
}

pub(crate) async fn connect(peer: &PeerAddress) -> TcpStream {
    let address = (peer.host.as_str(), peer.port);
    TcpStream::connect(address).await.unwrap()
}

impl Rogue {
    fn new(stream: TcpStream, transport: Transport) -> Self {
        Self {
            stream,
            transport,
            received: BytesMut::new(),
        }
    }

    /// Connects and does all acts, the last one as `forge` leaves it.
    pub(crate) async fn shake_hands(
        peer: &PeerAddress,
        node: &LocalSigner,
        forge: impl FnOnce(&mut ActThree),
    ) -> Self {
        let mut stream = connect(peer).await;
        let (act_one, state) = initiator::start(node.public_key(), peer.key, ephemeral());
        stream.write_all(&act_one).await.unwrap();
        let mut act_two = [0; ACT_TWO_LEN];
        patiently("act two", stream.read_exact(&mut act_two))
            .await
            .unwrap();
        let state = state.read(&act_two).unwrap();
        let ecdh = node.ecdh(&state.point());
        let (mut act_three, transport) = state.finish(ecdh);
        forge(&mut act_three);
        stream.write_all(&act_three).await.unwrap();
        Self::new(stream, transport)
    }

    /// Connects and does what is right until both can talk.
    pub(crate) async fn up(peer: &PeerAddress) -> Self {
        Self::up_as(peer, &new_key(), &init()).await
    }

    pub(crate) async fn up_as(peer: &PeerAddress, node: &LocalSigner, init: &Init) -> Self {
        let mut rogue = Self::shake_hands(peer, node, |_| {}).await;
        rogue.send(init.clone()).await;
        rogue.expect_init().await;
        rogue
    }

    pub(crate) async fn expect_init(&mut self) {
        let first = self.next().await;
        assert!(matches!(first, Some(Message::Init(_))), "{first:?}");
    }

    /// Seals bytes as a message.
    pub(crate) fn seal(&mut self, message: &[u8]) -> BytesMut {
        let mut frame = BytesMut::new();
        self.transport.tx.encrypt(message, &mut frame).unwrap();
        frame
    }

    pub(crate) async fn send_bytes(&mut self, message: &[u8]) {
        let frame = self.seal(message);
        self.stream.write_all(&frame).await.unwrap();
    }

    pub(crate) async fn send(&mut self, message: impl Into<Message>) {
        self.send_bytes(&encode(message)).await;
    }

    /// Waits for the next message; `None` if the other side has closed.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            let rx = &mut self.transport.rx;
            if let Some(message) = rx.next(&mut self.received).unwrap() {
                return Some(Message::decode(message).unwrap());
            }
            let read = self.stream.read_buf(&mut self.received);
            match patiently("a message", read).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Checks that the other side answers queries: the connection is alive.
    pub(crate) async fn is_served(&mut self) {
        self.send(query_everything()).await;
        loop {
            let message = self.next().await.expect("the connection is alive");
            if let Message::ReplyChannelRange(reply) = message {
                assert_eq!(reply.short_channel_ids.iter().count(), CHANNELS);
                return;
            }
        }
    }

    /// Waits until the other side has closed.
    pub(crate) async fn closed(mut self) {
        while self.next().await.is_some() {}
    }
}

/// A server that does as it likes.
pub(crate) struct Trap {
    listener: TcpListener,
    node: LocalSigner,
}

impl Trap {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let node = new_key();
        Self { listener, node }
    }

    pub(crate) fn address(&self) -> PeerAddress {
        let at = self.listener.local_addr().unwrap();
        format!("{}@{at}", self.node.public_key()).parse().unwrap()
    }

    pub(crate) fn key(&self) -> PublicKey {
        self.node.public_key()
    }

    pub(crate) fn node_id(&self) -> NodeId {
        self.key().into()
    }

    pub(crate) async fn accept(&self) -> TcpStream {
        patiently("a connection", self.listener.accept())
            .await
            .unwrap()
            .0
    }

    pub(crate) async fn shake_hands(&self) -> Rogue {
        let mut stream = self.accept().await;
        let mut act_one = [0; ACT_ONE_LEN];
        stream.read_exact(&mut act_one).await.unwrap();
        let state = responder::AwaitActOne::new(self.key());
        let state = state.read(&act_one).unwrap();
        let ecdh = self.node.ecdh(&state.point());
        let (act_two, state) = state.finish(ecdh, ephemeral()).unwrap();
        stream.write_all(&act_two).await.unwrap();
        let mut act_three = [0; ACT_THREE_LEN];
        stream.read_exact(&mut act_three).await.unwrap();
        let (_, transport) = state.read(&act_three).unwrap();
        Rogue::new(stream, transport)
    }
}
