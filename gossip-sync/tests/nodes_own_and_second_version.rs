//! Rules about who speaks of whom: own gossip, nodes with names, the cap on channels, and gossip of version 2.

mod common;

use common::desk::{Desk, End};
use common::signed::{
    NOW, Signer, channel_of, pair, sign_channel, sign_node, signed_channel, signed_node,
    signed_update,
};
use common::{CHAIN, about, node, scid};
use gossip_sync::ingest::{Config, DropReason, Funding, Input, Standing, Version2};
use lnwire::bytes::Bytes;
use lnwire::{Address, Addresses, Features, Hostname, Message, NodeId, Timestamp};

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

fn desk_with_channel() -> Desk {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    desk.log();
    desk
}

fn drop_of(desk: &mut Desk, message: impl Into<Message>) -> DropReason {
    desk.offer(node(1), message);
    match desk.log()[..] {
        [End::Dropped(_, reason)] => reason,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn what_others_say_about_this_node_is_ignored() {
    let [own, other] = nodes();
    let mut desk = Desk::with(Config {
        own_node: Some(own.id),
        ..Config::new(CHAIN)
    });
    assert_eq!(
        drop_of(&mut desk, signed_channel(scid(1, 1), nodes())),
        DropReason::Own
    );
    assert_eq!(drop_of(&mut desk, signed_node(own, NOW)), DropReason::Own);
    // The embedder's graph has this node's channel: the other side may update it.
    let channel = gossip_sync::ingest::KnownChannel {
        node_ids: nodes().map(|n| n.id),
        updates: [None; 2],
    };
    for side in [0, 1] {
        desk.ingest.handle_input(
            desk.now,
            Input::ChannelUpdate {
                peer: node(1),
                message: signed_update(scid(1, 1), nodes(), side, NOW),
                channel: Standing::Known(channel),
            },
        );
    }
    assert_eq!(desk.ingest.held_messages(), 1);
    assert!(other.id > own.id, "so it was that of side 1");
}

#[test]
fn nodes_need_a_timestamp_a_channel_and_something_new() {
    let mut desk = desk_with_channel();
    let [one, _] = nodes();
    assert_eq!(
        drop_of(&mut desk, signed_node(one, 0)),
        DropReason::NoTimestamp
    );
    let future = NOW + 15 * 24 * 3600;
    assert_eq!(
        drop_of(&mut desk, signed_node(one, future)),
        DropReason::Future
    );
    desk.offer(node(1), signed_node(one, 5));
    desk.check_all();
    assert!(
        matches!(desk.log()[..], [End::Accepted(..)]),
        "old ones do not age"
    );
    for time in [4, 5] {
        assert_eq!(
            drop_of(&mut desk, signed_node(one, time)),
            DropReason::Known
        );
    }
    desk.offer(node(1), signed_node(Signer::new(9), NOW));
    assert_eq!((desk.jobs.len(), desk.ingest.parked_messages()), (0, 1));
}

fn dns(name: &str, port: u16) -> Address {
    Address::Dns {
        hostname: Hostname::new(name).unwrap(),
        port,
    }
}

fn with_addresses(addresses: &[Address]) -> lnwire::bolt7::NodeAnnouncement {
    let mut bytes = Vec::new();
    for address in addresses {
        address.write(&mut bytes);
    }
    let mut contents = about(nodes()[0].id, NOW);
    contents.addresses = Addresses::from_bytes(bytes.into());
    sign_node(&contents, nodes()[0])
}

/// BOLT 7: the first name is used, the message is not passed on. A port of 0 spoils its address alone.
#[test]
fn two_names_are_stored_and_not_passed_on() {
    for (addresses, relay) in [
        (vec![dns("a.example", 1), dns("b.example", 1)], false),
        (vec![dns("a.example", 1)], true),
        (vec![dns("a.example", 0)], true),
        (
            vec![Address::Ipv4 {
                ip: [1, 2, 3, 4].into(),
                port: 0,
            }],
            true,
        ),
    ] {
        let mut desk = desk_with_channel();
        desk.offer(node(1), with_addresses(&addresses));
        desk.check_all();
        assert!(matches!(desk.log()[..], [End::Accepted(..)]));
        assert_eq!(desk.kept_back.is_empty(), relay, "{addresses:?}");
    }
}

#[test]
fn a_list_that_ends_within_an_address_is_dropped() {
    let mut desk = desk_with_channel();
    let mut contents = about(nodes()[0].id, NOW);
    contents.addresses = Addresses::from_bytes(Bytes::from_static(&[1, 2, 3]));
    let message = sign_node(&contents, nodes()[0]);
    assert_eq!(drop_of(&mut desk, message), DropReason::Addresses);
    // One of a type that is not known is another thing.
    contents.addresses = Addresses::from_bytes(Bytes::from_static(&[99, 2, 3]));
    desk.offer(node(1), sign_node(&contents, nodes()[0]));
    desk.check_all();
    assert!(matches!(desk.log()[..], [End::Accepted(..)]));
}

/// Unknown bytes behind the fields are signed and stay; unknown features are no reason to drop.
#[test]
fn unknown_features_and_bytes_survive() {
    let mut contents = channel_of(scid(1, 1), nodes());
    contents.features = Features::from_bits([1000]);
    let message = sign_channel(&contents, nodes());
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), message.clone());
    desk.check_all();
    assert_eq!(
        desk.log(),
        [End::Accepted(node(1), message.as_bytes().clone())]
    );
}

