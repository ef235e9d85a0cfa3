//! Values by handle: never taken for those of another object, and dropped when theirs goes.

extern crate alloc;

mod common;

use alloc::rc::Rc;

use common::{announcement, at, connect, graph, node, terms};
use lnwire::{
    Alias, Color, Features, Msat, Verified,
    bolt7::{channel_update, node_announcement},
};
use routemap::{
    Bounds, Candidate, ChannelFeatures, ChannelHandle, Component, Config, Direction, Graph, Kind,
    Liquidity, NoRoute, NodeDetails, NodeHandle, Query, Scratch, find_path_by,
};

const KINDS: [Kind; 3] = [Kind::Dense, Kind::Paged, Kind::Sparse];

fn add(graph: &mut Graph, second: u64, scid: u64) -> ChannelHandle {
    let one = 2 * scid as u32;
    let message = announcement(scid, one, one + 1);
    graph.apply_channel(at(second), &message, None).unwrap()
}

#[test]
fn a_value_is_never_read_for_another_channel() {
    for kind in KINDS {
        let mut graph = graph();
        let mut table = Component::<ChannelHandle, u32>::new(&graph, kind);
        let first = add(&mut graph, 0, 1);
        assert_eq!(table.get(&graph, first), None);
        assert!(table.set(&graph, first, 5) && table.set(&graph, first, 6));
        assert_eq!(table.get(&graph, first), Some(&6));
        *table.get_mut(&graph, first).unwrap() += 1;
        assert_eq!(table.get(&graph, first), Some(&7));

        graph.remove_channel(at(1), first).unwrap();
        assert_eq!(table.get(&graph, first), None);
        assert!(!table.set(&graph, first, 8));
        // The slot is taken again before the table has followed.
        let second = add(&mut graph, 601, 2);
        assert_eq!(first, second);
        assert_eq!(table.get(&graph, second), None);
        assert_eq!(table.get_mut(&graph, second), None);
        assert_eq!(table.remove(&graph, second), None);
        assert_eq!(table.iter(&graph).count(), 0);

        // A value set for the new one outlives the news that the old one went.
        assert!(table.set(&graph, second, 9));
        assert_eq!(table.follow(&graph).dropped, 0);
        assert_eq!(table.get(&graph, second), Some(&9));
        assert_eq!(table.remove(&graph, second), Some(9));
        assert!(table.is_empty());
    }
}

#[test]
fn values_are_dropped_when_what_they_belong_to_goes() {
    for kind in KINDS {
        for history in [0, 4, 1024] {
            let mut graph = Graph::new(Config {
                history,
                ..Config::new(lnwire::ChainHash::REGTEST, 1)
            });
            let mut table = Component::<NodeHandle, Option<Rc<()>>>::new(&graph, kind);
            let value = Rc::new(());
            let channels: Vec<_> = (0..100).map(|i| add(&mut graph, 0, i)).collect();
            for (handle, _) in graph.nodes() {
                table.set(&graph, handle, Some(Rc::clone(&value)));
            }
            assert_eq!(Rc::strong_count(&value), 201);
            for channel in &channels[..40] {
                graph.remove_channel(at(1), *channel).unwrap();
            }
            let followed = table.follow(&graph);
            assert_eq!(followed.dropped, 80, "{kind:?} {history}");
            assert_eq!(followed.missed > 0, history < 1024);
            assert_eq!((table.len(), Rc::strong_count(&value)), (120, 121));
            assert_eq!(table.follow(&graph).missed, 0);
            let mut handles = graph.nodes().map(|(handle, _)| handle);
            assert!(table.iter(&graph).map(|(h, _)| h).eq(&mut handles));
        }
    }
}

