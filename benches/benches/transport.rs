//! Sealing and opening, and the way to a connection that is up, ours beside LDK's.
//!
//! - `seal`, `open`: a message of so many bytes, in place (when they are opened, as many as 64 KiB hold), beside the bare AEAD for the same buffers, which is AWS-LC
//!   also in a run with `--no-default-features`, where ours is Rust alone. LDK's
//!   cipher is not public.
//! - `receive_gossip_mix`, `send_gossip_mix`: the messages of a sync through our `Session` and LDK's `PeerManager`, which
//!   do not know their type.
//! - `receive_ping`: so it is measured by what both have: a frame with a ping of so many bytes is opened,
//!   decoded and found to want no pong, by our `Session` and by LDK's `PeerManager`.
//! - `handshake`: the three acts, both sides, beside the operations on the curve that they cannot do without.
//! - `up`: the three acts and `init`, both sides, by two sessions and by two peer managers.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use core::hint::black_box;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use benches::{
    ldk::LdkNode,
    machine::{Machine, Ours, ephemeral, features, signer},
    signed_network, verified,
};
use brontide::{Encryptor, LocalSigner, Transport, initiator, responder, secp256k1::PublicKey};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gossip_sync::ingest::VerifiedGossip;
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
        let mut group = c.benchmark_group(format!("seal/{len}"));
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function("ours", |b| {
            b.iter(|| {
                out.clear();
                tx.encrypt(black_box(&message), &mut out)
            });
        });
        let key = raw_key();
        let (mut header, mut body) = ([0; 2], message.clone());
        group.bench_function("raw", |b| {
            b.iter(|| {
                let header = black_box(&mut header);
                let first = key.seal_in_place_separate_tag(nonce(), Aad::empty(), header);
                let body = black_box(&mut body);
                let second = key.seal_in_place_separate_tag(nonce(), Aad::empty(), body);
                (first, second)
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
        // As many as one read from a socket may bring.
        let count = 65_536 / len;
        let mut group = c.benchmark_group(format!("open/{len}"));
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function("ours", |b| {
            let frames = || {
                let mut frames = BytesMut::new();
                let sealed = tx.encrypt_all(vec![&message[..]; count], &mut frames);
                sealed.expect("they are short enough");
                frames
            };
            b.iter_batched(
                frames,
                |mut frames| {
                    while let Some(message) = rx.next(&mut frames).expect("they are sealed") {
                        black_box(message);
                    }
                },
                BatchSize::NumIterations(1),
            );
        });
        let key = raw_key();
        let mut frame = Vec::new();
        for text in [&mut vec![0; 2], &mut message.clone()] {
            let sealed = key.seal_in_place_append_tag(nonce(), Aad::empty(), text);
            sealed.expect("it is short enough");
            frame.append(text);
        }
        group.bench_function("raw", |b| {
            b.iter_batched(
                || frame.repeat(count),
                |mut frames| {
                    for frame in frames.chunks_exact_mut(frame.len()) {
                        let (header, body) = frame.split_at_mut(18);
                        for text in [header, body] {
                            let opened = key.open_in_place(nonce(), Aad::empty(), text);
                            black_box(opened.expect("it is sealed"));
                        }
                    }
                },
                BatchSize::NumIterations(1),
            );
        });
        group.finish();
    }
}

/// The AEAD by itself, and what it needs for each text.
fn raw_key() -> LessSafeKey {
    let key = UnboundKey::new(&CHACHA20_POLY1305, &[7; 32]);
    LessSafeKey::new(key.expect("any 32 bytes are a key"))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

/// What a node hears while it syncs, as messages of an odd type that nobody knows, so that nobody reads them.
fn gossip_mix() -> Vec<Vec<u8>> {
    let network = signed_network(20);
    let gossip = verified(&network);
    let mix = gossip.iter().map(|message| {
        let mut frame = match message {
            VerifiedGossip::Channel(m) => m.as_bytes().to_vec(),
            VerifiedGossip::Update(m) => m.as_bytes().to_vec(),
            VerifiedGossip::Node(m) => m.as_bytes().to_vec(),
        };
        frame[..2].copy_from_slice(&40_001_u16.to_be_bytes());
        frame
    });
    mix.collect()
}

fn gossip_mix_both_ways(c: &mut Criterion) {
    let mix = gossip_mix();
    let mut group = c.benchmark_group("receive_gossip_mix");
    group.throughput(Throughput::Elements(mix.len() as u64));
    let mut receive = |name: &str, peer: &mut dyn Machine| {
        let mut tx = dial(peer);
        let mut frames = || {
            let mut frames = BytesMut::new();
            let sealed = tx.encrypt_all(mix.iter().map(|m| &m[..]), &mut frames);
            sealed.expect("they are short enough");
            frames
        };
        group.bench_function(name, |b| {
            b.iter_batched(
                &mut frames,
                |f| peer.receive(f),
                BatchSize::NumIterations(1),
            )
        });
    };
    receive("ours", &mut Ours::inbound(&signer(1)));
    receive("ldk", &mut LdkNode::new(1).inbound());
    group.finish();

    let mut group = c.benchmark_group("send_gossip_mix");
    group.throughput(Throughput::Elements(mix.len() as u64));
    let key = signer(1);
    let mut ours = Ours::inbound(&key);
    dial(&mut ours);
    let messages: Vec<Bytes> = mix.iter().cloned().map(Bytes::from).collect();
    group.bench_function("ours", |b| {
        b.iter_batched(
            || messages.clone(),
            |messages| ours.send(messages),
            BatchSize::NumIterations(1),
        );
    });
    let node = LdkNode::new(1);
    let mut ldk = node.inbound();
    dial(&mut ldk);
    let to = signer(9).public_key();
    group.bench_function("ldk", |b| {
        let queue = || mix.iter().for_each(|m| node.send(to, m.clone()));
        b.iter_batched(
            queue,
            |()| ldk.receive(BytesMut::new()),
            BatchSize::NumIterations(1),
        );
    });
    group.finish();
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
    // Six multiplications, two public keys from secrets, and the three keys that arrive as bytes.
    c.bench_function("handshake/curve_operations", |b| {
        let (point, bytes) = (bob.public_key(), bob.public_key().serialize());
        b.iter(|| {
            for _ in 0..6 {
                black_box(alice.ecdh(black_box(&point)));
            }
            for _ in 0..3 {
                black_box(PublicKey::from_slice(black_box(&bytes)).expect("a point"));
            }
            black_box((ephemeral(3), ephemeral(4)));
        });
    });
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

criterion_group!(
    benches,
    seal,
    open,
    receive_ping,
    gossip_mix_both_ways,
    handshakes
);
criterion_main!(benches);
