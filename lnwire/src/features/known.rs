//! The features of BOLT 9.

use super::{Context, Contexts};

/// A pair of bits: the even one demands a feature, the odd one offers it.
///
/// The constants are those of BOLT 9, [assigned feature flags](https://github.com/lightning/bolts/blob/master/09-features.md);
/// what others use beside them is in [`dialect`](super::dialect).
///
/// ```
/// use lnwire::{Context, Feature};
/// assert_eq!((Feature::BASIC_MPP.even_bit, Feature::BASIC_MPP.odd_bit()), (16, 17));
/// assert!(Feature::BASIC_MPP.dependencies().eq([Feature::PAYMENT_SECRET]));
/// let contexts = Feature::PAYMENT_METADATA.contexts().expect("BOLT 9 lists them");
/// assert!(contexts.contains(Context::Invoice) && !contexts.contains(Context::Init));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Feature {
    /// The even bit's number.
    pub even_bit: u32,
    /// The name in BOLT 9.
    pub name: &'static str,
}

/// Declares the table of features: one constant a line with the contexts of BOLT 9, and all of them as a list.
macro_rules! features {
    ($($(#[$doc:meta])* $constant:ident = $even_bit:literal, $name:literal, $contexts:expr;)*) => {
        impl Feature {
            $($(#[$doc])* pub const $constant: Self = Self { even_bit: $even_bit, name: $name };)*

            /// Every feature of BOLT 9, by ascending bit.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];

            /// Returns where BOLT 9 wants the feature to be shown, and nowhere else. `None` where its table says
            /// nothing (features assumed of every node, and `gossip_queries`, which every node shows in `init` and
            /// `node_announcement` all the same), and for a feature that is not in the table.
            #[must_use]
            pub fn contexts(self) -> Option<Contexts> {
                match self {
                    $(Self { even_bit: $even_bit, name: $name } => $contexts,)*
                    _ => None,
                }
            }
        }
    };
}

/// The sets of contexts that the table has.
const UNSAID: Option<Contexts> = None;
const IN: Option<Contexts> = Some(Contexts::new(&[Context::Init, Context::NodeAnnouncement]));
const IN9: Option<Contexts> = Some(Contexts::new(&[
    Context::Init,
    Context::NodeAnnouncement,
    Context::Invoice,
]));
const INT: Option<Contexts> = Some(Contexts::new(&[
    Context::Init,
    Context::NodeAnnouncement,
    Context::ChannelType,
]));
const INVOICE: Option<Contexts> = Some(Contexts::new(&[Context::Invoice]));

features! {
    /// Assumed of every node.
    DATA_LOSS_PROTECT = 0, "option_data_loss_protect", UNSAID;
    /// Commits to a shutdown script when opening a channel.
    UPFRONT_SHUTDOWN_SCRIPT = 4, "option_upfront_shutdown_script", IN;
    /// Has gossip worth asking for.
    GOSSIP_QUERIES = 6, "gossip_queries", UNSAID;
    /// Assumed of every node.
    VAR_ONION_OPTIN = 8, "var_onion_optin", UNSAID;
    /// Gossip queries can say more: timestamps, checksums, flags for each channel.
    GOSSIP_QUERIES_EX = 10, "gossip_queries_ex", IN;
    /// Assumed of every node.
    STATIC_REMOTEKEY = 12, "option_static_remotekey", UNSAID;
    /// Assumed of every node.
    PAYMENT_SECRET = 14, "payment_secret", UNSAID;
    /// Receives multi-part payments.
    BASIC_MPP = 16, "basic_mpp", IN9;
    /// Opens channels above 2^24 satoshi.
    SUPPORT_LARGE_CHANNEL = 18, "option_support_large_channel", IN;
    /// Anchor outputs with HTLC transactions that pay no fee.
    ANCHORS = 22, "option_anchors", INT;
    /// Blinded paths.
    ROUTE_BLINDING = 24, "option_route_blinding", IN9;
    /// Future segwit versions in `shutdown`.
    SHUTDOWN_ANYSEGWIT = 26, "option_shutdown_anysegwit", IN;
    /// Version 2 of channel opening.
    DUAL_FUND = 28, "option_dual_fund", IN;
    /// The `stfu` message.
    QUIESCE = 34, "option_quiesce", IN;
    /// Attribution data in failures and fulfilments.
    ATTRIBUTION_DATA = 36, "option_attribution_data", IN9;
    /// Forwards onion messages.
    ONION_MESSAGES = 38, "option_onion_messages", IN;
    /// Stores other nodes' encrypted backups.
    PROVIDE_STORAGE = 42, "option_provide_storage", IN;
    /// Assumed of every node.
    CHANNEL_TYPE = 44, "option_channel_type", UNSAID;
    /// Channel aliases for routing.
    SCID_ALIAS = 46, "option_scid_alias", INT;
    /// Payment metadata in the onion.
    PAYMENT_METADATA = 48, "option_payment_metadata", INVOICE;
    /// Channels that are used before their funding confirms.
    ZEROCONF = 50, "option_zeroconf", INT;
    /// Simplified closing negotiation.
    SIMPLE_CLOSE = 60, "option_simple_close", IN;
    /// Replaces a funding transaction by a new one.
    SPLICE = 62, "option_splice", IN;
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

    /// Returns whether BOLT 9 assumes the feature of every node, so that nobody misses its bit.
    #[must_use]
    pub fn is_assumed(self) -> bool {
        Self::ASSUMED.contains(&self)
    }

    /// Returns whether BOLT 9 makes the feature depend on `other`, be it by way of a third one.
    #[must_use]
    pub fn depends_on(self, other: Self) -> bool {
        Self::DEPENDENCIES.iter().any(|(feature, needed)| {
            *feature == self && (*needed == other || needed.depends_on(other))
        })
    }

    /// Returns all features of BOLT 9 that the feature depends on, be it by way of others, by ascending bit.
    pub fn dependencies(self) -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |other| self.depends_on(*other))
    }
}
