//! A path that LDK has found has with ours the same amounts and expiries, also one that ends with a hint; and what ours finds is never
//! dearer.

use benches::{
    ldk::{Silent, TheirGraph, Theirs},
    signed_network, verified,
};
use bitcoin::{
    Network,
    secp256k1::{PublicKey, Secp256k1, SecretKey},
};
use gossip_sync::routemap::apply_all;
use lightning::routing::{
    gossip::RoutingFees,
    router::{
        PaymentParameters, Route, RouteHint, RouteHintHop, RouteHop, RouteParameters, find_route,
    },
    scoring::FixedPenaltyScorer,
};
use lnwire::{ChainHash, Instant, Msat, ShortChannelId};
use routemap::{
    Candidate, Config, Graph, Hint, NodeHandle, PrivateChannel, Query, Scratch, find_path,
    find_path_by,
};

const AMOUNT: Msat = Msat(1_000_000);

struct Both {
    ours: Graph,
    theirs: TheirGraph,
    scratch: Scratch,
}

/// Fee base and rate, blocks, and which node the channel begins at.
type PrivateHop = (PublicKey, [u32; 2], u16);

impl Both {
    fn new() -> Self {
        let messages = verified(&signed_network(1000));
        let mut ours = Graph::new(Config::new(ChainHash::REGTEST, 1));
        apply_all(&mut ours, Instant::ZERO, &messages, |_, taken| {
            taken.expect("the network is sound");
        });
        let theirs = Theirs::read(&messages).fill(TheirGraph::new(Network::Regtest, &Silent));
        Self {
            ours,
            theirs,
            scratch: Scratch::new(),
        }
    }

    fn key(&self, node: NodeHandle) -> PublicKey {
        let id = self.ours.node(node).expect("it is there").id();
        PublicKey::from_slice(id.as_bytes()).expect("it signed something")
    }

    /// Finds the cheapest path, and another one through the channels of theirs alone; returns whether there is one.
    fn agree(&mut self, query: &Query, theirs: Option<&Route>) -> bool {
        let query = query.clone().with_cltv_risk_billionths(0);
        let found = find_path(&self.ours, &mut self.scratch, &query);
        assert_eq!(found.is_ok(), theirs.is_some());
        let (Ok(found), Some(theirs)) = (found, theirs) else {
            return false;
        };
        assert!(found.total_fee().0 <= theirs.get_total_fees());
        let hops = &theirs.paths[0].hops;
        // What is said of a hop is the fee of the next, and how much later the one before expires; of the last one, what arrives.
        let sums = |of: fn(&RouteHop) -> u64| {
            let sum = |sum: &mut u64, hop| {
                *sum += of(hop);
                Some(*sum)
            };
            let mut sums: Vec<_> = hops.iter().rev().scan(0, sum).collect();
            sums.reverse();
            sums
        };
        let amounts = sums(|hop| hop.fee_msat);
        let expiries = sums(|hop| hop.cltv_expiry_delta.into());
        // They add some blocks, so that nobody knows how near the end is.
        let last = hops.last().expect("there is one").cltv_expiry_delta;
        let same = |way: &Candidate<'_>| {
            let scid = way.channel.short_channel_id().0;
            let is_theirs = hops.iter().any(|hop| hop.short_channel_id == scid);
            is_theirs.then_some(Msat(0))
        };
        let query = query.with_final_cltv_delta(last);
        let ours = find_path_by(&self.ours, &mut self.scratch, &query, &same);
        let ours = ours.expect("they go that way");
        assert!(ours.amounts().map(|amount| amount.0).eq(amounts));
        let public = ours.hops.iter().map(|hop| hop.cltv_expiry);
        let hinted = ours.hinted.iter().map(|hop| hop.cltv_expiry);
        assert!(public.chain(hinted).map(u64::from).eq(expiries));
        true
    }

    fn theirs(&self, from: PublicKey, to: PublicKey, hints: Vec<RouteHint>) -> Option<Route> {
        let mut payment = PaymentParameters::from_node_id(to, Query::FINAL_CLTV_DELTA)
            .with_max_path_count(1)
            .with_route_hints(hints)
            .expect("the payee is not blinded");
        payment.max_channel_saturation_power_of_half = 0;
        payment.max_total_cltv_expiry_delta = Query::MAX_TOTAL_CLTV;
        let mut wanted = RouteParameters::from_payment_params_and_value(payment, AMOUNT.0);
        wanted.max_total_routing_fee_msat = None;
        let scorer = FixedPenaltyScorer::with_penalty(0);
        let (graph, seed) = (&self.theirs, &[0; 32]);
        find_route(&from, &wanted, graph, None, &Silent, &scorer, &(), seed).ok()
    }
}

fn our_hint(both: &Both, entry: NodeHandle, hops: &[PrivateHop]) -> Hint {
    assert_eq!(both.key(entry), hops[0].0);
    let channels = (1..)
        .zip(hops)
        .map(|(scid, (_, [base, millionths], blocks))| {
            PrivateChannel::new(ShortChannelId(scid), *base, *millionths, *blocks)
        });
    Hint::new(entry, channels.collect::<Vec<_>>())
}

fn their_hint(hops: &[PrivateHop]) -> RouteHint {
    let hops =
        (1..).zip(hops).map(
            |(scid, (src_node_id, [base, millionths], blocks))| RouteHintHop {
                src_node_id: *src_node_id,
                short_channel_id: scid,
                fees: RoutingFees {
                    base_msat: *base,
                    proportional_millionths: *millionths,
                },
                cltv_expiry_delta: *blocks,
                htlc_minimum_msat: None,
                htlc_maximum_msat: None,
            },
        );
    RouteHint(hops.collect())
}

#[test]
fn paths_have_the_same_amounts_and_expiries() {
    let mut both = Both::new();
    let nodes: Vec<_> = both.ours.nodes().map(|(handle, _)| handle).collect();
    let secp = Secp256k1::new();
    let outside = [1, 2].map(|n| {
        let key = SecretKey::from_slice(&[n; 32]).expect("less than the order");
        key.public_key(&secp)
    });
    let (mut public, mut hinted) = (0, 0);
    for (n, pair) in nodes.windows(2).step_by(3).enumerate() {
        let (from, to) = (pair[0], nodes[n]);
        if from == to {
            continue;
        }
        let [payer, entry] = [from, to].map(|node| both.key(node));
        let theirs = both.theirs(payer, entry, Vec::new());
        let query = Query::new(from, to, AMOUNT);
        public += usize::from(both.agree(&query, theirs.as_ref()));

        // To a node that is in neither graph, by a hint of one hop or two.
        let way = [
            (entry, [n as u32 * 7, 2500], 40),
            (outside[1], [900, 10], 20),
        ];
        let way = &way[..1 + n % 2];
        let theirs = both.theirs(payer, outside[0], vec![their_hint(way)]);
        let query = Query::new(from, None, AMOUNT).with_hints([our_hint(&both, to, way)]);
        hinted += usize::from(both.agree(&query, theirs.as_ref()));
    }
    assert!(public > 50 && hinted > 50, "{public} {hinted}");
}
