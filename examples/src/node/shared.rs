//! A graph that other processes read, on tokio.

use std::{io, os::fd::OwnedFd, path::Path};

use lnwire::Instant;
use routemap::{
    Config, Graph,
    shm::{HostError, Owner, lease},
};
use rustix::{
    event::{Timespec, epoll},
    io::Errno,
};
use tokio::io::unix::AsyncFd;

/// The owner, and the sockets of its readers behind one descriptor.
#[derive(Debug)]
pub(super) struct Shared {
    owner: Owner,
    sockets: AsyncFd<OwnedFd>,
}

impl Shared {
    pub(super) fn bind(
        folder: &Path,
        config: Config,
        leases: lease::Config,
    ) -> Result<Self, HostError> {
        let owner = Owner::bind(folder, config, leases)?;
        let sockets = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(io::Error::from)?;
        #[expect(
            deprecated,
            reason = "a type could give another descriptor each time; `OwnedFd` does not"
        )]
        let sockets = AsyncFd::new(sockets)?;
        let shared = Self { owner, sockets };
        shared.watch();
        Ok(shared)
    }

    pub(super) const fn graph(&self) -> &Graph {
        self.owner.graph()
    }

    pub(super) fn change<R>(&mut self, now: Instant, change: impl FnOnce(&mut Graph) -> R) -> R {
        let started = std::time::Instant::now();
        let mut change = Some(change);
        loop {
            let now = now + started.elapsed();
            let changed = self.owner.write(now, |graph| {
                let change = change.take().expect("it is made once");
                change(graph)
            });
            if let Some(changed) = changed {
                return changed;
            }
            // Readers hold leases: no longer than the owner's patience.
            let limit = self.owner.poll_timeout();
            self.wait(limit.map(|at| at.saturating_since(now)));
            self.serve(now + started.elapsed());
        }
    }

    pub(super) async fn readable(&mut self) {
        // For as long as the descriptor says so, somebody may have been heard already.
        while let Ok(mut ready) = self.sockets.readable().await {
            let found = ready.try_io(|_| match self.wait(Some(core::time::Duration::ZERO)) {
                true => Ok(()),
                false => Err(io::ErrorKind::WouldBlock.into()),
            });
            if found.is_ok() {
                return;
            }
        }
    }

    pub(super) fn serve(&mut self, now: Instant) {
        if let Err(error) = self.owner.serve(now) {
            tracing::warn!("a reader was turned away: {error}");
        }
        self.watch();
    }

    pub(super) fn shared_bytes(&self) -> Option<usize> {
        let is_shared = self.owner.is_shared();
        is_shared.then(|| self.owner.shared_bytes())
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.owner.poll_timeout()
    }

    /// Watches the sockets of those who have come. Who has gone is watched no more by itself.
    fn watch(&self) {
        for socket in self.owner.descriptors() {
            let data = epoll::EventData::new_u64(0);
            match epoll::add(self.sockets.get_ref(), socket, data, epoll::EventFlags::IN) {
                Ok(()) | Err(Errno::EXIST) => {}
                // It is looked at all the same, when another one has something to say.
                Err(error) => tracing::warn!("a reader is not watched: {error}"),
            }
        }
    }

    /// Waits until a socket is readable; returns whether one is.
    fn wait(&self, limit: Option<core::time::Duration>) -> bool {
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        let mut events = [epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        }];
        let found = epoll::wait(self.sockets.get_ref(), &mut events[..], limit.as_ref());
        found.is_ok_and(|count| count > 0)
    }
}
