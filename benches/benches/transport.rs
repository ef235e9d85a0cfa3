//! Sealing and opening, and the way to a connection that is up, ours beside LDK's.
//!
//! - `seal`, `open`: a message of so many bytes, in place. LDK's cipher is not public.
//! - `receive_ping`: so it is measured by what both have: a frame with a ping of so many bytes is opened,
//!   decoded and found to want no pong, by our `Session` and by LDK's `PeerManager`.
//! - `handshake`: the three acts, both sides.
//! - `up`: the three acts and `init`, both sides, by two sessions and by two peer managers.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use core::hint::black_box;

use benches::{
    ldk::LdkNode,
    machine::{Machine, Ours, ephemeral, features, signer},
};
use brontide::{Encryptor, LocalSigner, Transport, initiator, responder};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lnwire::{
    WireMessage as _,
    bolt1::{Init, Ping},
    bytes::{Bytes, BytesMut},
};

/// A channel_update, a channel_announcement, and the longest message.
const SIZES: [usize; 3] = [138, 430, 65_535];
/// Frames that are made before so many are opened: few enough to stay in the cache.
const BATCH: BatchSize = BatchSize::NumIterations(16);

fn seal(c: &mut Criterion) {
    for len in SIZES {
        let (Transport { mut tx, .. }, _) = handshake(&signer(1), &signer(2));
        let message = vec![7; len];
        let mut out = BytesMut::new();
        let mut group = c.benchmark_group("seal");
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(len.to_string(), |b| {
            b.iter(|| {
                out.clear();
                tx.encrypt(black_box(&message), &mut out)
            });
        });
        group.finish();
    }
}

fn open(c: &mut Criterion) {
    for len in SIZES {
        let (Transport { mut tx, .. }, Transport { mut rx, .. }) =
            handshake(&signer(1), &signer(2));
        let message = vec![7; len];
        let mut group = c.benchmark_group("open");
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(len.to_string(), |b| {
            let frame = || {
                let mut frame = BytesMut::new();
                tx.encrypt(&message, &mut frame)
                    .expect("it is short enough");
                frame
            };
            b.iter_batched(
                frame,
                |mut frame| {
                    rx.next(&mut frame)
                        .expect("it is sealed")
                        .expect("it is whole")
                },
                BATCH,
            );
        });
        group.finish();
    }
}

fn receive_ping(c: &mut Criterion) {
    for len in SIZES {
        let ping = Ping {
            num_pong_bytes: u16::MAX,
            ignored: vec![0; len - 6].into(),
            extra: Bytes::new(),
        };
        assert_eq!(ping.encoded_len(), len);
        let mut group = c.benchmark_group(format!("receive_ping/{len}"));
        group.throughput(Throughput::Bytes(len as u64));
        let mut receive = |name: &str, peer: &mut dyn Machine| {
            let mut tx = dial(peer);
            let mut frame = || {
                let mut frame = BytesMut::new();
                let sealed = tx.encrypt_with(&mut frame, |out| ping.write(out));
                sealed.expect("it is short enough");
                frame
            };
            group.bench_function(name, |b| {
                b.iter_batched(&mut frame, |f| peer.receive(f), BATCH)
            });
        };
        receive("ours", &mut Ours::inbound(&signer(1)));
        receive("ldk", &mut LdkNode::new(1).inbound());
        group.finish();
    }
}

fn handshakes(c: &mut Criterion) {
    let (alice, bob) = (&signer(1), &signer(2));
    c.bench_function("handshake/ours", |b| b.iter(|| handshake(alice, bob)));
    c.bench_function("up/ours", |b| {
        b.iter(|| {
            let mut to_alice = Ours::inbound(bob);
            let (mut to_bob, act_one) = Ours::outbound(alice, bob.public_key());
            converse(&mut to_bob, &mut to_alice, act_one);
            assert!(to_bob.is_up() && to_alice.is_up());
        });
    });
    let (alice, bob) = (LdkNode::new(1), LdkNode::new(2));
    c.bench_function("up/ldk", |b| {
        b.iter(|| {
            let (mut to_bob, act_one) = alice.outbound(bob.key());
            let mut to_alice = bob.inbound();
            converse(&mut to_bob, &mut to_alice, act_one);
            assert!(alice.is_up() && bob.is_up());
        });
    });
}

/// Runs the acts of both sides.
fn handshake(alice: &LocalSigner, bob: &LocalSigner) -> (Transport, Transport) {
    let (act_one, awaits_two) =
        initiator::start(alice.public_key(), bob.public_key(), ephemeral(3));
    let need = responder::AwaitActOne::new(bob.public_key())
        .read(&act_one)
        .expect("act one");
    let ecdh = bob.ecdh(&need.point());
    let (act_two, awaits_three) = need.finish(ecdh, ephemeral(4)).expect("act one");
    let need = awaits_two.read(&act_two).expect("act two");
    let ecdh = alice.ecdh(&need.point());
    let (act_three, ours) = need.finish(ecdh);
    let (_, theirs) = awaits_three.read(&act_three).expect("act three");
    (ours, theirs)
}

/// Connects to a peer, says `init`, and returns what seals all that follows.
fn dial(peer: &mut dyn Machine) -> Encryptor {
    let alice = signer(9);
    let (act_one, awaits_two) = initiator::start(alice.public_key(), peer.key(), ephemeral(5));
    let act_two = peer.receive(BytesMut::from(&act_one[..]));
    let act_two = act_two[..].try_into().expect("act two and no more");
    let need = awaits_two.read(act_two).expect("act two");
    let ecdh = alice.ecdh(&need.point());
    let (act_three, Transport { mut tx, .. }) = need.finish(ecdh);
    let mut out = BytesMut::from(&act_three[..]);
    let init = Init {
        features: features(),
        ..Init::default()
    };
    tx.encrypt_with(&mut out, |out| init.write(out))
        .expect("it is short");
    peer.receive(out);
    tx
}

/// Carries bytes to and fro until nobody has any.
fn converse(alice: &mut dyn Machine, bob: &mut dyn Machine, act_one: BytesMut) {
    let mut bytes = act_one;
    let mut bobs_turn = true;
    while !bytes.is_empty() {
        bytes = if bobs_turn {
            bob.receive(bytes)
        } else {
            alice.receive(bytes)
        };
        bobs_turn = !bobs_turn;
    }
}

criterion_group!(benches, seal, open, receive_ping, handshakes);
criterion_main!(benches);
