//! Searches with private channels against the same searches in a graph that has them.

mod common;
mod private_common;

use common::{connect, graph, node, terms};
use lnwire::{Msat, ShortChannelId, bolt7::channel_update};
use private_common::{AMOUNT, find, own};
use proptest::prelude::*;
use routemap::{Direction, Graph, Hint, NodeHandle, PrivateChannel, Query, Scratch, find_path};

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
    fn the_same_is_found_as_if_gossip_told_of_them(
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
