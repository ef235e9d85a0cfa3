//! Channels in which one number is everywhere, so that half of one and half of another are found out.

use routemap::{
    ChainHash, Channel, Direction, Graph, Instant, Msat, ShortChannelId, Verified,
    lnwire::{Timestamp, bolt7::channel_update},
};

use super::common::{Network, update};

/// Returns the round of which everything in a channel is; `None` if there is no such round.
pub(crate) fn round_in(channel: &Channel) -> Option<u32> {
    let channel = channel.by_ref();
    let round = channel.policy(Direction::OneToTwo)?.fee_base_msat();
    let id = channel.short_channel_id();
    let is_of_it = |direction| {
        let expected = terms(id, direction, round);
        channel.policy(direction).is_some_and(|policy| {
            (policy.timestamp(), policy.fee_base_msat())
                == (expected.timestamp, expected.fee_base_msat)
                && policy.fee_proportional_millionths() == expected.fee_proportional_millionths
                && policy.cltv_expiry_delta() == expected.cltv_expiry_delta
                && policy.htlc_minimum_msat() == expected.htlc_minimum_msat
                && policy.htlc_maximum_msat() == expected.htlc_maximum_msat
        })
    };
    let is_whole = Direction::BOTH.into_iter().all(is_of_it)
        && channel.capacity_sat() == Some(capacity(round));
    is_whole.then_some(round)
}

/// Terms in which one number is everywhere.
fn terms(id: ShortChannelId, direction: Direction, round: u32) -> channel_update::Contents {
    channel_update::Contents {
        chain_hash: ChainHash::REGTEST,
        short_channel_id: id,
        timestamp: Timestamp(round.wrapping_add(1)),
        dont_forward: false,
        direction: direction.bit(),
        disabled: false,
        cltv_expiry_delta: (round % 1000) as u16,
        htlc_minimum_msat: Msat(u64::from(round) << 20),
        fee_base_msat: round,
        fee_proportional_millionths: round.wrapping_mul(3),
        htlc_maximum_msat: Msat((u64::from(round) << 40) + 1),
    }
}

const fn capacity(round: u32) -> u64 {
    1 + ((round as u64) << 24)
}

pub(crate) fn fill(graph: &mut Graph, channels: u32) {
    let network = Network::new(channels);
    for channel in &network.channels {
        graph.apply_channel(Instant::ZERO, channel, None).unwrap();
        set(graph, Instant::ZERO, channel.short_channel_id(), 0);
    }
}

/// Makes a channel one of a round.
pub(crate) fn set(graph: &mut Graph, now: Instant, id: ShortChannelId, round: u32) {
    let channel = graph.channel_by_scid(id).unwrap();
    graph.set_capacity(now, channel, capacity(round));
    for direction in Direction::BOTH {
        let signer = graph.channel(channel).unwrap().from_node(direction);
        let signer = graph.node(signer).unwrap().id();
        let update = update(terms(id, direction, round), 0);
        let update = Verified::trust_without_checking((*update).clone(), signer);
        graph.apply_update(now, &update).unwrap();
    }
}
