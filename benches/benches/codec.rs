//! Decode and encode of gossip, ours beside LDK's, on messages with real signatures.
//!
//! - `decode`: a frame is moved in, decoded, and the message dropped. Our frames are `Bytes` that share one
//!   buffer, cloned outside the measured part; LDK reads from a slice.
//! - `decode_and_read`: as before, and then every field is read. Our messages keep the received bytes and read
//!   from them on demand; LDK's `decode` has taken them apart already.
//! - `encode`: the message is appended to a buffer that was used before, with its type in front.
#![expect(missing_docs, reason = "criterion's macro makes functions without")]

use core::hint::black_box;

use benches::{ldk, signed_network};
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};
use criterion::{Throughput, measurement::WallTime};
use lightning::{
    ln::msgs,
    util::ser::{LengthReadable, Writeable},
};
use lnwire::{
    Signature, WireMessage,
    bolt7::{ChannelUpdate, NodeAnnouncement},
    bytes::{BufMut as _, Bytes, BytesMut},
};

fn codec(c: &mut Criterion) {
    let network = signed_network(1);
    let channel = &network.channels[0];
    bench::<_, msgs::ChannelAnnouncement>(c, "channel_announcement", &channel.announcement, |m| {
        black_box::<[Signature; 4]>([
            m.node_signature_1(),
            m.node_signature_2(),
            m.bitcoin_signature_1(),
            m.bitcoin_signature_2(),
        ]);
        black_box((m.features(), m.chain_hash(), m.short_channel_id()));
        black_box((m.node_id_1(), m.node_id_2()));
        black_box((m.bitcoin_key_1(), m.bitcoin_key_2()));
    });
    let update = channel.updates[0].as_ref().expect("both sides have terms");
    bench::<_, msgs::ChannelUpdate>(c, "channel_update", update, |m: &ChannelUpdate| {
        black_box((m.signature(), m.chain_hash(), m.short_channel_id()));
        black_box((m.timestamp(), m.direction(), m.is_disabled()));
        black_box((m.cltv_expiry_delta(), m.htlc_minimum_msat()));
        black_box((m.fee_base_msat(), m.fee_proportional_millionths()));
        black_box(m.htlc_maximum_msat());
    });
    let node = &network.nodes[0];
    bench::<_, msgs::NodeAnnouncement>(c, "node_announcement", node, |m: &NodeAnnouncement| {
        black_box((m.signature(), m.features(), m.timestamp()));
        black_box((m.node_id(), m.rgb_color(), m.alias()));
        m.addresses().iter().for_each(|address| {
            let _address = black_box(address);
        });
    });
}

fn bench<Ours, Theirs>(c: &mut Criterion, name: &str, ours: &Ours, read: impl Fn(&Ours))
where
    Ours: WireMessage,
    Theirs: LengthReadable + Writeable,
{
    let mut frame = BytesMut::new();
    ours.write(&mut frame);
    let frame = frame.freeze();
    let theirs = ldk::read::<Theirs>(&frame);

    let mut group = c.benchmark_group(format!("decode/{name}"));
    group.throughput(Throughput::Bytes(frame.len() as u64));
    decode(&mut group, &frame, |frame| {
        drop(black_box(Ours::decode(frame)));
    });
    group.bench_function("ldk", |b| {
        b.iter(|| drop(black_box(ldk::read::<Theirs>(black_box(&frame)))));
    });
    group.finish();

    let mut group = c.benchmark_group(format!("decode_and_read/{name}"));
    decode(&mut group, &frame, |frame| {
        read(&Ours::decode(frame).expect("it was encoded just now"));
    });
    group.finish();

    let mut group = c.benchmark_group(format!("encode/{name}"));
    let mut out = Vec::with_capacity(frame.len());
    group.bench_function("ours", |b| {
        b.iter(|| {
            out.clear();
            black_box(ours).write(&mut out);
            black_box(&out);
        });
    });
    assert_eq!(out, frame);
    group.bench_function("ldk", |b| {
        b.iter(|| {
            out.clear();
            out.put_u16(Ours::TYPE);
            black_box(&theirs).write(&mut out).expect("memory suffices");
            black_box(&out);
        });
    });
    assert_eq!(out, frame);
    group.finish();
}

fn decode(group: &mut BenchmarkGroup<'_, WallTime>, frame: &Bytes, decode: impl Fn(Bytes)) {
    group.bench_function("ours", |b| {
        b.iter_batched(|| frame.clone(), &decode, BatchSize::SmallInput);
    });
}

criterion_group!(benches, codec);
criterion_main!(benches);