#[test]
fn memory_follows_the_kind() {
    let mut graph = graph();
    let handles: Vec<_> = (0..20_000).map(|i| add(&mut graph, 0, i)).collect();
    let bytes = |kind, every: usize| {
        let mut table = Component::<ChannelHandle, u64>::new(&graph, kind);
        table.follow(&graph);
        for handle in handles.iter().step_by(every) {
            table.set(&graph, *handle, 1);
        }
        let full = table.heap_bytes();
        for handle in &handles {
            table.remove(&graph, *handle);
        }
        (full, table.heap_bytes())
    };
    // Twelve bytes a channel, and the rest of a page.
    let dense = bytes(Kind::Dense, 1);
    assert!(dense.0 < 13 * 20_000 && dense.1 == dense.0);
    let paged = bytes(Kind::Paged, 1);
    assert!(paged.0 < 14 * 20_000 && paged.1 < 25_000);
    let sparse = bytes(Kind::Sparse, 1000);
    assert!(sparse.0 < 1000 && sparse.1 == 0);
}

#[test]
fn what_nodes_say_of_themselves_is_kept_by_those_who_want_it() {
    let mut graph = graph();
    connect(&mut graph, 7, [1, 2], None, [None, None]);
    let contents = node_announcement::Contents {
        features: Features::from_bits([1, 9]),
        timestamp: lnwire::Timestamp(5),
        node_id: common::node_id(1),
        rgb_color: Color([1, 2, 3]),
        alias: Alias([b'a'; 32]),
        addresses: lnwire::Addresses::default(),
    };
    let message = contents
        .unsigned()
        .unwrap()
        .sign(&[lnwire::Signature([0; 64])]);
    let message = Verified::trust_without_checking(message, ());
    graph.apply_node(at(0), &message).unwrap();

    let mut details = NodeDetails::new(&graph);
    assert!(details.apply(&graph, &message));
    let one = node(&graph, 1);
    assert_eq!(
        details.features(&graph, one),
        Some(&Features::from_bits([1, 9]))
    );
    assert_eq!(details.alias(&graph, one), Some(&Alias([b'a'; 32])));
    assert_eq!(details.color(&graph, one), Some(&Color([1, 2, 3])));
    assert_eq!(details.addresses(&graph, one), Some(&contents.addresses));
    assert_eq!(details.alias(&graph, node(&graph, 2)), None);

    let handle = graph.channels().next().unwrap().0;
    graph.remove_channel(at(1), handle).unwrap();
    assert_eq!(details.alias(&graph, one), None);
    assert_eq!(details.follow(&graph).dropped, 1);
    assert!(!details.apply(&graph, &message));
}

#[test]
fn features_of_channels_cost_nothing_where_there_are_none() {
    let mut graph = graph();
    let channel = connect(&mut graph, 7, [1, 2], None, [None, None]);
    let mut features = ChannelFeatures::new(&graph);
    let of = |bits: &[u32]| {
        let contents = lnwire::bolt7::channel_announcement::Contents {
            features: Features::from_bits(bits.iter().copied()),
            chain_hash: lnwire::ChainHash::REGTEST,
            short_channel_id: lnwire::ShortChannelId(7),
            node_id_1: common::node_id(1),
            node_id_2: common::node_id(2),
            bitcoin_key_1: lnwire::Point([2; 33]),
            bitcoin_key_2: lnwire::Point([2; 33]),
        };
        contents
            .unsigned()
            .unwrap()
            .sign(&[lnwire::Signature([0; 64]); 4])
    };
    assert!(features.apply(&graph, &of(&[])));
    assert_eq!(features.heap_bytes(), 0);
    assert!(features.apply(&graph, &of(&[3])));
    assert_eq!(
        features.get(&graph, channel),
        Some(&Features::from_bits([3]))
    );
    graph.remove_channel(at(0), channel).unwrap();
    assert_eq!(features.get(&graph, channel), None);
    assert!(!features.apply(&graph, &of(&[3])));
    assert_eq!(features.follow(&graph).dropped, 1);
}

