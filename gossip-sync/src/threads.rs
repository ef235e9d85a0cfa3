//! Signature jobs on threads: the batch runner of the feature `threads`.

extern crate std;

use alloc::{sync::Arc, vec::Vec};
use core::num::NonZeroUsize;
use std::{
    sync::{
        Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use crate::ingest::{Checked, SignatureJob, Verifier};

/// A few threads that take batches of jobs and give back batches of results.
///
/// At most [`QUEUE`] batches wait for a thread; beyond that [`push`](Self::push) and [`flush`](Self::flush) wait for one to
/// be taken. Full ones are as many jobs as four times the default of [`max_jobs`](crate::ingest::Config::max_jobs). The
/// threads end when the pool is dropped, once they have run what is queued.
///
/// ```
/// use core::num::NonZeroUsize;
/// use std::sync::mpsc;
/// use gossip_sync::threads::VerifyPool;
///
/// let (results, checked) = mpsc::channel();
/// let two = NonZeroUsize::new(2).expect("not zero");
/// let mut pool = VerifyPool::start(two, move |batch| {
///     let _received = results.send(batch);
/// });
/// pool.flush(); // Nothing to do: no job was pushed.
/// drop(pool);
/// assert!(checked.recv().is_err());
/// ```
#[derive(Debug)]
pub struct VerifyPool {
    jobs: SyncSender<Vec<SignatureJob>>,
    batch: Vec<SignatureJob>,
}

/// Jobs in a batch: small enough that the last ones of a sync are spread over the threads, large enough that
/// handing them over costs nothing beside 35 microseconds a signature.
pub const BATCH: usize = 64;

/// Batches that may wait for a thread.
pub const QUEUE: usize = 64;

impl VerifyPool {
    /// Starts the threads. Each hands its results to its own copy of `deliver`, which should not wait for the
    /// thread that pushes.
    ///
    /// # Panics
    /// If the operating system has no more threads.
    #[must_use]
    pub fn start<F>(threads: NonZeroUsize, deliver: F) -> Self
    where
        F: FnMut(Vec<Checked>) + Clone + Send + 'static,
    {
        let (jobs, queue) = sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads.get() {
            let (queue, deliver) = (Arc::clone(&queue), deliver.clone());
            thread::spawn(move || run(&queue, deliver));
        }
        Self {
            jobs,
            batch: Vec::new(),
        }
    }

    /// Adds a job to the batch, which goes out when it is full.
    pub fn push(&mut self, job: SignatureJob) {
        self.batch.push(job);
        if self.batch.len() >= BATCH {
            self.flush();
        }
    }

    /// Sends the batch out as it is.
    pub fn flush(&mut self) {
        if !self.batch.is_empty() {
            let batch = core::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
            // The threads live as long as the pool, so there is always a receiver.
            let _sent = self.jobs.send(batch);
        }
    }
}

fn run(queue: &Mutex<Receiver<Vec<SignatureJob>>>, mut deliver: impl FnMut(Vec<Checked>)) {
    let mut verifier = Verifier::new();
    loop {
        let next = match queue.lock() {
            Ok(queue) => queue.recv(),
            Err(_) => return,
        };
        let Ok(batch) = next else { return };
        deliver(
            batch
                .into_iter()
                .map(|job| job.run(&mut verifier))
                .collect(),
        );
    }
}
