//! A graph that other processes read.

use std::{io, os::fd::BorrowedFd, path::Path};

use lnwire::Instant;

use super::{
    EPOCH,
    header::{HEADER_AT, Header, LEN},
    host::{Host, HostError},
    lease::{self, Input, Leases, Output},
    pool::SharedMemory,
};
use crate::{
    Config, Graph,
    memory::{Block, Memory},
};

/// A graph in shared memory, with the socket and the leases of those who read it. They use a
/// [`View`](super::View).
///
/// The graph is changed in [`write`](Self::write) only, when no reader holds a lease. It lies in segments of
/// 2 MiB and more, an eighth of what there is for each step of growth. What it lets go of (a table that was
/// rebuilt, a long list) is used again at once: whoever read it has lost its lease by then, and knows it.
///
/// ```
/// use core::time::Duration;
/// use routemap::shm::{Owner, View, lease};
/// use routemap::{ChainHash, Config, Instant, ShortChannelId};
///
/// let folder = std::env::temp_dir().join(format!("routemap-doc-{}", std::process::id()));
/// let config = Config::new(ChainHash::REGTEST, 0x5eed);
/// let mut owner = Owner::bind(&folder, config, lease::Config::default())?;
/// let count = owner.write(Instant::ZERO, |graph| graph.channel_count());
/// assert_eq!(count, Some(0), "nobody reads");
///
/// // In another process, while the owner serves:
/// let reader = std::thread::spawn({
///     let view = View::new(&folder, Duration::from_secs(10));
///     move || view.read(|graph| graph.channel_by_scid(ShortChannelId(1)))
/// });
/// while !reader.is_finished() {
///     owner.serve(Instant::ZERO)?;
///     # std::thread::sleep(Duration::from_millis(1));
/// }
/// assert_eq!(reader.join().expect("it does not panic")?, None);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Owner {
    graph: Graph,
    memory: SharedMemory,
    directory: Block<u64>,
    leases: Leases,
    host: Host,
    may_write: bool,
    is_shared: bool,
}

impl Owner {
    /// Makes an empty graph and lets readers in that connect in `folder`; see [`Host::bind`].
    ///
    /// # Errors
    /// [`HostError`].
    pub fn bind(folder: &Path, config: Config, leases: lease::Config) -> Result<Self, HostError> {
        let memory = SharedMemory::new()?;
        let host = Host::bind(folder)?;
        let in_it = Memory::shared(memory.clone());
        let mut owner = Self {
            directory: in_it.block(0),
            graph: Graph::new_in(config, in_it),
            memory,
            leases: Leases::new(leases),
            host,
            may_write: false,
            is_shared: false,
        };
        owner.publish();
        Ok(owner)
    }

    /// Returns the graph, for reading.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Changes the graph and tells readers where everything is now; `None`, with nothing done, while readers
    /// hold leases.
    ///
    /// They are asked to go, as it were: new ones queue from now on, and after
    /// [`write_wait`](lease::Config::write_wait) those who hold one lose it. Call [`serve`](Self::serve), and this
    /// again. Readers are let in when it returns, so it takes many changes rather than one.
    ///
    /// If `change` puts another graph in the place of this one, or the system gives no more memory, the graph is
    /// [no longer shared](Self::is_shared).
    pub fn write<R>(&mut self, now: Instant, change: impl FnOnce(&mut Graph) -> R) -> Option<R> {
        if !self.may_write {
            self.input(now, Input::WriteWanted);
        }
        if !self.may_write {
            return None;
        }
        let changed = change(&mut self.graph);
        self.publish();
        self.may_write = false;
        self.input(now, Input::WriteDone);
        Some(changed)
    }

    /// Lets readers come and go, and ends leases whose time is over. Does not block.
    ///
    /// # Errors
    /// [`io::Error`] if a reader could not be given the memory; it was turned away.
    pub fn serve(&mut self, now: Instant) -> io::Result<()> {
        let mut result = Ok(());
        for input in self.host.poll() {
            let done = self.try_input(now, input);
            result = result.and(done);
        }
        if self.leases.poll_timeout().is_some_and(|at| at <= now) {
            self.leases.handle_timeout(now);
            let done = self.carry_out(now);
            result = result.and(done);
        }
        result
    }

    /// Returns when to [`serve`](Self::serve) even if no [descriptor](Self::descriptors) is readable.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.leases.poll_timeout()
    }

    /// Returns the descriptors to wait for.
    pub fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.host.descriptors()
    }

    /// Returns how many readers there are, waiting ones included.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.leases.readers()
    }

    /// Returns whether readers see the graph: all of it lies in shared memory.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Returns the bytes of all segments, used or not.
    #[must_use]
    pub fn shared_bytes(&self) -> usize {
        let pool = self.memory.lock();
        pool.segments()
            .iter()
            .map(|segment| segment.len() * 8)
            .sum()
    }

    /// Writes the header and the directory.
    fn publish(&mut self) {
        let written = self.write_header();
        self.is_shared = written.is_some();
        if !self.is_shared {
            // No magic: nothing is there.
            let cleared = self.set(HEADER_AT, 0);
            debug_assert!(cleared.is_some(), "the header has room");
        }
    }

    fn write_header(&mut self) -> Option<()> {
        if !self.graph.memory().is_in(&self.memory) {
            return None;
        }
        let (mut header, places) = self.graph.layout()?;
        if places.len() > self.directory.items().len() {
            let room = places.len() + places.len() / 8;
            self.directory = self.graph.memory().block(room);
        }
        for (at, place) in places.iter().enumerate() {
            if self.directory.items()[at] != *place {
                self.directory.write(at, |old| *old = *place);
            }
        }
        header.directory = self.directory.place()?;
        let words: [u64; LEN] = Header::to_words(&header);
        for (at, word) in (HEADER_AT..).zip(words) {
            self.set(at, word)?;
        }
        Some(())
    }

    fn set(&self, at: usize, word: u64) -> Option<()> {
        self.memory.lock().segments().first()?.set(at, word)
    }

    /// As [`try_input`](Self::try_input), where a reader that got nothing is the reader's trouble.
    fn input(&mut self, now: Instant, input: Input) {
        let _reader_was_turned_away = self.try_input(now, input);
    }

    fn try_input(&mut self, now: Instant, input: Input) -> io::Result<()> {
        self.leases.handle_input(now, input);
        self.carry_out(now)
    }

    fn carry_out(&mut self, now: Instant) -> io::Result<()> {
        let mut result = Ok(());
        while let Some(output) = self.leases.poll_output() {
            let pool = self.memory.lock();
            match output {
                Output::RaiseEpoch(epoch) => {
                    let header = pool.segments().first();
                    let raised = header.and_then(|header| header.set_before(EPOCH, epoch));
                    debug_assert!(raised.is_some(), "there is a header");
                }
                Output::Write => self.may_write = true,
                Output::Grant { .. } | Output::Refuse(_) | Output::Revoke(_) => {}
            }
            let carried_out = self.host.carry_out(output, pool.segments());
            drop(pool);
            let gone = match (carried_out, output) {
                (Ok(gone), _) => gone,
                (Err(error), Output::Grant { id, .. }) => {
                    result = Err(error);
                    self.host.carry_out(Output::Revoke(id), &[])?;
                    Some(Input::Closed(id))
                }
                (Err(error), _) => {
                    result = Err(error);
                    None
                }
            };
            if let Some(gone) = gone {
                self.leases.handle_input(now, gone);
            }
        }
        result
    }
}
