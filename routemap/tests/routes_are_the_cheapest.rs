//! `find_path` against every path there is, on small graphs.

mod common;

use common::{connect, graph, node, terms};
use lnwire::{Msat, bolt7::channel_update};
use proptest::prelude::*;
use routemap::{
    Candidate, Direction, Graph, NoRoute, NodeHandle, Query, Route, Scratch, ShortChannelId,
    find_path, find_path_by,
};

/// What is seen at the sending end of some rest of a path: amount, expiry, cost, hops.
#[derive(Clone, Copy, Debug)]
struct Rest {
    amount: u128,
    cltv: u32,
    cost: u128,
    hops: u32,
}

/// What an embedder adds to the cost of a way through a channel, in msat; `None` if it does not want it.
type Score = fn(ShortChannelId, Direction) -> Option<u64>;

const INDIFFERENT: Score = |_, _| Some(0);

fn cheapest(graph: &Graph, query: &Query) -> Option<u128> {
    cheapest_by(graph, query, INDIFFERENT)
}

/// Tries every path that meets no node twice, from the payee backwards, and returns the least cost.
fn cheapest_by(graph: &Graph, query: &Query, score: Score) -> Option<u128> {
    let arrival = Rest {
        amount: query.amount.0.into(),
        cltv: query.final_cltv_delta,
        cost: 0,
        hops: 0,
    };
    if arrival.cltv > query.max_total_cltv {
        return None;
    }
    go(graph, query, score, &mut vec![query.to.unwrap()], arrival)
}

fn go(
    graph: &Graph,
    query: &Query,
    score: Score,
    met: &mut Vec<NodeHandle>,
    rest: Rest,
) -> Option<u128> {
    let to = *met.last().unwrap();
    let mut best = None;
    for (_, channel) in graph.channels_of(to) {
        let direction = Direction::BOTH
            .into_iter()
            .find(|d| channel.to_node(*d) == to)
            .unwrap();
        let from = channel.from_node(direction);
        let Some(policy) = channel.policy(direction) else {
            continue;
        };
        let Some(score_here) = score(channel.short_channel_id(), direction) else {
            continue;
        };
        let capacity = channel
            .capacity_sat()
            .map_or(u128::MAX, |sat| u128::from(sat) * 1000);
        let maximum = u128::from(policy.htlc_maximum_msat().0);
        if met.contains(&from)
            || policy.is_disabled()
            || rest.amount < policy.htlc_minimum_msat().0.into()
            || rest.amount > maximum
            || maximum > capacity
            || rest.hops >= query.max_hops.into()
        {
            continue;
        }
        let mut next = Rest {
            hops: rest.hops + 1,
            cost: rest.cost + u128::from(score_here),
            ..rest
        };
        if Some(from) == query.from {
            best = [best, Some(next.cost)].into_iter().flatten().min();
            continue;
        }
        let proportional = u128::from(policy.fee_proportional_millionths());
        let fee = u128::from(policy.fee_base_msat()) + rest.amount * proportional / 1_000_000;
        let blocks = policy.cltv_expiry_delta();
        let risk = rest.amount * u128::from(blocks) * u128::from(query.cltv_risk_billionths)
            / 1_000_000_000;
        next.amount += fee;
        next.cost += fee + risk;
        next.cltv += u32::from(blocks);
        let fees = next.amount - u128::from(query.amount.0);
        if next.cltv > query.max_total_cltv || query.max_fee.is_some_and(|m| fees > m.0.into()) {
            continue;
        }
        met.push(from);
        let found = go(graph, query, score, met, next);
        met.pop();
        best = [best, found].into_iter().flatten().min();
    }
    best
}

/// Checks a route from the payer on, by the rules, without looking at how it was found.
fn check(graph: &Graph, query: &Query, route: &Route) {
    check_by(graph, query, route, INDIFFERENT);
}

