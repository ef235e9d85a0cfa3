//! Which chain a message speaks of.

use super::hex_bytes::hex_bytes;

hex_bytes! {
    /// The hash of a chain's genesis block, in the byte order of the wire (BOLT 0).
    ChainHash, 32
}

const fn reversed(hex: &[u8; 64]) -> ChainHash {
    let mut bytes = [0; 32];
    let mut i: u8 = 0;
    // Block explorers print hashes in the other byte order; the constants below are readable that way.
    while i < 32 {
        #[expect(
            clippy::as_conversions,
            clippy::indexing_slicing,
            clippy::arithmetic_side_effects,
            reason = "constant evaluation of constants: a mistake here does not compile"
        )]
        {
            bytes[31 - i as usize] =
                digit(hex[2 * i as usize]) << 4 | digit(hex[2 * i as usize + 1]);
            i += 1;
        }
    }
    ChainHash(bytes)
}

const fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex.wrapping_sub(b'0'),
        _ => hex.wrapping_sub(b'a').wrapping_add(10),
    }
}

impl ChainHash {
    /// Bitcoin's main network.
    pub const MAINNET: Self =
        reversed(b"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
    /// Bitcoin's test network, version 3.
    pub const TESTNET: Self =
        reversed(b"000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943");
    /// Bitcoin's default signet.
    pub const SIGNET: Self =
        reversed(b"00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6");
    /// A private regression test chain.
    pub const REGTEST: Self =
        reversed(b"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
}
