//! All peers of the node: does what its [`Pool`] says. Dials and connections are tasks of their own, which report.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use conn_worker::{
    EndReason, Pool, PoolConfig,
    pool::{
        AddressGroup, ConnId, ConnectError, Event as PoolEvent, Input, Output, PeerStatus, Priority,
    },
    worker::{DialError, SavedPeer},
};
use lnwire::{Address, Hostname, NodeId};
use tokio::{
    net::TcpStream,
    sync::{
        Notify,
        mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    task::{AbortHandle, JoinSet},
    time::timeout,
};

use super::{Event, Opener, PeerAddress, event::Reporter, offenders::Ban, signer::random_seed};

/// What a connection tells of itself.
#[derive(Debug)]
pub(super) enum News {
    /// Something came: its first bytes, or an answer to a probe.
    Heard,
    /// The peer has proved its key.
    Authenticated(NodeId),
    /// Both have said `init`. It waits to be announced.
    Up,
}

/// What is asked from outside.
#[derive(Debug)]
pub(super) enum Question {
    /// How it is with each peer.
    Status(oneshot::Sender<Vec<PeerStatus>>),
    /// What was learnt about each.
    Save(oneshot::Sender<Vec<SavedPeer>>),
}

/// A connection's end of the line to here.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) conn: ConnId,
    pub(super) news: UnboundedSender<(ConnId, News)>,
    /// Told when the session counts: until then nothing of it is handed on.
    pub(super) announced: oneshot::Receiver<()>,
    /// Tells it to end.
    pub(super) hangup: Arc<Notify>,
    /// Tells it to ask for a sign of life.
    pub(super) probe: Arc<Notify>,
}

/// Our end.
#[derive(Debug)]
struct Link {
    announce: Option<oneshot::Sender<()>>,
    hangup: Arc<Notify>,
    probe: Arc<Notify>,
}

/// What a task has come to.
enum Done {
    Dialled(ConnId, io::Result<(TcpStream, SocketAddr)>),
    Ended(ConnId, EndReason),
}

/// How long whoever is to be connected once has for it.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Peers {
    pool: Pool,
    opener: Arc<Opener>,
    reporter: Reporter,
    /// Whether those whom the user named are dialled again after failures and ends.
    reconnect: bool,
    tasks: JoinSet<Done>,
    dials: BTreeMap<ConnId, AbortHandle>,
    /// Connected, and to be started or discarded.
    sockets: BTreeMap<ConnId, (TcpStream, SocketAddr)>,
    links: BTreeMap<ConnId, Link>,
    /// What the system said to the last dial.
    error: String,
    /// What was said of it.
    last_failure: String,
    news: UnboundedReceiver<(ConnId, News)>,
    to_us: UnboundedSender<(ConnId, News)>,
}

impl Peers {
    pub(super) fn new(
        config: PoolConfig,
        reconnect: bool,
        opener: Arc<Opener>,
        reporter: Reporter,
    ) -> Self {
        let local = NodeId::from(opener.signer.public_key());
        let now = opener.clock.now();
        let (to_us, news) = unbounded_channel();
        Self {
            pool: Pool::new(now, config, local, random_seed()),
            opener,
            reporter,
            reconnect,
            tasks: JoinSet::new(),
            dials: BTreeMap::new(),
            sockets: BTreeMap::new(),
            links: BTreeMap::new(),
            error: String::new(),
            last_failure: String::new(),
            news,
            to_us,
        }
    }

    /// Wants what was learnt before, and whom the user named.
    pub(super) fn want(&mut self, saved: Vec<SavedPeer>, connect: Vec<PeerAddress>) {
        let (now, wall_clock) = (self.opener.clock.now(), self.opener.clock.wall_clock());
        for peer in saved {
            self.pool
                .restore(now, wall_clock, peer, Priority::Persistent);
        }
        for peer in connect {
            let node_id = NodeId::from(peer.key);
            let is_other = peer.key != self.opener.signer.public_key();
            match to_address(&peer).filter(|_| is_other) {
                Some(address) if self.reconnect => {
                    self.pool.want(now, node_id, vec![address], Priority::User);
                }
                Some(address) => {
                    self.pool.connect(now, node_id, vec![address], PATIENCE);
                }
                _ => self.reporter.report(Event::DialFailed {
                    peer: node_id,
                    error: format!("{peer}: not the address of another node"),
                    last: true,
                }),
            }
        }
    }

    pub(super) async fn run(
        mut self,
        mut incoming: Receiver<(TcpStream, SocketAddr)>,
        mut questions: UnboundedReceiver<Question>,
        mut bans: UnboundedReceiver<Ban>,
    ) {
        loop {
            while let Some(output) = self.pool.poll_output() {
                self.carry_out(output);
            }
            let clock = self.opener.clock;
            let deadline = self.pool.poll_timeout();
            tokio::select! {
                Some(done) = self.tasks.join_next() => {
                    // One that was aborted is known to be.
                    if let Ok(done) = done {
                        self.done(done);
                    }
                }
                Some((conn, news)) = self.news.recv() => {
                    let input = match news {
                        News::Heard => Input::Heard { conn },
                        News::Authenticated(peer) => Input::Authenticated { conn, peer },
                        News::Up => Input::Up { conn },
                    };
                    self.pool.handle_input(clock.now(), input);
                }
                Some((stream, address)) = incoming.recv() => self.accept(stream, address),
                Some(question) = questions.recv() => self.answer(question),
                Some((banned, until)) = bans.recv() => {
                    self.pool.ban(clock.now(), banned, until);
                }
                () = clock.sleep_until(deadline) => self.pool.handle_timeout(clock.now()),
                else => return,
            }
        }
    }

