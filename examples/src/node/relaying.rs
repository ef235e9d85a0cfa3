//! Passes on what is new, as the relay says.

use std::collections::BTreeSet;

use conn_worker::session::Lane;
use gossip_sync::relay::Output;

use super::{connection::ToConnection, core::Core, stats::Stats};

impl Core {
    /// Sends what is to be passed on: in the gossip lane, where a page waits for the one before.
    pub(super) fn pump_relay(&mut self) {
        let mut pages = BTreeSet::new();
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::Send { peer, message } => {
                    if let Some(p) = self.peers.get(&peer) {
                        p.command(ToConnection::Send(Lane::Gossip, message));
                        Stats::add(&self.stats.relayed, 1);
                        pages.insert(peer);
                    }
                }
                // This node says nothing of itself.
                Output::Refresh(_) => {}
            }
        }
        for peer in pages {
            if let Some(p) = self.peers.get_mut(&peer) {
                p.end_page();
            }
        }
    }
}
