//! A graph that other processes read.

use std::{io, os::fd::BorrowedFd, path::Path};

use lnwire::Instant;

use super::{
    EPOCH,
    header::{HEADER_AT, Header, LEN},
    host::{Host, HostError},
    lease::{self, Input, Leases, Output},
    pool::SharedMemory,
    sequence,
};
use crate::{
    Config, Graph,
    memory::{Block, Memory},
};

/// A graph in shared memory, with the socket and the leases of those who read it. They use a
/// [`View`](super::View).
///
/// The graph is changed in [`write`](Self::write) only, when no reader holds a lease; readers
/// [without one](super::LockFreeView) are never waited for, and find out that it changed while they read. It lies in
/// segments of 2 MiB and more, an eighth of what there is for each step of growth. What it lets go of (a table that
/// was rebuilt, a long list) is used again at once: whoever read it has lost its lease by then, and knows it.
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
    /// How often blocks had come and gone when the directory was written; `None` if it is not this graph's.
    written_at: Option<u64>,
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
            written_at: None,
            graph: Graph::new_in(config, in_it),
            memory,
            leases: Leases::new(leases),
            host,
            may_write: false,
            is_shared: false,
        };
        owner.change(|_| ());
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
    /// Readers without a lease see all that `change` does or nothing, and nothing at all in the meantime. For much that
    /// need not be seen together there is [`write_each`](Self::write_each).
    ///
    /// If `change` puts another graph in the place of this one, or the system gives no more memory, the graph is
    /// [no longer shared](Self::is_shared).
    pub fn write<R>(&mut self, now: Instant, change: impl FnOnce(&mut Graph) -> R) -> Option<R> {
        if !self.begin_write(now) {
            return None;
        }
        let changed = self.change(change);
        self.end_write(now);
        Some(changed)
    }

    /// Makes one change after the other, for each of `items`, as [`write`](Self::write) makes one: readers without a
    /// lease come in between any two. `None`, with no item taken, while readers hold leases.
    pub fn write_each<T>(
        &mut self,
        now: Instant,
        items: impl IntoIterator<Item = T>,
        mut change: impl FnMut(&mut Graph, T),
    ) -> Option<()> {
        if !self.begin_write(now) {
            return None;
        }
        for item in items {
            self.change(|graph| change(graph, item));
        }
        self.end_write(now);
        Some(())
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

    /// Returns whether no reader holds a lease.
    fn begin_write(&mut self, now: Instant) -> bool {
        if !self.may_write {
            self.input(now, Input::WriteWanted);
        }
        self.may_write
    }

    fn end_write(&mut self, now: Instant) {
        self.may_write = false;
        self.input(now, Input::WriteDone);
    }

    /// The one place where words change that readers follow, but for the epoch.
    fn change<R>(&mut self, change: impl FnOnce(&mut Graph) -> R) -> R {
        if let Some(header) = self.memory.lock().header() {
            sequence::begin(header);
        }
        let changed = change(&mut self.graph);
        self.publish();
        if let Some(header) = self.memory.lock().header() {
            sequence::end(header);
        }
        changed
    }

    /// Writes the header and the directory.
    fn publish(&mut self) {
        let written = self.write_header();
        self.is_shared = written.is_some();
        if !self.is_shared {
            self.written_at = None;
            // No magic: nothing is there.
            let pool = self.memory.lock();
            let cleared = pool.header().and_then(|header| header.set(HEADER_AT, 0));
            debug_assert!(cleared.is_some(), "the header has room");
        }
    }

    fn write_header(&mut self) -> Option<()> {
        if !self.graph.memory().is_in(&self.memory) {
            return None;
        }
        let mut header = self.graph.header()?;
        if self.written_at != Some(self.memory.lock().moves()) {
            self.write_directory()?;
            self.written_at = Some(self.memory.lock().moves());
        }
        header.directory = self.directory.place()?;
        let pool = self.memory.lock();
        header.segments = pool.segments().len() as u32;
        let words: [u64; LEN] = Header::to_words(&header);
        for (at, word) in (HEADER_AT..).zip(words) {
            pool.header()?.set(at, word)?;
        }
        Some(())
    }

    fn write_directory(&mut self) -> Option<()> {
        let places = self.graph.directory()?;
        if places.len() > self.directory.items().len() {
            let room = places.len() + places.len() / 8;
            self.directory = self.graph.memory().block(room);
        }
        for (at, place) in places.iter().enumerate() {
            self.directory.write(at, |old| *old = *place);
        }
        Some(())
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
                    let header = pool.header();
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