    fn answer(&self, question: Question) {
        let (now, wall_clock) = (self.opener.clock.now(), self.opener.clock.wall_clock());
        // Whoever has gone does not want to know.
        match question {
            Question::Status(answer) => {
                let _sent = answer.send(self.pool.status().collect());
            }
            Question::Save(answer) => {
                let _sent = answer.send(self.pool.save(now, wall_clock).collect());
            }
        }
    }

    fn accept(&mut self, stream: TcpStream, address: SocketAddr) {
        let group = AddressGroup::of_ip(address.ip());
        // Refused: the socket is dropped, and so closed.
        if let Ok(conn) = self.pool.accept(self.opener.clock.now(), group) {
            self.start(conn, stream, address, None);
        }
    }

    fn start(
        &mut self,
        conn: ConnId,
        stream: TcpStream,
        address: SocketAddr,
        dialled: Option<NodeId>,
    ) {
        let (announce, announced) = oneshot::channel();
        let (hangup, probe) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let link = Link {
            announce: Some(announce),
            hangup: Arc::clone(&hangup),
            probe: Arc::clone(&probe),
        };
        self.links.insert(conn, link);
        let line = Line {
            conn,
            news: self.to_us.clone(),
            announced,
            hangup,
            probe,
        };
        let opener = Arc::clone(&self.opener);
        self.tasks.spawn(async move {
            Done::Ended(conn, opener.run(stream, address, dialled, line).await)
        });
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Dial {
                conn,
                address,
                timeout,
                ..
            } => {
                let dial = dial(address, timeout);
                let task = async move { Done::Dialled(conn, dial.await) };
                self.dials.insert(conn, self.tasks.spawn(task));
            }
            Output::AbortDial { conn } => {
                if let Some(task) = self.dials.remove(&conn) {
                    task.abort();
                    // It may have come to something already, of which nobody hears any more.
                    self.failed(conn, DialError::Aborted);
                }
            }
            Output::Start { conn, peer } => {
                if let Some((stream, address)) = self.sockets.remove(&conn) {
                    self.start(conn, stream, address, Some(peer));
                }
            }
            Output::Discard { conn } => drop(self.sockets.remove(&conn)),
            Output::Probe { conn } => {
                if let Some(link) = self.links.get(&conn) {
                    link.probe.notify_one();
                }
            }
            Output::Close { conn, .. } => {
                if let Some(link) = self.links.get(&conn) {
                    link.hangup.notify_one();
                }
            }
            Output::Event(event) => self.event(event),
        }
    }

    fn event(&mut self, event: PoolEvent) {
        match event {
            PoolEvent::Up { conn, .. } => {
                let link = self.links.get_mut(&conn);
                if let Some(announce) = link.and_then(|link| link.announce.take()) {
                    let _sent = announce.send(());
                }
            }
            PoolEvent::DialFailed {
                peer,
                address,
                error,
            } => {
                // The news of a dial is carried out before there is other news.
                let said = std::mem::take(&mut self.error);
                let why = if said.is_empty() {
                    error.to_string()
                } else {
                    said
                };
                let error = format!("{peer}@{address}: {why}");
                self.last_failure.clone_from(&error);
                self.reporter.report(Event::DialFailed {
                    peer,
                    error,
                    last: false,
                });
            }
            PoolEvent::ConnectResult {
                peer,
                result: Err(error),
                ..
            } => self.reporter.report(Event::DialFailed {
                peer,
                error: match error {
                    // That was just said.
                    ConnectError::Dial(_) => std::mem::take(&mut self.last_failure),
                    _ => format!("{peer}: {error}"),
                },
                last: true,
            }),
            _ => {}
        }
    }

    fn done(&mut self, done: Done) {
        let now = self.opener.clock.now();
        match done {
            Done::Dialled(conn, result) => {
                if self.dials.remove(&conn).is_none() {
                    // Given up while it was on its way here.
                    return;
                }
                match result {
                    Ok(socket) => {
                        self.sockets.insert(conn, socket);
                        self.pool.handle_input(now, Input::DialOk { conn });
                    }
                    Err(error) => {
                        self.error = error.to_string();
                        self.failed(conn, classify(&error));
                    }
                }
            }
            Done::Ended(conn, reason) => {
                self.links.remove(&conn);
                self.pool.handle_input(now, Input::Ended { conn, reason });
            }
        }
    }

    fn failed(&mut self, conn: ConnId, error: DialError) {
        let now = self.opener.clock.now();
        self.pool
            .handle_input(now, Input::DialFailed { conn, error });
    }
}

fn to_address(peer: &PeerAddress) -> Option<Address> {
    let port = peer.port;
    Some(match peer.host.parse() {
        Ok(IpAddr::V4(ip)) => Address::Ipv4 { ip, port },
        Ok(IpAddr::V6(ip)) => Address::Ipv6 { ip, port },
        Err(_) => Address::Dns {
            hostname: Hostname::new(&peer.host)?,
            port,
        },
    })
}

async fn dial(address: Address, limit: Duration) -> io::Result<(TcpStream, SocketAddr)> {
    let connect = async {
        match address {
            Address::Ipv4 { ip, port } => TcpStream::connect((ip, port)).await,
            Address::Ipv6 { ip, port } => TcpStream::connect((ip, port)).await,
            Address::Dns { hostname, port } => {
                let name = hostname.as_str().unwrap_or_default();
                TcpStream::connect((name, port)).await
            }
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    };
    let stream = timeout(limit, connect)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let address = stream.peer_addr()?;
    Ok((stream, address))
}

fn classify(error: &io::Error) -> DialError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused,
        io::ErrorKind::TimedOut => DialError::Timeout,
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::NetworkDown => DialError::Local,
        _ => DialError::Unreachable,
    }
}
