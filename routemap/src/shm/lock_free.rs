//! A reader's way to the owner's graph without a lease.

use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::{io, path::Path, thread};

use lnwire::Instant;

use super::{Reader, guest::Connection, host::SOCKET_WITHOUT_LEASE, reader::Missing, sequence};
use crate::instant::to_millis;

/// The graph in an owner's memory, mapped once and read while the owner writes: neither waits for the other.
///
/// Each [`read`](Self::read) sees the graph as it was at one moment, between two changes, or it is made again. So it
/// suits what takes less time than passes between two changes, such as look-ups, the channels of a node, and most
/// routes; [`View`](super::View) is for what takes longer. A few reads that belong together are a
/// [`walk`](Self::walk).
///
/// ```
/// use core::time::Duration;
/// use routemap::shm::{LockFreeView, Owner, ReadError, lease};
/// use routemap::{ChainHash, Config, Instant, ShortChannelId};
///
/// let folder = std::env::temp_dir().join(format!("routemap-lock-free-{}", std::process::id()));
/// let config = Config::new(ChainHash::REGTEST, 0x5eed);
/// let mut owner = Owner::bind(&folder, config, lease::Config::default())?;
/// let now = Instant::ZERO;
///
/// // In another process, while the owner serves:
/// let reader = std::thread::spawn({
///     let folder = folder.clone();
///     move || LockFreeView::connect(&folder, Duration::from_secs(10))
/// });
/// while !reader.is_finished() {
///     owner.serve(now)?;
///     # std::thread::sleep(Duration::from_millis(1));
/// }
/// let view = reader.join().expect("it does not panic")?;
/// assert_eq!(view.read(now, |graph| graph.channel_by_scid(ShortChannelId(1))), Ok(None));
///
/// // The owner writes at once, and what is read during that is not taken for anything.
/// let read = owner.write(now, |_| view.read(now, |graph| graph.channel_count()));
/// assert_eq!(read, Some(Err(ReadError::Busy)));
/// assert_eq!(view.read(now, |graph| graph.channel_count()), Ok(0));
///
/// drop(owner);
/// let later = now + LockFreeView::LOOKS_EVERY;
/// assert_eq!(view.read(later, |graph| graph.channel_count()), Err(ReadError::OwnerGone));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LockFreeView {
    connection: Connection,
    /// When to look again whether the owner lives, in milliseconds.
    next_look: AtomicU64,
}

/// Why nothing was read without a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The owner changed the graph during every try. Try again later, or read less at a time.
    #[error("the owner writes")]
    Busy,
    /// The owner has ended, perhaps in the middle of a change; or it has closed the connection.
    #[error("the owner is gone")]
    OwnerGone,
    /// The graph has grown into memory that is not mapped yet: [connect](LockFreeView::connect) again. Handles are
    /// good for the new view, too.
    #[error("the graph has grown into memory that is not mapped")]
    Grown,
    /// The memory has no graph in it, or one for another version of this crate.
    #[error("no graph of this version in the shared memory")]
    NoGraph,
    /// The walk has lasted as long as a slot rests: its handles may name something else by now.
    #[error("the walk has outlasted the quarantine")]
    TooLate,
}

impl LockFreeView {
    /// How often, by the times that reads are given, it is looked whether the owner lives: a system call, which costs
    /// more than a look-up (our choice).
    pub const LOOKS_EVERY: Duration = Duration::from_millis(100);

    /// Connects to the owner that listens in `folder`, and maps what there is. The owner hands it over when it
    /// [serves](super::Owner::serve), whether or not it wants to write.
    ///
    /// # Errors
    /// As [`Lease::connect`](super::Lease::connect).
    pub fn connect(folder: &Path, patience: Duration) -> io::Result<Self> {
        Ok(Self {
            connection: Connection::open(&folder.join(SOCKET_WITHOUT_LEASE), patience)?,
            next_look: AtomicU64::new(0),
        })
    }

