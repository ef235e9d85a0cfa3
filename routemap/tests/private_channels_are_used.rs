//! Paths that begin in channels of the payer which gossip does not tell of, and end with hints of the payee.

mod common;

use common::{connect, graph, node, terms};
use lnwire::{Msat, ShortChannelId, bolt7::channel_update};
use proptest::prelude::*;
use routemap::{
    Candidate, Direction, Graph, Handle as _, Hint, NoRoute, NodeHandle, OwnChannel,
    PrivateChannel, Query, Route, Scratch, find_parts, find_path,
};

const AMOUNT: Msat = Msat(1_000_000);

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

fn own(graph: &Graph, peer: u32, maximum: u64) -> OwnChannel {
    OwnChannel::new(
        node(graph, peer),
        ShortChannelId(u64::from(peer)),
        Msat(maximum),
    )
}

/// A channel of so many msat in fees and blocks.
fn hop(scid: u64, fee_base_msat: u32, blocks: u16) -> PrivateChannel {
    PrivateChannel::new(ShortChannelId(scid), fee_base_msat, 0, blocks)
}

fn find(graph: &Graph, query: &Query) -> Result<Route, NoRoute> {
    let found = find_path(graph, &mut Scratch::new(), query);
    if let Ok(route) = &found {
        check(route, query);
    }
    found
}