fn check_by(graph: &Graph, query: &Query, route: &Route, score: Score) {
    assert_eq!(Some(route.hops[0].from), query.from);
    assert_eq!(Some(route.hops.last().unwrap().to), query.to);
    assert_eq!(route.hops.last().unwrap().amount, query.amount);
    assert_eq!(
        route.hops.last().unwrap().cltv_expiry,
        query.final_cltv_delta
    );
    assert!(route.hops.len() <= query.max_hops.into());
    assert!(route.total_cltv() <= query.max_total_cltv);
    assert!(query.max_fee.is_none_or(|max| route.total_fee() <= max));
    assert_eq!(
        route.total_fee().0,
        route.hops.iter().map(|hop| hop.fee.0).sum::<u64>()
    );
    assert_eq!(
        (route.hops[0].fee, route.hops[0].cltv_expiry_delta),
        (Msat(0), 0)
    );
    let mut cost = 0;
    for (i, hop) in route.hops.iter().enumerate() {
        let channel = graph.channel(hop.channel).unwrap();
        assert_eq!(channel.short_channel_id(), hop.short_channel_id);
        assert_eq!(channel.from_node(hop.direction), hop.from);
        assert_eq!(channel.to_node(hop.direction), hop.to);
        let policy = channel.policy(hop.direction).unwrap();
        assert!(!policy.is_disabled());
        cost += u128::from(score(hop.short_channel_id, hop.direction).unwrap());
        assert!(policy.htlc_minimum_msat() <= hop.amount);
        assert!(hop.amount <= policy.htlc_maximum_msat());
        assert!(
            channel
                .capacity_sat()
                .is_none_or(|sat| hop.amount <= Msat::from_sat(sat))
        );
        if i > 0 {
            let before = route.hops[i - 1];
            assert_eq!(before.to, hop.from);
            assert_eq!(before.amount.0 - hop.amount.0, hop.fee.0);
            assert_eq!(policy.fee(hop.amount), Some(hop.fee));
            let blocks = policy.cltv_expiry_delta();
            assert_eq!(hop.cltv_expiry_delta, blocks);
            assert_eq!(before.cltv_expiry - hop.cltv_expiry, u32::from(blocks));
            cost += u128::from(hop.fee.0)
                + u128::from(hop.amount.0)
                    * u128::from(blocks)
                    * u128::from(query.cltv_risk_billionths)
                    / 1_000_000_000;
        }
    }
    assert_eq!(u128::from(route.cost), cost);
}

/// What differs between the kinds of graphs.
#[derive(Clone, Copy, Debug)]
struct Kind {
    htlc_minimum: u64,
    htlc_maximum: u64,
    fee_base: u32,
    fee_proportional: u32,
    blocks: u16,
}

const NODES: u32 = 7;

type Terms = Option<channel_update::Contents>;
type Edge = ((u32, u32), Option<u64>, Terms, Terms);

fn policy(kind: Kind) -> impl Strategy<Value = Terms> {
    let fields = (
        0..=kind.htlc_minimum,
        kind.htlc_maximum / 4..=kind.htlc_maximum,
        0..=kind.fee_base,
        0..=kind.fee_proportional,
        0..=kind.blocks,
        prop::bool::weighted(0.1),
    );
    let contents = fields.prop_map(|(minimum, maximum, base, proportional, blocks, disabled)| {
        channel_update::Contents {
            htlc_minimum_msat: Msat(minimum),
            htlc_maximum_msat: Msat(maximum),
            fee_base_msat: base,
            fee_proportional_millionths: proportional,
            cltv_expiry_delta: blocks,
            disabled,
            ..terms(0, Direction::OneToTwo, 1)
        }
    });
    prop::option::weighted(0.9, contents)
}

fn edges(kind: Kind) -> impl Strategy<Value = Vec<Edge>> {
    let nodes = (0..NODES, 1..NODES).prop_map(|(a, step)| (a, (a + step) % NODES));
    let capacity = prop::option::weighted(0.5, kind.htlc_maximum / 2000..=kind.htlc_maximum / 500);
    prop::collection::vec((nodes, capacity, policy(kind), policy(kind)), 1..22)
}

fn build(edges: &[Edge]) -> Graph {
    let mut graph = graph();
    // The two that pay and are paid are always there.
    connect(&mut graph, 1000, [0, 1000], None, [None; 2]);
    connect(&mut graph, 1001, [1, 1000], None, [None; 2]);
    for (scid, ((a, b), capacity, ab, ba)) in edges.iter().enumerate() {
        connect(&mut graph, scid as u64, [*a, *b], *capacity, [*ab, *ba]);
    }
    graph
}

fn query(graph: &Graph, amount: u64) -> Query {
    Query::new(node(graph, 0), node(graph, 1), Msat(amount))
}

