//! How often the allocator is asked, in exact numbers.
#![expect(
    unsafe_code,
    reason = "a counting allocator has to implement the unsafe `GlobalAlloc`"
)]

mod common;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use common::{End, Rogue, at, encoded};
use conn_worker::bytes::{Bytes, BytesMut};
use conn_worker::lnwire::bolt1::{Ping, Warning};
use conn_worker::session::Lane;

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
fn receiving_takes_none_for_a_message() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    let warning = encoded(&Warning::about_all("steady"));
    let mut once = |end: &mut End, count: usize| {
        let mut received = BytesMut::with_capacity(1 << 16);
        for _ in 0..count {
            received.extend_from_slice(&rogue.seal(&warning));
        }
        requests(|| {
            end.session.handle_bytes(at(0), &mut received);
            for _ in 0..count {
                assert!(end.session.poll_output().is_some());
            }
        })
    };
    // The first time the queue of outputs grows.
    once(&mut end, 30);
    // One for the buffer: it becomes shared with its first message.
    assert_eq!(once(&mut end, 1), 1);
    assert_eq!(once(&mut end, 30), 1);
}

#[test]
fn relaying_and_answering_take_none_for_a_message() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    let gossip = Bytes::from_static(&[0xff; 430]);
    let ping = encoded(&Ping {
        num_pong_bytes: 64,
        ignored: Bytes::new(),
        extra: Bytes::new(),
    });
    let mut wire = BytesMut::with_capacity(1 << 16);
    let mut once = |end: &mut End| {
        wire.clear();
        end.received = rogue.seal(&ping);
        end.received.reserve(1024);
        requests(|| {
            for _ in 0..16 {
                end.session
                    .send_frame(at(0), Lane::Gossip, gossip.clone())
                    .unwrap();
            }
            end.session.handle_bytes(at(0), &mut end.received);
            while end.session.poll_transmit(at(0), &mut wire, 4096) > 0 {}
        })
    };
    once(&mut end);
    // One for the received buffer, as above.
    assert_eq!(once(&mut end), 1);
}
