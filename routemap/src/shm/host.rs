//! The owner's socket: readers come, get descriptors, and go.

use alloc::{collections::BTreeMap, vec::Vec};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read as _},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::{
            fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
};

use rustix::{
    fs::{FlockOperation, flock},
    net::{SendFlags, sockopt::socket_peercred},
    process::geteuid,
};

use super::{
    grant::{self, MOST_SEGMENTS},
    lease::{ConnectionId, Input, Output},
    segment::Segment,
};

/// Listens in a folder, and turns sockets into [`Input`]s and [`Output`]s into sockets.
///
/// The folder has mode 0700, so only the owner's user (and root) comes in at all; who connects is asked for its
/// credentials nevertheless. A lock file beside the sockets says whether the owner lives: sockets that a dead one
/// left are replaced. Nothing here blocks.
#[derive(Debug)]
pub struct Host {
    /// For readers that want a lease, and for those that read without.
    listeners: [UnixListener; 2],
    connections: BTreeMap<ConnectionId, UnixStream>,
    next_id: u64,
    /// Locked while this lives, and unlocked by the system when the process dies.
    _lock: File,
}

/// Why nobody listens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// Another process owns the folder.
    #[error("another process listens here")]
    InUse,
    /// The folder is somebody else's, or others may enter it.
    #[error("the folder is not this user's with mode 0700")]
    Folder,
    /// What the system says.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The name, in the folder, of the socket for readers that want a lease.
pub(super) const SOCKET: &str = "socket";
/// And for those that read without.
pub(super) const SOCKET_WITHOUT_LEASE: &str = "lock-free";

impl Host {
    /// Listens in `folder`, which is made if it is not there (its parent must be).
    ///
    /// # Errors
    /// [`HostError`].
    pub fn bind(folder: &Path) -> Result<Self, HostError> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        let found = folder.symlink_metadata()?;
        let is_private =
            found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o777 == 0o700;
        if !is_private {
            return Err(HostError::Folder);
        }
        // Closed on exec, as the standard library does with all it opens.
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("lock"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
            rustix::io::Errno::WOULDBLOCK => HostError::InUse,
            other => HostError::Io(other.into()),
        })?;
        Ok(Self {
            listeners: [
                listen(&folder.join(SOCKET))?,
                listen(&folder.join(SOCKET_WITHOUT_LEASE))?,
            ],
            connections: BTreeMap::new(),
            next_id: 0,
            _lock: lock,
        })
    }

    /// Returns what happened on the sockets since the last time: who came and who went.
    ///
    /// At most 64 come at a time on each socket. Those of other users than the owner's and root are turned away.
    pub fn poll(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        self.connections.retain(|id, socket| {
            let is_open = is_open(socket);
            if !is_open {
                inputs.push(Input::Closed(*id));
            }
            is_open
        });
        for (listener, wants_lease) in self.listeners.iter().zip([true, false]) {
            for _ in 0..MOST_AT_A_TIME {
                let Ok((socket, _)) = listener.accept() else {
                    break;
                };
                let Ok(peer) = socket_peercred(&socket) else {
                    continue;
                };
                let is_allowed = peer.uid == geteuid() || peer.uid.is_root();
                if !is_allowed || socket.set_nonblocking(true).is_err() {
                    continue;
                }
                let (id, user) = (ConnectionId(self.next_id), peer.uid.as_raw());
                self.next_id += 1;
                self.connections.insert(id, socket);
                inputs.push(match wants_lease {
                    true => Input::Connected { id, user },
                    false => Input::ConnectedWithoutLease { id, user },
                });
            }
        }
        inputs
    }

    /// Does what is to be done on a socket. [`RaiseEpoch`](Output::RaiseEpoch) and [`Write`](Output::Write) are
    /// for the embedder: nothing happens here.
    ///
    /// A reader that cannot be sent to is dropped; the next [`poll`](Self::poll) does not tell, so the answer
    /// here does: feed it to the [`Leases`](super::lease::Leases).
    ///
    /// # Errors
    /// [`io::Error`] if a segment cannot be shared; the reader is dropped then, too, but its lease is not.
    pub fn carry_out(&mut self, output: Output, segments: &[Segment]) -> io::Result<Option<Input>> {
        match output {
            Output::Grant { id, epoch } => {
                let Some(socket) = self.connections.get(&id) else {
                    return Ok(Some(Input::Closed(id)));
                };
                if segments.len() > MOST_SEGMENTS {
                    return Err(io::ErrorKind::InvalidInput.into());
                }
                let shared: io::Result<Vec<OwnedFd>> =
                    segments.iter().map(Segment::share).collect();
                let shared = shared?;
                let files: Vec<BorrowedFd<'_>> = shared.iter().map(AsFd::as_fd).collect();
                if grant::send(socket, epoch, &files, SendFlags::NOSIGNAL).is_err() {
                    self.connections.remove(&id);
                    return Ok(Some(Input::Closed(id)));
                }
                Ok(None)
            }
            Output::Refuse(id) | Output::Revoke(id) => {
                self.connections.remove(&id);
                Ok(None)
            }
            Output::RaiseEpoch(_) | Output::Write => Ok(None),
        }
    }

    /// Returns the descriptors to wait for: when one is readable, [`poll`](Self::poll) has something to tell.
    pub fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let sockets = self.connections.values().map(AsFd::as_fd);
        self.listeners.iter().map(AsFd::as_fd).chain(sockets)
    }
}

/// Listens on a socket, in the place of one that is there.
fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A reader says nothing; if it does, that is read over.
fn is_open(mut socket: &UnixStream) -> bool {
    match socket.read(&mut [0; 64]) {
        Ok(0) => false,
        Ok(_) => true,
        Err(error) => matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
        ),
    }
}

/// How many connections are accepted before others have their turn.
const MOST_AT_A_TIME: usize = 64;
