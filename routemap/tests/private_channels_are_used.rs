//! Paths that begin in channels of the payer which gossip does not tell of, and end with hints of the payee.

mod common;
mod private_common;

use common::{connect, graph, node, terms};
use lnwire::{Msat, ShortChannelId, bolt7::channel_update};
use private_common::{AMOUNT, find, own};
use routemap::{
    Candidate, Direction, Graph, Handle as _, Hint, NoRoute, NodeHandle, OwnChannel,
    PrivateChannel, Query, Scratch, find_parts,
};

/// Terms of 1000 msat and 10 blocks.
fn plain() -> Option<channel_update::Contents> {
    Some(channel_update::Contents {
        fee_base_msat: 1000,
        cltv_expiry_delta: 10,
        ..terms(0, Direction::OneToTwo, 1)
    })
}

/// Nodes 1, 2 and 3, a channel from each to the next.
fn chain() -> Graph {
    let mut graph = graph();
    connect(&mut graph, 12, [1, 2], None, [plain(), None]);
    connect(&mut graph, 23, [2, 3], None, [plain(), None]);
    graph
}

/// A channel of so many msat in fees and blocks.
fn hop(scid: u64, fee_base_msat: u32, blocks: u16) -> PrivateChannel {
    PrivateChannel::new(ShortChannelId(scid), fee_base_msat, 0, blocks)
}

#[test]
fn a_payee_that_nobody_knows_is_found_by_its_hints() {
    let graph = chain();
    let [one, three] = [1, 3].map(|n| node(&graph, n));
    let channels = [
        PrivateChannel::new(ShortChannelId(30), 7, 1000, 3),
        PrivateChannel::new(ShortChannelId(31), 20, 0, 5),
    ];
    let query = Query::new(one, None, AMOUNT).with_hints([Hint::new(three, channels)]);
    let route = find(&graph, &query).unwrap();
    let private = route.hinted.iter();
    let private = private.map(|h| {
        (
            h.short_channel_id.0,
            h.amount.0,
            h.fee.0,
            h.cltv_expiry_delta,
        )
    });
    // Node 3 asks 7 msat and a thousandth of what it forwards.
    assert!(private.eq([(30, 1_000_020, 1007, 3), (31, 1_000_000, 20, 5)]));
    assert_eq!(route.hops.len(), 2);
    assert_eq!(route.total_fee(), Msat(1000 + 1007 + 20));
    assert_eq!(route.total_cltv(), 18 + 5 + 3 + 10);
}

#[test]
fn a_payer_that_nobody_knows_begins_in_its_own_channel() {
    let graph = chain();
    let three = node(&graph, 3);
    let query = Query::new(None, three, AMOUNT);
    let with = |channels: &[OwnChannel]| query.clone().with_own_channels(channels);
    let route = find(&graph, &with(&[own(&graph, 1, u64::MAX)])).unwrap();
    // Node 1 is not the payer: it asks a fee.
    assert_eq!(
        (route.own.unwrap().amount, route.total_fee()),
        (Msat(1_002_000), Msat(2000))
    );
    assert_eq!(route.hops.len(), 2);
    // The nearer is cheaper, and of those to the same peer one that carries the amount.
    let limits = [
        (1, u64::MAX),
        (2, 1_000_999),
        (2, 1_001_000),
        (2, 1_000_000),
    ];
    let route = find(
        &graph,
        &with(&limits.map(|(peer, most)| own(&graph, peer, most))),
    )
    .unwrap();
    assert_eq!(
        (route.own.unwrap().number, route.total_fee()),
        (2, Msat(1000))
    );
    let least = own(&graph, 2, u64::MAX).with_htlc_minimum(Msat(1_001_001));
    assert_eq!(find(&graph, &with(&[least])), Err(NoRoute::NoPath));
    assert_eq!(find(&graph, &query), Err(NoRoute::NoPath));
    // A channel to the payee itself.
    let route = find(&graph, &with(&[own(&graph, 3, 1_000_000)])).unwrap();
    assert!(route.own.is_some() && route.hops.is_empty() && route.cost == 0);
}

