//! Our node, in both roles.

use core::error::Error;
use std::{collections::BTreeMap, path::Path};

use conn_worker::EndReason;
use examples::node::{Config, Event, Knowledge, Node, Signer, Stats};
use gossip_sync::{ingest::VerifiedGossip, syncer::Outcome};
use lnwire::{Instant, Message, Verified};

use crate::{
    network::{self, CHAIN},
    process::{Stopwatch, until_dismissed},
};

pub(crate) async fn serve(file: &Path, own: bool) -> Result<(), Box<dyn Error>> {
    let mut known = Knowledge::new(CHAIN);
    if own {
        known.keep_in(file)?;
    } else {
        fill(&mut known, file)?;
    }
    let config = Config {
        listen: Some("127.0.0.1:0".into()),
        ..Config::new(Signer::random(), CHAIN)
    };
    let mut node = Node::start(config, known).await?;
    let stopwatch = Stopwatch::start();
    println!("{}", node.uri().ok_or("it does not listen")?);
    let complain = async {
        while let Some(event) = node.next_event().await {
            match event {
                Event::PeerDown {
                    reason: EndReason::RemoteClosed,
                    ..
                } => {}
                Event::PeerDown { reason, .. } => eprintln!("the server: {reason}"),
                Event::Complaint { what, .. } => eprintln!("the server: {what}"),
                _ => {}
            }
        }
    };
    tokio::select! {
        () = complain => {}
        () = until_dismissed() => {}
    }
    stopwatch.report(stopwatch.elapsed(), wire(&node));
    Ok(())
}

/// Keeps what it learns in the file `kept`, if there is one, and knows then what is in there.
pub(crate) async fn sync(
    peer: &str,
    threads: usize,
    kept: Option<&Path>,
) -> Result<(), Box<dyn Error>> {
    let mut known = Knowledge::new(CHAIN);
    if let Some(file) = kept {
        known.keep_in(file)?;
    }
    let config = Config {
        connect: vec![peer.parse()?],
        reconnect: false,
        verify_threads: threads,
        ..Config::new(Signer::random(), CHAIN)
    };
    let stopwatch = Stopwatch::start();
    let mut node = Node::start(config, known).await?;
    loop {
        match node.next_event().await.ok_or("the node has ended")? {
            Event::Synced {
                outcome: Outcome::Complete { withheld, .. },
                ..
            } if withheld.is_empty() => break,
            Event::PeerUp { .. } | Event::Listed { .. } | Event::Covered(_) | Event::Settled => {}
            other => return Err(format!("{other:?}").into()),
        }
    }
    stopwatch.report(stopwatch.elapsed(), wire(&node));
    Ok(())
}

/// Writes a node's file of what is in another file.
pub(crate) fn keep(file: &Path, kept: &Path) -> Result<(), Box<dyn Error>> {
    let mut known = Knowledge::new(CHAIN);
    known.keep_in(kept)?;
    fill(&mut known, file)?;
    Ok(known.close()?)
}

fn wire(node: &Node) -> u64 {
    let stats = node.stats();
    Stats::get(&stats.bytes_in) + Stats::get(&stats.bytes_out)
}

/// Takes what this program has signed itself.
fn fill(knowledge: &mut Knowledge, file: &Path) -> Result<(), Box<dyn Error>> {
    let mut signers = BTreeMap::new();
    for message in network::read(file)? {
        let message = match message {
            Message::ChannelAnnouncement(m) => {
                signers.insert(m.short_channel_id(), [m.node_id_1(), m.node_id_2()]);
                VerifiedGossip::Channel(Verified::trust_without_checking(m, ()))
            }
            Message::ChannelUpdate(m) => {
                let of_channel = signers.get(&m.short_channel_id()).ok_or("no channel")?;
                let signer = of_channel[usize::from(m.direction())];
                VerifiedGossip::Update(Verified::trust_without_checking(m, signer))
            }
            Message::NodeAnnouncement(m) => {
                VerifiedGossip::Node(Verified::trust_without_checking(m, ()))
            }
            other => return Err(format!("message type {}", other.msg_type()).into()),
        };
        knowledge.insert(Instant::ZERO, &message)?;
    }
    Ok(())
}
