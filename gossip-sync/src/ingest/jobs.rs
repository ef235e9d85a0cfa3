//! Jobs under way: by their number, and by their deadline.

use alloc::{collections::VecDeque, vec::Vec};

use super::{JobId, checks::Job};

/// Jobs under way. Each has as much time as every other, so their numbers are in the order of their deadlines.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    /// By place, with their numbers.
    jobs: Vec<Option<(u64, Job)>>,
    /// Places without a job. The last one that became free is taken first: it is in the cache.
    free: Vec<u32>,
    /// The first is under way. Of the others some may have ended: as many as are under way, and [`ENDED`].
    order: VecDeque<JobId>,
    last: u64,
}

/// Below so many it is not worth while to look for those that have ended.
const ENDED: usize = 64;

impl Jobs {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a job, whose deadline is not before any other's.
    pub(super) fn add(&mut self, job: Job) -> JobId {
        self.last += 1;
        let number = self.last;
        let entry = Some((number, job));
        let place = self.free.pop().unwrap_or(self.jobs.len() as u32);
        match self.jobs.get_mut(place as usize) {
            Some(free) => *free = entry,
            None => self.jobs.push(entry),
        }
        let id = JobId { number, place };
        self.order.push_back(id);
        id
    }

    pub(super) fn contains(&self, id: JobId) -> bool {
        self.get(id).is_some()
    }

    pub(super) fn get_mut(&mut self, id: JobId) -> Option<&mut Job> {
        let (number, job) = self.jobs.get_mut(id.place as usize)?.as_mut()?;
        (*number == id.number).then_some(job)
    }

    /// Returns the job with the first deadline.
    pub(super) fn first(&self) -> Option<(JobId, &Job)> {
        let id = *self.order.front()?;
        self.get(id).map(|job| (id, job))
    }

    pub(super) fn end(&mut self, id: JobId) -> Option<Job> {
        let place = self.jobs.get_mut(id.place as usize)?;
        let (_, job) = place.take_if(|(number, _)| *number == id.number)?;
        self.free.push(id.place);
        if self.order.front() == Some(&id) {
            while self.order.front().is_some_and(|id| !self.contains(*id)) {
                self.order.pop_front();
            }
        } else if self.order.len() > self.len() * 2 + ENDED {
            let mut order = core::mem::take(&mut self.order);
            order.retain(|id| self.contains(*id));
            self.order = order;
        }
        Some(job)
    }

    fn get(&self, id: JobId) -> Option<&Job> {
        let (number, job) = self.jobs.get(id.place as usize)?.as_ref()?;
        (*number == id.number).then_some(job)
    }

    fn len(&self) -> usize {
        self.jobs.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use lnwire::Instant;

    use super::*;
    use crate::ingest::{
        checks::Purpose,
        held::{Peer, Ticket},
    };

    fn job(second: u64) -> Job {
        let ticket = Ticket {
            peer: Peer::new(2),
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
        let mut jobs = Jobs::default();
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
        let mut jobs = Jobs::default();
        let slow = jobs.add(job(0));
        for n in 1..10_000 {
            let id = jobs.add(job(n));
            assert!(jobs.end(id).is_some());
            assert!(jobs.order.len() <= 2 + ENDED, "{}", jobs.order.len());
        }
        assert_eq!(jobs.first().map(|(id, _)| id), Some(slow));
        assert_eq!(jobs.jobs.len(), 2);
    }

    #[test]
    fn an_old_id_does_not_name_the_next_job_in_its_place() {
        let mut jobs = Jobs::default();
        let old = jobs.add(job(0));
        assert!(jobs.end(old).is_some());
        let new = jobs.add(job(1));
        assert!(new > old && new.place == old.place);
        assert!(jobs.get_mut(old).is_none() && jobs.end(old).is_none());
        assert!(jobs.contains(new) && !jobs.contains(old));
    }
}