#[test]
fn payer_and_payee_may_have_a_peer_in_common() {
    let graph = chain();
    let two = node(&graph, 2);
    let query = Query::new(None, None, AMOUNT)
        .with_own_channels([own(&graph, 2, u64::MAX)])
        .with_hints([Hint::new(two, [hop(20, 500, 4)])]);
    let route = find(&graph, &query).unwrap();
    assert!(route.hops.is_empty() && route.channel_count() == 2);
    assert_eq!((route.total_fee(), route.total_cltv()), (Msat(500), 22));
}

#[test]
fn the_payer_asks_itself_no_fee_where_a_hint_begins_with_it() {
    let graph = chain();
    let two = node(&graph, 2);
    let hints = [Hint::new(two, [hop(20, 500, 4), hop(21, 50, 6)])];
    let query = Query::new(two, None, AMOUNT).with_hints(hints);
    let route = find(&graph, &query).unwrap();
    assert!(route.own.is_none() && route.hops.is_empty() && route.channel_count() == 2);
    assert_eq!((route.total_fee(), route.total_cltv()), (Msat(50), 24));
}

#[test]
fn the_public_way_is_taken_if_it_is_cheaper() {
    let graph = chain();
    let [one, three] = [1, 3].map(|n| node(&graph, n));
    for (fee, is_public) in [(999, false), (1001, true)] {
        let query = Query::new(one, three, AMOUNT)
            .with_hints([Hint::new(one, [hop(10, 0, 0), hop(11, fee, 0)])])
            .with_cltv_risk_billionths(0);
        assert_eq!(find(&graph, &query).unwrap().hinted.is_empty(), is_public);
    }
}

#[test]
fn limits_hold_for_private_channels_too() {
    let graph = chain();
    let [one, three] = [1, 3].map(|n| node(&graph, n));
    let hint = || [hop(30, 700, 40), hop(31, 800, 50)];
    let query = |channels: [PrivateChannel; 2]| {
        Query::new(one, None, AMOUNT).with_hints([Hint::new(three, channels)])
    };
    let good = query(hint());
    assert!(find(&graph, &good).is_ok());
    let beyond = Err(NoRoute::BeyondLimits);
    assert_eq!(find(&graph, &good.clone().with_max_hops(3)), beyond);
    assert_eq!(find(&graph, &good.clone().with_max_hops(1)), beyond);
    assert!(find(&graph, &good.clone().with_max_hops(4)).is_ok());
    assert_eq!(find(&graph, &good.clone().with_max_fee(Msat(2499))), beyond);
    assert!(find(&graph, &good.clone().with_max_fee(Msat(2500))).is_ok());
    assert_eq!(find(&graph, &good.clone().with_max_total_cltv(117)), beyond);
    assert!(find(&graph, &good.with_max_total_cltv(118)).is_ok());

    let [first, second] = hint();
    let no = Err(NoRoute::NoPath);
    // What goes through the first is 800 msat more.
    let limited = |least, most| {
        let first = first.with_htlc_minimum(Msat(least));
        query([first.with_htlc_maximum(Msat(most)), second])
    };
    assert!(find(&graph, &limited(1_000_800, 1_000_800)).is_ok());
    assert_eq!(find(&graph, &limited(1_000_801, u64::MAX)), no);
    assert_eq!(find(&graph, &limited(0, 1_000_799)), no);
    // Fees past what fits into 64 bits.
    let dear = PrivateChannel::new(ShortChannelId(1), u32::MAX, u32::MAX, 9);
    let mut dear = query([dear; 2]);
    dear.amount = Msat(u64::MAX / 2);
    assert_eq!(find(&graph, &dear), no);
}

