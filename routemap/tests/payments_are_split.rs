//! `find_parts`: payments that no path carries at once.

extern crate alloc;

mod common;

use alloc::collections::BTreeMap;

use common::{Network, Random, connect, graph, node, terms};
use lnwire::{Msat, bolt7::channel_update};
use proptest::prelude::*;
use routemap::{
    Candidate, Direction, Graph, NoRoute, Query, Route, Scratch, find_parts, find_path,
};

fn any(_way: &Candidate<'_>) -> Option<Msat> {
    Some(Msat(0))
}

/// Terms of channels that hold so many satoshi.
fn free(sat: u64) -> Option<channel_update::Contents> {
    Some(channel_update::Contents {
        htlc_maximum_msat: Msat::from_sat(sat),
        ..terms(0, Direction::OneToTwo, 1)
    })
}

/// Channels side by side, from node 1 to node 2.
fn side_by_side(capacities: &[u64]) -> Graph {
    let mut graph = graph();
    for (scid, sat) in (1..).zip(capacities) {
        connect(&mut graph, scid, [1, 2], Some(*sat), [free(*sat), None]);
    }
    graph
}

fn query(graph: &Graph, sat: u64) -> Query {
    Query::new(node(graph, 1), node(graph, 2), Msat::from_sat(sat))
}

fn split(graph: &Graph, query: &Query, most: u8) -> Result<Vec<Route>, NoRoute> {
    find_parts(graph, &mut Scratch::new(), query, most, &any)
}

fn received(parts: &[Route]) -> Vec<u64> {
    parts
        .iter()
        .map(|part| part.received().as_msat() / 1000)
        .collect()
}

/// Checks the parts together; each by itself is what `find_path` finds.
fn check(graph: &Graph, query: &Query, most: u8, parts: &[Route]) {
    assert!(parts.len() <= usize::from(most));
    let all: u64 = parts.iter().map(|part| part.received().as_msat()).sum();
    assert_eq!(all, query.amount.as_msat());
    let fees: u64 = parts.iter().map(|part| part.total_fee().as_msat()).sum();
    assert!(query.max_fee.is_none_or(|max| fees <= max.as_msat()));
    let mut sent = BTreeMap::new();
    for hop in parts.iter().flat_map(|part| &part.hops) {
        let channel = graph.channel(hop.channel).unwrap();
        assert!(channel.carries(hop.direction, hop.amount));
        *sent.entry((hop.channel, hop.direction)).or_insert(0) += hop.amount.as_msat();
    }
    for ((handle, direction), sent) in sent {
        let channel = graph.channel(handle).unwrap();
        let maximum = channel.policy(direction).unwrap().htlc_maximum_msat();
        let capacity = channel.capacity_sat().map_or(maximum, Msat::from_sat);
        assert!(sent <= capacity.as_msat(), "{sent} through {capacity}");
    }
}

#[test]
fn what_one_path_carries_is_not_split() {
    let graph = side_by_side(&[60, 40]);
    let query = query(&graph, 60);
    let whole = find_path(&graph, &mut Scratch::new(), &query).unwrap();
    assert_eq!(split(&graph, &query, 16), Ok(vec![whole]));
}

#[test]
fn a_part_takes_all_that_its_channels_carry() {
    let graph = side_by_side(&[60, 40]);
    assert_eq!(
        received(&split(&graph, &query(&graph, 100), 2).unwrap()),
        [60, 40]
    );
    assert_eq!(
        split(&graph, &query(&graph, 101), 255),
        Err(NoRoute::NoPath)
    );
    // No more parts than are allowed; none at all counts as one.
    for most in [0, 1] {
        assert_eq!(
            split(&graph, &query(&graph, 100), most),
            Err(NoRoute::NoPath)
        );
        assert_eq!(
            split(&graph, &query(&graph, 60), most).map(|p| p.len()),
            Ok(1)
        );
    }
}

#[test]
fn a_channel_of_unknown_capacity_holds_one_htlc() {
    let mut graph = graph();
    connect(&mut graph, 1, [1, 2], None, [free(50), None]);
    assert_eq!(
        received(&split(&graph, &query(&graph, 50), 4).unwrap()),
        [50]
    );
    assert_eq!(split(&graph, &query(&graph, 51), 4), Err(NoRoute::NoPath));
    // A known one holds as many as fit.
    connect(&mut graph, 2, [1, 2], Some(120), [free(50), None]);
    let parts = split(&graph, &query(&graph, 170), 4).unwrap();
    assert_eq!(received(&parts).iter().sum::<u64>(), 170);
    check(&graph, &query(&graph, 170), 4, &parts);
    assert_eq!(split(&graph, &query(&graph, 171), 9), Err(NoRoute::NoPath));
}

#[test]
fn parts_meet_in_the_channels_they_share() {
    // Two channels to node 3, from where one goes on that holds less than both.
    let mut graph = graph();
    connect(&mut graph, 1, [1, 3], Some(60), [free(60), None]);
    connect(&mut graph, 2, [1, 3], Some(60), [free(60), None]);
    connect(&mut graph, 3, [3, 2], Some(100), [free(100), None]);
    assert_eq!(split(&graph, &query(&graph, 110), 8), Err(NoRoute::NoPath));
    let parts = split(&graph, &query(&graph, 100), 8).unwrap();
    check(&graph, &query(&graph, 100), 8, &parts);
}

