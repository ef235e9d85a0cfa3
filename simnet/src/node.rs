//! What an embedder writes: a pool, a session for each socket, and something to say.

use std::collections::BTreeMap;

use brontide::{EphemeralKey, LocalSigner, secp256k1::SecretKey};
use conn_worker::{
    EndReason, Pool, PoolConfig, Session, SessionConfig,
    bytes::{Bytes, BytesMut},
    pool::{
        AddressGroup, ConnId, Event as PoolEvent, Input as PoolInput, Output as PoolOutput,
        Priority,
    },
    session::{Input, Lane},
    worker::DialError,
};
use lnwire::{Address, Instant, NodeId};

use super::conn::{Conn, NUMBERED};
use super::net::{Net, Read, SocketId};
use super::random::Random;

/// A node. Its application sends a numbered message to each peer now and then, and looks whether those of a session
/// come in order and without a gap.
#[derive(Debug)]
pub struct Node {
    host: usize,
    signer: LocalSigner,
    /// The pool, for questions.
    pub pool: Pool,
    conns: BTreeMap<ConnId, Conn>,
    sockets: BTreeMap<SocketId, ConnId>,
    /// Dials that are out.
    dials: BTreeMap<u64, ConnId>,
    random: Random,
    /// How many sessions have been up.
    pub sessions: u64,
    /// How many messages have come.
    pub received: u64,
    /// Why sessions ended that were up.
    pub ends: Vec<EndReason>,
}

impl Node {
    /// Makes the node of a host. The same host and seed make the same node, with the same key.
    ///
    /// # Panics
    /// Never: the key is one.
    #[must_use]
    pub fn new(now: Instant, host: usize, seed: u64) -> Self {
        let signer = LocalSigner::new(key(host));
        let local = NodeId(signer.public_key().serialize());
        let config = PoolConfig {
            accepts_per_second: 1000,
            accepts_per_second_of_network: 1000,
            ..PoolConfig::default()
        };
        Self {
            host,
            pool: Pool::new(now, config, local, seed),
            signer,
            conns: BTreeMap::new(),
            sockets: BTreeMap::new(),
            dials: BTreeMap::new(),
            random: Random::new(seed),
            sessions: 0,
            received: 0,
            ends: Vec::new(),
        }
    }

    /// Returns the id of the node of a host.
    #[must_use]
    pub fn id(host: usize) -> NodeId {
        NodeId(LocalSigner::new(key(host)).public_key().serialize())
    }

    /// Wants a connection with the node of another host, which has one address for each of `addresses`.
    pub fn want(&mut self, now: Instant, host: usize, addresses: &[usize]) {
        let addresses = addresses.iter().map(|host| address(*host)).collect();
        self.pool
            .want(now, Self::id(host), addresses, Priority::Persistent);
    }

    /// Returns whether there is a session with the node of another host.
    #[must_use]
    pub fn is_connected(&self, host: usize) -> bool {
        self.pool.session(&Self::id(host)).is_some()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let sessions = self.conns.values().filter_map(|c| c.session.poll_timeout());
        sessions.chain(self.pool.poll_timeout()).min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, net: &mut Net) {
        self.pool.handle_timeout(now);
        let due: Vec<ConnId> = self
            .conns
            .iter()
            .filter(|(_, c)| c.session.poll_timeout().is_some_and(|due| due <= now))
            .map(|(conn, _)| *conn)
            .collect();
        for conn in due {
            if let Some(entry) = self.conns.get_mut(&conn) {
                entry.session.handle_timeout(now);
            }
            self.pump(now, net, conn);
        }
        self.carry_out(now, net);
    }

    /// A dial has come to something.
    pub fn dialled(&mut self, now: Instant, net: &mut Net, dial: u64, socket: Option<SocketId>) {
        let Some(conn) = self.dials.remove(&dial) else {
            // Given up, or of a process that has died.
            if let Some(socket) = socket {
                net.close(socket);
            }
            return;
        };
        match socket {
            Some(socket) => {
                self.sockets.insert(socket, conn);
                self.pool.handle_input(now, PoolInput::DialOk { conn });
            }
            None => {
                let error = DialError::Refused;
                self.pool
                    .handle_input(now, PoolInput::DialFailed { conn, error });
            }
        }
        self.carry_out(now, net);
    }

    /// Somebody has dialled.
    pub fn accepted(&mut self, now: Instant, net: &mut Net, socket: SocketId, from: usize) {
        let group = AddressGroup::of_ip(ip(from).into());
        match self.pool.accept(now, group) {
            Ok(conn) => {
                self.sockets.insert(socket, conn);
                let config = SessionConfig::new(self.signer.public_key());
                let ephemeral = self.ephemeral();
                self.start(
                    now,
                    net,
                    conn,
                    socket,
                    Session::inbound(now, config, ephemeral),
                );
            }
            Err(_) => net.close(socket),
        }
        self.carry_out(now, net);
    }

    /// A socket has something to read, room to write, or is over.
    pub fn ready(&mut self, now: Instant, net: &mut Net, socket: SocketId) {
        if let Some(conn) = self.sockets.get(&socket).copied() {
            self.pump(now, net, conn);
        }
        self.carry_out(now, net);
    }

    /// Sends the next number to every peer.
    pub fn speak(&mut self, now: Instant, net: &mut Net) {
        self.say(now, net, 0);
    }

