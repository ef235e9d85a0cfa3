//! Answers peers' queries from the store.

use conn_worker::session::Lane;
use gossip_sync::answerer::{Input, Output};
use lnwire::NodeId;

use super::{connection::ToConnection, core::Core, store::MessageStore};

impl Core {
    /// Moves a peer's answerer on, and sends what comes of it.
    pub(super) fn answer(&mut self, peer: NodeId, input: Input) {
        // What was taken just now can be asked for.
        self.flush();
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        p.answerer.handle_input(input);
        let mut violation = None;
        while let Some(output) = p.answerer.poll_output() {
            match output {
                // In the lane of the gossip that it ends or interrupts, to stay behind it.
                Output::Send(message) => p.send(Lane::Gossip, &message),
                Output::Relay(frame) => p.command(ToConnection::Send(Lane::Gossip, frame)),
                Output::Violation(fault) => violation = Some(fault),
                question => {
                    if let Some(answer) = look_up(&self.knowledge.store, question) {
                        p.answerer.handle_input(answer);
                    }
                }
            }
        }
        if p.answerer.awaits_ready() {
            p.end_page();
        }
        if let Some(fault) = violation {
            self.complain(peer, fault.to_string());
        }
    }
}

/// Answers a question of an answerer; `None` for outputs that are none.
fn look_up(store: &MessageStore, question: Output) -> Option<Input> {
    Some(match question {
        Output::List {
            request,
            from,
            end,
            limit,
            checksums: _,
        } => Input::Listed {
            request,
            channels: store.list(from, end, limit),
        },
        Output::Fetch { request, channels } => Input::Fetched {
            request,
            channels: store.fetch(&channels),
        },
        Output::Walk {
            request,
            from,
            limit,
        } => Input::Fetched {
            request,
            channels: store.walk(from, limit),
        },
        Output::WalkNodes {
            request,
            after,
            limit,
        } => Input::FetchedNodes {
            request,
            nodes: store.walk_nodes(after, limit),
        },
        Output::Send(_) | Output::Relay(_) | Output::Violation(_) => return None,
    })
}
