//! What badly behaved peers make of right answers.

use lnwire::{
    BlockHeight, Message,
    bolt7::{Checksums, ReplyChannelRange, ShortChannelIds, Timestamps},
};
use simnet::Random;

use super::network::DAWN;

/// How a peer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Serves everything, as it should be.
    Honest,
    /// Serves nine tenths.
    Most,
    /// Its lists go backwards, overlap and reach beyond what was asked.
    Overlapping,
    /// Answers no query for channels, but the first filter, with everything.
    Dumper,
    /// Knows nothing, and asks the node for everything.
    Client,
    /// Its lists end half way.
    Truncating,
    /// Says nothing at all.
    Silent,
    /// Begins its answers, and does not go on.
    Staller,
    /// Sends half of what it listed.
    Withholding,
    /// Lists and sends well signed channels that nobody has funded.
    Inventor,
    /// Signs nothing: spoils every signature.
    Forger,
    /// Signs something else: puts other short channel ids in.
    WrongIds,
    /// Sends what belongs to no channel, much of it, and what it sent before.
    Flooder,
    /// Sends answers to no question.
    Heckler,
}

impl Kind {
    /// Those from which the graph can be learnt.
    pub(crate) const GOOD: [Self; 4] = [Self::Honest, Self::Most, Self::Overlapping, Self::Dumper];
    pub(crate) const BAD: [Self; 9] = [
        Self::Truncating,
        Self::Silent,
        Self::Staller,
        Self::Withholding,
        Self::Inventor,
        Self::Forger,
        Self::WrongIds,
        Self::Flooder,
        Self::Heckler,
    ];

    /// Whether it does nothing for which anybody may be banned, however useless it is.
    pub(crate) const fn is_innocent(self) -> bool {
        !matches!(self, Self::Forger | Self::WrongIds | Self::Heckler)
    }

    /// What it sends when it should send this.
    pub(crate) fn says(self, message: Message, random: &mut Random) -> Vec<Message> {
        match (self, message) {
            (Self::Silent, _) => vec![],
            (Self::Staller, Message::ReplyChannelRange(reply)) => {
                let (blocks, ids) = (
                    reply.number_of_blocks / 2,
                    reply.short_channel_ids.len() / 2,
                );
                let begun = part(&reply, reply.first_blocknum, blocks, 0..ids, 0);
                vec![begun]
            }
            (Self::Staller, _) => vec![],
            (Self::Dumper, Message::ReplyShortChannelIdsEnd(_)) => vec![],
            (Self::Overlapping, Message::ReplyChannelRange(reply))
                if !reply.short_channel_ids.is_empty() =>
            {
                overlapping(&reply)
            }
            (Self::Truncating, Message::ReplyChannelRange(reply)) => vec![truncated(&reply)],
            (Self::Withholding, message) if is_gossip(&message) && random.below(2) == 0 => vec![],
            (Self::Forger, message) if is_gossip(&message) => vec![forged(&message, random)],
            (Self::WrongIds, message) if is_gossip(&message) => vec![renamed(&message, random)],
            (_, message) => vec![message],
        }
    }
}

pub(crate) const fn is_gossip(message: &Message) -> bool {
    matches!(
        message,
        Message::ChannelAnnouncement(_) | Message::ChannelUpdate(_) | Message::NodeAnnouncement(_)
    )
}

/// A part of a reply.
fn part(
    reply: &ReplyChannelRange,
    first: BlockHeight,
    blocks: u32,
    ids: core::ops::Range<usize>,
    sync_complete: u8,
) -> Message {
    let (skip, take) = (ids.start, ids.len());
    let timestamps = reply.timestamps.as_ref().map(|all| {
        let some = all.iter().skip(skip).take(take);
        Timestamps::new(some)
    });
    let checksums = reply.checksums.as_ref().map(|all| {
        let some = all.iter().skip(skip).take(take);
        Checksums::new(some)
    });
    let ids = reply.short_channel_ids.iter().skip(skip).take(take);
    ReplyChannelRange {
        first_blocknum: first,
        number_of_blocks: blocks.max(1),
        sync_complete,
        short_channel_ids: ShortChannelIds::new(ids),
        timestamps,
        checksums,
        ..reply.clone()
    }
    .into()
}

/// The upper half and beyond, then the lower half and a little more, with ids of all blocks in both.
fn overlapping(reply: &ReplyChannelRange) -> Vec<Message> {
    let (first, blocks) = (reply.first_blocknum.0, reply.number_of_blocks);
    let (half, len) = (blocks / 2, reply.short_channel_ids.len());
    let upper = BlockHeight(first + half);
    let lower = BlockHeight(first.saturating_sub(10));
    vec![
        part(reply, upper, blocks - half + 50, len / 3..len, 0),
        part(reply, lower, half + 20, 0..len, reply.sync_complete),
    ]
}

fn truncated(reply: &ReplyChannelRange) -> Message {
    let half = (reply.number_of_blocks / 2).max(1);
    let end = reply.first_blocknum.0.saturating_add(half);
    let below = reply.short_channel_ids.iter();
    let below = below.take_while(|id| id.block().0 < end).count();
    part(reply, reply.first_blocknum, half, 0..below, 1)
}

/// The message as if it were newer than any, or of another channel, lest it is known; nobody has signed it.
pub(crate) fn forged(message: &Message, random: &mut Random) -> Message {
    let mut frame = encoded(message);
    let at = match message {
        Message::ChannelAnnouncement(_) => return renamed(message, random),
        // Behind the type, the signature, chain and channel.
        Message::ChannelUpdate(_) => 2 + 64 + 32 + 8,
        // Behind the type, the signature and the features.
        _ => 2 + 64 + 2 + usize::from(u16::from_be_bytes([frame[66], frame[67]])),
    };
    let later = DAWN + 200_000 + random.below(500_000) as u32;
    frame[at..at + 4].copy_from_slice(&later.to_be_bytes());
    Message::decode(frame.into()).expect("fields of any content")
}

/// The message about another channel, which nobody has signed; of a node's, with another timestamp.
pub(crate) fn renamed(message: &Message, random: &mut Random) -> Message {
    let at = match message {
        // Behind the type, four signatures, the length of no features, and the chain.
        Message::ChannelAnnouncement(_) => 2 + 4 * 64 + 2 + 32 + 4,
        Message::ChannelUpdate(_) => 2 + 64 + 32 + 4,
        _ => 2 + 64 + 4,
    };
    changed(message, at, random)
}

fn changed(message: &Message, at: usize, random: &mut Random) -> Message {
    let mut frame = encoded(message);
    let number = random.next().to_be_bytes();
    frame[at] ^= number[0] | 1;
    frame[at + 1] ^= number[1];
    Message::decode(frame.into()).expect("fields of any content")
}

fn encoded(message: &Message) -> Vec<u8> {
    let mut frame = Vec::new();
    message.write(&mut frame);
    frame
}