    /// Sends a message of so many bytes and more to every peer, as gossip.
    pub fn say(&mut self, now: Instant, net: &mut Net, padding: usize) {
        let up: Vec<ConnId> = self.reported().collect();
        for conn in up {
            if let Some(entry) = self.conns.get_mut(&conn) {
                let mut message = NUMBERED.to_be_bytes().to_vec();
                message.extend_from_slice(&entry.sent.to_be_bytes());
                message.resize(message.len() + padding, 0);
                let queued = entry
                    .session
                    .send_frame(now, Lane::Gossip, Bytes::from(message));
                if queued.is_ok() {
                    entry.sent += 1;
                }
            }
            self.pump(now, net, conn);
        }
        self.carry_out(now, net);
    }

    fn reported(&self) -> impl Iterator<Item = ConnId> + '_ {
        let peers = self.pool.status();
        peers.filter_map(|peer| peer.session.map(|(conn, _)| conn))
    }

    fn ephemeral(&mut self) -> EphemeralKey {
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&self.random.next().to_be_bytes());
        EphemeralKey::from_bytes(bytes)
            .expect("it is below the order of the curve, or nearly always")
    }

    fn start(
        &mut self,
        now: Instant,
        net: &mut Net,
        conn: ConnId,
        socket: SocketId,
        session: Session,
    ) {
        let entry = Conn {
            socket,
            session,
            received: BytesMut::new(),
            to_write: BytesMut::new(),
            expected: 0,
            sent: 0,
            was_up: false,
        };
        self.conns.insert(conn, entry);
        self.pump(now, net, conn);
    }

    /// Reads, lets the session work, and writes, until nothing moves.
    fn pump(&mut self, now: Instant, net: &mut Net, conn: ConnId) {
        loop {
            let Some(entry) = self.conns.get_mut(&conn) else {
                return;
            };
            let mut news = Vec::new();
            let mut moved = false;
            if !entry.session.is_paused() {
                match net.read(entry.socket, &mut entry.received) {
                    Read::Bytes(0) => {}
                    Read::Bytes(_) => {
                        moved = true;
                        news.push(PoolInput::Heard { conn });
                    }
                    Read::End => entry.session.handle_input(now, Input::Closed),
                }
            }
            entry.session.handle_bytes(now, &mut entry.received);
            let end = entry.drain(now, conn, &self.signer, &mut news, &mut self.received);
            entry
                .session
                .poll_transmit(now, &mut entry.to_write, 65_536);
            moved |= net.write(entry.socket, &mut entry.to_write) > 0;
            for input in news {
                self.pool.handle_input(now, input);
            }
            if let Some(reason) = end {
                return self.gone(now, net, conn, reason);
            }
            if !moved {
                return;
            }
        }
    }

    fn gone(&mut self, now: Instant, net: &mut Net, conn: ConnId, reason: EndReason) {
        let Some(entry) = self.conns.remove(&conn) else {
            return;
        };
        if entry.was_up {
            self.ends.push(reason);
        }
        self.sockets.remove(&entry.socket);
        net.close(entry.socket);
        net.forget(entry.socket);
        self.pool
            .handle_input(now, PoolInput::Ended { conn, reason });
    }

    fn carry_out(&mut self, now: Instant, net: &mut Net) {
        while let Some(output) = self.pool.poll_output() {
            match output {
                PoolOutput::Dial { conn, address, .. } => {
                    // Another process of this host has used the same numbers.
                    let dial = self.random.next();
                    self.dials.insert(dial, conn);
                    net.dial(self.host, host_of(&address), dial);
                }
                PoolOutput::AbortDial { conn } => {
                    self.dials.retain(|_, c| *c != conn);
                    let error = DialError::Aborted;
                    self.pool
                        .handle_input(now, PoolInput::DialFailed { conn, error });
                }
                PoolOutput::Start { conn, peer } => {
                    let socket = self.sockets.iter().find(|(_, c)| **c == conn);
                    let Some((socket, _)) = socket else { continue };
                    let socket = *socket;
                    let config = SessionConfig::new(self.signer.public_key());
                    let ephemeral = self.ephemeral();
                    let key = brontide::secp256k1::PublicKey::from_slice(&peer.0);
                    let key = key.expect("nodes here have keys");
                    let session = Session::outbound(now, config, key, ephemeral);
                    self.start(now, net, conn, socket, session);
                }
                PoolOutput::Discard { conn } => {
                    let socket = self.sockets.iter().find(|(_, c)| **c == conn);
                    if let Some((socket, _)) = socket.map(|(s, c)| (*s, *c)) {
                        self.sockets.remove(&socket);
                        net.close(socket);
                    }
                }
                PoolOutput::Probe { conn } => {
                    if let Some(entry) = self.conns.get_mut(&conn) {
                        entry.session.probe(now);
                    }
                    self.pump(now, net, conn);
                }
                PoolOutput::Close { conn, .. } => {
                    if let Some(entry) = self.conns.get_mut(&conn) {
                        entry.session.close(now);
                    }
                    self.pump(now, net, conn);
                }
                PoolOutput::Event(PoolEvent::Up { .. }) => self.sessions += 1,
                PoolOutput::Event(_) => {}
            }
        }
    }
}

fn key(host: usize) -> SecretKey {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&(host as u64 + 1).to_be_bytes());
    SecretKey::from_slice(&bytes).expect("it is below the order of the curve")
}

/// Each host is in a network of its own.
fn ip(host: usize) -> [u8; 4] {
    let [.., a, b] = (host as u32).to_be_bytes();
    [100, a, b, 1]
}

fn address(host: usize) -> Address {
    Address::Ipv4 {
        ip: ip(host).into(),
        port: 9735,
    }
}

fn host_of(address: &Address) -> usize {
    match address {
        Address::Ipv4 { ip, .. } => {
            let [_, a, b, _] = ip.octets();
            usize::from(a) << 8 | usize::from(b)
        }
        other => panic!("{other}: no such address here"),
    }
}
