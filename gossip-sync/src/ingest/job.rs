//! Signature checks as values: plain, `Send`, to be run anywhere and in any order.

use core::fmt;

use lnwire::{
    KeyCache, NodeId, SignatureError, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    bytes::Bytes,
    secp256k1::{Secp256k1, VerifyOnly},
};

/// Names a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// The first is 1.
    pub(super) number: u64,
    /// Where it is among those under way.
    pub(super) place: u32,
}

/// One message whose signatures are to be checked.
#[derive(Clone, Debug)]
pub struct SignatureJob {
    pub(super) id: JobId,
    pub(super) message: Unverified,
}

#[derive(Clone, Debug)]
pub(super) enum Unverified {
    Channel(ChannelAnnouncement),
    Update(ChannelUpdate, NodeId),
    Node(NodeAnnouncement),
}

impl Unverified {
    pub(super) const fn signatures(&self) -> u32 {
        match self {
            Self::Channel(_) => 4,
            Self::Update(..) | Self::Node(_) => 1,
        }
    }
}

/// A gossip message with its signatures checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifiedGossip {
    /// A channel exists.
    Channel(Verified<ChannelAnnouncement>),
    /// The terms of one direction of a channel.
    Update(Verified<ChannelUpdate>),
    /// What a node says about itself.
    Node(Verified<NodeAnnouncement>),
}

/// The result of a job, to be handed in as [`Input::Checked`](super::Input::Checked).
#[derive(Clone, Debug)]
pub struct Checked {
    pub(super) id: JobId,
    pub(super) signatures: usize,
    pub(super) result: Result<VerifiedGossip, SignatureError>,
}

/// What checking takes: make one a thread, and keep it.
///
/// Remembers the keys of nodes, 32,768 at most, which takes some 3 MB. Without that, a tenth of the time would
/// go into parsing the same keys again.
pub struct Verifier {
    secp: Secp256k1<VerifyOnly>,
    keys: KeyCache,
}

/// Twice the nodes of the network of 2026, nearly.
const KEYS: usize = 32_768;

impl Verifier {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            secp: Secp256k1::verification_only(),
            keys: KeyCache::new(KEYS),
        }
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl SignatureJob {
    /// Returns how many signatures there are to check: 4 for a channel's announcement, else 1. A check takes
    /// some 30 to 40 microseconds each.
    #[must_use]
    pub const fn signatures(&self) -> usize {
        self.message.signatures() as usize
    }

    /// Returns the message, as received.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        match &self.message {
            Unverified::Channel(message) => message.as_bytes(),
            Unverified::Update(message, _) => message.as_bytes(),
            Unverified::Node(message) => message.as_bytes(),
        }
    }

    /// Checks the signatures.
    #[must_use]
    pub fn run(self, verifier: &mut Verifier) -> Checked {
        let signatures = self.signatures();
        let Verifier { secp, keys } = verifier;
        let result = match self.message {
            Unverified::Channel(message) => {
                message.verify_with(secp, keys).map(VerifiedGossip::Channel)
            }
            Unverified::Update(message, signer) => message
                .verify_with(secp, keys, signer)
                .map(VerifiedGossip::Update),
            Unverified::Node(message) => message.verify_with(secp, keys).map(VerifiedGossip::Node),
        };
        Checked {
            id: self.id,
            signatures,
            result,
        }
    }
}

impl Checked {
    /// Returns how many signatures the job was about; after a failure not all of them were looked at.
    #[must_use]
    pub const fn signatures(&self) -> usize {
        self.signatures
    }
}
