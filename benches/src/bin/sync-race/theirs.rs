//! LDK's node, in both roles: its peer manager, gossip handler and graph, on its own tokio glue.

use core::{error::Error, net::SocketAddr, time::Duration};
use std::{
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use benches::ldk::{Silent, read};
use bitcoin::Network;
use examples::node::PeerAddress;
use lightning::{
    ln::peer_handler::{ErroringMessageHandler, IgnoringMessageHandler, PeerManager},
    routing::{
        gossip::{NetworkGraph, P2PGossipSync},
        utxo::UtxoLookup,
    },
    sign::{KeysManager, NodeSigner as _, Recipient},
};
use lightning_net_tokio::SocketDescriptor;
use lnwire::Message;
use tokio::net::{TcpListener, TcpStream};

use crate::{
    network,
    process::{Stopwatch, until_dismissed},
};

type Graph = NetworkGraph<&'static Silent>;
type Utxos = Arc<dyn UtxoLookup + Send + Sync>;
type Gossip = P2PGossipSync<Arc<Graph>, Utxos, &'static Silent>;
type Peers = PeerManager<
    SocketDescriptor,
    ErroringMessageHandler,
    Arc<Gossip>,
    IgnoringMessageHandler,
    &'static Silent,
    IgnoringMessageHandler,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

type Node = (Arc<Graph>, Arc<Peers>, Arc<KeysManager>);

fn node(seed: u8) -> Result<Node, Box<dyn Error>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let keys = Arc::new(KeysManager::new(&[seed; 32], now, 0, true));
    let graph = Arc::new(Graph::new(Network::Regtest, &Silent));
    let gossip = Gossip::new(Arc::clone(&graph), None, &Silent);
    let peers = Peers::new_routing_only(
        Arc::new(gossip),
        now as u32,
        &[seed; 32],
        &Silent,
        Arc::clone(&keys),
    );
    Ok((graph, Arc::new(peers), keys))
}

pub(crate) async fn serve(file: &Path, nodelay: bool) -> Result<(), Box<dyn Error>> {
    let (graph, peers, keys) = node(7)?;
    for message in network::read(file)? {
        let taken = match &message {
            Message::ChannelAnnouncement(m) => {
                graph.update_channel_from_announcement_no_lookup(&read(m.as_bytes()))
            }
            Message::ChannelUpdate(m) => graph.update_channel(&read(m.as_bytes())),
            Message::NodeAnnouncement(m) => {
                graph.update_node_from_announcement(&read(m.as_bytes()))
            }
            _ => Ok(()),
        };
        taken.map_err(|error| error.err)?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let key = keys.get_node_id(Recipient::Node).map_err(|()| "no key")?;
    let stopwatch = Stopwatch::start();
    println!("{key}@{}", listener.local_addr()?);
    let accept = async {
        while let Ok((stream, _)) = listener.accept().await {
            let _set = stream.set_nodelay(nodelay);
            if let Ok(stream) = stream.into_std() {
                tokio::spawn(lightning_net_tokio::setup_inbound(
                    Arc::clone(&peers),
                    stream,
                ));
            }
        }
    };
    tokio::select! {
        () = accept => {}
        () = until_dismissed() => {}
    }
    stopwatch.report(stopwatch.elapsed(), 0);
    Ok(())
}

pub(crate) async fn sync(
    peer: &str,
    nodelay: bool,
    expected: [usize; 3],
) -> Result<(), Box<dyn Error>> {
    let peer: PeerAddress = peer.parse()?;
    let (graph, peers, _) = node(9)?;
    let stopwatch = Stopwatch::start();
    let address: SocketAddr = format!("{}:{}", peer.host, peer.port).parse()?;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(nodelay)?;
    let stream = stream.into_std()?;
    tokio::spawn(lightning_net_tokio::setup_outbound(
        Arc::clone(&peers),
        peer.key,
        stream,
    ));
    // Counting walks the graph: seldom, so that it does not count itself.
    while counts(&graph) != expected {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stopwatch.report(stopwatch.elapsed(), 0);
    Ok(())
}

/// Channels, updates, and nodes that have announced themselves. The cheap questions first.
fn counts(graph: &Graph) -> [usize; 3] {
    let graph = graph.read_only();
    let channels = graph.channels().unordered_iter();
    let updates =
        channels.map(|(_, c)| [&c.one_to_two, &c.two_to_one].into_iter().flatten().count());
    let nodes = graph.nodes().unordered_iter();
    let nodes = nodes.filter(|(_, node)| node.announcement_info.is_some());
    [graph.channels().len(), updates.sum(), nodes.count()]
}
