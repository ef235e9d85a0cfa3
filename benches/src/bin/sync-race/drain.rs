//! Clients that ask for everything and look at nothing, so that it is the server who is measured.

use core::error::Error;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
};

use benches::machine::{features, signer};
use brontide::{LocalSigner, secp256k1::PublicKey};
use conn_worker::{
    Session, SessionConfig,
    session::{Event, Input, Lane, Output},
};
use examples::node::PeerAddress;
use lnwire::{
    BlockHeight, Instant, Message, MessageTooLong, ShortChannelId, WireMessage,
    bolt7::{QueryChannelRange, QueryShortChannelIds},
    bytes::{Bytes, BytesMut},
    tlv::UnknownRecords,
};

use crate::{network::CHAIN, process::Stopwatch};

/// Short channel ids in a query, as many as fit.
const BATCH: usize = 8_000;

pub(crate) fn drain(peer: &str, clients: usize) -> Result<(), Box<dyn Error>> {
    let peer: PeerAddress = peer.parse()?;
    let stopwatch = Stopwatch::start();
    let results: Vec<Result<u64, String>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients)
            .map(|n| {
                let peer = &peer;
                scope.spawn(move || one(n, peer).map_err(|error| error.to_string()))
            })
            .collect();
        let ended = clients.into_iter().map(|client| client.join());
        ended
            .map(|result| result.unwrap_or_else(|_| Err("a client panicked".into())))
            .collect()
    });
    let mut wire = 0;
    for bytes in results {
        wire += bytes?;
    }
    stopwatch.report(stopwatch.elapsed(), wire);
    Ok(())
}

/// Returns how many bytes came in.
fn one(n: usize, peer: &PeerAddress) -> Result<u64, Box<dyn Error>> {
    let signer: LocalSigner = signer(u8::try_from(10 + n)?);
    let config = SessionConfig {
        features: features(),
        networks: vec![CHAIN],
        ..SessionConfig::new(signer.public_key())
    };
    let started = std::time::Instant::now();
    let now = || Instant::from_epoch(started.elapsed());
    let key: PublicKey = peer.key;
    let ephemeral = benches::machine::ephemeral(u8::try_from(100 + n)?);
    let mut session = Session::outbound(now(), config, key, ephemeral);
    let mut socket = TcpStream::connect((peer.host.as_str(), peer.port))?;
    socket.set_nodelay(true)?;
    let (mut received, mut to_write) = (BytesMut::new(), BytesMut::new());
    let mut block = vec![0; 65_536];
    let (mut wanted, mut bytes) = (Vec::new(), 0);
    loop {
        session.handle_bytes(now(), &mut received);
        // What it left in the buffer it takes once its outputs are fetched.
        let pauses = session.is_paused();
        let mut is_over = false;
        while let Some(output) = session.poll_output() {
            let next = match output {
                Output::Ecdh(point) => {
                    session.handle_input(now(), Input::Ecdh(signer.ecdh(&point)));
                    None
                }
                Output::Event(Event::Up { .. }) => Some(everything()?),
                Output::Message(Message::ReplyChannelRange(reply)) => {
                    wanted.extend(reply.short_channel_ids.iter());
                    let is_listed = reply.sync_complete == 1;
                    is_listed.then(|| batch(&mut wanted)).transpose()?
                }
                Output::Message(Message::ReplyShortChannelIdsEnd(_)) => {
                    is_over = wanted.is_empty();
                    (!is_over).then(|| batch(&mut wanted)).transpose()?
                }
                Output::Close(reason) => return Err(reason.into()),
                _ => None,
            };
            if let Some(message) = next {
                session.send_frame(now(), Lane::Gossip, message)?;
            }
        }
        if is_over {
            return Ok(bytes);
        }
        session.poll_transmit(now(), &mut to_write, 65_536);
        socket.write_all(&to_write.split())?;
        if pauses {
            continue;
        }
        let n = socket.read(&mut block)?;
        if n == 0 {
            return Err("the server has hung up".into());
        }
        bytes += n as u64;
        received.extend_from_slice(&block[..n]);
    }
}

fn everything() -> Result<Bytes, MessageTooLong> {
    encode(&QueryChannelRange {
        chain_hash: CHAIN,
        first_blocknum: BlockHeight(0),
        number_of_blocks: u32::MAX,
        query_option: None,
        unknown: UnknownRecords::NONE,
    })
}

fn batch(ids: &mut Vec<ShortChannelId>) -> Result<Bytes, MessageTooLong> {
    let count = ids.len().min(BATCH);
    encode(&QueryShortChannelIds::new(CHAIN, ids.drain(..count)))
}

fn encode(message: &impl WireMessage) -> Result<Bytes, MessageTooLong> {
    let mut frame = BytesMut::new();
    message.encode(&mut frame)?;
    Ok(frame.freeze())
}
