//! From what a search has written down to a route.

use alloc::vec::Vec;

use lnwire::Msat;

use super::{
    route::{Hop, PrivateHop, Route},
    score::Score,
    search::Search,
};
use crate::{Source, graph::Direction};

impl<S: Source, C: Score> Search<'_, S, C> {
    /// Follows the labels from the payer to the payee; `None` if the channels are not what they were, as may be
    /// in memory that another process writes.
    pub(super) fn route(&mut self) -> Option<Route> {
        let mut from = self.payer;
        let mut label = *self.scratch.label(from);
        let (cost, hint) = (label.cost, label.hint);
        let mut own = None;
        if let Some(number) = label.own.checked_sub(1) {
            let number = usize::from(number);
            let channel = self.query.own_channels.get(number)?;
            from = channel.peer;
            label = *self.scratch.settled(from)?;
            own = Some(PrivateHop {
                number,
                short_channel_id: channel.short_channel_id,
                amount: Msat(label.amount),
                fee: Msat(0),
                cltv_expiry_delta: 0,
                cltv_expiry: label.cltv_expiry,
            });
        }
        // Without a hint it is past all.
        let number = usize::from(hint).wrapping_sub(1);
        let way_on = self.query.hints.get(number);
        let hinted_len = way_on.map_or(0, |hint| hint.channels.len());
        let mut hops = Vec::with_capacity((label.hops as usize).saturating_sub(hinted_len));
        while let Some(handle) = label.channel {
            let channel = self.graph.shown_channel(handle)?;
            let channel = channel.by_ref();
            let side = channel.side_of(from);
            let to = channel.node_at(1 - side);
            let next = *self.scratch.settled(to)?;
            if next.hops >= label.hops {
                return None;
            }
            hops.push(Hop {
                channel: handle,
                short_channel_id: channel.short_channel_id(),
                from,
                to,
                direction: Direction::from_side(side),
                amount: Msat(next.amount),
                fee: Msat(label.amount.checked_sub(next.amount)?),
                cltv_expiry_delta: match from == self.payer {
                    true => 0,
                    false => channel.fees_at(side).cltv_expiry_delta(),
                },
                cltv_expiry: next.cltv_expiry,
            });
            from = to;
            label = next;
        }
        // A way that ends elsewhere than it did.
        if (label.hint, label.own) != (hint, 0) {
            return None;
        }
        let mut hinted = Vec::with_capacity(hinted_len);
        if let Some(hint) = way_on {
            self.back_through(hint, |hop| hinted.push(PrivateHop { number, ..hop }))?;
            hinted.reverse();
        }
        Some(Route {
            own,
            hops,
            hinted,
            cost,
        })
    }
}
