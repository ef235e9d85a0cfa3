//! How often and for how many bytes the allocator is asked, in exact numbers.
//!
//! Frames are made as a transport makes them: split off a receive buffer. A `Bytes` made from a `Vec` takes one
//! small allocation when it is shared for the first time, which is none of the decoder's doing.
#![expect(
    unsafe_code,
    reason = "a counting allocator has to implement the unsafe `GlobalAlloc`"
)]

mod common;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use common::{
    GOSSIP,
    bolt4::{failure_message, pure_tlv_message},
    bytes, gossip,
    strategies::{damage, message},
    vectors,
};
use lnwire::bytes::{BufMut, Bytes, BytesMut};
use lnwire::{
    BigSize, Message, Reader,
    bolt4::{FailurePacket, FailurePacketError},
    tlv::read_stream,
};
use proptest::{collection::vec, prelude::*};

/// Hands everything on to the system's allocator, and counts for each thread: tests run in several.
struct Counting;

thread_local! {
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn count(size: usize) {
    // A thread that is ending has no counters any more, and no test either.
    let _ = REQUESTS.try_with(|requests| requests.set(requests.get() + 1));
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + size));
}

// SAFETY: every method hands its arguments on to `System` unchanged and returns what that returns; counting
// touches thread-locals without destructor or lazy initialisation, so it neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is the same here and there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System` with this `layout`, as the caller promises it came from here.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: as for `dealloc`, and the caller keeps the contract for `new_size`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Requests for memory that `work` makes, and their bytes.
fn allocations<T>(work: impl FnOnce() -> T) -> ((usize, usize), T) {
    let before = (REQUESTS.get(), BYTES.get());
    let done = work();
    ((REQUESTS.get() - before.0, BYTES.get() - before.1), done)
}

/// A frame as it comes from a transport: a part of a buffer that others share.
fn frame(message: &[u8]) -> Bytes {
    let mut buffer = BytesMut::with_capacity(message.len() + 32);
    buffer.put_slice(message);
    buffer.put_slice(&[0; 16]);
    buffer.split_to(message.len()).freeze()
}

#[test]
fn decoding_gossip_takes_none() {
    for message in GOSSIP.into_iter().flat_map(gossip) {
        let frame = frame(&message);
        let (taken, decoded) = allocations(|| Message::decode(frame));
        assert_eq!(taken, (0, 0));
        decoded.unwrap();
    }
}

/// Whether the known records of the message leave room for an odd type before the last of them.
fn has_gaps(message: &Message) -> bool {
    matches!(
        message,
        Message::TxInitRbf(_)
            | Message::TxAckRbf(_)
            | Message::SpliceInit(_)
            | Message::SpliceAck(_)
            | Message::ChannelReestablish(_)
            | Message::DynPropose(_)
            | Message::DynCommit(_)
    )
}

#[test]
fn decoding_vectors_takes_none() {
    for vector in vectors("derived/lnwire_bolt2_messages") {
        let frame = frame(&bytes(&vector["hex"]));
        let (taken, _decoded) = allocations(|| Message::decode(frame));
        assert_eq!(taken, (0, 0), "{} {}", vector["name"], vector["kind"]);
    }
}

/// Not by chance, as below, but for each type that there are vectors of: those of BOLT 1, 2 and 7.
#[test]
fn every_type_takes_none_both_ways() {
    let mut types = Vec::new();
    let files = ["derived/lnwire_messages", "derived/lnwire_bolt2_messages"];
    for vector in files.into_iter().flat_map(vectors) {
        let frame = frame(&bytes(&vector["hex"]));
        let (taken, decoded) = allocations(|| Message::decode(frame));
        assert_eq!(taken, (0, 0), "{} {}", vector["name"], vector["kind"]);
        let Ok(message) = decoded else { continue };
        let mut out = BytesMut::with_capacity(message.encoded_len());
        let (taken, encoded) = allocations(|| message.encode(&mut out));
        assert_eq!(taken, (0, 0), "{} {}", vector["name"], vector["kind"]);
        encoded.unwrap();
        types.push(message.msg_type());
    }
    types.sort_unstable();
    types.dedup();
    let gossip = [256, 257, 258, 259, 261, 262, 263, 264, 265];
    assert!(gossip.iter().all(|gossip| types.contains(gossip)));
    assert_eq!(types.len(), 49);
}

#[test]
fn asking_a_feature_vector_takes_none() {
    use lnwire::{Context, Feature, Features, features::dialect::Dialect};
    let features = Features::from_bytes(vec![0xaa; 65527].into());
    let ((requests, _), asked) = allocations(|| {
        let fault = features.check_for(Context::ChannelType);
        let not_allowed = features.not_allowed_in(Context::Invoice).count();
        let both = features.negotiate(&features);
        (
            fault.is_err(),
            not_allowed > 0,
            both.contains(Feature::ZEROCONF) && both.iter().count() == 65527 * 4,
            features.requires_unknown(&features),
            features.missing_dependency(),
            Dialect::recognised(&features).count() > 20,
            features.minimal().is_minimal(),
        )
    });
    // `minimal` shares the bytes, which were a `Vec` until then.
    assert!(requests <= 1, "{requests}");
    assert_eq!(asked, (true, true, true, None, None, true, true));
}

