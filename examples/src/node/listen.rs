//! Takes connections in.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet, time::sleep};

use super::Opener;

/// The most inbound connections at once; more are closed as they come.
const MAX_INBOUND: usize = 256;

pub(super) async fn run(listener: TcpListener, opener: Arc<Opener>) {
    let slots = Arc::new(Semaphore::new(MAX_INBOUND));
    // Dropped with this task, and with it the connections.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, address)) => {
                let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                    continue;
                };
                let opener = Arc::clone(&opener);
                connections.spawn(async move {
                    opener.run(stream, address, None).await;
                    drop(slot);
                });
            }
            // Out of file descriptors, most likely: trying again at once would only burn time.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}