/// Checks what every route is.
fn check(route: &Route, query: &Query) {
    let own = route.own.iter().map(|hop| {
        let channel = query.own_channels[hop.number];
        assert!((channel.htlc_minimum..=channel.htlc_maximum).contains(&hop.amount));
        (hop.amount, hop.fee, hop.cltv_expiry_delta, hop.cltv_expiry)
    });
    let hops = route.hops.iter();
    let hops = hops.map(|hop| (hop.amount, hop.fee, hop.cltv_expiry_delta, hop.cltv_expiry));
    let hinted = route.hinted.iter().enumerate().map(|(place, hop)| {
        let channel = query.hints[hop.number].channels[place];
        assert_eq!(hop.short_channel_id, channel.short_channel_id);
        assert!((channel.htlc_minimum..=channel.htlc_maximum).contains(&hop.amount));
        (hop.amount, hop.fee, hop.cltv_expiry_delta, hop.cltv_expiry)
    });
    let all: Vec<_> = own.chain(hops).chain(hinted).collect();
    assert_eq!(all.len(), route.channel_count());
    assert!((1..=query.max_hops.into()).contains(&route.channel_count()));
    assert!(all.iter().map(|htlc| htlc.0).eq(route.amounts()));
    assert_eq!(
        (all[0].0, all[0].3),
        (route.total_amount(), route.total_cltv())
    );
    assert_eq!((all[0].1, all[0].2), (Msat(0), 0));
    let (amount, .., expiry) = *all.last().unwrap();
    assert_eq!((amount, expiry), (query.amount, query.final_cltv_delta));
    assert_eq!(route.received(), query.amount);
    for pair in all.windows(2) {
        let [before, after] = pair else {
            unreachable!()
        };
        assert_eq!(before.0.0, after.0.0 + after.1.0);
        assert_eq!(before.3, after.3 + u32::from(after.2));
    }
    // All are one path.
    let first = route.own.map(|hop| query.own_channels[hop.number].peer);
    let mut at = first.or(query.from);
    for hop in &route.hops {
        assert_eq!(at, Some(hop.from));
        at = Some(hop.to);
    }
    match route.hinted.first() {
        Some(hop) => {
            let hint = &query.hints[hop.number];
            assert_eq!(at, Some(hint.entry));
            assert_eq!(route.hinted.len(), hint.channels.len());
        }
        None => assert_eq!(at, query.to),
    }
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

const NODES: u32 = 6;
const PAYER: u32 = 100;
const PAYEE: u32 = 101;

type Limits = (u64, u64);
type Terms = (u32, u32, u16, Limits);

fn limits() -> impl Strategy<Value = Limits> {
    (0..900_000_u64, 600_000..3_000_000_u64)
}

fn private_terms() -> impl Strategy<Value = Terms> {
    (0..2000_u32, 0..50_000_u32, 0..144_u16, limits())
}

fn contents((base, proportional, blocks, (least, most)): Terms) -> channel_update::Contents {
    channel_update::Contents {
        fee_base_msat: base,
        fee_proportional_millionths: proportional,
        cltv_expiry_delta: blocks,
        htlc_minimum_msat: Msat(least),
        htlc_maximum_msat: Msat(most),
        ..terms(0, Direction::OneToTwo, 1)
    }
}

#[derive(Clone, Debug)]
struct World {
    edges: Vec<(u32, u32, Terms, Terms)>,
    own: Vec<(u32, Limits)>,
    hints: Vec<(u32, Vec<Terms>)>,
}

fn world() -> impl Strategy<Value = World> {
    let edge = (0..NODES, 1..NODES, private_terms(), private_terms());
    let hint = (0..NODES, prop::collection::vec(private_terms(), 1..4));
    (
        prop::collection::vec(edge, 1..16),
        prop::collection::vec((0..NODES, limits()), 0..4),
        prop::collection::vec(hint, 0..4),
    )
        .prop_map(|(edges, own, hints)| World { edges, own, hints })
}

impl World {
    /// What gossip tells.
    fn public(&self) -> Graph {
        let mut graph = graph();
        for number in 0..NODES {
            let scid = 1000 + u64::from(number);
            connect(&mut graph, scid, [number, 50], None, [None; 2]);
        }
        for (scid, (a, step, ab, ba)) in (0..).zip(&self.edges) {
            let ends = [*a, (a + step) % NODES];
            let terms = [ab, ba].map(|terms| Some(contents(*terms)));
            connect(&mut graph, scid, ends, None, terms);
        }
        graph
    }

    /// The same, if there were no private channels.
    fn all(&self, payer: u32, payee: u32) -> Graph {
        let mut graph = self.public();
        connect(&mut graph, 2000, [PAYER, 50], None, [None; 2]);
        connect(&mut graph, 2001, [PAYEE, 50], None, [None; 2]);
        for (scid, (peer, limits)) in (3000..).zip(&self.own) {
            let terms = contents((0, 0, 0, *limits));
            if *peer != payer {
                connect(&mut graph, scid, [payer, *peer], None, [Some(terms), None]);
            }
        }
        let mut number = 200;
        for (entry, channels) in &self.hints {
            let mut from = *entry;
            for (place, terms) in channels.iter().enumerate() {
                number += 1;
                let is_last = place + 1 == channels.len();
                let to = if is_last { payee } else { number };
                let scid = 4000 + u64::from(number);
                if from != to {
                    let terms = [Some(contents(*terms)), None];
                    connect(&mut graph, scid, [from, to], None, terms);
                }
                from = to;
            }
        }
        graph
    }

    fn query(&self, graph: &Graph, from: Option<NodeHandle>, to: Option<NodeHandle>) -> Query {
        let own = self
            .own
            .iter()
            .map(|(peer, (least, most))| own(graph, *peer, *most).with_htlc_minimum(Msat(*least)));
        let channel = |(base, proportional, blocks, (least, most)): &Terms| {
            PrivateChannel::new(ShortChannelId(0), *base, *proportional, *blocks)
                .with_htlc_minimum(Msat(*least))
                .with_htlc_maximum(Msat(*most))
        };
        let hints = self.hints.iter().map(|(entry, channels)| {
            let channels: Vec<_> = channels.iter().map(channel).collect();
            Hint::new(node(graph, *entry), channels)
        });
        // Without risk, what costs the same has the same amounts.
        Query::new(from, to, AMOUNT)
            .with_own_channels(own.collect::<Vec<_>>())
            .with_hints(hints.collect::<Vec<_>>())
            .with_cltv_risk_billionths(0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is found with private channels is what is found if gossip tells of them.
    #[test]
    fn a_private_channel_is_as_good_as_a_public_one(
        world in world(),
        payer in prop::option::of(0..NODES),
        payee in prop::option::of(0..NODES),
        limit in 0..4_usize,
        most in 0..6_u32,
    ) {
        let ends = [payer.unwrap_or(PAYER), payee.unwrap_or(PAYEE)];
        prop_assume!(ends[0] != ends[1]);
        let (public, all) = (world.public(), world.all(ends[0], ends[1]));
        let limited = |query: Query| match limit {
            0 => query.with_max_hops(most as u8),
            1 => query.with_max_total_cltv(most * 100),
            2 => query.with_max_fee(Msat(u64::from(most) * 20_000)),
            _ => query,
        };
        let [from, to] = [payer, payee].map(|n| n.map(|n| node(&public, n)));
        let query = limited(world.query(&public, from, to));
        let found = find(&public, &query);
        let [from, to] = ends.map(|n| node(&all, n));
        let plain = Query::new(from, to, AMOUNT).with_cltv_risk_billionths(0);
        let expected = find_path(&all, &mut Scratch::new(), &limited(plain));
        match (found, expected) {
            (Ok(found), Ok(expected)) => {
                // A limit may be kept by a dearer way, of which there may be several.
                if limit > 2 {
                    prop_assert_eq!(found.cost, expected.cost);
                    prop_assert_eq!(found.total_amount(), expected.total_amount());
                }
            }
            // Why there is none may differ: of what is not there no limit cuts anything off.
            (found, expected) => prop_assert_eq!(found.is_ok(), expected.is_ok()),
        }
    }
}
