//! A node that connects to a server that breaks the rules ends the connection with the reason that names it,
//! says whom it had dialled, and goes on serving others.

mod common;

use core::time::Duration;

use brontide::{Act, HandshakeError};
use common::{
    nodes::{Server, config, full_knowledge, patiently},
    rogue::{Trap, init, new_key},
};
use conn_worker::EndReason;
use examples::node::{Config, Event, PeerAddress};
use gossip_sync::syncer::{Failure, Outcome};
use lnwire::{
    ChainHash, Features, NodeId,
    bolt1::{ChainHashes, Init},
};
use tokio::io::AsyncWriteExt as _;

const SOON: Duration = Duration::from_secs(1);

/// Starts a node that knows the network, listens, and dials `peer` once.
async fn dial(peer: PeerAddress, handshake_timeout: Option<Duration>) -> Server {
    let mut config = Config {
        connect: vec![peer],
        reconnect: false,
        ..config()
    };
    if let Some(timeout) = handshake_timeout {
        config.session.handshake_timeout = timeout;
    }
    Server::launch(config, full_knowledge()).await
}

async fn assert_left(mut node: Server, dialled: NodeId, reason: EndReason) {
    assert_eq!(node.down().await, (Some(dialled), reason));
    node.serves_others().await;
    node.ends_unchanged().await;
}

#[tokio::test]
async fn it_closes_at_once() {
    let trap = Trap::new().await;
    let node = dial(trap.address(), None).await;
    drop(trap.accept().await);
    assert_left(node, trap.node_id(), EndReason::ClosedInHandshake).await;
}

#[tokio::test]
async fn it_stays_silent() {
    let trap = Trap::new().await;
    let node = dial(trap.address(), Some(SOON)).await;
    let _stream = trap.accept().await;
    assert_left(node, trap.node_id(), EndReason::HandshakeTimeout).await;
}

#[tokio::test]
async fn it_sends_garbage() {
    let trap = Trap::new().await;
    let node = dial(trap.address(), None).await;
    let mut stream = trap.accept().await;
    stream
        .write_all(b"SSH-2.0-OpenSSH_9.6 and so on and so on and so on\r\n")
        .await
        .unwrap();
    let (act, version) = (Act::Two, b'S');
    let reason = HandshakeError::BadVersion { act, version };
    assert_left(node, trap.node_id(), reason.into()).await;
}

/// Neither side can tell more: the server sees an act that is not for it, the client sees it close.
#[tokio::test]
async fn it_has_another_key() {
    let mut server = Server::start().await;
    let other = new_key().public_key();
    let address = PeerAddress {
        key: other,
        ..server.address()
    };
    let node = dial(address, None).await;
    let reason = HandshakeError::BadTag { act: Act::One };
    assert_eq!(server.down().await, (None, reason.into()));
    assert_left(node, other.into(), EndReason::ClosedInHandshake).await;
    server.serves_others().await;
    server.ends_unchanged().await;
}

#[tokio::test]
async fn it_closes_before_init() {
    let trap = Trap::new().await;
    let node = dial(trap.address(), None).await;
    let mut rogue = trap.shake_hands().await;
    rogue.expect_init().await;
    drop(rogue);
    assert_left(node, trap.node_id(), EndReason::ClosedBeforeInit).await;
}

#[tokio::test]
async fn it_serves_another_chain() {
    let trap = Trap::new().await;
    let node = dial(trap.address(), None).await;
    let mut rogue = trap.shake_hands().await;
    rogue
        .send(Init {
            networks: Some(ChainHashes::new(&[ChainHash::MAINNET])),
            ..init()
        })
        .await;
    assert_left(node, trap.node_id(), EndReason::NoCommonChain).await;
}

#[tokio::test]
async fn it_offers_no_gossip_queries() {
    let trap = Trap::new().await;
    let mut node = dial(trap.address(), None).await;
    let mut rogue = trap.shake_hands().await;
    rogue
        .send(Init {
            features: Features::EMPTY,
            ..init()
        })
        .await;
    rogue.expect_init().await;
    let (peer, outcome) = node.synced().await;
    assert_eq!(peer, trap.node_id());
    assert_eq!(outcome, Outcome::Failed(Failure::NoQueries));
    // It stays connected, and may ask itself.
    rogue.is_served().await;
    drop(rogue);
    assert_left(node, trap.node_id(), EndReason::RemoteClosed).await;
}

#[tokio::test]
async fn nobody_listens() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    // Bound, so that nobody else gets the port, but not listening.
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let key = new_key().public_key();
    let at = socket.local_addr().unwrap();
    let mut node = dial(format!("{key}@{at}").parse().unwrap(), None).await;
    let pick = |event| match event {
        Event::DialFailed { peer, error, last } => Some((peer, error, last)),
        _ => None,
    };
    // The dial's, and that of all there was to try.
    for is_last in [false, true] {
        let (peer, error, last) = node.event("the dial's failure", pick).await;
        assert_eq!((peer, last), (key.into(), is_last));
        assert!(error.contains("refused"), "{error}");
    }
    node.serves_others().await;
    node.ends_unchanged().await;
}

/// A connection that is lost is dialled again.
#[tokio::test]
async fn it_is_given_another_chance() {
    let trap = Trap::new().await;
    let config = Config {
        connect: vec![trap.address()],
        ..config()
    };
    let mut node = Server::launch(config, full_knowledge()).await;
    drop(trap.accept().await);
    let down = node.down().await;
    assert_eq!(down, (Some(trap.node_id()), EndReason::ClosedInHandshake));
    let mut rogue = patiently("another dial", trap.shake_hands()).await;
    rogue.send(init()).await;
    rogue.is_served().await;
    node.ends_unchanged().await;
}
