//! The heap that the graph of a whole network holds, ours beside LDK's, counted by the allocator.
//!
//! Takes the same environment variables as `whole_graph`.
#![expect(unsafe_code, reason = "counting needs an allocator")]
#![expect(clippy::print_stdout, reason = "this is a program")]

use core::{
    alloc::{GlobalAlloc, Layout},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};
use std::alloc::System;

use benches::{
    ldk::{Silent, TheirGraph, Theirs},
    whole_network::{MAINNET_CHANNELS, WholeNetwork},
};
use bitcoin::Network;
use gossip_sync::routemap::apply;
use lnwire::Instant;
use routemap::{Config, Graph};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to `System` unchanged; reallocating is what the trait does by default.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: `ptr` came from `System` with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let network = WholeNetwork::of_mainnet();
    let per_channel = ours(&network);
    println!("ours: {per_channel:.1} bytes per channel");
    let theirs = Theirs::read(&network.messages);
    let before = HELD.load(Relaxed);
    let graph = theirs.fill(TheirGraph::new(Network::Regtest, &Silent));
    let held = HELD.load(Relaxed) - before;
    let channels = graph.read_only().channels().len();
    println!(
        "LDK: {:.1} bytes per channel",
        held as f64 / channels as f64
    );
    drop((graph, theirs, network));

    let ten_times = ours(&WholeNetwork::made_up(10 * MAINNET_CHANNELS));
    println!(
        "ours, ten times the network: {ten_times:.1} bytes per channel, {:.3} of the above",
        ten_times / per_channel
    );
}

fn ours(network: &WholeNetwork) -> f64 {
    let before = HELD.load(Relaxed);
    let mut graph = Graph::new(Config::new(lnwire::ChainHash::REGTEST, 1));
    for message in &network.messages {
        apply(&mut graph, Instant::ZERO, message, None).expect("the network is sound");
    }
    let held = HELD.load(Relaxed) - before;
    assert!(
        graph.heap_bytes() <= held + size_of::<Graph>(),
        "it says more than it holds"
    );
    assert!(
        held <= graph.heap_bytes() + held / 100,
        "it holds more than it says"
    );
    held as f64 / graph.channel_count() as f64
}
