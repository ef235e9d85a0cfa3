//! Feature bits that BOLT 9 does not list: bLIPs, proposals, and what implementations use among themselves.
//!
//! A table to recognise them by. Nothing in this crate acts on it: [`Features::required_unknown`] still names these
//! bits, and whoever implements one says so by [`Features::requires_unknown`].
//!
//! Three traps are why these are no [`Feature`]s:
//!
//! 1. Bits clash: lnd's `amp` and a taproot draft of LDK are both 30/31. The table has both, and
//!    [`Dialect::clashes`] finds them.
//! 2. Some are no pairs: `initial_routing_sync` has bit 3 only, bLIP 50 uses bit 729 only, and lnd's taproot overlay
//!    offers by 2025 and demands by 2026, which is the even bit of the pair behind.
//! 3. One bit, several drafts: the prototypes at 148/149, 152/153 and 154/155 changed their meaning while they kept
//!    their numbers, so a set bit says that the peer tries something, not what.
//!
//! bLIPs, [feature bits](https://github.com/lightning/blips/blob/master/blip-0002.md).

use super::{Context, Contexts, Feature, Features};

/// A feature outside BOLT 9.
///
/// ```
/// use lnwire::{Features, features::dialect::{self, Dialect}};
/// let theirs = Features::from_bits([31, 55]);
/// let names: Vec<_> = Dialect::recognised(&theirs).map(|dialect| dialect.name).collect();
/// assert_eq!(names, ["amp", "option_taproot (draft)", "keysend"]);
/// assert!(dialect::AMP.clashes().eq([&dialect::TAPROOT_DRAFT]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Dialect {
    /// The bit that offers it.
    pub optional_bit: u32,
    /// The bit that demands it, where there is one.
    pub required_bit: Option<u32>,
    /// Its name among those who use it.
    pub name: &'static str,
    /// Who defines or uses it.
    pub source: &'static str,
    /// Where it is shown.
    pub contexts: Contexts,
    /// The pairs without which it must not be set.
    pub dependencies: &'static [Feature],
}

