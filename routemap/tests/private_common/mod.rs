//! Paths through private channels, for tests: each that is found is checked.

use lnwire::{Msat, ShortChannelId};
use routemap::{Graph, NoRoute, OwnChannel, Query, Route, Scratch, find_path};

use crate::common::node;

pub(crate) const AMOUNT: Msat = Msat(1_000_000);

pub(crate) fn own(graph: &Graph, peer: u32, maximum: u64) -> OwnChannel {
    OwnChannel::new(
        node(graph, peer),
        ShortChannelId(u64::from(peer)),
        Msat(maximum),
    )
}

pub(crate) fn find(graph: &Graph, query: &Query) -> Result<Route, NoRoute> {
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
