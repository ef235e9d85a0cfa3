//! Where a node's graph lies: in memory of its own, or in memory that other processes read.

use lnwire::Instant;
use routemap::Graph;

#[cfg(target_os = "linux")]
use super::shared::Shared;

#[derive(Debug)]
pub(super) enum Home {
    Own(Box<Graph>),
    #[cfg(target_os = "linux")]
    Shared(Box<Shared>),
}

impl Home {
    pub(super) const fn graph(&self) -> &Graph {
        match self {
            Self::Own(graph) => graph,
            #[cfg(target_os = "linux")]
            Self::Shared(shared) => shared.graph(),
        }
    }

    /// Changes the graph. If it is shared, that may take until readers are done, or have lost their leases.
    pub(super) fn change<R>(&mut self, now: Instant, change: impl FnOnce(&mut Graph) -> R) -> R {
        match self {
            Self::Own(graph) => change(graph),
            #[cfg(target_os = "linux")]
            Self::Shared(shared) => shared.change(now, change),
        }
    }

    /// Waits until a reader wants something; for ever if the graph is not shared.
    pub(super) async fn readable(&mut self) {
        match self {
            Self::Own(_) => core::future::pending().await,
            #[cfg(target_os = "linux")]
            Self::Shared(shared) => shared.readable().await,
        }
    }

    /// Lets readers come and go.
    pub(super) fn serve(&mut self, now: Instant) {
        match self {
            Self::Own(_) => {}
            #[cfg(target_os = "linux")]
            Self::Shared(shared) => shared.serve(now),
        }
    }

    pub(super) fn shared_bytes(&self) -> Option<usize> {
        match self {
            Self::Own(_) => None,
            #[cfg(target_os = "linux")]
            Self::Shared(shared) => shared.shared_bytes(),
        }
    }

    /// Returns when to [`serve`](Self::serve) even if nobody wants anything.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Own(_) => None,
            #[cfg(target_os = "linux")]
            Self::Shared(shared) => shared.poll_timeout(),
        }
    }
}