#[test]
fn the_limit_on_fees_is_for_all_parts() {
    let mut graph = graph();
    for (scid, middle) in [(1, 3), (2, 4)] {
        connect(&mut graph, scid, [1, middle], Some(100), [free(100), None]);
        let dear = free(60).map(|terms| channel_update::Contents {
            fee_base_msat: 700,
            ..terms
        });
        connect(&mut graph, 10 + scid, [middle, 2], Some(60), [dear, None]);
    }
    let query = query(&graph, 100);
    let parts = split(&graph, &query.clone().with_max_fee(Msat(1400)), 4).unwrap();
    check(&graph, &query.clone().with_max_fee(Msat(1400)), 4, &parts);
    let less = query.with_max_fee(Msat(1399));
    assert_eq!(split(&graph, &less, 4), Err(NoRoute::BeyondLimits));
}

#[test]
fn the_embedder_hears_what_goes_beside() {
    let graph = side_by_side(&[100, 100]);
    // The payer knows that there is less on its side than the capacity.
    let balance = Msat::from_sat(55);
    let score = |way: &Candidate<'_>| {
        let all = way.amount.as_msat() + way.beside.as_msat();
        (all <= balance.as_msat()).then_some(Msat(0))
    };
    let mut scratch = Scratch::new();
    let parts = find_parts(&graph, &mut scratch, &query(&graph, 110), 16, &score).unwrap();
    let mut sent = BTreeMap::new();
    for hop in parts.iter().flat_map(|part| &part.hops) {
        *sent.entry(hop.channel).or_insert(0) += hop.amount.as_msat();
    }
    assert!(sent.values().eq([&balance.as_msat(); 2]));
    let too_much = find_parts(&graph, &mut scratch, &query(&graph, 111), 16, &score);
    assert_eq!(too_much, Err(NoRoute::NoPath));
}

#[test]
fn what_no_path_of_a_network_carries_is_split() {
    let mut graph = graph();
    Network::new(3000).apply(&mut graph);
    let nodes: Vec<_> = graph.nodes().map(|(handle, _)| handle).collect();
    let mut random = Random(9);
    let mut scratch = Scratch::new();
    let (mut whole, mut split, mut missing) = (0, 0, 0);
    for _ in 0..300 {
        let mut pick = || nodes[random.below(nodes.len() as u64) as usize];
        let query = Query::new(pick(), pick(), Msat::from_sat(1_000_000));
        match find_parts(&graph, &mut scratch, &query, 16, &any) {
            Ok(parts) => {
                check(&graph, &query, 16, &parts);
                let at_once = find_path(&graph, &mut scratch, &query);
                assert_eq!(at_once.is_ok(), parts.len() == 1);
                if at_once.is_ok() {
                    whole += 1
                } else {
                    split += 1
                }
            }
            Err(_) => {
                assert!(find_path(&graph, &mut scratch, &query).is_err());
                missing += 1;
            }
        }
    }
    assert!(
        whole > 10 && split > 10 && missing > 10,
        "{whole} {split} {missing}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Side by side, whatever fits at all fits in as many parts as there are channels.
    #[test]
    fn channels_side_by_side_are_filled(
        capacities in prop::collection::vec(1..1000_u64, 1..12),
        sat in 1..4000_u64,
    ) {
        let graph = side_by_side(&capacities);
        let query = query(&graph, sat);
        let most = capacities.len() as u8;
        let found = split(&graph, &query, most);
        prop_assert_eq!(found.is_ok(), capacities.iter().sum::<u64>() >= sat);
        if let Ok(parts) = found {
            check(&graph, &query, most, &parts);
        }
    }

    /// Whatever the network, the parts are right together.
    #[test]
    fn parts_are_right_together(
        edges in prop::collection::vec(
            ((0..6_u32, 1..6_u32), 1..500_u64, 0..2000_u32, 0..50_000_u32, 0..3_u64),
            1..30,
        ),
        sat in 1..1500_u64,
        most in 1..20_u8,
        max_fee in prop::option::of(0..100_000_u64),
    ) {
        let mut graph = graph();
        connect(&mut graph, 1000, [1, 1000], None, [None; 2]);
        connect(&mut graph, 1001, [2, 1000], None, [None; 2]);
        for (scid, ((a, step), capacity, base, proportional, unknown)) in edges.iter().enumerate() {
            let ends = [a + 1, (a + step) % 6 + 1];
            let terms = free(*capacity).map(|terms| channel_update::Contents {
                fee_base_msat: *base,
                fee_proportional_millionths: *proportional,
                ..terms
            });
            let capacity = (*unknown > 0).then_some(*capacity);
            connect(&mut graph, scid as u64, ends, capacity, [terms; 2]);
        }
        let mut query = query(&graph, sat);
        query.max_fee = max_fee.map(Msat);
        let whole = find_path(&graph, &mut Scratch::new(), &query);
        match (split(&graph, &query, most), whole) {
            (Ok(parts), Ok(whole)) => prop_assert_eq!(parts, [whole]),
            (Ok(parts), Err(_)) => {
                prop_assert!(parts.len() > 1);
                check(&graph, &query, most, &parts);
            }
            (Err(_), whole) => prop_assert!(whole.is_err()),
        }
    }
}
