//! LDK's side: its messages, and its machine for connections.

use core::{
    fmt,
    hash::{Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use std::sync::{Arc, Mutex};

use brontide::secp256k1::PublicKey;
use lightning::{
    ln::peer_handler::{
        ErroringMessageHandler, IgnoringMessageHandler, PeerManager, SocketDescriptor,
    },
    sign::{KeysManager, NodeSigner as _, Recipient},
    util::{
        logger::{Logger, Record},
        ser::LengthReadable,
    },
};
use lnwire::bytes::BytesMut;

use crate::machine::Machine;

/// Reads a message, which for LDK begins behind its type.
///
/// # Panics
/// If it does not decode.
#[must_use]
pub fn read<T: LengthReadable>(frame: &[u8]) -> T {
    T::read_from_fixed_length_buffer(&mut &frame[2..]).expect("it was encoded just now")
}

/// Logs nothing.
#[derive(Debug)]
pub struct Silent;

impl Logger for Silent {
    fn log(&self, _: Record<'_>) {}
}

type Peers = PeerManager<
    Pipe,
    ErroringMessageHandler,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
    &'static Silent,
    IgnoringMessageHandler,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

/// An LDK node, which ignores whatever messages say.
pub struct LdkNode {
    peers: Peers,
    key: PublicKey,
}

impl LdkNode {
    /// Makes a node.
    ///
    /// # Panics
    /// Never: it holds its key.
    #[must_use]
    pub fn new(n: u8) -> Self {
        let keys = Arc::new(KeysManager::new(&[n; 32], 0, 0, true));
        let key = keys.get_node_id(Recipient::Node).expect("it holds its key");
        let ignore = IgnoringMessageHandler {};
        Self {
            peers: Peers::new_routing_only(ignore, 0, &[n; 32], &Silent, keys),
            key,
        }
    }

    /// Dials `to`; the bytes are act one.
    ///
    /// # Panics
    /// Never: nothing connects twice.
    #[must_use]
    pub fn outbound(&self, to: PublicKey) -> (Ldk<'_>, BytesMut) {
        let pipe = Pipe::new();
        let act_one = self.peers.new_outbound_connection(to, pipe.clone(), None);
        let act_one = act_one.expect("it is the only connection");
        (Ldk { node: self, pipe }, BytesMut::from(&act_one[..]))
    }

    /// Is dialled.
    ///
    /// # Panics
    /// Never: nothing connects twice.
    #[must_use]
    pub fn inbound(&self) -> Ldk<'_> {
        let pipe = Pipe::new();
        let taken = self.peers.new_inbound_connection(pipe.clone(), None);
        taken.expect("it is the only connection");
        Ldk { node: self, pipe }
    }

    /// Returns the node's key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// Returns whether both sides of some connection have said `init`.
    #[must_use]
    pub fn is_up(&self) -> bool {
        !self.peers.list_peers().is_empty()
    }
}

/// A connection of an LDK node, which ends when this is dropped.
#[derive(Debug)]
pub struct Ldk<'a> {
    node: &'a LdkNode,
    pipe: Pipe,
}

impl fmt::Debug for LdkNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LdkNode").field(&self.key).finish()
    }
}

impl Machine for Ldk<'_> {
    fn key(&self) -> PublicKey {
        self.node.key
    }

    fn receive(&mut self, bytes: BytesMut) -> BytesMut {
        let taken = self.node.peers.read_event(&mut self.pipe, &bytes);
        taken.expect("LDK stays connected");
        // Only now it sends.
        self.node.peers.process_events();
        core::mem::take(&mut self.pipe.sent.lock().expect("nobody panicked"))
    }
}

impl Drop for Ldk<'_> {
    fn drop(&mut self) {
        self.node.peers.socket_disconnected(&self.pipe);
    }
}

/// Where an LDK node leaves what it sends.
#[derive(Clone, Debug)]
struct Pipe {
    id: u64,
    sent: Arc<Mutex<BytesMut>>,
}

impl Pipe {
    fn new() -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        Self {
            id: LAST_ID.fetch_add(1, Relaxed),
            sent: Arc::default(),
        }
    }
}

impl SocketDescriptor for Pipe {
    fn send_data(&mut self, data: &[u8], _continue_read: bool) -> usize {
        self.sent
            .lock()
            .expect("nobody panicked")
            .extend_from_slice(data);
        data.len()
    }

    fn disconnect_socket(&mut self) {}
}

impl PartialEq for Pipe {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Pipe {}

impl Hash for Pipe {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