#[test]
fn payments_teach_what_a_channel_can_send() {
    let mut graph = graph();
    let channel = connect(&mut graph, 7, [1, 2], None, [None, None]);
    let mut liquidity = Liquidity::new(&graph);
    let (there, back) = (Direction::OneToTwo, Direction::TwoToOne);
    assert!(!liquidity.could_send(&graph, channel, there, Msat(5)));
    assert_eq!(liquidity.bounds(&graph, channel, there), None);

    graph.set_capacity(at(0), channel, 1);
    let bounds = |liquidity: &Liquidity, direction| {
        let Bounds { least, most } = liquidity.bounds(&graph, channel, direction).unwrap();
        (least.as_msat(), most.as_msat())
    };
    let chance = |liquidity: &Liquidity, direction, amount| {
        liquidity.success_millionths(&graph, channel, direction, Msat(amount))
    };
    assert_eq!(bounds(&liquidity, there), (0, 1000));
    assert_eq!(chance(&liquidity, there, 0), Some(1_000_000));
    assert_eq!(chance(&liquidity, there, 1000), Some(1_000_000 / 1001));
    assert_eq!(chance(&liquidity, there, 1001), Some(0));

    assert!(liquidity.could_send(&graph, channel, there, Msat(300)));
    assert!(liquidity.could_not_send(&graph, channel, there, Msat(800)));
    assert_eq!(bounds(&liquidity, there), (300, 799));
    assert_eq!(bounds(&liquidity, back), (201, 700));
    assert_eq!(chance(&liquidity, there, 300), Some(1_000_000));
    assert_eq!(chance(&liquidity, there, 550), Some(500_000));
    assert_eq!(chance(&liquidity, there, 800), Some(0));
    // The balance has changed since: the latest news wins.
    assert!(liquidity.could_send(&graph, channel, there, Msat(900)));
    assert_eq!(bounds(&liquidity, there), (900, 900));
    assert!(liquidity.could_not_send(&graph, channel, there, Msat(0)));
    assert_eq!(bounds(&liquidity, there), (0, 0));
    // More than there is teaches no more than the capacity.
    assert!(liquidity.could_send(&graph, channel, back, Msat(u64::MAX)));
    assert_eq!(bounds(&liquidity, back), (1000, 1000));
}

#[test]
fn likely_failures_are_dear() {
    let mut graph = graph();
    // Two channels side by side; at equal chances the first is taken.
    for scid in [1, 2] {
        let maximum = channel_update::Contents {
            htlc_maximum_msat: Msat(1_000_000),
            ..terms(scid, Direction::OneToTwo, 1)
        };
        connect(&mut graph, scid, [1, 2], Some(1000), [Some(maximum), None]);
    }
    let mut liquidity = Liquidity::new(&graph);
    let query = Query::new(node(&graph, 1), node(&graph, 2), Msat(500_000));
    let find = |liquidity: &Liquidity| {
        let score = |way: &Candidate<'_>| liquidity.failure_cost(&graph, way, Msat(1000));
        let route = find_path_by(&graph, &mut Scratch::new(), &query, &score)?;
        Ok((route.hops[0].channel, route.cost))
    };
    // Half of the balances suffice: one failure for each that passes.
    let (first, cost) = find(&liquidity).unwrap();
    assert_eq!(cost, 1000);
    // It failed with less than that: never again; the other is as it was.
    let there = Direction::OneToTwo;
    assert!(liquidity.could_not_send(&graph, first, there, Msat(400_000)));
    let (second, cost) = find(&liquidity).unwrap();
    assert_ne!(second, first);
    assert_eq!(cost, 1000);
    // A quarter of what is possible now suffices: three failures.
    assert!(liquidity.could_not_send(&graph, second, there, Msat(666_667)));
    assert_eq!(find(&liquidity), Ok((second, 3000)));
    // It has passed there: no failure.
    assert!(liquidity.could_send(&graph, second, there, Msat(500_000)));
    assert_eq!(find(&liquidity), Ok((second, 0)));
    assert!(liquidity.could_not_send(&graph, second, there, Msat(500_000)));
    assert_eq!(find(&liquidity), Err(NoRoute::NoPath));
}
