//! What it costs to seal a network: the part of a server's work that no server is spared.

use core::error::Error;
use std::path::Path;

use benches::machine::{ephemeral, signer};
use brontide::{HandshakeError, Transport, initiator, responder};
use lnwire::bytes::{Bytes, BytesMut};

use crate::{network, process::cpu_seconds};

/// Messages sealed one behind the other: about as many as a connection writes at once.
const AT_ONCE: usize = 256;
/// Clocks count in steps of a hundredth of a second.
const ROUNDS: usize = 4;

/// Returns the seconds of CPU that sealing all messages of a file takes.
pub(crate) fn seconds(file: &Path) -> Result<f64, Box<dyn Error>> {
    let messages = network::read(file)?;
    let frames = messages.iter().map(|message| {
        let mut frame = BytesMut::new();
        message.write(&mut frame);
        frame.freeze()
    });
    let frames: Vec<Bytes> = frames.collect();
    let mut transport = transport()?;
    let mut out = BytesMut::new();
    let before = cpu_seconds();
    for _ in 0..ROUNDS {
        for frames in frames.chunks(AT_ONCE) {
            out.clear();
            let frames = frames.iter().map(|frame| &frame[..]);
            transport.tx.encrypt_all(frames, &mut out)?;
        }
    }
    Ok((cpu_seconds() - before) / ROUNDS as f64)
}

fn transport() -> Result<Transport, HandshakeError> {
    let (alice, bob) = (signer(1), signer(2));
    let (act_one, awaits_two) =
        initiator::start(alice.public_key(), bob.public_key(), ephemeral(3));
    let need = responder::AwaitActOne::new(bob.public_key()).read(&act_one)?;
    let ecdh = bob.ecdh(&need.point());
    let (act_two, _) = need.finish(ecdh, ephemeral(4))?;
    let need = awaits_two.read(&act_two)?;
    let ecdh = alice.ecdh(&need.point());
    Ok(need.finish(ecdh).1)
}
