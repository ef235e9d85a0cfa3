//! Keeps the connection to one peer: does what its [`Worker`] says.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use conn_worker::{
    EndReason, Worker, WorkerConfig,
    worker::{AttemptId, DialError, Event as WorkerEvent, Input, Output},
};
use lnwire::{Address, Hostname, NodeId};
use tokio::{
    net::TcpStream,
    sync::{Notify, oneshot},
    task::{AbortHandle, JoinSet},
    time::timeout,
};

use super::{Event, Opener, PeerAddress, event::Reporter, signer::random_seed};

/// What a task of the dialler has come to.
enum Done {
    Dialled(AttemptId, io::Result<(TcpStream, SocketAddr)>),
    Up(AttemptId),
    Ended(AttemptId, EndReason),
    Nothing,
}

struct Dialler {
    peer: PeerAddress,
    worker: Worker,
    opener: Arc<Opener>,
    tasks: JoinSet<Done>,
    dials: BTreeMap<AttemptId, AbortHandle>,
    /// Connected, and to be adopted or discarded.
    sockets: BTreeMap<AttemptId, (TcpStream, SocketAddr)>,
    hangups: BTreeMap<AttemptId, Arc<Notify>>,
    /// What the system said to the last dial.
    error: String,
}

/// Keeps the connection for ever, or for one attempt if it is not to `reconnect`.
pub(super) async fn run(
    peer: PeerAddress,
    reconnect: bool,
    opener: Arc<Opener>,
    reporter: Reporter,
) {
    let node_id = NodeId::from(peer.key);
    let mut worker = Worker::new(node_id, WorkerConfig::default(), random_seed());
    let Some(address) = to_address(&peer) else {
        let error = format!("{} is no host name", peer.host);
        reporter.report(Event::DialFailed {
            peer: node_id,
            error,
            last: true,
        });
        return;
    };
    worker.connect(opener.clock.now(), vec![address]);
    let mut dialler = Dialler {
        peer,
        worker,
        opener,
        tasks: JoinSet::new(),
        dials: BTreeMap::new(),
        sockets: BTreeMap::new(),
        hangups: BTreeMap::new(),
        error: String::new(),
    };
    loop {
        while let Some(output) = dialler.worker.poll_output() {
            let failed = match output {
                Output::Event(WorkerEvent::DialFailed { .. }) => {
                    reporter.report(Event::DialFailed {
                        peer: node_id,
                        error: std::mem::take(&mut dialler.error),
                        last: !reconnect,
                    });
                    true
                }
                Output::Event(WorkerEvent::Down { .. }) => true,
                output => {
                    dialler.carry_out(output);
                    false
                }
            };
            if failed && !reconnect {
                return;
            }
        }
        dialler.wait().await;
    }
}

impl Dialler {
    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Dial {
                attempt,
                address,
                timeout,
            } => {
                let dial = dial(address, timeout);
                let task = async move { Done::Dialled(attempt, dial.await) };
                self.dials.insert(attempt, self.tasks.spawn(task));
            }
            Output::AbortDial { attempt } => {
                if let Some(task) = self.dials.remove(&attempt) {
                    task.abort();
                }
            }
            Output::Adopt { attempt } => self.adopt(attempt),
            Output::Discard { attempt } => drop(self.sockets.remove(&attempt)),
            Output::Hangup { attempt } => {
                if let Some(hangup) = self.hangups.get(&attempt) {
                    hangup.notify_one();
                }
            }
            Output::Event(_) => {}
        }
    }

    fn adopt(&mut self, attempt: AttemptId) {
        let Some((stream, address)) = self.sockets.remove(&attempt) else {
            return;
        };
        let (up, is_up) = oneshot::channel();
        let hangup = Arc::new(Notify::new());
        self.hangups.insert(attempt, Arc::clone(&hangup));
        let opener = Arc::clone(&self.opener);
        let key = self.peer.key;
        self.tasks.spawn(async move {
            let dialled = super::Dialled { key, up, hangup };
            let reason = opener.run(stream, address, Some(dialled)).await;
            Done::Ended(attempt, reason)
        });
        self.tasks.spawn(async move {
            match is_up.await {
                Ok(()) => Done::Up(attempt),
                // It ended before.
                Err(_) => Done::Nothing,
            }
        });
    }

    async fn wait(&mut self) {
        let deadline = self.worker.poll_timeout();
        let clock = self.opener.clock;
        let done = tokio::select! {
            Some(done) = self.tasks.join_next() => done,
            () = clock.sleep_until(deadline) => {
                self.worker.handle_timeout(clock.now());
                return;
            }
        };
        let input = match done {
            Ok(Done::Dialled(attempt, Ok(socket))) => {
                self.dials.remove(&attempt);
                self.sockets.insert(attempt, socket);
                Input::DialOk { attempt }
            }
            Ok(Done::Dialled(attempt, Err(error))) => {
                self.dials.remove(&attempt);
                self.error = format!("{}: {error}", self.peer);
                Input::DialFailed {
                    attempt,
                    error: classify(&error),
                }
            }
            Ok(Done::Up(attempt)) => Input::SessionUp { attempt },
            Ok(Done::Ended(attempt, reason)) => {
                self.hangups.remove(&attempt);
                Input::SessionEnded { attempt, reason }
            }
            // Aborted, and the worker knows.
            Ok(Done::Nothing) | Err(_) => return,
        };
        self.worker.handle_input(clock.now(), input);
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
