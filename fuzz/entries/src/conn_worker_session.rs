//! Conversations with a session of `conn-worker`, written down line by line; `conn-worker/tests/transcripts/README.md` says
//! how.

use core::time::Duration;

use brontide::{
    ActOne, ActTwo, EphemeralKey, LocalSigner, Transport, initiator, responder,
    secp256k1::SecretKey, take_act,
};
use conn_worker::{
    Session, SessionConfig,
    bytes::{BufMut as _, Bytes, BytesMut},
    session::{Event, Input, Output},
};
use lnwire::{
    ChannelId, Instant, Message, WireMessage,
    bolt1::{ErrorMessage, Init, PeerStorage, Ping, Pong, Warning},
};

/// Plays whatever lines of `input` make sense, without looking at what is expected: no order of steps may panic, and the
/// end is the last output.
///
/// # Panics
/// If something comes after the end, or a session that waits has no deadline.
pub fn conn_worker_session(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _played = play(text.lines().take(300), false);
}

/// Plays a conversation.
///
/// # Errors
/// The line, from 1 on, at which something else happened than is written there, or which makes no sense; only if `strict`.
///
/// # Panics
/// If something comes after the end, or a session that waits has no deadline.
pub fn play<'t>(lines: impl Iterator<Item = &'t str>, strict: bool) -> Result<(), String> {
    let mut keeps = false;
    let mut stage: Option<Stage> = None;
    for (n, line) in (1..).zip(lines) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let done = match (line, &mut stage) {
            ("keeps backups", None) => {
                keeps = true;
                Ok(())
            }
            ("accepts" | "dials", None) => {
                stage = Some(Stage::new(line == "dials", keeps));
                Ok(())
            }
            (line, Some(stage)) => stage.step(line),
            (_, None) => Err("neither accepts nor dials".to_owned()),
        };
        if let Err(why) = done.map_err(|why| format!("line {n}, «{line}»: {why}")) {
            if strict {
                return Err(why);
            }
        }
    }
    Ok(())
}

/// The peer's side of the handshake.
enum Peer {
    /// It dials; what is to be sent is act one.
    ToDial,
    AwaitTwo(initiator::AwaitActTwo),
    /// It is dialled.
    AwaitOne,
    AwaitThree(responder::AwaitActThree),
    Up(Transport),
    Lost,
}

struct Stage {
    session: Session,
    signer: LocalSigner,
    peer_signer: LocalSigner,
    peer: Peer,
    now: Instant,
    received: BytesMut,
    /// What our session has sent and the peer has not read.
    wire: BytesMut,
    outputs: Vec<Output>,
    is_over: bool,
}

fn signer(byte: u8) -> LocalSigner {
    LocalSigner::new(SecretKey::from_slice(&[byte; 32]).expect("a key"))
}

fn ephemeral(byte: u8) -> EphemeralKey {
    EphemeralKey::from_bytes([byte; 32]).expect("a key")
}

impl Stage {
    fn new(dials: bool, keeps: bool) -> Self {
        let (signer, peer_signer) = (signer(0x21), signer(0x11));
        let now = Instant::ZERO;
        let config = SessionConfig {
            peer_storage: keeps,
            ..SessionConfig::new(signer.public_key())
        };
        let session = if dials {
            Session::outbound(now, config, peer_signer.public_key(), ephemeral(0x22))
        } else {
            Session::inbound(now, config, ephemeral(0x22))
        };
        Self {
            session,
            signer,
            peer_signer,
            peer: if dials { Peer::AwaitOne } else { Peer::ToDial },
            now,
            received: BytesMut::new(),
            wire: BytesMut::new(),
            outputs: Vec::new(),
            is_over: false,
        }
    }

    fn step(&mut self, line: &str) -> Result<(), String> {
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        match head {
            ">" => self.peer_sends(rest)?,
            "<" => return self.we_send(rest),
            "!" => return self.we_say(rest),
            "at" => {
                let seconds = rest.parse().map_err(|_| "no number of seconds")?;
                let then = Instant::from_epoch(Duration::from_secs(seconds));
                self.now = self.now.max(then);
                self.session.handle_timeout(self.now);
            }
            "probe" => self.session.probe(self.now),
            "back" => {
                let blob = vec![7; length(rest)?].into();
                let sent = self.session.send_backup(self.now, blob);
                sent.map_err(|error| error.to_string())?;
            }
            _ => return Err("no such step".to_owned()),
        }
        self.drain();
        Ok(())
    }