#[test]
fn showing_names_takes_none() {
    use core::fmt::Write;
    use lnwire::{
        Address, NodeId,
        bolt10::{Query, RecordType},
    };
    struct Nowhere(usize);
    impl Write for Nowhere {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let onion = Address::tor_v3(&[7; 32], 9735);
    let query = Query::node(NodeId([2; 33]));
    let (taken, shown) = allocations(|| {
        let mut shown = Nowhere(0);
        write!(shown, "{onion}").unwrap();
        write!(shown, "{}", query.name(RecordType::Srv, "root").unwrap()).unwrap();
        shown.0
    });
    assert_eq!((taken, shown), ((0, 0), 62 + 5 + 62 + 5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Neither does anything else, with one run of unknown records at most: a slice does for it.
    #[test]
    fn decoding_takes_none(message in message()) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes).unwrap();
        let frame = frame(&bytes);
        let (taken, decoded) = allocations(|| Message::decode(frame));
        prop_assert_eq!(taken, (0, 0));
        prop_assert_eq!(decoded, Ok(message));
    }

    /// Except for a copy of unknown records if damage has put known ones between them.
    #[test]
    fn decoding_damaged_bytes_takes_none(message in message(), damages in vec(damage(), 1..4)) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes).unwrap();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        let frame = frame(&bytes);
        let (taken, _decoded) = allocations(|| Message::decode(frame));
        if has_gaps(&message) {
            prop_assert!(taken.0 <= 2 && taken.1 <= bytes.len() + 32, "{:?}", taken);
        } else {
            prop_assert_eq!(taken, (0, 0));
        }
    }

    /// A failure's bytes are shared out like a message's.
    #[test]
    fn decoding_failures_takes_none(message in failure_message()) {
        let mut bytes = Vec::new();
        FailurePacket::new(&message).unwrap().write(&mut bytes);
        let frame = frame(&bytes);
        let (taken, decoded) = allocations(|| Ok(FailurePacket::decode(frame)?.message()?));
        prop_assert_eq!(taken, (0, 0));
        prop_assert_eq!(decoded, Ok::<_, FailurePacketError>(message));
    }

    /// Nothing is kept beside the bytes, however the unknown records lie.
    #[test]
    fn pure_tlv_messages_take_none(message in pure_tlv_message(), runs in 0..5_usize) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes).unwrap();
        // No record is known from here on but 55555.
        for n in 0..runs as u64 {
            BigSize(1_000_000_001 + 4 * n).write(&mut bytes);
            BigSize(0).write(&mut bytes);
        }
        let frame = frame(&bytes);
        let (taken, _decoded) = allocations(|| Message::decode(frame));
        prop_assert_eq!(taken, (0, 0));
    }

    #[test]
    fn encoding_with_room_takes_none(message in message()) {
        let mut out = BytesMut::with_capacity(message.encoded_len());
        let (taken, encoded) = allocations(|| message.encode(&mut out));
        prop_assert_eq!(taken, (0, 0));
        encoded.unwrap();
        prop_assert_eq!(out.len(), message.encoded_len());
    }

    /// In a stream that has known records between unknown ones, the unknown ones are gathered in one copy, which is
    /// no longer than they are.
    #[test]
    fn several_runs_of_unknown_records_take_one_copy(
        lengths in vec((any::<bool>(), 0..400_usize), 2..12)
    ) {
        let mut bytes = vec![0; 32];
        let mut unknown_len = 0;
        for (n, (known, len)) in lengths.iter().enumerate() {
            let before = bytes.len();
            // Records of odd types; 1, 5, 9 … are unknown, 3, 7, 11 … are known.
            BigSize(4 * n as u64 + if *known { 3 } else { 1 }).write(&mut bytes);
            BigSize::from(*len).write(&mut bytes);
            bytes.resize(bytes.len() + len, 0);
            unknown_len += if *known { 0 } else { bytes.len() - before };
        }
        let frame = frame(&bytes);
        let (taken, unknown) = allocations(|| {
            let mut reader = Reader::new(&frame);
            reader.slice("fields", 32).unwrap();
            read_stream("stream", &mut reader, |tlv_type, value| {
                let known = tlv_type % 4 == 3;
                if known {
                    value.rest();
                }
                Ok(known)
            })
        });
        prop_assert_eq!(unknown.unwrap().encoded_len(), unknown_len);
        let runs = lengths.chunk_by(|(a, _), (b, _)| a == b).filter(|run| !run[0].0).count();
        if runs < 2 {
            prop_assert_eq!(taken, (0, 0));
        } else {
            // The copy, and the count of who shares it unless the copy is full.
            prop_assert!(taken.0 <= 2, "{taken:?}");
            prop_assert!(taken.1 <= bytes.len(), "{taken:?} for {} bytes", bytes.len());
        }
    }
}
