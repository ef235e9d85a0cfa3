//! LDK's side: its messages, and its machine for connections, with a box for messages of an application's own.

use core::{
    fmt,
    hash::{Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use std::sync::{Arc, Mutex};

use brontide::secp256k1::PublicKey;
use gossip_sync::ingest::VerifiedGossip;
use lightning::{
    bitcoin::io,
    ln::{
        msgs::{
            ChannelAnnouncement, ChannelUpdate, DecodeError, Init, LightningError, NodeAnnouncement,
        },
        peer_handler::{
            CustomMessageHandler, ErroringMessageHandler, IgnoringMessageHandler, MessageHandler,
            PeerManager, SocketDescriptor,
        },
        wire::{CustomMessageReader, Type},
    },
    routing::{gossip::NetworkGraph, utxo::UtxoLookup},
    sign::{KeysManager, NodeSigner as _, Recipient},
    types::features::{InitFeatures, NodeFeatures},
    util::{
        logger::{Logger, Record},
        ser::{LengthLimitedRead, LengthReadable, Writeable, Writer},
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

/// LDK's graph.
pub type TheirGraph = NetworkGraph<&'static Silent>;

/// Gossip as LDK has it when it is decoded.
#[derive(Debug)]
pub struct Theirs(Vec<Gossip>);

#[expect(
    clippy::large_enum_variant,
    reason = "a box would cost LDK's side a miss each"
)]
#[derive(Debug)]
enum Gossip {
    Channel(ChannelAnnouncement),
    Update(ChannelUpdate),
    Node(NodeAnnouncement),
}

impl Theirs {
    /// Decodes messages.
    #[must_use]
    pub fn read(messages: &[VerifiedGossip]) -> Self {
        let gossip = messages.iter().map(|message| match message {
            VerifiedGossip::Channel(channel) => Gossip::Channel(read(channel.as_bytes())),
            VerifiedGossip::Update(update) => Gossip::Update(read(update.as_bytes())),
            VerifiedGossip::Node(node) => Gossip::Node(read(node.as_bytes())),
        });
        Self(gossip.collect())
    }

    /// Applies them all, without checking signatures and without keeping the messages, as ours does.
    ///
    /// # Panics
    /// If one is refused.
    #[must_use]
    pub fn fill(&self, graph: TheirGraph) -> TheirGraph {
        const NO_LOOKUP: Option<&dyn UtxoLookup> = None;
        for gossip in &self.0 {
            let taken = match gossip {
                Gossip::Channel(channel) => {
                    graph.update_channel_from_unsigned_announcement(&channel.contents, &NO_LOOKUP)
                }
                Gossip::Update(update) => graph.update_channel_unsigned(&update.contents),
                Gossip::Node(node) => graph.update_node_from_unsigned_announcement(&node.contents),
            };
            taken.expect("the network is sound");
        }
        graph
    }
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
    Arc<Mailbox>,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

/// An LDK node, which ignores whatever messages say, and may keep those of odd types from 32769 on.
pub struct LdkNode {
    peers: Peers,
    key: PublicKey,
    mailbox: Arc<Mailbox>,
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
        let mailbox = Arc::<Mailbox>::default();
        let handlers = MessageHandler {
            chan_handler: ErroringMessageHandler::new(),
            route_handler: IgnoringMessageHandler {},
            onion_message_handler: IgnoringMessageHandler {},
            custom_message_handler: Arc::clone(&mailbox),
            send_only_message_handler: IgnoringMessageHandler {},
        };
        Self {
            peers: Peers::new(handlers, 0, &[n; 32], &Silent, keys),
            key,
            mailbox,
        }
    }

    /// Keeps from now on what [`received`](Self::received) returns; else it is read over.
    ///
    /// # Panics
    /// If somebody else has panicked.
    pub fn keep_messages(&self) {
        let mut inbox = self.mailbox.inbox.lock().expect("nobody panicked");
        inbox.get_or_insert_default();
    }

    /// Returns the messages that were kept, each with its two-byte type in front, and forgets them.
    ///
    /// # Panics
    /// If somebody else has panicked.
    #[must_use]
    pub fn received(&self) -> Vec<Vec<u8>> {
        let mut inbox = self.mailbox.inbox.lock().expect("nobody panicked");
        inbox.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// Sends a message, which begins with its type, the next time that it receives anything.
    ///
    /// # Panics
    /// If somebody else has panicked.
    pub fn send(&self, to: PublicKey, message: Vec<u8>) {
        let mut outbox = self.mailbox.outbox.lock().expect("nobody panicked");
        outbox.push((to, Whole(message)));
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

/// A message with its two-byte type in front.
#[derive(Clone, Debug)]
struct Whole(Vec<u8>);

impl Type for Whole {
    fn type_id(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }
}

impl Writeable for Whole {
    fn write<W: Writer>(&self, out: &mut W) -> Result<(), io::Error> {
        out.write_all(&self.0[2..])
    }
}

/// Messages of an application's own.
#[derive(Debug, Default)]
struct Mailbox {
    inbox: Mutex<Option<Vec<Vec<u8>>>>,
    outbox: Mutex<Vec<(PublicKey, Whole)>>,
}

impl CustomMessageReader for Mailbox {
    type CustomMessage = Whole;

    fn read<R: LengthLimitedRead>(
        &self,
        message_type: u16,
        body: &mut R,
    ) -> Result<Option<Whole>, DecodeError> {
        if self.inbox.lock().expect("nobody panicked").is_none() {
            return Ok(None);
        }
        let mut message = message_type.to_be_bytes().to_vec();
        let mut piece = [0; 4096];
        loop {
            match body.read(&mut piece).map_err(|_| DecodeError::ShortRead)? {
                0 => return Ok(Some(Whole(message))),
                n => message.extend_from_slice(&piece[..n]),
            }
        }
    }
}

impl CustomMessageHandler for Mailbox {
    fn handle_custom_message(&self, message: Whole, _: PublicKey) -> Result<(), LightningError> {
        if let Some(inbox) = &mut *self.inbox.lock().expect("nobody panicked") {
            inbox.push(message.0);
        }
        Ok(())
    }

    fn get_and_clear_pending_msg(&self) -> Vec<(PublicKey, Whole)> {
        core::mem::take(&mut self.outbox.lock().expect("nobody panicked"))
    }

    fn peer_disconnected(&self, _: PublicKey) {}

    fn peer_connected(&self, _: PublicKey, _: &Init, _: bool) -> Result<(), ()> {
        Ok(())
    }

    fn provided_node_features(&self) -> NodeFeatures {
        NodeFeatures::empty()
    }

    fn provided_init_features(&self, _: PublicKey) -> InitFeatures {
        InitFeatures::empty()
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
