//! What several tests need.
#![allow(dead_code, reason = "no test needs all of it")]

pub(crate) mod folder;
pub(crate) mod gossmap_file;
pub(crate) mod nodes;
pub(crate) mod program;
pub(crate) mod rogue;

use std::path::PathBuf;

use examples::{network::SignedNetwork, topology::Topology};
use secp256k1::SECP256K1;

/// Returns the folder of real data that `LIGHTNING_TEST_DATA` names, if it is set.
pub(crate) fn test_data() -> Option<PathBuf> {
    std::env::var_os("LIGHTNING_TEST_DATA").map(PathBuf::from)
}

/// Returns the number of channels of every node.
pub(crate) fn degrees(topology: &Topology) -> Vec<usize> {
    let mut degrees = vec![0; topology.node_names.len()];
    for node in topology.channels.iter().flat_map(|c| c.nodes) {
        degrees[node as usize] += 1;
    }
    degrees
}

/// Checks every signature against the keys that the messages name; returns how many there are.
pub(crate) fn verify(network: &SignedNetwork) -> usize {
    let checked = verify_sample(network, 1);
    assert_eq!(checked, network.signature_count());
    checked
}

/// Checks the signatures of one in `every` messages, and what costs nothing of all of them; returns how many
/// signatures that were.
pub(crate) fn verify_sample(network: &SignedNetwork, every: usize) -> usize {
    let mut signatures = 0;
    for (i, channel) in network.channels.iter().enumerate() {
        let chosen = i % every == 0;
        let announcement = &channel.announcement;
        let signers = [announcement.node_id_1(), announcement.node_id_2()];
        assert!(signers[0] < signers[1]);
        if chosen {
            announcement.clone().verify(SECP256K1).unwrap();
            signatures += 4;
        }
        for (direction, signer) in signers.into_iter().enumerate() {
            let Some(update) = channel.updates[direction].clone() else {
                continue;
            };
            assert_eq!(usize::from(update.direction()), direction);
            assert_eq!(update.short_channel_id(), announcement.short_channel_id());
            if chosen {
                update.verify(SECP256K1, signer).unwrap();
                signatures += 1;
            }
        }
    }
    for node in network.nodes.iter().step_by(every) {
        node.clone().verify(SECP256K1).unwrap();
        signatures += 1;
    }
    signatures
}
