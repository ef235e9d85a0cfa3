//! Jobs under way: by their number, and by their deadline.

use alloc::collections::VecDeque;

use hashbrown::HashMap;

use super::{JobId, checks::Job};
use crate::salt::Salt;

/// Jobs under way. Each has as much time as every other, so their numbers are in the order of their deadlines.
#[derive(Debug)]
pub(super) struct Jobs {
    jobs: HashMap<JobId, Job, Salt>,
    /// The first is under way. Of the others some may have ended: as many as are under way, and [`ENDED`].
    order: VecDeque<JobId>,
    last: JobId,
}

/// Below so many it is not worth while to look for those that have ended.
const ENDED: usize = 64;

impl Jobs {
    pub(super) fn new(salt: Salt) -> Self {
        Self {
            jobs: HashMap::with_hasher(salt),
            order: VecDeque::new(),
            last: JobId(0),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Adds a job, whose deadline is not before any other's.
    pub(super) fn add(&mut self, job: Job) -> JobId {
        let id = JobId(self.last.0 + 1);
        self.last = id;
        self.jobs.insert(id, job);
        self.order.push_back(id);
        id
    }

    pub(super) fn get_mut(&mut self, id: JobId) -> Option<&mut Job> {
        self.jobs.get_mut(&id)
    }

    /// Returns the job with the first deadline.
    pub(super) fn first(&self) -> Option<(JobId, &Job)> {
        let id = *self.order.front()?;
        self.jobs.get(&id).map(|job| (id, job))
    }

    pub(super) fn end(&mut self, id: JobId) -> Option<Job> {
        let job = self.jobs.remove(&id)?;
        if self.order.front() == Some(&id) {
            let is_over = |id: &JobId| !self.jobs.contains_key(id);
            while self.order.front().is_some_and(is_over) {
                self.order.pop_front();
            }
        } else if self.order.len() > self.jobs.len() * 2 + ENDED {
            self.order.retain(|id| self.jobs.contains_key(id));
        }
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use lnwire::{Instant, NodeId};

    use super::*;
    use crate::ingest::{checks::Purpose, held::Ticket};

    fn job(second: u64) -> Job {
        let ticket = Ticket {
            peer: NodeId([2; 33]),
            hash: second,
            len: 0,
        };
        let deadline = Instant::from_epoch(Duration::from_secs(second));
        Job {
            ticket,
            deadline,
            purpose: Purpose::Node,
            message: None,
        }
    }

    #[test]
    fn the_first_deadline_is_of_a_job_under_way() {
        let mut jobs = Jobs::new(Salt::new(1));
        let ids: [JobId; 4] = core::array::from_fn(|n| jobs.add(job(n as u64)));
        assert!(jobs.end(ids[1]).is_some());
        assert_eq!(jobs.first().map(|(id, _)| id), Some(ids[0]));
        assert!(jobs.end(ids[0]).is_some());
        assert_eq!(jobs.first().map(|(id, _)| id), Some(ids[2]));
        assert!(jobs.end(ids[0]).is_none(), "it has ended");
        assert!(jobs.end(ids[2]).is_some() && jobs.end(ids[3]).is_some());
        assert!(jobs.first().is_none() && jobs.is_empty());
    }

    /// One that takes long holds nothing up, and no room but its own.
    #[test]
    fn those_that_have_ended_are_forgotten_behind_a_slow_one() {
        let mut jobs = Jobs::new(Salt::new(1));
        let slow = jobs.add(job(0));
        for n in 1..10_000 {
            let id = jobs.add(job(n));
            assert!(jobs.end(id).is_some());
            assert!(jobs.order.len() <= 2 + ENDED, "{}", jobs.order.len());
        }
        assert_eq!(jobs.first().map(|(id, _)| id), Some(slow));
    }
}
