//! Streams between hosts, and what goes wrong with them.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use conn_worker::bytes::{Bytes, BytesMut};
use lnwire::Instant;

/// One end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(u64);

impl SocketId {
    /// Returns the other end.
    const fn other(self) -> Self {
        Self(self.0 ^ 1)
    }

    const fn link(self) -> u64 {
        self.0 / 2
    }
}

/// What a host is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A dial has led to a socket, or to nothing.
    Dialled {
        /// Who has dialled.
        host: usize,
        /// As it was named.
        dial: u64,
        /// The socket, if somebody was there.
        socket: Option<SocketId>,
    },
    /// Somebody has dialled.
    Accepted {
        /// Whom.
        host: usize,
        /// The socket.
        socket: SocketId,
        /// Who.
        from: usize,
    },
    /// Bytes have come, there is room to write, or the stream is over.
    Ready {
        /// Whose socket it is.
        host: usize,
        /// Which.
        socket: SocketId,
    },
}

/// What comes of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes were appended; nothing has come if it is 0.
    Bytes(usize),
    /// The stream is over.
    End,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Dial { from: usize, to: usize, dial: u64 },
    Accept(SocketId),
    Arrival(SocketId),
    Closed(SocketId),
    Wake(SocketId),
}

/// One direction of a stream: what one socket writes and the other reads.
#[derive(Debug, Default)]
struct Pipe {
    /// On its way, with the moment at which it arrives.
    flying: VecDeque<(Instant, Bytes)>,
    in_flight: usize,
    /// When the line is free for the next byte.
    free_at: Instant,
    arrived: BytesMut,
    /// The writer found no room.
    is_waited_for: bool,
    is_over: bool,
}

#[derive(Debug)]
struct Link {
    hosts: [usize; 2],
    pipes: [Pipe; 2],
    /// Bytes vanish, and nobody is told anything.
    is_dead: bool,
    /// Nothing arrives before.
    stalled_until: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Reach {
    Listening,
    Refusing,
    BlackHole,
}

/// The network. Time only goes forward: events come out of [`poll`](Self::poll) in order.
#[derive(Debug)]
pub struct Net {
    now: Instant,
    latency: Duration,
    /// Bytes a second of each direction of a stream.
    bandwidth: u64,
    reach: Vec<Reach>,
    links: BTreeMap<u64, Link>,
    last_link: u64,
    events: BTreeMap<(Instant, u64), Event>,
    last_event: u64,
    ready: BTreeSet<SocketId>,
    /// Bytes that arrived, of all streams.
    pub bytes: u64,
}

/// What a stream holds between writer and reader: then the writer waits.
const WINDOW: usize = 64 * 1024;

impl Net {
    /// Makes a network of so many hosts, all of which listen.
    #[must_use]
    pub fn new(hosts: usize, latency: Duration, bandwidth: u64) -> Self {
        Self {
            now: Instant::ZERO,
            latency,
            bandwidth: bandwidth.max(1),
            reach: vec![Reach::Listening; hosts],
            links: BTreeMap::new(),
            last_link: 0,
            events: BTreeMap::new(),
            last_event: 0,
            ready: BTreeSet::new(),
            bytes: 0,
        }
    }

    /// Dials `to`; [`Happening::Dialled`] tells what comes of it, unless `to` is a black hole.
    pub fn dial(&mut self, from: usize, to: usize, dial: u64) {
        let at = self.now + self.latency * 2;
        self.schedule(at, Event::Dial { from, to, dial });
    }

    /// Lets the host refuse dials, or take them again.
    pub fn set_listening(&mut self, host: usize, listens: bool) {
        self.reach[host] = if listens {
            Reach::Listening
        } else {
            Reach::Refusing
        };
    }

    /// Lets dials to the host vanish.
    pub fn make_black_hole(&mut self, host: usize) {
        self.reach[host] = Reach::BlackHole;
    }

    /// Writes bytes off the front of `bytes`, as many as there is room for; returns how many.
    pub fn write(&mut self, socket: SocketId, bytes: &mut BytesMut) -> usize {
        let (now, latency, bandwidth) = (self.now, self.latency, self.bandwidth);
        let Some(link) = self.links.get_mut(&socket.link()) else {
            return 0;
        };
        let stalled = link.stalled_until;
        let pipe = &mut link.pipes[(socket.0 % 2) as usize];
        let room = WINDOW.saturating_sub(pipe.in_flight + pipe.arrived.len());
        let len = room.min(bytes.len());
        if len < bytes.len() {
            pipe.is_waited_for = true;
        }
        if len == 0 {
            return 0;
        }
        let piece = bytes.split_to(len).freeze();
        if link.is_dead {
            return len;
        }
        let time = Duration::from_nanos(len as u64 * 1_000_000_000 / bandwidth);
        pipe.free_at = pipe.free_at.max(now) + time;
        let at = (pipe.free_at + latency).max(stalled);
        pipe.in_flight += len;
        pipe.flying.push_back((at, piece));
        self.schedule(at, Event::Arrival(socket.other()));
        len
    }