    /// Polls what there is, and hands in what waited behind a pause.
    fn drain(&mut self) {
        loop {
            self.session.handle_bytes(self.now, &mut self.received);
            let paused = self.session.is_paused();
            while let Some(output) = self.session.poll_output() {
                assert!(!self.is_over, "{output:?} after the end");
                match output {
                    Output::Ecdh(point) => {
                        let secret = self.signer.ecdh(&point);
                        self.session.handle_input(self.now, Input::Ecdh(secret));
                    }
                    output => {
                        self.is_over = matches!(output, Output::Close(_));
                        self.outputs.push(output);
                    }
                }
            }
            self.session
                .poll_transmit(self.now, &mut self.wire, 1 << 20);
            assert!(self.is_over == self.session.poll_timeout().is_none());
            if !paused || self.session.is_paused() {
                return;
            }
        }
    }

    fn peer_sends(&mut self, what: &str) -> Result<(), String> {
        let (head, rest) = what.split_once(' ').unwrap_or((what, ""));
        let message = match head {
            "act" => return self.peer_acts(),
            "closes" => {
                self.session.handle_input(self.now, Input::Closed);
                return Ok(());
            }
            "bytes" => {
                self.received.extend_from_slice(&unhex(rest)?);
                return Ok(());
            }
            "init" => encoded(&Init::default()),
            "ping" => encoded(&Ping {
                num_pong_bytes: rest.parse().map_err(|_| "no length")?,
                ignored: Bytes::new(),
                extra: Bytes::new(),
            }),
            "pong" => encoded(&Pong {
                ignored: vec![0; length(rest)?].into(),
                extra: Bytes::new(),
            }),
            "warning" => encoded(&Warning {
                data: Bytes::copy_from_slice(rest.as_bytes()),
                ..Warning::about_all("")
            }),
            "error" | "error-about-one" => encoded(&ErrorMessage {
                channel_id: if head == "error" {
                    ChannelId::ALL
                } else {
                    ChannelId([7; 32])
                },
                data: Bytes::copy_from_slice(rest.as_bytes()),
                extra: Bytes::new(),
            }),
            "storage" => encoded(&PeerStorage {
                blob: vec![7; length(rest)?].into(),
                extra: Bytes::new(),
            }),
            "onion" => {
                let mut message = BytesMut::new();
                message.put_u16(513);
                message.put_bytes(2, 33);
                let len = length(rest)?;
                message.put_u16(u16::try_from(len).map_err(|_| "too long")?);
                message.put_bytes(0, len);
                message
            }
            "type" => {
                let (number, len) = rest.split_once(' ').ok_or("no type and length")?;
                let mut message = BytesMut::new();
                message.put_u16(number.parse().map_err(|_| "no type")?);
                message.put_bytes(7, length(len)?);
                message
            }
            "hex" => BytesMut::from(&unhex(rest)?[..]),
            _ => return Err("no such message".to_owned()),
        };
        let Peer::Up(transport) = &mut self.peer else {
            return Err("the handshake is not over".to_owned());
        };
        let sealed = transport.tx.encrypt(&message, &mut self.received);
        sealed.map_err(|error| error.to_string())
    }

