//! Takes connections in.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::Sender,
    time::sleep,
};

/// Hands each socket on; who is let in is for others to say. Waits while they are busy: the system keeps a few more.
pub(super) async fn run(listener: TcpListener, sockets: Sender<(TcpStream, SocketAddr)>) {
    loop {
        match listener.accept().await {
            Ok(socket) => {
                if sockets.send(socket).await.is_err() {
                    return;
                }
            }
            // Out of file descriptors, most likely: trying again at once would only burn time.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}