    /// Reads, and returns what `read` made of it: as often as need be to see nothing change meanwhile, but a hundred
    /// times at most.
    ///
    /// What was read may be torn until this returns, so `read` does nothing with it that cannot be undone; it begins
    /// with a copy of its cursors each time.
    ///
    /// # Errors
    /// [`ReadError`], all but [`TooLate`](ReadError::TooLate).
    pub fn read<R>(
        &self,
        now: Instant,
        mut read: impl FnMut(&Reader<'_>) -> R,
    ) -> Result<R, ReadError> {
        let read = self.attempts(&mut read);
        let now = to_millis(now);
        if read.is_ok() && now < self.next_look.load(Relaxed) {
            return read;
        }
        if !self.connection.is_open() {
            return Err(ReadError::OwnerGone);
        }
        let next = now.saturating_add(Self::LOOKS_EVERY.as_millis() as u64);
        self.next_look.store(next, Relaxed);
        read
    }

    /// Begins a walk: several reads, of which the later use handles that the earlier have found.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn walk(&self, now: Instant) -> Result<Walk<'_>, ReadError> {
        let quarantine = self.read(now, |reader| reader.quarantine())?;
        Ok(Walk {
            view: self,
            until: now + quarantine,
        })
    }

    fn attempts<R>(&self, mut read: impl FnMut(&Reader<'_>) -> R) -> Result<R, ReadError> {
        let segments = self.connection.segments();
        let header = segments.first().ok_or(ReadError::NoGraph)?;
        for _ in 0..MOST_ATTEMPTS {
            match sequence::attempt(header, || Reader::open(segments).map(|r| read(&r))) {
                Some(Ok(made)) => return Ok(made),
                Some(Err(Missing::Segment)) => return Err(ReadError::Grown),
                Some(Err(Missing::Graph)) => return Err(ReadError::NoGraph),
                // The owner may need this processor to come to an end.
                None => thread::yield_now(),
            }
        }
        Err(ReadError::Busy)
    }
}

/// Several reads without a lease, each by itself of one moment, between which the graph may change.
///
/// A walk is shorter than the [quarantine](crate::Config::quarantine), which the owner keeps by the times that it gives
/// its changes: they are right, up to what walks leave of it. So a handle that one read has found names the
/// same channel or node in the next, or nothing; it never names another. Who keeps handles for longer keeps
/// [generations](Reader::channel_generation) with them, and compares.
///
/// ```
/// use routemap::shm::{LockFreeView, ReadError};
/// use routemap::{Instant, NodeHandle};
///
/// /// Counts the channels of the nodes that `node` has channels with.
/// fn second_degree(
///     view: &LockFreeView,
///     node: NodeHandle,
///     now: impl Fn() -> Instant,
/// ) -> Result<usize, ReadError> {
///     let walk = view.walk(now())?;
///     let others = walk.read(now(), |graph| {
///         let ends = graph.channels_of(node).flat_map(|(_, channel)| channel.by_ref().nodes());
///         ends.filter(|end| *end != node).collect::<Vec<_>>()
///     })?;
///     let mut count = 0;
///     for other in others {
///         // A node that is gone meanwhile has none.
///         count += walk.read(now(), |graph| graph.channels_of(other).count())?;
///     }
///     walk.finish(now())?;
///     Ok(count)
/// }
/// ```
#[derive(Debug)]
pub struct Walk<'a> {
    view: &'a LockFreeView,
    until: Instant,
}

impl Walk<'_> {
    /// Reads as [`LockFreeView::read`] does.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read<R>(
        &self,
        now: Instant,
        read: impl FnMut(&Reader<'_>) -> R,
    ) -> Result<R, ReadError> {
        self.check(now)?;
        self.view.read(now, read)
    }

    /// Says whether what the walk found counts: `now` is a time after its last read.
    ///
    /// A process may be stopped for any time in the middle of a read.
    ///
    /// # Errors
    /// [`TooLate`](ReadError::TooLate).
    pub fn finish(self, now: Instant) -> Result<(), ReadError> {
        self.check(now)
    }

    fn check(&self, now: Instant) -> Result<(), ReadError> {
        if now < self.until {
            Ok(())
        } else {
            Err(ReadError::TooLate)
        }
    }
}

/// With a turn for other processes after each: longer than a change takes, and no time that a user notices (our
/// choice).
const MOST_ATTEMPTS: u32 = 100;