const FEES: Kind = Kind {
    htlc_minimum: 0,
    htlc_maximum: 3_000_000,
    fee_base: 2000,
    fee_proportional: 50_000,
    blocks: 144,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Without risk the cheapest way to a node is also the one of the least amount, so that nothing can be
    /// better than what is found.
    #[test]
    fn no_path_is_cheaper(edges in edges(FEES), amount in 1..2_000_000_u64) {
        let graph = build(&edges);
        let query = query(&graph, amount).with_cltv_risk_billionths(0);
        let found = find_path(&graph, &mut Scratch::new(), &query);
        match cheapest(&graph, &query) {
            Some(cost) => {
                let route = found.unwrap();
                check(&graph, &query, &route);
                prop_assert_eq!(u128::from(route.cost), cost);
            }
            None => prop_assert_eq!(found, Err(NoRoute::NoPath)),
        }
    }

    /// The same, where fees do not depend on the amount but risk counts.
    #[test]
    fn no_path_is_cheaper_in_fees_and_risk(
        edges in edges(Kind { fee_proportional: 0, htlc_maximum: u64::MAX, fee_base: 3, ..FEES }),
        amount in 1_000_000_000..2_000_000_000_u64,
    ) {
        let graph = build(&edges);
        let query = query(&graph, amount);
        let found = find_path(&graph, &mut Scratch::new(), &query);
        match cheapest(&graph, &query) {
            Some(cost) => {
                let route = found.unwrap();
                check(&graph, &query, &route);
                // Fees are so small that their part in the amounts changes each risk by 1 msat at most.
                prop_assert!(u128::from(route.cost) <= cost + 7, "{} {}", route.cost, cost);
            }
            None => prop_assert_eq!(found, Err(NoRoute::NoPath)),
        }
    }

    /// The same, where the embedder has a say, as dear as a few fees or a no.
    #[test]
    fn no_path_is_cheaper_in_fees_and_score(
        edges in edges(Kind { fee_proportional: 0, htlc_maximum: u64::MAX, ..FEES }),
    ) {
        let score: Score = |id, direction| match (id.0 * 31 + u64::from(direction.bit()) * 7) % 9 {
            0 => None,
            n => Some(n * 700),
        };
        let ask = |way: &Candidate<'_>| {
            assert!(way.channel.carries(way.direction, way.amount));
            score(way.channel.short_channel_id(), way.direction).map(Msat)
        };
        let graph = build(&edges);
        let query = query(&graph, 1_000_000).with_cltv_risk_billionths(0);
        let found = find_path_by(&graph, &mut Scratch::new(), &query, &ask);
        match cheapest_by(&graph, &query, score) {
            Some(cost) => {
                let route = found.unwrap();
                check_by(&graph, &query, &route, score);
                prop_assert_eq!(u128::from(route.cost), cost);
            }
            None => prop_assert_eq!(found, Err(NoRoute::NoPath)),
        }
    }

    /// With everything at once: what is found is right, and never better than the best.
    #[test]
    fn every_route_keeps_every_limit(
        edges in edges(Kind { htlc_minimum: 1_500_000, ..FEES }),
        amount in 1..2_000_000_u64,
        max_hops in 0..8_u8,
        max_total_cltv in 0..700_u32,
        max_fee in prop::option::of(0..300_000_u64),
        risk in 0..2_000_u32,
    ) {
        let graph = build(&edges);
        let mut query = query(&graph, amount)
            .with_max_hops(max_hops)
            .with_max_total_cltv(max_total_cltv)
            .with_cltv_risk_billionths(risk);
        query.max_fee = max_fee.map(Msat);
        let best = cheapest(&graph, &query);
        if let Ok(route) = find_path(&graph, &mut Scratch::new(), &query) {
            check(&graph, &query, &route);
            prop_assert!(u128::from(route.cost) >= best.expect("a path was found"));
        }
    }

    /// One limit alone never hides a path.
    #[test]
    fn a_path_within_a_single_limit_is_found(
        edges in edges(Kind { htlc_maximum: u64::MAX, ..FEES }),
        limit in 0..3_usize,
        max in 0..5_u32,
    ) {
        let graph = build(&edges);
        let query = query(&graph, 1_000_000);
        let query = match limit {
            0 => query.with_max_hops(max as u8),
            1 => query.with_max_total_cltv(max * 100),
            _ => query.with_max_fee(Msat(u64::from(max) * 20_000)),
        };
        let found = find_path(&graph, &mut Scratch::new(), &query);
        prop_assert_eq!(found.is_ok(), cheapest(&graph, &query).is_some());
    }

    /// Whatever the numbers, nothing panics, and what is found is right.
    #[test]
    fn numbers_of_any_size_are_survived(
        edges in edges(Kind {
            htlc_minimum: 10,
            htlc_maximum: u64::MAX,
            fee_base: u32::MAX,
            fee_proportional: u32::MAX,
            blocks: u16::MAX,
        }),
        amount in any::<u64>(),
        risk in any::<u32>(),
    ) {
        let graph = build(&edges);
        let query = query(&graph, amount)
            .with_max_total_cltv(u32::MAX)
            .with_cltv_risk_billionths(risk);
        if let Ok(route) = find_path(&graph, &mut Scratch::new(), &query) {
            check(&graph, &query, &route);
        }
    }

    /// A scratch carries nothing from one search to the next.
    #[test]
    fn a_used_scratch_finds_the_same(graphs in prop::collection::vec(edges(FEES), 1..6)) {
        let mut used = Scratch::new();
        for edges in &graphs {
            let graph = build(edges);
            let query = query(&graph, 1_000_000);
            prop_assert_eq!(
                find_path(&graph, &mut used, &query),
                find_path(&graph, &mut Scratch::new(), &query)
            );
        }
    }
}
