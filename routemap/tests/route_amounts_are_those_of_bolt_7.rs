//! The routing example of BOLT 7, and the ways in which a query can fail.

mod common;

use common::{at, connect, graph, node, terms};
use lnwire::{Msat, bolt7::channel_update};
use routemap::{Direction, Graph, NoRoute, Query, Scratch, find_path};
use serde_json::Value;

/// The last node asks for 18 blocks and the payer adds 42.
const FINAL_CLTV_DELTA: u32 = 18 + 42;

fn plain() -> channel_update::Contents {
    terms(0, Direction::OneToTwo, 1)
}

/// Makes a chain of nodes 0, 1, 2 …, in which each sends to the next at its own terms.
fn chain(terms: &[channel_update::Contents]) -> Graph {
    let mut graph = graph();
    for (i, terms) in terms.iter().enumerate() {
        let from = i as u32;
        connect(
            &mut graph,
            i.try_into().unwrap(),
            [from, from + 1],
            None,
            [Some(*terms), None],
        );
    }
    graph
}

fn find(graph: &Graph, query: &Query) -> Result<routemap::Route, NoRoute> {
    find_path(graph, &mut Scratch::new(), query)
}

#[test]
fn every_vector_holds() {
    let file: Value = serde_json::from_str(include_str!("vectors/htlc_fees.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let number = |value: &Value, key: &str| value[key].as_u64().unwrap();
        // What the payer asks of itself must not count.
        let dear = channel_update::Contents {
            fee_base_msat: 5000,
            fee_proportional_millionths: 5000,
            cltv_expiry_delta: 500,
            ..plain()
        };
        let mut all = vec![dear];
        for hop in vector["hops"].as_array().unwrap() {
            all.push(channel_update::Contents {
                fee_base_msat: number(hop, "fee_base_msat") as u32,
                fee_proportional_millionths: number(hop, "fee_proportional_millionths") as u32,
                cltv_expiry_delta: number(hop, "cltv_expiry_delta") as u16,
                ..plain()
            });
        }
        let graph = chain(&all);
        let amount = Msat(number(vector, "final_amount_msat"));
        let query = Query::new(node(&graph, 0), node(&graph, all.len() as u32), amount)
            .with_final_cltv_delta(FINAL_CLTV_DELTA);
        let route = find(&graph, &query).unwrap();
        assert_eq!(route.hops.len(), all.len());
        assert_eq!(
            route.total_amount().0,
            number(vector, "first_htlc_amount_msat")
        );
        assert_eq!(u64::from(route.total_cltv()), number(vector, "cltv_offset"));
        assert_eq!(
            route.total_fee().0,
            vector["fee_msat"].as_u64().unwrap_or(0)
        );
    }
}

#[test]
fn what_cannot_be_asked_is_told() {
    let mut graph = chain(&[plain(), plain()]);
    let (zero, two) = (node(&graph, 0), node(&graph, 2));
    let query = Query::new(zero, two, Msat(1000));
    assert!(find(&graph, &query).is_ok());
    assert_eq!(
        find(&graph, &Query::new(zero, zero, Msat(1000))),
        Err(NoRoute::SameNode)
    );
    assert_eq!(
        find(&graph, &Query::new(zero, two, Msat(0))),
        Err(NoRoute::ZeroAmount)
    );
    assert_eq!(
        find(&graph, &Query::new(two, zero, Msat(1000))),
        Err(NoRoute::NoPath)
    );
    for limited in [
        query.clone().with_max_hops(1),
        query.clone().with_max_hops(0),
        query.clone().with_max_total_cltv(17),
    ] {
        assert_eq!(find(&graph, &limited), Err(NoRoute::BeyondLimits));
    }
    let last = graph.channels_of(two).next().unwrap().0;
    graph.remove_channel(at(0), last).unwrap();
    assert_eq!(find(&graph, &query), Err(NoRoute::UnknownNode(two)));
}

#[test]
fn the_payers_own_channel_is_free_but_its_limits_hold() {
    let own = channel_update::Contents {
        fee_base_msat: 1000,
        cltv_expiry_delta: 2000,
        htlc_minimum_msat: Msat(500),
        htlc_maximum_msat: Msat(5000),
        ..plain()
    };
    let graph = chain(&[own]);
    let query = |amount| Query::new(node(&graph, 0), node(&graph, 1), Msat(amount));
    let route = find(&graph, &query(5000).with_max_total_cltv(18)).unwrap();
    assert_eq!(
        (route.total_fee(), route.total_cltv(), route.cost),
        (Msat(0), 18, 0)
    );
    assert_eq!(find(&graph, &query(499)), Err(NoRoute::NoPath));
    assert_eq!(find(&graph, &query(5001)), Err(NoRoute::NoPath));
}

#[test]
fn terms_beyond_the_capacity_allow_nothing() {
    let mut graph = graph();
    let terms = channel_update::Contents {
        htlc_maximum_msat: Msat(10_000),
        ..plain()
    };
    let handle = connect(&mut graph, 1, [0, 1], None, [Some(terms), None]);
    let query = Query::new(node(&graph, 0), node(&graph, 1), Msat(1000));
    assert!(find(&graph, &query).is_ok());
    graph.set_capacity(at(0), handle, 9);
    assert_eq!(find(&graph, &query), Err(NoRoute::NoPath));
    graph.set_capacity(at(0), handle, 10);
    assert!(find(&graph, &query).is_ok());
}

#[test]
fn a_fee_limit_chooses_the_cheaper_and_slower_path() {
    let mut graph = graph();
    let slow = channel_update::Contents {
        cltv_expiry_delta: 1990,
        ..plain()
    };
    let dear = channel_update::Contents {
        fee_base_msat: 10,
        ..plain()
    };
    connect(&mut graph, 1, [0, 1], None, [Some(plain()), None]);
    connect(&mut graph, 2, [1, 3], None, [Some(slow), None]);
    connect(&mut graph, 3, [0, 2], None, [Some(plain()), None]);
    connect(&mut graph, 4, [2, 3], None, [Some(dear), None]);
    let query = Query::new(node(&graph, 0), node(&graph, 3), Msat(1_000_000));
    assert_eq!(find(&graph, &query).unwrap().total_fee(), Msat(10));
    let cheap = find(&graph, &query.with_max_fee(Msat(9))).unwrap();
    assert_eq!((cheap.total_fee(), cheap.total_cltv()), (Msat(0), 2008));
}
