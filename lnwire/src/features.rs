//! Feature bits, kept as the byte string that was received.
//!
//! BOLT 9, [assigned feature flags](https://github.com/lightning/bolts/blob/master/09-features.md).

use core::fmt;

use bytes::{BufMut, Bytes, BytesMut};

/// A pair of bits: the even one demands a feature, the odd one offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Feature {
    /// The even bit's number.
    pub even_bit: u32,
    /// The name in BOLT 9.
    pub name: &'static str,
}

/// Declares the table of features: one constant a line, and all of them as a list.
macro_rules! features {
    ($($(#[$doc:meta])* $constant:ident = $even_bit:literal, $name:literal;)*) => {
        impl Feature {
            $($(#[$doc])* pub const $constant: Self = Self { even_bit: $even_bit, name: $name };)*

            /// Every feature of BOLT 9, by ascending bit.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

features! {
    /// Assumed of every node.
    DATA_LOSS_PROTECT = 0, "option_data_loss_protect";
    /// Commits to a shutdown script when opening a channel.
    UPFRONT_SHUTDOWN_SCRIPT = 4, "option_upfront_shutdown_script";
    /// Has gossip worth asking for.
    GOSSIP_QUERIES = 6, "gossip_queries";
    /// Assumed of every node.
    VAR_ONION_OPTIN = 8, "var_onion_optin";
    /// Gossip queries can say more: timestamps, checksums, flags for each channel.
    GOSSIP_QUERIES_EX = 10, "gossip_queries_ex";
    /// Assumed of every node.
    STATIC_REMOTEKEY = 12, "option_static_remotekey";
    /// Assumed of every node.
    PAYMENT_SECRET = 14, "payment_secret";
    /// Receives multi-part payments.
    BASIC_MPP = 16, "basic_mpp";
    /// Opens channels above 2^24 satoshi.
    SUPPORT_LARGE_CHANNEL = 18, "option_support_large_channel";
    /// Anchor outputs with HTLC transactions that pay no fee.
    ANCHORS = 22, "option_anchors";
    /// Blinded paths.
    ROUTE_BLINDING = 24, "option_route_blinding";
    /// Future segwit versions in `shutdown`.
    SHUTDOWN_ANYSEGWIT = 26, "option_shutdown_anysegwit";
    /// Version 2 of channel opening.
    DUAL_FUND = 28, "option_dual_fund";
    /// The `stfu` message.
    QUIESCE = 34, "option_quiesce";
    /// Attribution data in failures and fulfilments.
    ATTRIBUTION_DATA = 36, "option_attribution_data";
    /// Forwards onion messages.
    ONION_MESSAGES = 38, "option_onion_messages";
    /// Stores other nodes' encrypted backups.
    PROVIDE_STORAGE = 42, "option_provide_storage";
    /// Assumed of every node.
    CHANNEL_TYPE = 44, "option_channel_type";
    /// Channel aliases for routing.
    SCID_ALIAS = 46, "option_scid_alias";
    /// Payment metadata in the onion.
    PAYMENT_METADATA = 48, "option_payment_metadata";
    /// Channels that are used before their funding confirms.
    ZEROCONF = 50, "option_zeroconf";
    /// Simplified closing negotiation.
    SIMPLE_CLOSE = 60, "option_simple_close";
    /// Replaces a funding transaction by a new one.
    SPLICE = 62, "option_splice";
}

impl Feature {
    /// The features that BOLT 9 assumes of every node. Peers exist that leave when one of these bits is not
    /// set, so set them all the same.
    pub const ASSUMED: &'static [Self] = &[
        Self::DATA_LOSS_PROTECT,
        Self::VAR_ONION_OPTIN,
        Self::STATIC_REMOTEKEY,
        Self::PAYMENT_SECRET,
        Self::CHANNEL_TYPE,
    ];

    /// The dependencies in BOLT 9: who sets a bit of the first feature also sets one of the second.
    pub const DEPENDENCIES: &'static [(Self, Self)] = &[
        (Self::BASIC_MPP, Self::PAYMENT_SECRET),
        (Self::ZEROCONF, Self::SCID_ALIAS),
        (Self::SIMPLE_CLOSE, Self::SHUTDOWN_ANYSEGWIT),
    ];

    /// Returns the odd bit's number: the feature is offered.
    #[must_use]
    pub const fn odd_bit(self) -> u32 {
        self.even_bit | 1
    }
}

/// A vector of feature bits.
///
/// Holds the bytes as they came, however long; a bit is looked up when somebody asks for it. Equality is
/// that of the bytes: leading zero bytes count.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Features(Bytes);

impl Features {
    /// No bit at all.
    pub const EMPTY: Self = Self(Bytes::new());

    /// Wraps the bytes of a vector, the highest bits first.
    #[must_use]
    pub const fn from_bytes(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Makes the shortest vector with these bits set.
    #[must_use]
    pub fn from_bits(bits: impl IntoIterator<Item = u32> + Clone) -> Self {
        let len = bits
            .clone()
            .into_iter()
            .map(|bit| byte_index(bit).saturating_add(1))
            .max()
            .unwrap_or(0);
        let mut bytes = BytesMut::zeroed(len);
        for bit in bits {
            if let Some(byte) = bytes.iter_mut().rev().nth(byte_index(bit)) {
                *byte |= mask(bit);
            }
        }
        Self(bytes.freeze())
    }

    /// Makes the shortest vector that offers these features, by their odd bits.
    #[must_use]
    pub fn offering(features: &[Feature]) -> Self {
        Self::from_bits(features.iter().map(|f| f.odd_bit()))
    }

    /// Returns the bytes as they were received.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Returns whether the bit is set.
    #[must_use]
    pub fn is_set(&self, bit: u32) -> bool {
        self.0
            .iter()
            .rev()
            .nth(byte_index(bit))
            .is_some_and(|byte| byte & mask(bit) != 0)
    }

    /// Returns whether the feature is offered or demanded.
    #[must_use]
    pub fn supports(&self, feature: Feature) -> bool {
        self.is_set(feature.even_bit) || self.is_set(feature.odd_bit())
    }

    /// Returns whether the feature is demanded: its even bit is set, whatever the odd one says.
    #[must_use]
    pub fn requires(&self, feature: Feature) -> bool {
        self.is_set(feature.even_bit)
    }

    /// Returns the numbers of the bits that are set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().rev().zip(0_u32..).flat_map(|(&byte, index)| {
            (0..8_u32)
                .filter(move |bit| byte >> bit & 1 == 1)
                .map(move |bit| index.wrapping_mul(8).wrapping_add(bit))
        })
    }

    /// Returns the lowest even bit that is set and belongs to no feature of BOLT 9: whoever sets it must not
    /// be talked to.
    #[must_use]
    pub fn required_unknown(&self) -> Option<u32> {
        self.iter()
            .filter(|bit| bit % 2 == 0)
            .find(|bit| Feature::ALL.iter().all(|known| known.even_bit != *bit))
    }

    /// Returns the first feature that is set without one that it depends on, and that one: whoever sends such an
    /// `init` must not be talked to (BOLT 1). Features that BOLT 9 assumes of every node are not missed.
    #[must_use]
    pub fn missing_dependency(&self) -> Option<(Feature, Feature)> {
        Feature::DEPENDENCIES
            .iter()
            .copied()
            .find(|(feature, needed)| {
                self.supports(*feature)
                    && !self.supports(*needed)
                    && !Feature::ASSUMED.contains(needed)
            })
    }

    /// Returns the bits of both vectors, the way a receiver of `init` joins its two fields.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.0.iter().all(|b| *b == 0) {
            return self.clone();
        }
        let (long, short) = if self.0.len() < other.0.len() {
            (other, self)
        } else {
            (self, other)
        };
        let mut bytes = BytesMut::from(long.0.as_ref());
        for (byte, more) in bytes.iter_mut().rev().zip(short.0.iter().rev()) {
            *byte |= more;
        }
        Self(bytes.freeze())
    }

    pub(crate) fn write_u16_prefixed(&self, out: &mut impl BufMut) {
        put_u16_prefixed(&self.0, out);
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Appends a `u16` length and the bytes.
pub(crate) fn put_u16_prefixed(bytes: &[u8], out: &mut impl BufMut) {
    // `WireMessage::encode` has refused messages in which a length would not fit.
    out.put_u16(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
    out.put_slice(bytes);
}

fn byte_index(bit: u32) -> usize {
    usize::try_from(bit / 8).unwrap_or(usize::MAX)
}

const fn mask(bit: u32) -> u8 {
    1_u8.wrapping_shl(bit % 8)
}
