//! How it is with each peer, in a line for people.

use std::fmt::Write as _;

use conn_worker::{
    pool::{Direction, PeerStatus},
    worker::Status,
};
use lnwire::Instant;

/// The most peers that are named: a line has an end.
const MOST: usize = 8;

/// Says how many peers are connected, and what the others are waiting for.
///
/// ```
/// use examples::peers::status_line;
/// assert_eq!(status_line(&[], lnwire::Instant::ZERO), "peers: 0 connected");
/// ```
#[must_use]
pub fn status_line(peers: &[PeerStatus], now: Instant) -> String {
    let connected = peers.iter().filter(|peer| peer.session.is_some()).count();
    let mut line = format!("peers: {connected} connected");
    for peer in peers.iter().take(MOST) {
        let id = peer.peer.to_string();
        let id = id.get(..10).unwrap_or(&id);
        let _written = write!(line, "; {id}… {}", state(peer, now));
    }
    if peers.len() > MOST {
        let _written = write!(line, "; {} more", peers.len() - MOST);
    }
    line
}

fn state(peer: &PeerStatus, now: Instant) -> String {
    if let Some((conn, direction)) = peer.session {
        return match direction {
            Direction::Outbound => format!("up, {conn}"),
            Direction::Inbound => format!("up, {conn}, inbound"),
        };
    }
    let seconds = |until: Instant| (until - now).as_secs();
    match peer.worker {
        Some(Status::Idle | Status::Stopped) | None => "gone".into(),
        Some(Status::WaitingForAddress { .. }) => "without an address".into(),
        Some(Status::BackingOff { until }) => format!("dialled again in {} s", seconds(until)),
        Some(Status::Dialling { dials }) => format!("{dials} dials out"),
        Some(Status::Connecting { .. }) => "shaking hands".into(),
        Some(Status::StandDown) => "about to be connected".into(),
        Some(_) => "connected".into(),
    }
}
