//! A reader's side: connect, map, read, and ask whether it counted.

use alloc::vec::Vec;
use core::time::Duration;
use std::{
    io::{self, Read as _},
    os::unix::net::UnixStream,
    path::Path,
};

use rustix::{net::sockopt::socket_peercred, process::geteuid};

use super::{EPOCH, grant, host::SOCKET, segment::SegmentReader};

/// A lease on an owner's memory: the open connection is the lock, and dropping it gives it back.
///
/// What is read counts only if [`counts`](Self::counts) says so *afterwards*.
#[derive(Debug)]
pub struct Lease(Connection);

/// A connection to an owner, and the memory that it handed over.
#[derive(Debug)]
pub(super) struct Connection {
    socket: UnixStream,
    epoch: u64,
    segments: Vec<SegmentReader>,
}

impl Lease {
    /// Connects to the owner that listens in `folder`, waits for its turn, and maps what there is.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) and [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if there
    /// is no owner, or it has too many readers; [`WouldBlock`](io::ErrorKind::WouldBlock) if it does not answer
    /// within `patience`, which is not zero; [`PermissionDenied`](io::ErrorKind::PermissionDenied) if it is
    /// another user; [`InvalidData`](io::ErrorKind::InvalidData) if it hands over something else.
    pub fn connect(folder: &Path, patience: Duration) -> io::Result<Self> {
        Connection::open(&folder.join(SOCKET), patience).map(Self)
    }

    /// Returns the memory, in the order of its growth. The first word of the first segment is the epoch.
    #[must_use]
    pub fn segments(&self) -> &[SegmentReader] {
        self.0.segments()
    }

    /// Returns whether what was read until now was read at rest: the owner has written nothing since the lease
    /// was granted.
    #[must_use]
    pub fn counts(&self) -> bool {
        let header = self.0.segments.first();
        header.and_then(|header| header.get_after(EPOCH)) == Some(self.0.epoch)
    }

    /// Returns whether the owner still keeps the lock for us: it has neither taken it back nor died.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_open()
    }
}

impl Connection {
    /// Connects to the socket, waits for the owner's answer, and maps what it hands over; see [`Lease::connect`].
    pub(super) fn open(socket: &Path, patience: Duration) -> io::Result<Self> {
        let socket = UnixStream::connect(socket)?;
        let owner = socket_peercred(&socket)?.uid;
        if owner != geteuid() && !owner.is_root() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        socket.set_read_timeout(Some(patience))?;
        let granted = grant::receive(&socket)?;
        socket.set_nonblocking(true)?;
        let segments: Result<Vec<_>, _> = granted.files.iter().map(SegmentReader::map).collect();
        Ok(Self {
            socket,
            epoch: granted.epoch,
            segments: segments?,
        })
    }

    pub(super) fn segments(&self) -> &[SegmentReader] {
        &self.segments
    }

    /// Returns whether the owner has it open, too: it has neither closed it nor died.
    pub(super) fn is_open(&self) -> bool {
        let read = (&self.socket).read(&mut [0; 1]);
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}
