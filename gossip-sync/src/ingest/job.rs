//! Signature checks as values: plain, `Send`, to be run anywhere and in any order.

use lnwire::{
    NodeId, SignatureError, Verified,
    bolt7::{ChannelAnnouncement, ChannelUpdate, NodeAnnouncement},
    secp256k1::{Secp256k1, Verification},
};

/// Names a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub(super) u64);

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

impl SignatureJob {
    /// Returns how many signatures there are to check: 4 for a channel's announcement, else 1. A check takes
    /// some 30 to 40 microseconds each.
    #[must_use]
    pub const fn signatures(&self) -> usize {
        match self.message {
            Unverified::Channel(_) => 4,
            Unverified::Update(..) | Unverified::Node(_) => 1,
        }
    }

    /// Checks the signatures. The context is worth sharing: making one is slow.
    #[must_use]
    pub fn run<C: Verification>(self, secp: &Secp256k1<C>) -> Checked {
        let signatures = self.signatures();
        let result = match self.message {
            Unverified::Channel(message) => message.verify(secp).map(VerifiedGossip::Channel),
            Unverified::Update(message, signer) => {
                message.verify(secp, signer).map(VerifiedGossip::Update)
            }
            Unverified::Node(message) => message.verify(secp).map(VerifiedGossip::Node),
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
