//! A line between two nodes on which each byte takes its time.

use core::{error::Error, time::Duration};

use examples::node::PeerAddress;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc::channel,
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// Reads that may be on their way at once: 64 MB and more, so that the line is long and never narrow.
const ON_THE_WAY: usize = 1024;

/// Returns the address at which `peer` is `delay` away, for as long as the set is kept.
pub(crate) async fn start(
    peer: &str,
    delay: Duration,
) -> Result<(String, JoinSet<()>), Box<dyn Error>> {
    let peer: PeerAddress = peer.parse()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("{}@{}", peer.key, listener.local_addr()?);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut lines = JoinSet::new();
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect((peer.host.as_str(), peer.port)).await else {
                continue;
            };
            let _set = (near.set_nodelay(true), far.set_nodelay(true));
            let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
            lines.spawn(carry(from_near, to_far, delay));
            lines.spawn(carry(from_far, to_near, delay));
        }
    });
    Ok((address, tasks))
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sent, mut arriving) = channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let read = async move {
        let mut block = vec![0; 65_536];
        while let Ok(n @ 1..) = from.read(&mut block).await {
            if sent
                .send((Instant::now() + delay, block[..n].to_vec()))
                .await
                .is_err()
            {
                break;
            }
        }
    };
    let write = async move {
        while let Some((at, bytes)) = arriving.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(read, write);
}
