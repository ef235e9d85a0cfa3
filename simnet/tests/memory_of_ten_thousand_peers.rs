//! Ten thousand connected idle peers, counted by the allocator: pool, workers and sessions.
#![expect(
    unsafe_code,
    reason = "a counting allocator has to implement the unsafe `GlobalAlloc`, and C's allocator is asked in C"
)]
#![expect(
    clippy::print_stdout,
    reason = "figures for the record, with --nocapture"
)]

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
};
use std::alloc::System;

use brontide::{EphemeralKey, LocalSigner, secp256k1::SecretKey};
use conn_worker::{
    Pool, PoolConfig, Session, SessionConfig,
    bytes::BytesMut,
    pool::{Input as PoolInput, Output as PoolOutput, Priority},
    session::{Input, Output},
};
use lnwire::{Address, Instant, NodeId};

struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that is ending has no counter any more, and no test either.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: every method hands its arguments on to `System` unchanged and returns what that returns; counting touches a
// thread-local without destructor or lazy initialisation, so it neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same here and there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: `ptr` came from `System` with this `layout`, as the caller promises it came from here.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size as isize - layout.size() as isize);
        // SAFETY: as for `dealloc`, and the caller keeps the contract for `new_size`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const PEERS: u32 = 10_000;
/// So many of them have a session made here; each of these takes two handshakes' work.
const SESSIONS: usize = 200;

fn node(n: u32) -> NodeId {
    let mut id = [2; 33];
    id[1..5].copy_from_slice(&n.to_be_bytes());
    NodeId(id)
}

/// Brings a session up; its peer is dropped. All that it has to read is read, and all that it has to write written.
fn session(n: u64) -> Session {
    let now = Instant::ZERO;
    let signer = |byte| LocalSigner::new(SecretKey::from_slice(&[byte; 32]).expect("a key"));
    let ephemeral = |byte| {
        let mut bytes = [byte; 32];
        bytes[..8].copy_from_slice(&(n + 1).to_be_bytes());
        EphemeralKey::from_bytes(bytes).expect("a key")
    };
    let (alice, bob) = (signer(1), signer(2));
    let config = SessionConfig::new(alice.public_key());
    let mut ours = Session::outbound(now, config, bob.public_key(), ephemeral(3));
    let config = SessionConfig::new(bob.public_key());
    let mut theirs = Session::inbound(now, config, ephemeral(4));
    let mut buffers = [BytesMut::new(), BytesMut::new()];
    for turn in 0..8 {
        let (session, signer) = if turn % 2 == 0 {
            (&mut ours, &alice)
        } else {
            (&mut theirs, &bob)
        };
        session.handle_bytes(now, &mut buffers[turn % 2]);
        while let Some(output) = session.poll_output() {
            if let Output::Ecdh(point) = output {
                session.handle_input(now, Input::Ecdh(signer.ecdh(&point)));
            }
        }
        let mut wire = BytesMut::new();
        session.poll_transmit(now, &mut wire, 65_536);
        buffers[(turn + 1) % 2].extend_from_slice(&wire);
    }
    assert!(ours.is_up());
    // A minute of quiet: what a burst took is given back.
    let due = ours.poll_timeout().expect("a ping is due");
    ours.handle_timeout(due);
    let mut ping = BytesMut::new();
    ours.poll_transmit(due, &mut ping, 65_536);
    ours
}

#[test]
fn ten_thousand_connected_idle_peers_fit_in_32_mib() {
    let (before, of_c) = (HELD.get(), held_by_c());
    let mut sessions = Vec::with_capacity(SESSIONS);
    sessions.extend((0..SESSIONS as u64).map(session));
    let heap = (HELD.get() - before) as usize - SESSIONS * size_of::<Session>();
    let (a_session, its_heap) = (size_of::<Session>(), heap / SESSIONS);
    // Besides itself, which holds the keys, an idle session holds next to nothing.
    assert!(its_heap <= 1024, "{its_heap} bytes of heap for a session");
    let its_keys =
        (held_by_c().saturating_sub(of_c) / SESSIONS).saturating_sub(a_session + its_heap);

    let before = HELD.get();
    let mut now = Instant::ZERO;
    let config = PoolConfig {
        max_dials: PEERS as usize,
        dials_per_second: 1_000_000,
        startup_peers: PEERS as usize,
        ..PoolConfig::default()
    };
    let mut pool = Pool::new(now, config, node(u32::MAX), 1);
    for n in 0..PEERS {
        let addresses = [9735, 9736].map(|port| Address::Ipv4 {
            ip: [100, 0, (n >> 8) as u8, n as u8].into(),
            port,
        });
        pool.want(now, node(n), addresses.into(), Priority::Persistent);
        while let Some(output) = pool.poll_output() {
            match output {
                PoolOutput::Dial { conn, .. } => pool.handle_input(now, PoolInput::DialOk { conn }),
                PoolOutput::Start { conn, peer } => {
                    pool.handle_input(now, PoolInput::Authenticated { conn, peer });
                    pool.handle_input(now, PoolInput::Up { conn });
                }
                _ => {}
            }
        }
        if let Some(due) = pool.poll_timeout() {
            now = now.max(due);
            pool.handle_timeout(now);
        }
    }
    let connected = pool.status().filter(|peer| peer.session.is_some()).count();
    assert_eq!(connected, PEERS as usize);
    let of_pool = (HELD.get() - before) as usize / PEERS as usize;
    let total = (of_pool + a_session + its_heap + its_keys) * PEERS as usize;
    println!(
        "{of_pool} bytes a peer in the pool, {a_session} + {its_heap} in its session, {its_keys} in C, {:.1} MiB for {PEERS}",
        total as f64 / f64::from(1 << 20)
    );
    assert!(total <= 32 << 20, "{total}");
}

/// Returns what C's allocator has given out, which is all that Rust's has and, on top, what AWS-LC keeps of its keys and the
/// allocator's own bookkeeping. Other libraries of C do not tell; there the test goes by Rust's count alone.
#[cfg(target_env = "gnu")]
fn held_by_c() -> usize {
    // SAFETY: it takes nothing, and returns numbers.
    let all = unsafe { libc::mallinfo2() };
    all.uordblks + all.hblkhd
}

#[cfg(not(target_env = "gnu"))]
fn held_by_c() -> usize {
    0
}
