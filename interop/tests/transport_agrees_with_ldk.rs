//! BOLT 8 against LDK's machine, in memory: the acts in both roles, and thousands of messages each way, so that the keys
//! of both directions rotate several times.

use benches::{
    ldk::{Ldk, LdkNode},
    machine::{Machine as _, ephemeral, features, signer},
};
use brontide::{LocalSigner, Transport, initiator, responder};
use bytes::{Bytes, BytesMut};
use lnwire::{
    Message, WireMessage as _,
    bolt1::{Init, Pong},
};

/// So many each way; the keys rotate after 500.
const MESSAGES: u32 = 5000;

#[test]
fn we_dial() {
    let (node, signer) = (LdkNode::new(1), signer(2));
    let mut ldk = node.inbound();
    let (act_one, waits) = initiator::start(signer.public_key(), node.key(), ephemeral(3));
    let act_two = ldk.receive(BytesMut::from(&act_one[..]));
    let need = waits.read(act_two[..].try_into().unwrap()).unwrap();
    let ecdh = signer.ecdh(&need.point());
    let (act_three, transport) = need.finish(ecdh);
    let received = ldk.receive(BytesMut::from(&act_three[..]));
    Talk::begin(&node, ldk, &signer, transport, received).run();
}

#[test]
fn ldk_dials() {
    let (node, signer) = (LdkNode::new(1), signer(2));
    let (mut ldk, act_one) = node.outbound(signer.public_key());
    let waits = responder::AwaitActOne::new(signer.public_key());
    let need = waits.read(act_one[..].try_into().unwrap()).unwrap();
    let ecdh = signer.ecdh(&need.point());
    let (act_two, waits) = need.finish(ecdh, ephemeral(3)).unwrap();
    let mut received = ldk.receive(BytesMut::from(&act_two[..]));
    let act_three = received.split_to(brontide::ACT_THREE_LEN);
    let (peer, transport) = waits.read(act_three[..].try_into().unwrap()).unwrap();
    assert_eq!(peer, node.key());
    Talk::begin(&node, ldk, &signer, transport, received).run();
}

/// A connection that is up.
struct Talk<'a> {
    node: &'a LdkNode,
    ldk: Ldk<'a>,
    signer: &'a LocalSigner,
    transport: Transport,
    /// What LDK has sent and we have not opened.
    received: BytesMut,
}

impl<'a> Talk<'a> {
    /// Both say `init`.
    fn begin(
        node: &'a LdkNode,
        ldk: Ldk<'a>,
        signer: &'a LocalSigner,
        transport: Transport,
        received: BytesMut,
    ) -> Self {
        node.keep_messages();
        let mut talk = Self {
            node,
            ldk,
            signer,
            transport,
            received,
        };
        let init = Init {
            features: features(),
            ..Init::default()
        };
        let mut out = BytesMut::new();
        let sealed = talk
            .transport
            .tx
            .encrypt_with(&mut out, |out| init.write(out));
        sealed.unwrap();
        talk.carry(out);
        let first = talk.open().expect("LDK's init");
        assert!(matches!(Message::decode(first), Ok(Message::Init(_))));
        assert!(node.is_up());
        talk
    }

    fn carry(&mut self, sent: BytesMut) {
        let answer = self.ldk.receive(sent);
        self.received.unsplit(answer);
    }

    fn open(&mut self) -> Option<Bytes> {
        self.transport.rx.next(&mut self.received).unwrap()
    }

    fn run(mut self) {
        for n in 0..MESSAGES {
            let (ours, theirs) = (message(n), message(n + MESSAGES));
            self.node.send(self.signer.public_key(), theirs.clone());
            let mut out = BytesMut::new();
            self.transport.tx.encrypt(&ours, &mut out).unwrap();
            self.carry(out);
            assert!(self.node.received() == [ours], "message {n} to LDK");
            assert!(self.next_but_pings() == theirs, "message {n} of LDK");
        }
        assert!(self.received.is_empty() && self.open().is_none());
    }

    /// LDK asks for a sign of life after every 32 messages of its own, and sends no more until there is one.
    fn next_but_pings(&mut self) -> Bytes {
        loop {
            let message = self.open().expect("a whole message");
            let Ok(Message::Ping(ping)) = Message::decode(message.clone()) else {
                return message;
            };
            let pong = Pong {
                ignored: vec![0; usize::from(ping.num_pong_bytes)].into(),
                extra: Bytes::new(),
            };
            let mut out = BytesMut::new();
            let sealed = self
                .transport
                .tx
                .encrypt_with(&mut out, |out| pong.write(out));
            sealed.unwrap();
            self.carry(out);
        }
    }
}

/// A message of an odd type that nobody knows, of a length and content that follow from `n`; some are as long as can be.
fn message(n: u32) -> Vec<u8> {
    let len = match n % 500 {
        499 => brontide::MAX_MESSAGE_LEN,
        _ => 2 + (n * 37 % 700) as usize,
    };
    let mut message = 40_001_u16.to_be_bytes().to_vec();
    message.extend((2..len).map(|at| (at as u32 ^ n) as u8));
    message
}
