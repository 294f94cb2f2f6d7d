//! Jobs that are due, in a lane for each host: a host with a thousand entries waiting must not hold up the others.
//!
//! PURE. The governor in `fetch` decides when a request starts; the lanes only see to it that no host has more jobs
//! under way than it can use, and that the rest wait here, in the order in which they came.

use std::collections::{HashMap, HashSet, VecDeque};

use super::agenda::Job;

#[derive(Debug)]
pub(super) struct Lanes {
    lanes: HashMap<String, Lane>,
    /// Hosts with a job waiting and room for it, in turn.
    ready: VecDeque<String>,
    /// Every job that waits or runs: a job is never there twice.
    known: HashSet<Job>,
    per_host: usize,
    in_all: usize,
    running: usize,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Job>,
    running: usize,
    queued: bool,
}

impl Lanes {
    /// `per_host` and `in_all` bound the jobs under way.
    pub(super) fn new(per_host: usize, in_all: usize) -> Self {
        Self { lanes: HashMap::new(), ready: VecDeque::new(), known: HashSet::new(), per_host, in_all, running: 0 }
    }

    /// Lets a job wait for its turn; `false` where it waits or runs already.
    pub(super) fn push(&mut self, host: &str, job: Job) -> bool {
        let is_new = self.known.insert(job.clone());
        if is_new {
            self.lanes.entry(host.to_owned()).or_default().waiting.push_back(job);
            self.offer(host);
        }
        is_new
    }

    /// The next job that may start, with its host.
    pub(super) fn pop(&mut self) -> Option<(String, Job)> {
        if self.running >= self.in_all {
            return None;
        }
        let host = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(&host)?;
        lane.queued = false;
        let job = lane.waiting.pop_front()?;
        lane.running += 1;
        self.running += 1;
        self.offer(&host);
        Some((host, job))
    }

    /// A job ended; its host has room again.
    pub(super) fn done(&mut self, host: &str, job: &Job) {
        if !self.known.remove(job) {
            return;
        }
        self.running -= 1;
        if let Some(lane) = self.lanes.get_mut(host) {
            lane.running -= 1;
            if lane.running == 0 && lane.waiting.is_empty() {
                self.lanes.remove(host);
                return;
            }
        }
        self.offer(host);
    }

    /// Forgets the jobs that only wait.
    pub(super) fn clear_waiting(&mut self) {
        for lane in self.lanes.values_mut() {
            for job in lane.waiting.drain(..) {
                self.known.remove(&job);
            }
            lane.queued = false;
        }
        self.ready.clear();
        self.lanes.retain(|_, lane| lane.running > 0);
    }

    /// Jobs under way.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Jobs that wait for their host.
    pub(super) fn waiting(&self) -> usize {
        self.known.len() - self.running
    }

    fn offer(&mut self, host: &str) {
        let Some(lane) = self.lanes.get_mut(host) else { return };
        if !lane.queued && !lane.waiting.is_empty() && lane.running < self.per_host {
            lane.queued = true;
            self.ready.push_back(host.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::agenda::Task, *};

    fn job(name: &str) -> Job {
        Job { site: String::new(), task: Task::Poll(name.to_owned()) }
    }

    #[test]
    fn hosts_take_turns_and_none_takes_more_than_its_share() {
        let mut lanes = Lanes::new(2, 4);
        for n in 0..5 {
            lanes.push("a", job(&format!("a{n}")));
        }
        lanes.push("b", job("b0"));
        let started: Vec<String> = std::iter::from_fn(|| lanes.pop()).map(|(host, _)| host).collect();
        assert_eq!(started, ["a", "b", "a"], "a third of a's jobs has to wait");
        lanes.done("a", &job("a0"));
        assert_eq!(lanes.pop(), Some(("a".to_owned(), job("a2"))));
        assert_eq!((lanes.running(), lanes.waiting()), (3, 2));
    }

    #[test]
    fn a_job_waits_or_runs_once() {
        let mut lanes = Lanes::new(1, 10);
        lanes.push("a", job("x"));
        lanes.push("a", job("x"));
        assert!(lanes.pop().is_some());
        lanes.push("a", job("x"));
        lanes.done("a", &job("x"));
        assert_eq!(lanes.pop(), None);
        lanes.push("a", job("x"));
        assert!(lanes.pop().is_some(), "once it is done it may come again");
    }

    #[test]
    fn the_sum_is_bounded() {
        let mut lanes = Lanes::new(5, 3);
        for n in 0..10 {
            lanes.push(&format!("h{n}"), job(&n.to_string()));
        }
        assert_eq!(std::iter::from_fn(|| lanes.pop()).count(), 3);
        lanes.clear_waiting();
        assert_eq!((lanes.running(), lanes.waiting()), (3, 0));
        lanes.done("h0", &job("0"));
        assert_eq!(lanes.pop(), None);
    }
}