    /// Reads what has arrived.
    pub fn read(&mut self, socket: SocketId, into: &mut BytesMut) -> Read {
        let Some(link) = self.links.get_mut(&socket.link()) else {
            return Read::End;
        };
        let pipe = &mut link.pipes[(socket.other().0 % 2) as usize];
        let len = pipe.arrived.len();
        into.extend_from_slice(&pipe.arrived.split());
        if len > 0 {
            if core::mem::take(&mut pipe.is_waited_for) {
                self.schedule(self.now, Event::Wake(socket.other()));
            }
            return Read::Bytes(len);
        }
        if pipe.is_over {
            return Read::End;
        }
        Read::Bytes(0)
    }

    /// Closes a socket: the other end reads what is on its way, and then the end.
    pub fn close(&mut self, socket: SocketId) {
        let Some(link) = self.links.get_mut(&socket.link()) else {
            return;
        };
        if link.is_dead {
            return;
        }
        let last = link.pipes[(socket.0 % 2) as usize].flying.back();
        let at = last.map_or(self.now + self.latency, |(at, _)| *at);
        self.schedule(at, Event::Closed(socket.other()));
    }

    /// Breaks all streams of a host, both ends of which are told.
    pub fn cut(&mut self, host: usize) {
        for link in self.links_of(host) {
            self.break_link(link);
        }
    }

    /// Lets bytes vanish on all streams of a host, and tells nobody.
    pub fn half_open(&mut self, host: usize) {
        for link in self.links_of(host) {
            if let Some(link) = self.links.get_mut(&link) {
                link.is_dead = true;
                link.pipes.iter_mut().for_each(|pipe| pipe.flying.clear());
            }
        }
    }

    /// Lets nothing arrive on the streams of a host until then.
    pub fn stall(&mut self, host: usize, until: Instant) {
        for link in self.links_of(host) {
            if let Some(link) = self.links.get_mut(&link) {
                link.stalled_until = until;
            }
        }
    }

    fn links_of(&self, host: usize) -> Vec<u64> {
        let links = self.links.iter().filter(|(_, l)| l.hosts.contains(&host));
        links.map(|(id, _)| *id).collect()
    }

    fn break_link(&mut self, link: u64) {
        for end in 0..2 {
            self.schedule(self.now, Event::Closed(SocketId(link * 2 + end)));
        }
    }

    fn schedule(&mut self, at: Instant, event: Event) {
        self.last_event += 1;
        self.events.insert((at, self.last_event), event);
    }

    /// Returns when something happens next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.ready.is_empty() {
            return Some(self.now);
        }
        self.events.keys().next().map(|(at, _)| *at)
    }

    /// Returns the next thing that happens until `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Happening> {
        loop {
            if let Some(socket) = self.ready.pop_first() {
                if let Some(link) = self.links.get(&socket.link()) {
                    let host = link.hosts[(socket.0 % 2) as usize];
                    return Some(Happening::Ready { host, socket });
                }
            }
            let (at, number) = *self.events.keys().next()?;
            if at > now {
                self.now = self.now.max(now);
                return None;
            }
            self.now = self.now.max(at);
            let event = self.events.remove(&(at, number))?;
            if let Some(happening) = self.happen(event) {
                return Some(happening);
            }
        }
    }

    fn happen(&mut self, event: Event) -> Option<Happening> {
        match event {
            Event::Dial { from, to, dial } => {
                let socket = match self.reach[to] {
                    Reach::BlackHole => return None,
                    Reach::Refusing => None,
                    Reach::Listening => {
                        self.last_link += 1;
                        let link = Link {
                            hosts: [from, to],
                            pipes: Default::default(),
                            is_dead: false,
                            stalled_until: Instant::ZERO,
                        };
                        self.links.insert(self.last_link, link);
                        Some(SocketId(self.last_link * 2))
                    }
                };
                if let Some(socket) = socket {
                    // The other end learns of it a moment later.
                    self.schedule(self.now, Event::Accept(socket.other()));
                }
                Some(Happening::Dialled {
                    host: from,
                    dial,
                    socket,
                })
            }
            Event::Arrival(socket) => {
                let link = self.links.get_mut(&socket.link())?;
                let (stalled, now) = (link.stalled_until, self.now);
                let pipe = &mut link.pipes[(socket.other().0 % 2) as usize];
                if stalled > now {
                    self.schedule(stalled, Event::Arrival(socket));
                    return None;
                }
                while pipe.flying.front().is_some_and(|(at, _)| *at <= now) {
                    let (_, piece) = pipe.flying.pop_front()?;
                    pipe.in_flight -= piece.len();
                    pipe.arrived.extend_from_slice(&piece);
                    self.bytes += piece.len() as u64;
                }
                self.ready.insert(socket);
                None
            }
            Event::Closed(socket) => {
                let link = self.links.get_mut(&socket.link())?;
                link.pipes[(socket.other().0 % 2) as usize].is_over = true;
                if link.pipes.iter().all(|pipe| pipe.is_over) {
                    // Both know, once this one has read it.
                    link.is_dead = true;
                }
                self.ready.insert(socket);
                None
            }
            Event::Wake(socket) => {
                self.ready.insert(socket);
                None
            }
            Event::Accept(socket) => {
                let [from, host] = self.links.get(&socket.link())?.hosts;
                Some(Happening::Accepted { host, socket, from })
            }
        }
    }

    /// Forgets a stream whose ends are both gone.
    pub fn forget(&mut self, socket: SocketId) {
        let over = self
            .links
            .get(&socket.link())
            .is_some_and(|link| link.is_dead && link.pipes.iter().all(|pipe| pipe.is_over));
        if over {
            self.links.remove(&socket.link());
        }
    }
}