    fn peer_acts(&mut self) -> Result<(), String> {
        let key = self.peer_signer.public_key();
        self.peer = match core::mem::replace(&mut self.peer, Peer::Lost) {
            Peer::ToDial => {
                let ours = self.signer.public_key();
                let (act, waits) = initiator::start(key, ours, ephemeral(0x12));
                self.received.extend_from_slice(&act);
                Peer::AwaitTwo(waits)
            }
            Peer::AwaitTwo(waits) => {
                let act: ActTwo = take_act(&mut self.wire).ok_or("no act two")?;
                let need = waits.read(&act).map_err(|error| error.to_string())?;
                let ecdh = self.peer_signer.ecdh(&need.point());
                let (act, transport) = need.finish(ecdh);
                self.received.extend_from_slice(&act);
                Peer::Up(transport)
            }
            Peer::AwaitOne => {
                let act: ActOne = take_act(&mut self.wire).ok_or("no act one")?;
                let waits = responder::AwaitActOne::new(key);
                let need = waits.read(&act).map_err(|error| error.to_string())?;
                let ecdh = self.peer_signer.ecdh(&need.point());
                let finished = need.finish(ecdh, ephemeral(0x12));
                let (act, waits) = finished.map_err(|error| error.to_string())?;
                self.received.extend_from_slice(&act);
                Peer::AwaitThree(waits)
            }
            other => {
                self.peer = other;
                return Err("its acts are over".to_owned());
            }
        };
        Ok(())
    }

    /// Reads what our session sends next.
    fn we_send(&mut self, expected: &str) -> Result<(), String> {
        self.drain();
        if expected == "act" {
            return self.we_act();
        }
        let Peer::Up(transport) = &mut self.peer else {
            return match (expected, self.wire.is_empty()) {
                ("nothing", true) => Ok(()),
                _ => Err(format!("{} bytes of an act", self.wire.len())),
            };
        };
        let message = transport.rx.next(&mut self.wire);
        let message = message.map_err(|error| error.to_string())?;
        let found = match message.map(Message::decode) {
            None => "nothing".to_owned(),
            Some(Ok(Message::Init(_))) => "init".to_owned(),
            Some(Ok(Message::Ping(_))) => "ping".to_owned(),
            Some(Ok(Message::Pong(pong))) => format!("pong {}", pong.ignored.len()),
            Some(Ok(Message::Warning(_))) => "warning".to_owned(),
            Some(Ok(Message::PeerStorageRetrieval(m))) => format!("retrieval {}", m.blob.len()),
            Some(other) => format!("{other:?}"),
        };
        equal(expected, &found)
    }

    /// Our act: it is read when the peer acts next, act three at once.
    fn we_act(&mut self) -> Result<(), String> {
        self.peer = match core::mem::replace(&mut self.peer, Peer::Lost) {
            Peer::AwaitThree(waits) => {
                let act = take_act(&mut self.wire).ok_or("no act three")?;
                let read = waits.read(&act);
                let (_, transport) = read.map_err(|error| error.to_string())?;
                Peer::Up(transport)
            }
            other => other,
        };
        match (&self.peer, self.wire.is_empty()) {
            (Peer::AwaitTwo(_) | Peer::AwaitOne, false) | (Peer::Up(_), _) => Ok(()),
            _ => Err("no act".to_owned()),
        }
    }

    /// Looks at what our session says next.
    fn we_say(&mut self, expected: &str) -> Result<(), String> {
        self.drain();
        if self.outputs.is_empty() {
            return equal(expected, "nothing");
        }
        let found = match self.outputs.remove(0) {
            Output::Event(Event::Authenticated { .. }) => "authenticated".to_owned(),
            Output::Event(Event::Up { .. }) => "up".to_owned(),
            Output::Event(Event::Heard) => "heard".to_owned(),
            Output::Event(Event::BadMessage { .. }) => "bad message".to_owned(),
            Output::Message(message) => format!("message {}", message.msg_type()),
            Output::Store(blob) => format!("store {}", blob.len()),
            Output::Close(reason) => {
                let name = format!("{reason:?}");
                let end = name.find(|c: char| !c.is_alphanumeric());
                format!("end {}", &name[..end.unwrap_or(name.len())])
            }
            other => format!("{other:?}"),
        };
        equal(expected, &found)
    }
}

fn equal(expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("it was «{found}»"))
}

fn encoded(message: &impl WireMessage) -> BytesMut {
    let mut out = BytesMut::new();
    message.write(&mut out);
    out
}

fn length(text: &str) -> Result<usize, String> {
    let len: u16 = text.parse().map_err(|_| "no length")?;
    Ok(len.into())
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).map(|d| d as u8).ok_or("no hex"))
        .collect::<Result<_, _>>()?;
    Ok(digits
        .chunks(2)
        .map(|two| two.iter().fold(0, |n, d| n << 4 | d))
        .collect())
}
