//! Messages with real signatures.

use gossip_sync::ingest::{KnownChannel, SignatureJob, Verifier};
use lnwire::bolt7::{
    ChannelAnnouncement, ChannelUpdate, NodeAnnouncement, SignedFrame, Unsigned,
    channel_announcement, channel_update, node_announcement,
};
use lnwire::secp256k1::{All, Message, Secp256k1, SecretKey};
use lnwire::{NodeId, Point, ShortChannelId, Signature};

use super::{about, announcement, update};

/// Two weeks after this the tests' messages go stale.
pub(crate) const NOW: u32 = 1_790_000_000;

thread_local! {
    static SECP: Secp256k1<All> = Secp256k1::new();
    static VERIFIER: core::cell::RefCell<Verifier> = core::cell::RefCell::new(Verifier::new());
}

/// A node that can sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signer {
    secret: SecretKey,
    pub(crate) id: NodeId,
}

impl Signer {
    pub(crate) fn new(seed: u8) -> Self {
        let secret = SecretKey::from_slice(&[seed; 32]).unwrap();
        let id = SECP.with(|secp| secret.public_key(secp)).into();
        Self { secret, id }
    }

    fn sign<T: SignedFrame>(&self, message: &Unsigned<T>) -> Signature {
        let digest = Message::from_digest(message.digest());
        SECP.with(|secp| secp.sign_ecdsa(&digest, &self.secret))
            .into()
    }
}

/// The lesser id first, as channels have their nodes.
pub(crate) fn pair(a: Signer, b: Signer) -> [Signer; 2] {
    if a.id < b.id { [a, b] } else { [b, a] }
}

/// The channel of two nodes, whose funding keys are their own.
pub(crate) fn channel_of(id: ShortChannelId, nodes: [Signer; 2]) -> channel_announcement::Contents {
    let [one, two] = nodes.map(|n| n.id);
    channel_announcement::Contents {
        bitcoin_key_1: Point(one.0),
        bitcoin_key_2: Point(two.0),
        ..announcement(id, [one, two])
    }
}

pub(crate) fn sign_channel(
    contents: &channel_announcement::Contents,
    nodes: [Signer; 2],
) -> ChannelAnnouncement {
    let message = contents.unsigned().unwrap();
    let [one, two] = nodes.map(|n| n.sign(&message));
    message.sign(&[one, two, one, two])
}

pub(crate) fn signed_channel(id: ShortChannelId, nodes: [Signer; 2]) -> ChannelAnnouncement {
    sign_channel(&channel_of(id, nodes), nodes)
}

pub(crate) fn sign_update(contents: &channel_update::Contents, signer: Signer) -> ChannelUpdate {
    let message = contents.unsigned().unwrap();
    let signature = signer.sign(&message);
    message.sign(&[signature])
}

pub(crate) fn signed_update(
    id: ShortChannelId,
    nodes: [Signer; 2],
    side: u8,
    time: u32,
) -> ChannelUpdate {
    sign_update(&update(id, side, time), nodes[usize::from(side)])
}

pub(crate) fn sign_node(
    contents: &node_announcement::Contents,
    signer: Signer,
) -> NodeAnnouncement {
    let message = contents.unsigned().unwrap();
    let signature = signer.sign(&message);
    message.sign(&[signature])
}

pub(crate) fn signed_node(signer: Signer, time: u32) -> NodeAnnouncement {
    sign_node(&about(signer.id, time), signer)
}

pub(crate) const fn known(nodes: [Signer; 2]) -> KnownChannel {
    KnownChannel {
        node_ids: [nodes[0].id, nodes[1].id],
        updates: [None; 2],
    }
}

pub(crate) fn run(job: SignatureJob) -> gossip_sync::ingest::Checked {
    VERIFIER.with_borrow_mut(|verifier| job.run(verifier))
}
