//! The constants for chains are those of rust-bitcoin.

use bitcoin::{Network, constants::ChainHash as Genesis};
use lnwire::ChainHash;

#[test]
fn chain_hashes_are_those_of_the_genesis_blocks() {
    for (ours, network) in [
        (ChainHash::MAINNET, Network::Bitcoin),
        (ChainHash::TESTNET, Network::Testnet),
        (ChainHash::SIGNET, Network::Signet),
        (ChainHash::REGTEST, Network::Regtest),
    ] {
        assert_eq!(&ours.0, Genesis::using_genesis_block(network).as_bytes());
        let block = bitcoin::constants::genesis_block(network).block_hash();
        assert_eq!(&ours.0, AsRef::<[u8; 32]>::as_ref(&block));
    }
}
