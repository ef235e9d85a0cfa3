//! Who may read, and when the owner writes.

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

use lnwire::Instant;

/// A connection of a reader, by a number that the embedder gives out once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Bounds of [`Leases`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long the owner waits for readers before it writes in spite of them.
    pub write_wait: Duration,
    /// How long a reader may hold a lease while nobody wants to write.
    pub lease_limit: Duration,
    /// Connections of one user at a time, waiting ones included.
    pub readers_per_user: usize,
    /// Connections at a time.
    pub readers: usize,
}

impl Config {
    /// Ten thousand times what a route takes (our choice).
    pub const WRITE_WAIT: Duration = Duration::from_secs(1);
    /// Long enough for any report; after that, the holder is taken for stuck (our choice).
    pub const LEASE_LIMIT: Duration = Duration::from_secs(30 * 60);
    /// More than anybody's programs (our choice).
    pub const READERS_PER_USER: usize = 32;
    /// A quarter of the descriptors that a process has by default (our choice).
    pub const READERS: usize = 256;
}

impl Default for Config {
    fn default() -> Self {
        Self {
            write_wait: Self::WRITE_WAIT,
            lease_limit: Self::LEASE_LIMIT,
            readers_per_user: Self::READERS_PER_USER,
            readers: Self::READERS,
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A reader connected: it asks for a lease.
    Connected {
        /// Its connection.
        id: ConnectionId,
        /// Whose process it is.
        user: u32,
    },
    /// A reader connected that reads without a lease: it asks for the memory alone.
    ConnectedWithoutLease {
        /// Its connection.
        id: ConnectionId,
        /// Whose process it is.
        user: u32,
    },
    /// A reader closed its connection, or died.
    Closed(ConnectionId),
    /// The owner has something to write. Asking twice is asking once.
    WriteWanted,
    /// The owner has written what [`Output::Write`] allowed.
    WriteDone,
}

/// What to do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send the descriptors and this epoch: what is read under a lease counts while the header has the same.
    Grant {
        /// The reader's connection.
        id: ConnectionId,
        /// The epoch in the header.
        epoch: u64,
    },
    /// Close the connection: there are too many.
    Refuse(ConnectionId),
    /// Close the connection: the lease is over. What is read from now on may not count.
    Revoke(ConnectionId),
    /// Write this epoch to the header, before any other word.
    RaiseEpoch(u64),
    /// Write, then say [`Input::WriteDone`].
    Write,
}

/// Gives leases to readers and turns to the owner of shared memory.
///
/// A reader's open connection is its lease; a reader that dies gives it back. Nothing that a reader does blocks
/// the owner for longer than [`Config::write_wait`], and a reader can always tell whether somebody wrote
/// while it read:
///
/// 1. Before the first write after a lease was granted or revoked, the epoch in the header is raised.
/// 2. While a write is wanted or under way no lease is granted: new readers queue.
/// 3. After a write all that queue are granted a lease at once, before the next write.
///
/// Readers that queue wait for the owner's own process, so there is no deadline for them. Those that read without a
/// lease do not queue, and nobody waits for them: their connection only tells them that the owner lives.
///
/// ```
/// use core::time::Duration;
/// use routemap::Instant;
/// use routemap::shm::lease::{Config, ConnectionId, Input, Leases, Output};
///
/// let mut leases = Leases::new(Config::default());
/// let (now, id) = (Instant::ZERO, ConnectionId(1));
/// leases.handle_input(now, Input::Connected { id, user: 1000 });
/// assert_eq!(leases.poll_output(), Some(Output::Grant { id, epoch: 0 }));
///
/// // The reader does not go; the owner waits for a second and no longer.
/// leases.handle_input(now, Input::WriteWanted);
/// assert_eq!(leases.poll_output(), None);
/// let deadline = leases.poll_timeout().expect("the owner waits");
/// assert_eq!(deadline, now + Duration::from_secs(1));
/// leases.handle_timeout(deadline);
/// assert_eq!(leases.poll_output(), Some(Output::Revoke(id)));
/// assert_eq!(leases.poll_output(), Some(Output::RaiseEpoch(1)));
/// assert_eq!(leases.poll_output(), Some(Output::Write));
/// ```
#[derive(Debug)]
pub struct Leases {
    config: Config,
    phase: Phase,
    epoch: u64,
    /// Whether somebody may read under this epoch.
    epoch_is_used: bool,
    /// Holders, and when each lease ends.
    holders: BTreeMap<ConnectionId, Reader>,
    /// Those who connected during a write, in order.
    queue: VecDeque<(ConnectionId, u32)>,
    /// Those who read without a lease, and their users.
    without_lease: BTreeMap<ConnectionId, u32>,
    /// At most one for each connection and three more.
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nobody wants to write.
    Reading,
    /// The owner waits for the holders until the deadline.
    WriteWanted { deadline: Instant },
    /// The owner writes, and perhaps wants to again.
    Writing { wanted_again: bool },
}

#[derive(Clone, Copy, Debug)]
struct Reader {
    user: u32,
    until: Instant,
}

impl Leases {
    /// Starts without readers, at epoch 0.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            phase: Phase::Reading,
            epoch: 0,
            epoch_is_used: false,
            holders: BTreeMap::new(),
            queue: VecDeque::new(),
            without_lease: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes note of what happened. What is about a connection that is gone changes nothing.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Connected { id, user } => {
                if !self.has_room(user) {
                    self.outputs.push_back(Output::Refuse(id));
                } else if self.phase == Phase::Reading {
                    self.grant(now, id, user);
                } else {
                    self.queue.push_back((id, user));
                }
            }
            Input::ConnectedWithoutLease { id, user } => {
                let epoch = self.epoch;
                self.outputs.push_back(if self.has_room(user) {
                    self.without_lease.insert(id, user);
                    Output::Grant { id, epoch }
                } else {
                    Output::Refuse(id)
                });
            }
            Input::Closed(id) => {
                self.holders.remove(&id);
                self.without_lease.remove(&id);
                self.queue.retain(|(waiting, _)| *waiting != id);
                self.write_if_possible();
            }
            Input::WriteWanted => match &mut self.phase {
                Phase::Reading => {
                    let deadline = now + self.config.write_wait;
                    self.phase = Phase::WriteWanted { deadline };
                    self.write_if_possible();
                }
                Phase::WriteWanted { .. } => {}
                Phase::Writing { wanted_again } => *wanted_again = true,
            },
            Input::WriteDone => {
                if let Phase::Writing { wanted_again } = self.phase {
                    self.phase = Phase::Reading;
                    while let Some((id, user)) = self.queue.pop_front() {
                        self.grant(now, id, user);
                    }
                    if wanted_again {
                        self.handle_input(now, Input::WriteWanted);
                    }
                }
            }
        }
    }

    /// Ends leases and waits whose time is over.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Phase::WriteWanted { deadline } = self.phase {
            if now >= deadline {
                self.revoke(|_| true);
            }
        }
        self.revoke(|holder| holder.until <= now);
        self.write_if_possible();
    }

    /// Returns what to do next.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let leases = self.holders.values().map(|holder| holder.until);
        let write = match self.phase {
            Phase::WriteWanted { deadline } => Some(deadline),
            Phase::Reading | Phase::Writing { .. } => None,
        };
        leases.chain(write).min()
    }

    /// Returns the epoch that the header has once all outputs are carried out.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns how many connections there are, with those that wait and those without a lease.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.holders.len() + self.queue.len() + self.without_lease.len()
    }

    /// Returns whether a user may have one more connection.
    fn has_room(&self, user: u32) -> bool {
        let waiting = self.queue.iter().map(|(_, user)| *user);
        let holding = self.holders.values().map(|holder| holder.user);
        let users = waiting.chain(holding);
        let users = users.chain(self.without_lease.values().copied());
        let of_user = users.filter(|u| *u == user).count();
        self.readers() < self.config.readers && of_user < self.config.readers_per_user
    }

    fn grant(&mut self, now: Instant, id: ConnectionId, user: u32) {
        let until = now + self.config.lease_limit;
        self.holders.insert(id, Reader { user, until });
        self.epoch_is_used = true;
        let epoch = self.epoch;
        self.outputs.push_back(Output::Grant { id, epoch });
    }

    fn revoke(&mut self, is_over: impl Fn(&Reader) -> bool) {
        let outputs = &mut self.outputs;
        self.holders.retain(|id, holder| {
            let stays = !is_over(holder);
            if !stays {
                outputs.push_back(Output::Revoke(*id));
            }
            stays
        });
    }

    /// Begins the write that is wanted if nobody holds a lease.
    fn write_if_possible(&mut self) {
        if !matches!(self.phase, Phase::WriteWanted { .. }) || !self.holders.is_empty() {
            return;
        }
        // Whoever held a lease may still have the memory mapped, and read on.
        if self.epoch_is_used {
            self.epoch += 1;
            self.epoch_is_used = false;
            self.outputs.push_back(Output::RaiseEpoch(self.epoch));
        }
        self.phase = Phase::Writing {
            wanted_again: false,
        };
        self.outputs.push_back(Output::Write);
    }
}
