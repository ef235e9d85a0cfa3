//! What a node says about what it knows: to people and to programs.

use std::fmt::Write as _;

use lnwire::{Msat, NodeId};
use routemap::{Graph, NoRoute, NodeHandle, Query, Route, Scratch, find_path};

/// Returns the nodes with the most channels, the greatest first.
#[must_use]
pub fn best_connected(graph: &Graph, count: usize) -> Vec<NodeHandle> {
    let mut nodes: Vec<_> = graph
        .nodes()
        .map(|(handle, node)| (std::cmp::Reverse(node.channel_count()), node.id(), handle))
        .collect();
    nodes.sort_unstable_by_key(|(channels, id, _)| (*channels, *id));
    nodes.into_iter().take(count).map(|(_, _, h)| h).collect()
}

/// Finds routes between well-connected nodes and returns the one with the most to see: fees, and hops.
///
/// # Errors
/// [`NoRoute`] of a pair, if there is no route between any.
pub fn sample_route(graph: &Graph, amount: Msat) -> Result<Route, NoRoute> {
    let nodes = best_connected(graph, 10);
    let mut scratch = Scratch::new();
    let worth = |route: &Route| (route.total_fee() > Msat(0), route.hops.len());
    let mut best = Err(NoRoute::NoPath);
    for (i, to) in nodes.iter().enumerate() {
        for from in nodes.iter().take(i) {
            let route = find_path(graph, &mut scratch, &Query::new(*from, *to, amount));
            if best.is_err() || route.as_ref().ok().map(worth) > best.as_ref().ok().map(worth) {
                best = route;
            }
        }
    }
    best
}

/// Writes a route down hop by hop: fees in msat, delays in blocks.
#[must_use]
pub fn route_table(graph: &Graph, route: &Route) -> String {
    let id = |handle| graph.node(handle).map_or(NodeId([0; 33]), |node| node.id());
    let mut table = String::new();
    let (Some(first), Some(last)) = (route.hops.first(), route.hops.last()) else {
        return table;
    };
    let _ = writeln!(table, "route of {} from {}", last.amount, id(first.from));
    let _ = writeln!(
        table,
        "  {:>18}  {:<14}  {:>14}  {:>9}  {:>6}  {:>6}",
        "channel", "to node", "amount (msat)", "fee", "delay", "expiry"
    );
    for hop in &route.hops {
        let to = id(hop.to).to_string();
        let _ = writeln!(
            table,
            "  {:>18}  {:<14}  {:>14}  {:>9}  {:>6}  {:>6}",
            hop.short_channel_id.to_string(),
            to.get(..14).unwrap_or(&to),
            hop.amount.as_msat(),
            hop.fee.as_msat(),
            hop.cltv_expiry_delta,
            hop.cltv_expiry
        );
    }
    let _ = writeln!(
        table,
        "  sends {} in all, of which fees {}; first HTLC expires in {} blocks",
        route.total_amount(),
        route.total_fee(),
        route.total_cltv()
    );
    table
}

/// Writes a number of bytes with a unit.
#[must_use]
pub fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}

/// Writes a number with spaces between groups of three digits.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
