//! The exact number of allocations, counted.
#![expect(unsafe_code, reason = "counting needs an allocator")]

mod common;

use core::{
    alloc::{GlobalAlloc, Layout},
    sync::atomic::{AtomicUsize, Ordering},
};
use std::alloc::System;

use common::{Network, Random, graph};
use lnwire::Msat;
use routemap::{Hint, OwnChannel, PrivateChannel, Query, Scratch, ShortChannelId, find_path};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to `System` unchanged; reallocating is what the trait does by default.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System` with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The only test in this file: another thread's allocations would count.
#[test]
fn a_query_allocates_its_route_only() {
    let mut graph = graph();
    Network::new(3000).apply(&mut graph);
    let nodes: Vec<_> = graph.nodes().map(|(handle, _)| handle).collect();
    let mut scratch = Scratch::new();
    let mut random = Random(4);
    let mut query = || {
        let mut pick = || nodes[random.below(nodes.len() as u64) as usize];
        Query::new(pick(), pick(), Msat(1_000_000))
    };
    let _ = find_path(&graph, &mut scratch, &query());
    let heap_bytes = scratch.heap_bytes();

    let (mut found, mut missing) = (0, 0);
    for _ in 0..500 {
        let query = query().with_max_hops(4);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let route = find_path(&graph, &mut scratch, &query);
        let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
        assert_eq!(allocations, usize::from(route.is_ok()));
        found += usize::from(route.is_ok());
        missing += usize::from(route.is_err());
    }
    assert!(found > 300 && missing > 0, "{found} {missing}");
    assert_eq!(scratch.heap_bytes(), heap_bytes);

    // Nor does a private channel need more than the list of those that are taken.
    let mut both = 0;
    for n in 0..200 {
        let own = OwnChannel::new(nodes[n], ShortChannelId(1), Msat(u64::MAX));
        let channel = PrivateChannel::new(ShortChannelId(2), 1, 1, 1);
        let hint = Hint::new(nodes[n / 2], [channel; 2]);
        let query = Query::new(None, None, Msat(1_000_000))
            .with_own_channels([own])
            .with_hints([hint]);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let route = find_path(&graph, &mut scratch, &query);
        let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
        let hops = route.map_or(0, |route| 1 + usize::from(!route.hops.is_empty()));
        assert_eq!(allocations, hops);
        both += usize::from(hops == 2);
    }
    assert!(both > 100, "{both}");
    assert_eq!(scratch.heap_bytes(), heap_bytes);

    // What is there already is updated without allocating.
    let newer: Vec<_> = graph
        .channels()
        .map(|(_, c)| c.copied())
        .take(100)
        .collect();
    let updates = newer.iter().map(|channel| {
        let direction = routemap::Direction::OneToTwo;
        let signer = graph.node(channel.by_ref().nodes()[0]).unwrap().id();
        let contents = common::terms(channel.by_ref().short_channel_id().0, direction, 2);
        let update = contents
            .unsigned()
            .unwrap()
            .sign(&[lnwire::Signature([0; 64])]);
        lnwire::Verified::trust_without_checking(update, signer)
    });
    let updates: Vec<_> = updates.collect();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for update in &updates {
        graph.apply_update(common::at(1), update).unwrap();
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), before);
}
