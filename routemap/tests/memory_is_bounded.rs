//! Memory of a graph as large as the public network, and of one with as much churn as there can be.

mod common;

use common::{Network, graph};
use lnwire::ChainHash;
use routemap::{ApplyError, Config, Graph};

const CHANNELS: u32 = 50_000;

/// Heap bytes per channel for everything: records, nodes, indexes.
const BYTES_PER_CHANNEL: usize = 150;

#[test]
fn a_channel_takes_at_most_150_bytes_with_all_that_belongs_to_it() {
    // With the last one the index grows by seven sixteenths, from so many lines.
    let grown = [13_115, 18_853].map(|lines| lines * 44 / 10 + 1);
    for channels in [CHANNELS, grown[0], grown[1]] {
        let mut graph = graph();
        Network::new(channels).apply(&mut graph);
        let most = BYTES_PER_CHANNEL * graph.channel_count();
        assert_eq!(graph.channel_count(), channels as usize);
        assert!(
            graph.heap_bytes() <= most,
            "{channels}: {}",
            graph.heap_bytes()
        );
    }
}

/// What `Config::max_channels` promises.
#[test]
fn memory_is_bounded_however_fast_channels_come_and_go() {
    const MOST: u32 = 20_000;
    const BYTES: usize = 800;
    let mut graph = Graph::new(Config {
        max_channels: MOST,
        ..Config::new(ChainHash::REGTEST, common::SEED)
    });
    let (mut added, mut refused, mut most) = (0, 0, 0);
    for second in 0..2000 {
        // All channels go at once, and as many as the graph takes come, each between two new nodes.
        let handles: Vec<_> = graph.channels().map(|(handle, _)| handle).collect();
        for handle in handles {
            graph.remove_channel(common::at(second), handle).unwrap();
        }
        let error = loop {
            let announcement = common::announcement(added, 2 * added as u32, 2 * added as u32 + 1);
            match graph.apply_channel(common::at(second), &announcement, None) {
                Ok(_) => added += 1,
                Err(error) => break error,
            }
        };
        refused += usize::from(error == ApplyError::Quarantine);
        most = most.max(graph.heap_bytes());
    }
    assert!(added >= 6 * u64::from(MOST) && refused > 0);
    assert!(most <= BYTES * MOST as usize, "{most}");
}
