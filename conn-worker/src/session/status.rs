//! What a session tells of itself.

use lnwire::NodeId;

use super::Session;
use super::state::State;

impl Session {
    /// Returns whether [`poll_transmit`](Self::poll_transmit) has something to give.
    #[must_use]
    pub fn has_transmit(&self) -> bool {
        let sealable = !matches!(self.state, State::Handshaking { .. });
        self.out.has_act() || (sealable && !self.out.is_empty())
    }

    /// Returns whether [`handle_bytes`](Self::handle_bytes) takes nothing at the moment, so that reading from
    /// the socket has to pause. Poll outputs, transmit or answer the ECDH, and call it again.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        !self.state.is_closed()
            && (self.outputs.len() >= Self::MAX_OUTPUTS
                || self.state.is_asking()
                || self.out.is_pong_limit_reached())
    }

    /// Returns whether messages can be sent.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.state.is_up()
    }

    /// Returns whether the end has come, though [`Output::Close`](super::Output::Close) may not have been polled.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// Returns who is at the other end: outbound from the start (not yet proved then), inbound once it has proved
    /// it; `None` after the end.
    #[must_use]
    pub fn peer(&self) -> Option<NodeId> {
        self.state.peer()
    }
}
