//! What an embedder may choose, with the numbers chosen when it does not.

use alloc::vec::Vec;
use core::time::Duration;

use brontide::MAX_FRAME_LEN;
use brontide::secp256k1::PublicKey;
use lnwire::{Address, ChainHash, Feature, Features};

use super::budget::ByteBudget;
use super::hand_through::Permission;

/// How one connection is to behave.
///
/// Every field may be set; [`new`](Self::new) fills in defaults that suit a clear-net peer, and
/// [`for_tor`](Self::for_tor) is more patient.
///
/// ```
/// use conn_worker::SessionConfig;
/// use conn_worker::brontide::{LocalSigner, secp256k1::SecretKey};
/// use conn_worker::lnwire::{ChainHash, Feature, Features};
///
/// let node = LocalSigner::new(SecretKey::from_slice(&[0x11; 32])?);
/// let config = SessionConfig {
///     features: Features::offering(&[Feature::GOSSIP_QUERIES]),
///     networks: vec![ChainHash::MAINNET],
///     ..SessionConfig::new(node.public_key())
/// };
/// assert!(config.offered_features().supports(Feature::STATIC_REMOTEKEY));
/// # Ok::<(), conn_worker::brontide::secp256k1::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// Our node's key. The secret half stays outside: see [`Output::Ecdh`](crate::session::Output::Ecdh).
    pub local: PublicKey,
    /// The features to offer and demand. The assumed ones are added, see
    /// [`offered_features`](Self::offered_features).
    pub features: Features,
    /// The chains we serve. A peer that names chains and none of these is left. Empty says nothing and
    /// demands nothing.
    pub networks: Vec<ChainHash>,
    /// The address at which we see the peer, told to it in `init`. BOLT 1 wants it on inbound connections and
    /// not for private addresses; `None` says nothing.
    pub remote_addr: Option<Address>,
    /// From the start to the last act. Default 10 s, what LDK grants; BOLT 8 gives no number.
    pub handshake_timeout: Duration,
    /// From the last act to the peer's `init`. Default 15 s, what lnd grants.
    pub init_timeout: Duration,
    /// Quiet after which a ping is sent: so long without a byte from the peer. Default 60 s.
    pub ping_interval: Duration,
    /// How long the peer may then be silent, counted from the ping's last byte; any byte counts as life.
    /// Default 30 s.
    pub pong_timeout: Duration,
    /// How long a message may take from its first byte to its last, lest a peer trickles it. Default 60 s, in which a
    /// largest message needs 1.1 kB a second.
    pub frame_timeout: Duration,
    /// How long bytes may wait without any being taken by
    /// [`poll_transmit`](crate::Session::poll_transmit). Default 5 min.
    pub write_timeout: Duration,
    /// Bound of [`Lane::Control`](crate::session::Lane::Control), in bytes on the wire. Default 256 KiB; less
    /// than one largest frame counts as that.
    pub control_bytes: usize,
    /// Bound of [`Lane::Gossip`](crate::session::Lane::Gossip), in bytes on the wire. Default 1 MiB; less
    /// than one largest frame counts as that.
    pub gossip_bytes: usize,
    /// Whether messages of even types from 32768 on are handed out. If not (the default) they end the
    /// connection, as BOLT 1 asks of whoever does not understand them. Odd ones are handed out in any case.
    pub accept_custom: bool,
    /// Other types that nobody here knows and that are handed out all the same, even ones too: those that the
    /// application has negotiated. Default: none.
    pub accept_types: Vec<u16>,
    /// Whether the peer may send onion messages. Default: within the limit of `onion_budget`.
    pub onions: Permission,
    /// What an earlier session with the peer has left of its budget, see
    /// [`onion_budget`](crate::Session::onion_budget). `None` begins with a full one.
    pub onion_budget: Option<ByteBudget>,
    /// Whether we keep backups for peers, and say so: [`Output::Store`](crate::session::Output::Store) then asks to keep
    /// one. Default: no.
    pub peer_storage: bool,
}

impl SessionConfig {
    /// Makes a configuration for the node with the key `local`: no features but the assumed ones, no chains.
    #[must_use]
    pub const fn new(local: PublicKey) -> Self {
        Self {
            local,
            features: Features::EMPTY,
            networks: Vec::new(),
            remote_addr: None,
            handshake_timeout: Duration::from_secs(10),
            init_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(60),
            pong_timeout: Duration::from_secs(30),
            frame_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(300),
            control_bytes: 256 * 1024,
            gossip_bytes: 1024 * 1024,
            accept_custom: false,
            accept_types: Vec::new(),
            onions: Permission::Limited,
            onion_budget: None,
            peer_storage: false,
        }
    }

    /// Grants three times as much time for everything that waits for the peer, as is usual for peers behind Tor. Whether
    /// one is, is for the embedder to say: proxies make many addresses look like others.
    #[must_use]
    pub fn for_tor(self) -> Self {
        Self {
            handshake_timeout: self.handshake_timeout * 3,
            init_timeout: self.init_timeout * 3,
            pong_timeout: self.pong_timeout * 3,
            frame_timeout: self.frame_timeout * 3,
            write_timeout: self.write_timeout * 3,
            ..self
        }
    }

    /// Returns the features that `init` will tell: [`features`](Self::features) and the odd bits of
    /// [`Feature::ASSUMED`], where the even one is not set; and whether we keep backups, which
    /// [`peer_storage`](Self::peer_storage) decides alone.
    ///
    /// Peers exist that leave when an assumed bit is missing.
    ///
    /// BOLT 9, [assigned feature flags](https://github.com/lightning/bolts/blob/master/09-features.md).
    #[must_use]
    pub fn offered_features(&self) -> Features {
        let missing = Feature::ASSUMED
            .iter()
            .filter(|assumed| !self.features.supports(**assumed))
            .map(|assumed| assumed.odd_bit());
        let offered = Features::from_bits(missing).union(&self.features);
        if self.peer_storage {
            offered.with_offered(Feature::PROVIDE_STORAGE)
        } else {
            offered.without(Feature::PROVIDE_STORAGE)
        }
    }

    pub(crate) fn control_bound(&self) -> usize {
        self.control_bytes.max(MAX_FRAME_LEN)
    }

    pub(crate) fn gossip_bound(&self) -> usize {
        self.gossip_bytes.max(MAX_FRAME_LEN)
    }
}
