//! Threads that run signature jobs.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
};

use gossip_sync::ingest::{Checked, SignatureJob};
use lnwire::secp256k1::Secp256k1;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A few threads which take batches of jobs and give back batches of results.
///
/// Its queues need no bound of their own: [`Ingest`](gossip_sync::Ingest) bounds the jobs under way.
#[derive(Debug)]
pub struct VerifyPool {
    jobs: mpsc::Sender<Vec<SignatureJob>>,
    batch: Vec<SignatureJob>,
}

/// Jobs in a batch: small enough that the last ones of a sync are spread over the threads, large enough that
/// handing them over costs nothing beside 35 microseconds a signature.
const BATCH: usize = 32;

impl VerifyPool {
    /// Starts `threads` threads, at least one. They end when the pool is dropped.
    #[must_use]
    pub fn start(threads: usize) -> (Self, UnboundedReceiver<Vec<Checked>>) {
        let (jobs, queue) = mpsc::channel();
        let (results, checked) = unbounded_channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads.max(1) {
            let (queue, results) = (Arc::clone(&queue), results.clone());
            thread::spawn(move || run(&queue, &results));
        }
        let pool = Self {
            jobs,
            batch: Vec::new(),
        };
        (pool, checked)
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
            // The threads live as long as the pool, so there is always a receiver.
            let _sent = self.jobs.send(std::mem::take(&mut self.batch));
        }
    }
}

fn run(queue: &Mutex<mpsc::Receiver<Vec<SignatureJob>>>, results: &UnboundedSender<Vec<Checked>>) {
    let secp = Secp256k1::verification_only();
    loop {
        let next = match queue.lock() {
            Ok(queue) => queue.recv(),
            Err(_) => return,
        };
        let Ok(batch) = next else { return };
        let checked = batch.into_iter().map(|job| job.run(&secp)).collect();
        if results.send(checked).is_err() {
            return;
        }
    }
}
