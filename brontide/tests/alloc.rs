//! How often Rust's allocator is asked, in exact numbers. AWS-LC asks C's, once for each key.
#![expect(
    unsafe_code,
    reason = "a counting allocator has to implement the unsafe `GlobalAlloc`"
)]

mod common;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use brontide::bytes::{BufMut, BytesMut};

/// Hands everything on to the system's allocator, and counts the requests of each thread: tests run in several.
struct Counting;

thread_local! {
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more, and no test either.
    let _ = REQUESTS.try_with(|requests| requests.set(requests.get() + 1));
}

// SAFETY: every method hands its arguments on to `System` unchanged and returns what that returns; counting
// touches a thread-local without destructor or lazy initialisation, so it neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`, which is the same here and there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System` with this `layout`, as the caller promises it came from here.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as for `dealloc`, and the caller keeps the contract for `new_size`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Requests for memory that `work` makes.
fn requests(work: impl FnOnce()) -> usize {
    let before = REQUESTS.get();
    work();
    REQUESTS.get() - before
}

#[test]
fn sealing_into_a_buffer_with_room_takes_none() {
    let (mut alice, _) = common::transports();
    let mut out = BytesMut::with_capacity(1024);
    let message = [7; 430];
    // Two rotations are among them.
    for _ in 0..1200 {
        let count = requests(|| {
            alice.tx.encrypt(&message, &mut out).unwrap();
            alice
                .tx
                .encrypt_with(&mut out, |out| out.put_slice(&message[..138]))
                .unwrap();
        });
        assert_eq!(count, 0);
        out.clear();
    }
}

#[test]
fn sealing_many_at_once_takes_none() {
    let (mut alice, _) = common::transports();
    let mut out = BytesMut::with_capacity(1024);
    let messages: [&[u8]; 3] = [&[7; 430], &[8; 138], &[]];
    for _ in 0..600 {
        let count = requests(|| alice.tx.encrypt_all(messages, &mut out).unwrap());
        assert_eq!(count, 0);
        out.clear();
    }
}

#[test]
fn sealing_many_at_once_makes_room_once() {
    let (mut alice, _) = common::transports();
    let messages = [[7; 430]; 100];
    let mut out = BytesMut::new();
    let all = messages.iter().map(|message| &message[..]);
    assert_eq!(requests(|| alice.tx.encrypt_all(all, &mut out).unwrap()), 1);
    assert_eq!(out.len(), out.capacity());
}

/// The longest there are: nothing is kept aside for them.
#[test]
fn long_messages_take_none() {
    let (mut alice, mut bob) = common::transports();
    let mut out = BytesMut::with_capacity(brontide::MAX_FRAME_LEN);
    for len in [60_000, brontide::MAX_MESSAGE_LEN] {
        let message = vec![7; len];
        out.reserve(brontide::MAX_FRAME_LEN);
        assert_eq!(
            requests(|| alice.tx.encrypt(&message, &mut out).unwrap()),
            0
        );
        let mut opened = None;
        // The count of who shares the buffer, as below.
        let expected = usize::from(len == 60_000);
        assert_eq!(
            requests(|| opened = bob.rx.next(&mut out).unwrap()),
            expected
        );
        assert_eq!(opened.unwrap().len(), len);
    }
}

#[test]
fn opening_takes_one_per_buffer() {
    let (mut alice, mut bob) = common::transports();
    for _ in 0..3 {
        // A new buffer, 400 messages in it; each stays alive, so the buffer cannot be used again.
        let mut buf = BytesMut::with_capacity(100_000);
        for _ in 0..400 {
            alice.tx.encrypt(&[7; 138], &mut buf).unwrap();
        }
        let mut kept = Vec::with_capacity(400);
        let mut open = || kept.push(bob.rx.next(&mut buf).unwrap().unwrap());
        // The count of who shares the buffer, which `bytes` makes when it is split for the first time.
        assert_eq!(requests(&mut open), 1);
        for _ in 1..400 {
            assert_eq!(requests(&mut open), 0);
        }
    }
}

#[test]
fn opening_takes_none_while_a_buffer_is_used_again() {
    let (mut alice, mut bob) = common::transports();
    let mut wire = BytesMut::with_capacity(1024);
    let mut buf = BytesMut::with_capacity(1024);
    let mut total = 0;
    for _ in 0..1200 {
        wire.clear();
        alice.tx.encrypt(&[7; 430], &mut wire).unwrap();
        total += requests(|| {
            buf.reserve(wire.len());
            buf.put_slice(&wire);
            drop(bob.rx.next(&mut buf).unwrap().unwrap());
        });
    }
    // The first split; afterwards the messages are gone when room is needed, and the memory is taken back.
    assert_eq!(total, 1);
}

#[test]
fn waiting_takes_none() {
    let (mut alice, mut bob) = common::transports();
    let mut wire = BytesMut::new();
    alice.tx.encrypt(&[7; 430], &mut wire).unwrap();
    let mut buf = BytesMut::with_capacity(1024);
    for byte in &wire[..wire.len() - 1] {
        buf.put_u8(*byte);
        assert_eq!(
            requests(|| assert!(bob.rx.next(&mut buf).unwrap().is_none())),
            0
        );
    }
}

#[test]
fn a_handshake_takes_one_per_public_key() {
    // A context for each side's ephemeral and each side's static key, see `EphemeralKey::from_bytes`.
    assert_eq!(requests(|| drop(common::transports())), 4);
}
