//! Connects to a peer, again and again if wanted.

use std::sync::Arc;

use tokio::{net::TcpStream, sync::mpsc::UnboundedSender};

use super::{Event, Opener, PeerAddress};

pub(super) async fn run(
    peer: PeerAddress,
    _reconnect: bool,
    opener: Arc<Opener>,
    events: UnboundedSender<Event>,
) {
    match TcpStream::connect((peer.host.as_str(), peer.port)).await {
        Ok(stream) => {
            let address = stream.peer_addr().unwrap();
            opener.run(stream, address, Some(peer.key)).await;
        }
        Err(error) => {
            let _ = events.send(Event::DialFailed {
                peer: peer.key.into(),
                error: error.to_string(),
                last: true,
            });
        }
    }
}
