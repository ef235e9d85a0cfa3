//! A peer that sends a hundred forged messages is put out, and does not get in again under its key; others do.

mod common;

use bytes::BytesMut;
use common::{
    nodes::{CHAIN, Server, sign},
    rogue::{Rogue, init, new_key},
};
use conn_worker::{EndReason, pool::Banned};
use examples::{node::Event, synthetic::mainnet_like};

#[tokio::test]
async fn a_hundred_forgeries() {
    let mut server = Server::start().await;
    let key = new_key();
    let mut rogue = Rogue::up_as(&server.address(), &key, &init()).await;
    let foreign = sign(&mainnet_like(1, 5), CHAIN, 5);
    let mut forged = BytesMut::from(&foreign.channels[0].announcement.as_bytes()[..]);
    for i in 0_u32..99 {
        forged[234..238].copy_from_slice(&i.to_be_bytes());
        rogue.send_bytes(&forged).await;
    }
    // Ninety-nine are forgiven.
    rogue.is_served().await;
    forged[234..238].copy_from_slice(&99_u32.to_be_bytes());
    rogue.send_bytes(&forged).await;
    let banned = |event| match event {
        Event::Banned(banned) => Some(banned),
        _ => None,
    };
    let banned = server.event("a ban", banned).await;
    let peer = key.public_key().into();
    assert_eq!(banned, Banned::Node(peer));
    assert_eq!(server.down().await, (Some(peer), EndReason::LocalClose));
    rogue.closed().await;

    // Again: it is put out as soon as it has proved its key, and was never up.
    let again = Rogue::shake_hands(&server.address(), &key, |_| {}).await;
    again.closed().await;
    assert_eq!(server.down().await, (Some(peer), EndReason::LocalClose));

    // Others are let in, from the same machine.
    let mut other = Rogue::up(&server.address()).await;
    other.is_served().await;
    drop(other);
    server.serves_others().await;
    server.ends_unchanged().await;
}
