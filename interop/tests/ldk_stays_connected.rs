//! Handshake, `init` and pings with LDK, whoever dials and whoever pings.

mod common;

use core::{net::Ipv4Addr, time::Duration};

use brontide::{EphemeralKey, LocalSigner};
use bytes::BytesMut;
use common::{Ldk, wait_until, within};
use conn_worker::{
    Session, SessionConfig,
    session::{Event, Input, Output},
};
use lnwire::{ChainHash, Feature, Features, Instant, Message};
use secp256k1::SecretKey;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, sleep_until},
};

/// Who dials, and who pings, the other one staying silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    We,
    Ldk,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_dial_and_ping() {
    converse(Side::We, Side::We).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_dial_and_ldk_pings() {
    converse(Side::We, Side::Ldk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ldk_dials_and_we_ping() {
    converse(Side::Ldk, Side::We).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ldk_dials_and_pings() {
    converse(Side::Ldk, Side::Ldk).await;
}

/// How often the one who pings does so, and how long a pong may take.
const INTERVAL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_millis(400);

async fn converse(dials: Side, pings: Side) {
    let mut ldk = Ldk::new();
    let mut peer = Peer::connect(dials, pings, &mut ldk).await;
    let mut outputs = Vec::new();
    within("handshake, init and LDK's filter", async {
        while outputs.len() < 3 {
            outputs.extend(peer.step().await);
        }
    })
    .await;

    let them = ldk.key.into();
    assert_eq!(
        outputs[0],
        Output::Event(Event::Authenticated { peer: them })
    );
    let Output::Event(Event::Up { peer: up, init }) = &outputs[1] else {
        panic!("{outputs:?}")
    };
    assert_eq!(*up, them);
    assert!(init.all_features().supports(Feature::GOSSIP_QUERIES));
    let Output::Message(Message::GossipTimestampFilter(_)) = outputs[2] else {
        panic!("{outputs:?}")
    };

    wait_until("LDK has our init", || ldk.peers.list_peers().len() == 1).await;
    let us = &ldk.peers.list_peers()[0];
    assert_eq!(us.counterparty_node_id, peer.signer.public_key());
    assert_eq!(us.is_inbound_connection, dials == Side::We);
    assert!(us.init_features.supports_gossip_queries());

    // Whoever pings would part with the other within that time.
    let end = tokio::time::Instant::now() + 4 * PATIENCE;
    let ticks = async {
        loop {
            if pings == Side::Ldk {
                ldk.tick();
            }
            sleep(PATIENCE).await;
        }
    };
    let talk = async {
        loop {
            assert_eq!(peer.step().await, []);
        }
    };
    tokio::select! {
        () = sleep_until(end) => {}
        () = ticks => {}
        () = talk => {}
    }
    assert!(peer.session.is_up());
    assert_eq!(ldk.peers.list_peers().len(), 1);
}

/// A session on its socket.
struct Peer {
    session: Session,
    signer: LocalSigner,
    stream: TcpStream,
    received: BytesMut,
    epoch: tokio::time::Instant,
}

impl Peer {
    async fn connect(dials: Side, pings: Side, ldk: &mut Ldk) -> Self {
        let signer = LocalSigner::new(SecretKey::from_slice(&[0x11; 32]).unwrap());
        let ephemeral = EphemeralKey::from_bytes([0x12; 32]).unwrap();
        let mut config = SessionConfig {
            features: Features::offering(&[Feature::GOSSIP_QUERIES]),
            networks: vec![ChainHash::REGTEST],
            ..SessionConfig::new(signer.public_key())
        };
        if pings == Side::We {
            config.ping_interval = INTERVAL;
            config.pong_timeout = PATIENCE;
        }
        let (stream, session) = match dials {
            Side::We => {
                let stream = TcpStream::connect(ldk.listen().await).await.unwrap();
                let session = Session::outbound(Instant::ZERO, config, ldk.key, ephemeral);
                (stream, session)
            }
            Side::Ldk => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                let address = listener.local_addr().unwrap();
                ldk.connect(signer.public_key(), address).await;
                let (stream, _) = listener.accept().await.unwrap();
                let session = Session::inbound(Instant::ZERO, config, ephemeral);
                (stream, session)
            }
        };
        Self {
            session,
            signer,
            stream,
            received: BytesMut::new(),
            epoch: tokio::time::Instant::now(),
        }
    }

    /// Writes what is to be written, then waits for bytes or the time; returns what is to be known.
    async fn step(&mut self) -> Vec<Output> {
        let mut to_write = BytesMut::new();
        self.session
            .poll_transmit(self.now(), &mut to_write, 65_536);
        self.stream.write_all(&to_write).await.unwrap();
        let deadline = self.session.poll_timeout().unwrap();
        tokio::select! {
            read = self.stream.read_buf(&mut self.received) => assert!(read.unwrap() > 0, "LDK hung up"),
            () = sleep_until(self.epoch + deadline.since_epoch()) => {}
        }
        let now = self.now();
        self.session.handle_timeout(now);
        self.session.handle_bytes(now, &mut self.received);
        let mut outputs = Vec::new();
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Ecdh(point) => {
                    let secret = self.signer.ecdh(&point);
                    self.session.handle_input(now, Input::Ecdh(secret));
                    self.session.handle_bytes(now, &mut self.received);
                }
                output => outputs.push(output),
            }
        }
        outputs
    }

    fn now(&self) -> Instant {
        Instant::from_epoch(self.epoch.elapsed())
    }
}
