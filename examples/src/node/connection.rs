//! One socket and its session: bytes in, messages to the core; messages from the core, bytes out.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use conn_worker::{
    EndReason, Session,
    session::{Event, Input, Lane, Output},
};
use lnwire::{NodeId, bolt1::Init, bytes::Bytes};
use tokio::{
    net::TcpStream,
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{UnboundedReceiver, UnboundedSender, error::TryRecvError},
    },
};

use super::{
    clock::Clock,
    peers::{Line, News},
    received::Received,
    signer::Signer,
    stats::Stats,
};

/// What a connection tells the core.
#[derive(Debug)]
pub(super) enum FromConnection {
    /// Both can talk.
    Up {
        peer: NodeId,
        init: Init,
        address: SocketAddr,
    },
    /// Messages, in order.
    Messages(Batch),
    /// Everything sent before the last [`ToConnection::PageEnd`] has left, or nearly.
    Ready,
    /// The end, always the last, and told exactly once.
    Down {
        peer: Option<NodeId>,
        address: SocketAddr,
        reason: EndReason,
    },
}

/// Messages of one read. The connection reads on only while it has permits, so a peer has no more than
/// [`BATCHES`] of them under way.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) messages: std::vec::IntoIter<Received>,
    /// Given back when the batch is dropped.
    _permit: OwnedSemaphorePermit,
}

/// What the core tells a connection. The queue has no bound of its own: answerer and relay send a page and rest
/// until it has left, and the syncer has one query of a kind out at a time.
#[derive(Debug)]
pub(super) enum ToConnection {
    /// Send this message, whole and with its type. Messages of a lane stay in order.
    Send(Lane, Bytes),
    /// Say [`FromConnection::Ready`] when there is room for another page.
    PageEnd,
}

/// Names a connection, never twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ConnectionId(pub(super) u64);

pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) session: Session,
    pub(super) stream: TcpStream,
    pub(super) address: SocketAddr,
    /// Whom we dialled, or who has proved to be at the other end.
    pub(super) peer: Option<NodeId>,
    pub(super) clock: Clock,
    pub(super) signer: Arc<Signer>,
    pub(super) stats: Arc<Stats>,
    pub(super) commands: UnboundedReceiver<ToConnection>,
    pub(super) core: UnboundedSender<(ConnectionId, FromConnection)>,
    /// To whoever decides whether it counts, and when it ends. What comes from there goes past the commands: a peer that
    /// does not read holds those up.
    pub(super) line: Line,
    /// Both can talk, and it was not said that this session counts. Nothing is read meanwhile.
    pub(super) waits: Option<(NodeId, Init)>,
    /// Whether anything has come.
    pub(super) is_heard: bool,
    /// Whether the core was told of the end.
    pub(super) is_over: bool,
}

/// Batches of a peer that may wait for the core.
const BATCHES: usize = 4;
/// Bytes read at once, and so about the size of a batch.
const READ: usize = 64 * 1024;
/// Bytes sealed at once: small enough that a pong never waits long behind gossip.
const WRITE: usize = 64 * 1024;
/// Below so many queued bytes there is room for another page.
const LOW_WATER: usize = 64 * 1024;

