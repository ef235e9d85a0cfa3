//! Chains by the names that users know.

use clap::ValueEnum;
use lnwire::ChainHash;

/// A chain with channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Network {
    /// Bitcoin itself.
    Mainnet,
    /// The third test network.
    Testnet,
    /// The default signet.
    Signet,
    /// A chain of one's own.
    Regtest,
}

impl Network {
    /// Returns the hash of its first block, by which gossip names it.
    #[must_use]
    pub fn chain_hash(self) -> ChainHash {
        let network = match self {
            Self::Mainnet => bitcoin::Network::Bitcoin,
            Self::Testnet => bitcoin::Network::Testnet,
            Self::Signet => bitcoin::Network::Signet,
            Self::Regtest => bitcoin::Network::Regtest,
        };
        ChainHash(bitcoin::constants::ChainHash::using_genesis_block(network).to_bytes())
    }
}