#[test]
fn a_message_that_is_taken_pins_no_other_bytes() {
    let message = signed_channel(scid(1, 1), nodes());
    let mut block = vec![0; 60_000];
    block.splice(..0, message.as_bytes().iter().copied());
    let block = Bytes::from(block);
    let slice = block.slice(..message.as_bytes().len());
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), Message::decode(slice).unwrap());
    assert!(block.is_unique(), "copied to its exact size");
}

/// From three quarters of the cap on, the peer that filled the graph may not go on; at the cap nobody may.
#[test]
fn the_graph_has_a_cap() {
    let mut desk = Desk::with(Config {
        max_channels: 40,
        ..Config::new(CHAIN)
    });
    let (honest, liar) = (node(1), node(9));
    let offer = |desk: &mut Desk, peer: NodeId, block: u32| {
        desk.offer(peer, signed_channel(scid(block, 1), nodes()));
        desk.check_all();
        match desk.log()[..] {
            [End::Accepted(..)] => true,
            [End::Dropped(_, DropReason::GraphFull)] => false,
            ref other => panic!("{other:?}"),
        }
    };
    for block in 1..=10 {
        assert!(offer(&mut desk, honest, block));
    }
    let taken = (100..200)
        .filter(|block| offer(&mut desk, liar, *block))
        .count();
    assert_eq!(taken, 20, "up to three quarters");
    for block in 11..=20 {
        assert!(offer(&mut desk, honest, block));
    }
    assert!(!offer(&mut desk, honest, 21), "it is full");
    desk.remove(scid(1, 1), None);
    assert!(offer(&mut desk, honest, 21) && !offer(&mut desk, honest, 22));
}

/// Channels that the chain confirms are not their sender's invention: the cap alone holds for them.
#[test]
fn confirmed_channels_count_against_nobody() {
    let config = Config {
        funding: Funding::LookUp,
        max_channels: 4,
        ..Config::new(CHAIN)
    };
    let mut desk = Desk::with(config);
    desk.ingest.set_channel_count(3);
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    assert_eq!(desk.jobs.len(), 1);
    desk.ingest.set_channel_count(4);
    desk.offer(node(1), signed_channel(scid(2, 1), nodes()));
    assert_eq!(desk.log(), [End::Dropped(node(1), DropReason::GraphFull)]);
}

/// Gossip of version 2 is told, and has no effect.
#[test]
fn version_2_passes_through() {
    let mut desk = desk_with_channel();
    let message = Message::decode(Bytes::from_static(&[1, 15])).unwrap();
    let Message::ChannelUpdate2(update) = message else {
        panic!()
    };
    let message = Version2::Update(update);
    for peer in [1, 2] {
        let peer = node(peer);
        desk.input(Input::Version2 {
            peer,
            message: message.clone(),
        });
    }
    assert_eq!(desk.version2, [1, 2].map(|n| (node(n), message.clone())));
    assert_eq!((desk.log(), desk.jobs.len()), (vec![], 0));
    assert_eq!(
        desk.known(scid(1, 1)).unwrap().timestamps(),
        [None::<Timestamp>; 2]
    );
    desk.assert_empty();
}
