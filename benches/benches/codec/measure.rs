//! How a message is measured.

use core::{hint::black_box, time::Duration};
use std::time::Instant;

use benches::ldk;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use lightning::util::ser::{LengthReadable, Writeable};
use lnwire::{
    WireMessage,
    bytes::{BufMut as _, Bytes},
};

/// Measures a message both ways.
///
/// # Panics
/// Unless both accept `frame` and encode it as it was; LDK may leave records out that it does not know.
pub(crate) fn both_ways<Ours, Theirs>(c: &mut Criterion, name: &str, frame: &Bytes)
where
    Ours: WireMessage,
    Theirs: LengthReadable + Writeable,
{
    let ours = Ours::decode(frame.clone()).expect("the fixture is a message");
    let theirs = ldk::read::<Theirs>(frame);

    let mut group = group(c, "decode", name, frame);
    decode(&mut group, frame, |frame| {
        // By reference: moving the message once more is no part of decoding.
        black_box(&Ours::decode(frame));
    });
    decode_as(&mut group, "drop", frame, |frame| {
        black_box(&frame);
    });
    group.bench_function("ldk", |b| {
        b.iter(|| {
            black_box(&ldk::read::<Theirs>(black_box(frame)));
        });
    });
    group.finish();

    let mut group = self::group(c, "encode", name, frame);
    encode(&mut group, "ours", frame, |out| black_box(&ours).write(out));
    encode(&mut group, "ldk", frame, |out| {
        out.put_u16(Ours::TYPE);
        black_box(&theirs).write(out).expect("memory suffices");
    });
    encode(&mut group, "memcpy", frame, |out| {
        out.extend_from_slice(black_box(frame));
    });
    group.finish();
}

/// Measures how long it takes to decode a message of ours and to read all its fields.
pub(crate) fn decode_and_read<T: WireMessage>(
    c: &mut Criterion,
    name: &str,
    message: &T,
    read: impl Fn(&T),
) {
    let frame = benches::messages::bytes(message);
    decode(
        &mut group(c, "decode_and_read", name, &frame),
        &frame,
        |frame| {
            read(&T::decode(frame).expect("it was encoded just now"));
        },
    );
}

fn group<'a>(
    c: &'a mut Criterion,
    what: &str,
    name: &str,
    frame: &Bytes,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(format!("{what}/{name}"));
    group.throughput(Throughput::Bytes(frame.len() as u64));
    // There are many messages, and none takes long.
    group.warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_millis(500));
    group.sample_size(50);
    group.nresamples(2000);
    group
}

fn decode(group: &mut BenchmarkGroup<'_, WallTime>, frame: &Bytes, decode: impl Fn(Bytes)) {
    decode_as(group, "ours", frame, decode);
}

fn decode_as(
    group: &mut BenchmarkGroup<'_, WallTime>,
    who: &str,
    frame: &Bytes,
    decode: impl Fn(Bytes),
) {
    group.bench_function(who, |b| {
        b.iter_batched(|| frame.clone(), &decode, BatchSize::SmallInput);
    });
}

/// Appends to what is already there, of each length below that of a cache line equally often: where bytes go decides how fast they
/// are copied, and where a buffer begins is a matter of luck.
fn encode(
    group: &mut BenchmarkGroup<'_, WallTime>,
    who: &str,
    frame: &Bytes,
    encode: impl Fn(&mut Vec<u8>),
) {
    let mut out = Vec::with_capacity(frame.len() + LINE);
    encode(&mut out);
    assert!(frame.starts_with(&out), "{who} encodes something else");
    group.bench_function(who, |b| {
        b.iter_custom(|times| {
            let start = Instant::now();
            let mut left = times;
            for before in 0..LINE {
                let rounds = left.div_ceil((LINE - before) as u64);
                left -= rounds;
                for _ in 0..rounds {
                    out.truncate(before);
                    encode(&mut out);
                    black_box(&out);
                }
            }
            start.elapsed()
        });
    });
}

/// A line of the cache, in bytes.
const LINE: usize = 64;