impl Connection {
    /// Runs until the connection ends, and says why.
    pub(super) async fn run(mut self) -> EndReason {
        let mut received = BytesMut::new();
        let mut to_write = BytesMut::new();
        let mut page_open = false;
        let permits = Arc::new(Semaphore::new(BATCHES));
        loop {
            let (messages, end) = self.take(&mut received);
            if !messages.is_empty() {
                // A connection stops reading while it has no permit, so there is one.
                let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                    return EndReason::LocalClose;
                };
                Stats::add(&self.stats.messages, messages.len());
                self.tell(FromConnection::Messages(Batch {
                    messages: messages.into_iter(),
                    _permit: permit,
                }));
            }
            let paused = self.session.is_paused();
            if to_write.is_empty() {
                let now = self.clock.now();
                self.session.poll_transmit(now, &mut to_write, WRITE);
            }
            if let Some(reason) = end {
                // One last warning, if the socket takes it at once.
                let _written = self.stream.try_write(&to_write);
                return self.down(reason);
            }
            if page_open && self.session.queued_bytes(Lane::Gossip) < LOW_WATER {
                page_open = false;
                self.tell(FromConnection::Ready);
            }
            if paused && !self.session.is_paused() {
                // The pongs that stood in the way are on theirs: whole frames may wait in `received`.
                continue;
            }
            if self.waits.is_some() && self.session.is_closed() {
                // What it has to say of its end was not polled.
                return self.down(EndReason::LocalClose);
            }
            let reading = permits.available_permits() > 0
                && !self.session.is_paused()
                && self.waits.is_none();
            let deadline = self.session.poll_timeout();
            tokio::select! {
                readable = self.stream.readable(), if reading => {
                    self.read(readable, &mut received);
                }
                writable = self.stream.writable(), if !to_write.is_empty() => {
                    self.write(writable, &mut to_write);
                }
                command = self.commands.recv(), if self.has_room() => {
                    let mut command = command.ok_or(TryRecvError::Disconnected);
                    // One write for all that is there, not one for each message.
                    loop {
                        match command {
                            Ok(ToConnection::PageEnd) => page_open = true,
                            Ok(ToConnection::Send(lane, message)) => self.send(lane, message),
                            Err(TryRecvError::Empty) => break,
                            Err(TryRecvError::Disconnected) => {
                                self.session.close(self.clock.now());
                                break;
                            }
                        }
                        if !self.has_room() {
                            break;
                        }
                        command = self.commands.try_recv();
                    }
                }
                // A batch was worked off: there is a permit to read with.
                _ = permits.acquire(), if permits.available_permits() == 0 => {}
                announced = &mut self.line.announced, if self.waits.is_some() => match announced {
                    Ok(()) => self.announce(),
                    Err(_) => self.session.close(self.clock.now()),
                },
                () = self.line.hangup.notified() => self.session.close(self.clock.now()),
                () = self.line.probe.notified() => self.session.probe(self.clock.now()),
                () = self.clock.sleep_until(deadline) => self.session.handle_timeout(self.clock.now()),
            }
        }
    }

    /// Moves the session on with what has been received; returns its messages, and its end.
    fn take(&mut self, received: &mut BytesMut) -> (Vec<Received>, Option<EndReason>) {
        let mut messages = Vec::new();
        let now = self.clock.now();
        while self.waits.is_none() {
            self.session.handle_bytes(now, received);
            let paused = self.session.is_paused();
            while let Some(output) = self.session.poll_output() {
                match output {
                    Output::Message(message) => messages.push(message.into()),
                    Output::Ecdh(point) => {
                        let secret = self.signer.ecdh(&point);
                        self.session.handle_input(now, Input::Ecdh(secret));
                    }
                    Output::Event(Event::Authenticated { peer }) => {
                        self.peer = Some(peer);
                        self.news(News::Authenticated(peer));
                    }
                    Output::Event(Event::Up { peer, init }) => {
                        self.waits = Some((peer, init));
                        self.news(News::Up);
                        return (messages, None);
                    }
                    Output::Event(Event::Heard) => self.news(News::Heard),
                    Output::Event(Event::BadMessage { error }) => {
                        messages.push(Received::Fault(error))
                    }
                    // Nothing is kept for peers, see the session's configuration.
                    Output::Store(_) | Output::Event(_) => {}
                    Output::Close(reason) => return (messages, Some(reason)),
                }
            }
            // Pongs are owed: they have to leave before more is read.
            if !paused || self.session.is_paused() {
                break;
            }
        }
        if received.is_empty() {
            // An idle connection holds no buffer.
            *received = BytesMut::new();
        }
        (messages, None)
    }

    fn read(&mut self, readable: io::Result<()>, received: &mut BytesMut) {
        received.reserve(READ);
        let read = readable.and_then(|()| self.stream.try_read_buf(received));
        match read {
            Ok(n) if n > 0 => {
                Stats::add(&self.stats.bytes_in, n);
                if !std::mem::replace(&mut self.is_heard, true) {
                    self.news(News::Heard);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => self.session.handle_input(self.clock.now(), Input::Closed),
        }
    }

    fn write(&mut self, writable: io::Result<()>, to_write: &mut BytesMut) {
        let written = writable.and_then(|()| self.stream.try_write(to_write));
        match written {
            Ok(n) => {
                Stats::add(&self.stats.bytes_out, n);
                let _written = to_write.split_to(n);
                if to_write.is_empty() && !self.session.has_transmit() {
                    *to_write = BytesMut::new();
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.session.handle_input(self.clock.now(), Input::Closed),
        }
    }

    /// Returns whether the longest message there is finds room.
    fn has_room(&self) -> bool {
        let lanes = [Lane::Gossip, Lane::Control];
        lanes
            .iter()
            .all(|lane| self.session.room(*lane) >= lnwire::MAX_MESSAGE_LEN + 34)
    }

    fn send(&mut self, lane: Lane, message: Bytes) {
        let now = self.clock.now();
        if self.session.send_frame(now, lane, message).is_err() {
            self.session.close(now);
        }
    }

    /// The session counts: what has come of it is handed on.
    fn announce(&mut self) {
        if let Some((peer, init)) = self.waits.take() {
            let address = self.address;
            self.tell(FromConnection::Up {
                peer,
                init,
                address,
            });
        }
    }

    fn news(&self, news: News) {
        // The pool ends with the node.
        let _sent = self.line.news.send((self.line.conn, news));
    }

    fn down(&mut self, reason: EndReason) -> EndReason {
        self.is_over = true;
        self.tell(FromConnection::Down {
            peer: self.peer,
            address: self.address,
            reason,
        });
        reason
    }

    fn tell(&self, event: FromConnection) {
        // The core ends last; when it has gone, nobody wants to know.
        let _sent = self.core.send((self.id, event));
    }
}

impl Drop for Connection {
    /// A task that is aborted tells the core of its end, too.
    fn drop(&mut self) {
        if !self.is_over {
            self.down(EndReason::LocalClose);
        }
    }
}