/// Declares the table: bits, name, source, contexts and dependencies of each, and all of them as a list.
macro_rules! dialects {
    ($($(#[$doc:meta])*
        $constant:ident = $optional:literal, $required:expr, $name:literal, $source:literal,
        $contexts:ident, $dependencies:expr;)*) => {
        $($(#[$doc])* pub const $constant: Dialect = Dialect {
            optional_bit: $optional,
            required_bit: $required,
            name: $name,
            source: $source,
            contexts: $contexts,
            dependencies: &$dependencies,
        };)*

        /// Every entry, by ascending bit.
        pub const ALL: &[Dialect] = &[$($constant),*];
    };
}

const I: Contexts = Contexts::new(&[Context::Init]);
const N: Contexts = Contexts::new(&[Context::NodeAnnouncement]);
const T: Contexts = Contexts::new(&[Context::ChannelType]);
const INVOICE: Contexts = Contexts::new(&[Context::Invoice]);
const IT: Contexts = Contexts::new(&[Context::Init, Context::ChannelType]);
const IN: Contexts = Contexts::new(&[Context::Init, Context::NodeAnnouncement]);
const IN9: Contexts = Contexts::new(&[Context::Init, Context::NodeAnnouncement, Context::Invoice]);
const INT: Contexts = Contexts::new(&[
    Context::Init,
    Context::NodeAnnouncement,
    Context::ChannelType,
]);

/// A pair outside BOLT 9 that another one depends on.
const fn pair(even_bit: u32, name: &'static str) -> Feature {
    Feature { even_bit, name }
}

dialects! {
    /// Asks for a dump of the whole graph. Gone from BOLT 9: it has an odd bit only, and of the nodes in use LDK alone
    /// acts on it, for peers that do not offer `gossip_queries`. Do not set it.
    INITIAL_ROUTING_SYNC = 3, None, "initial_routing_sync", "removed from BOLT 9", I, [];
    /// Anchor outputs whose HTLC transactions pay a fee: known to most nodes, offered by none.
    ANCHOR_OUTPUTS = 21, Some(20), "option_anchor_outputs", "removed from BOLT 9", INT,
        [Feature::STATIC_REMOTEKEY];
    /// Atomic multi-path payments. Clashes with [`TAPROOT_DRAFT`].
    AMP = 31, Some(30), "amp", "lnd", IN9, [Feature::PAYMENT_SECRET];
    /// An early number for taproot channels. Clashes with [`AMP`], which is what a peer means.
    TAPROOT_DRAFT = 31, Some(30), "option_taproot (draft)", "LDK, in builds for testing", INT, [];
    /// Commitment transactions that pay no fee.
    ZERO_FEE_COMMITMENTS = 41, Some(40), "zero_fee_commitments", "BOLTs #1228: LDK, eclair", INT, [];
    /// Holds HTLCs for a recipient that is offline. LDK and eclair use [`ASYNC_PAYMENT_PROTOTYPE`] instead.
    HTLC_HOLD = 53, Some(52), "option_htlc_hold", "BOLTs #989", IN, [];
    /// Spontaneous payments.
    KEYSEND = 55, Some(54), "keysend", "bLIP 3", N, [Feature::VAR_ONION_OPTIN];
    /// Trampoline routing. eclair and Electrum use [`TRAMPOLINE_PAYMENT_PROTOTYPE`] instead.
    TRAMPOLINE = 57, Some(56), "trampoline", "BOLTs #836: LDK", IN9, [Feature::PAYMENT_SECRET];
    /// Relays onion messages for peers with a channel only.
    ONION_MESSAGES_ONLY_CHANNELS = 67, Some(66), "option_onion_messages_only_channels", "eclair", IN, [];
    /// Understands the second version of gossip.
    GOSSIP_V2 = 71, Some(70), "option_gossip_v2", "BOLTs #1059", IN, [];
    /// Announces P2WSH channels by it.
    GOSSIP_V2_P2WSH = 73, Some(72), "option_gossip_v2_p2wsh", "BOLTs #1059", IN,
        [pair(70, "option_gossip_v2")];
    /// Announces a channel that was not announced before.
    GOSSIP_ANNOUNCE_PRIVATE = 75, Some(74), "option_gossip_announce_private", "BOLTs #1059", IN, [];
    /// Taproot channels.
    SIMPLE_TAPROOT = 81, Some(80), "option_simple_taproot", "BOLTs #995: lnd, eclair", INT,
        [Feature::CHANNEL_TYPE, Feature::SIMPLE_CLOSE];
    /// A `shutdown` that names another funding output.
    SHUTDOWN_WRONG_FUNDING = 105, Some(104), "option_shutdown_wrong_funding", "Core Lightning", IN, [];
    /// Channels without a reserve on the wallet's side.
    PHOENIX_ZERO_RESERVE = 129, Some(128), "phoenix_zero_reserve", "eclair", IT, [];
    /// A wallet that a push notification wakes up.
    WAKE_UP_NOTIFICATION_CLIENT = 133, Some(132), "wake_up_notification_client", "eclair", I, [];
    /// [`ZERO_FEE_COMMITMENTS`] before its number was assigned.
    ZERO_FEE_COMMITMENTS_STAGING = 141, Some(140), "zero_fee_commitments (staging)", "LDK", T, [];
    /// Trampoline routing before its number was assigned.
    TRAMPOLINE_PAYMENT_PROTOTYPE = 149, Some(148), "trampoline_payment_prototype", "eclair, Electrum", IN9,
        [Feature::PAYMENT_SECRET];
    /// Payments to recipients that are offline; eclair and LDK mean different drafts by it.
    ASYNC_PAYMENT_PROTOTYPE = 153, Some(152), "async_payment_prototype", "BOLTs #989: eclair, LDK", IN9,
        [pair(148, "trampoline_payment_prototype")];
    /// Splicing before its number was assigned.
    SPLICE_PROTOTYPE = 155, Some(154), "splice_prototype", "eclair", I, [];
    /// `option_simple_close` before its number was assigned.
    RBF_COOP_CLOSE_STAGING = 161, Some(160), "rbf-coop-close-x", "lnd", IN, [];
    /// [`SIMPLE_TAPROOT`] before its number was assigned.
    SIMPLE_TAPROOT_STAGING = 181, Some(180), "simple-taproot-chans-x", "lnd", INT,
        [Feature::CHANNEL_TYPE, Feature::ANCHORS];
    /// Channels that one side keeps the books of.
    HOSTED_CHANNELS = 257, Some(256), "hosted_channels", "bLIP 17", IN, [];
    /// Resolves names for payments.
    DNS_RESOLVER = 259, Some(258), "dns_resolver", "bLIP 32: LDK", N, [];
    /// Signals which HTLCs a node vouches for.
    HTLC_ENDORSEMENT = 261, Some(260), "htlc_endorsement", "bLIP 4: lnd as accountable-x", N, [];
    /// Blinded paths in BOLT 11 invoices.
    BOLT11_BLINDED_PATH = 263, Some(262), "bolt11_blinded_path", "bLIP 39: lnd", INVOICE,
        [Feature::ROUTE_BLINDING];
    /// Liquidity bought while a payment arrives.
    ON_THE_FLY_FUNDING = 561, Some(560), "on_the_fly_funding", "bLIP 36: eclair", I, [];
    /// Credit towards the fee of [`ON_THE_FLY_FUNDING`].
    FUNDING_FEE_CREDIT = 563, Some(562), "funding_fee_credit", "eclair", I,
        [pair(560, "on_the_fly_funding")];
    /// Taproot channels of a wallet.
    SIMPLE_TAPROOT_PHOENIX = 565, Some(564), "option_simple_taproot_phoenix", "eclair", INT,
        [Feature::CHANNEL_TYPE, Feature::SIMPLE_CLOSE];
    /// Offers the services of a liquidity provider. The even bit is not used.
    SUPPORTS_LSPS = 729, None, "option_supports_lsps", "bLIP 50: Core Lightning, LDK", IN, [];
    /// Channels leased for a time.
    SCRIPT_ENFORCED_LEASE = 2023, Some(2022), "script-enforced-lease", "lnd", INT,
        [Feature::CHANNEL_TYPE, Feature::ANCHORS];
    /// Channels that carry assets. No pair: 2026 demands it, which is not the even bit beside 2025.
    TAPROOT_OVERLAY = 2025, Some(2026), "taproot-overlay-chans", "lnd", INT,
        [
            pair(180, "simple-taproot-chans-x"),
            Feature::VAR_ONION_OPTIN,
            Feature::SCID_ALIAS,
        ];
}

impl Dialect {
    /// Returns whether the vector has one of its bits.
    #[must_use]
    pub fn is_set_in(&self, features: &Features) -> bool {
        features.is_set(self.optional_bit) || self.is_required_by(features)
    }

    /// Returns whether the vector has the bit that demands it.
    #[must_use]
    pub fn is_required_by(&self, features: &Features) -> bool {
        self.required_bit.is_some_and(|bit| features.is_set(bit))
    }

    /// Returns it as a pair of bits, if it is one: the odd bit offers, the even one beside it demands.
    #[must_use]
    pub fn pair(&self) -> Option<Feature> {
        let even_bit = self.required_bit?;
        let feature = pair(even_bit, self.name);
        (even_bit % 2 == 0 && feature.odd_bit() == self.optional_bit).then_some(feature)
    }

    /// Returns the other entries that use one of its bits.
    pub fn clashes(&self) -> impl Iterator<Item = &'static Self> + use<> {
        let this = *self;
        let uses = move |bit| this.optional_bit == bit || this.required_bit == Some(bit);
        ALL.iter().filter(move |other| {
            **other != this && (uses(other.optional_bit) || other.required_bit.is_some_and(uses))
        })
    }

    /// Returns the first of its dependencies that the vector does not have, unless BOLT 9 assumes it of every node.
    #[must_use]
    pub fn missing_dependency(&self, features: &Features) -> Option<Feature> {
        let missing = |needed: &Feature| !features.supports(*needed) && !needed.is_assumed();
        self.dependencies.iter().copied().find(missing)
    }

    /// Returns the entries of which the vector has a bit; of several that share the bit, all.
    pub fn recognised(features: &Features) -> impl Iterator<Item = &'static Self> + '_ {
        ALL.iter().filter(|dialect| dialect.is_set_in(features))
    }
}