#[test]
fn what_the_graph_does_not_have_is_left_out() {
    let graph = chain();
    let [one, three] = [1, 3].map(|n| node(&graph, n));
    for elsewhere in [1000, 1 << 20, u32::MAX].map(NodeHandle::from_index) {
        let hints = [
            Hint::new(elsewhere, [hop(1, 0, 0)]),
            Hint::new(three, [hop(2, 0, 0)]),
        ];
        let query = Query::new(one, None, AMOUNT).with_hints(hints);
        let route = find(&graph, &query).unwrap();
        assert_eq!(route.hinted[0].number, 1);
        let stray = OwnChannel::new(elsewhere, ShortChannelId(3), AMOUNT);
        let query = Query::new(None, three, AMOUNT).with_own_channels([stray]);
        assert_eq!(find(&graph, &query), Err(NoRoute::NoPath));
        let query = Query::new(elsewhere, three, AMOUNT);
        assert_eq!(find(&graph, &query), Err(NoRoute::UnknownNode(elsewhere)));
    }
    let itself = Query::new(one, None, AMOUNT).with_hints([Hint::new(one, [])]);
    assert_eq!(find(&graph, &itself), Err(NoRoute::NoPath));
    assert_eq!(
        find(&graph, &Query::new(None, None, AMOUNT)),
        Err(NoRoute::NoPath)
    );
}

#[test]
fn parts_take_no_more_of_private_channels_than_they_hold() {
    let graph = chain();
    let [two, three] = [2, 3].map(|n| node(&graph, n));
    // Two channels of 600,000 msat to begin with, and three hints, of which one carries little.
    let query = Query::new(None, None, AMOUNT)
        .with_own_channels([own(&graph, 1, 605_000), own(&graph, 2, 605_000)])
        .with_hints([
            Hint::new(two, [hop(20, 10, 1).with_htlc_maximum(Msat(100_000))]),
            Hint::new(three, [hop(30, 20, 1).with_htlc_maximum(Msat(500_000))]),
            Hint::new(
                three,
                [
                    hop(31, 0, 0),
                    hop(32, 30, 1).with_htlc_maximum(Msat(450_000)),
                ],
            ),
        ]);
    let any = |_: &Candidate<'_>| Some(Msat(0));
    let split = |query: &Query, most| find_parts(&graph, &mut Scratch::new(), query, most, &any);
    let parts = split(&query, 8).unwrap();
    let (mut own, mut hinted) = ([0; 2], [0; 3]);
    for part in &parts {
        let hop = part.own.unwrap();
        own[hop.number] += hop.amount.0;
        let last = part.hinted.last().unwrap();
        hinted[last.number] += last.amount.0;
    }
    assert_eq!(hinted.iter().sum::<u64>(), AMOUNT.0);
    assert!(own.iter().all(|sent| *sent <= 605_000), "{own:?}");
    assert!(
        hinted
            .iter()
            .zip([100_000, 500_000, 450_000])
            .all(|(sent, most)| *sent <= most),
        "{hinted:?}"
    );
    // More than all hints carry, or all own channels.
    let mut more = query.clone();
    more.amount = Msat(1_060_000);
    assert_eq!(split(&more, 16), Err(NoRoute::NoPath));
    let less = query.with_own_channels(
        [node(&graph, 1), two].map(|peer| OwnChannel::new(peer, ShortChannelId(1), Msat(500_000))),
    );
    assert_eq!(split(&less, 16), Err(NoRoute::NoPath));
}

#[test]
fn a_part_takes_all_that_its_private_channels_carry() {
    let graph = chain();
    let three = node(&graph, 3);
    let hint = |scid, most| Hint::new(three, [hop(scid, 0, 0).with_htlc_maximum(Msat(most))]);
    let own = OwnChannel::new(three, ShortChannelId(1), AMOUNT);
    let query = Query::new(None, None, AMOUNT)
        .with_own_channels([own])
        .with_hints([hint(30, 600_000), hint(31, 400_000)]);
    let any = |_: &Candidate<'_>| Some(Msat(0));
    let parts = find_parts(&graph, &mut Scratch::new(), &query, 2, &any).unwrap();
    let received: Vec<_> = parts.iter().map(|part| part.received().0).collect();
    assert_eq!(received, [600_000, 400_000]);
}
