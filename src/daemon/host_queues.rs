//! Jobs that are due, in one queue per host: a host with a thousand waiting entries must not delay the others.
//!
//! PURE. The governor in `fetch` decides when a request starts; the queues only ensure that no host has more running
//! jobs than it can use, and that the rest wait here, in the order in which they came.

use std::collections::{HashMap, HashSet, VecDeque};

use super::due_queue::Job;

#[derive(Debug)]
pub(super) struct HostQueues {
    queues: HashMap<String, HostQueue>,
    /// Hosts with a waiting job and room for it, in turn.
    ready: VecDeque<String>,
    /// Every job that waits or runs: a job is never in here twice.
    known: HashSet<Job>,
    per_host: usize,
    in_all: usize,
    running: usize,
}

#[derive(Debug, Default)]
struct HostQueue {
    waiting: VecDeque<Job>,
    running: usize,
    queued: bool,
}

impl HostQueues {
    /// `per_host` and `in_all` limit the running jobs.
    pub(super) fn new(per_host: usize, in_all: usize) -> Self {
        Self { queues: HashMap::new(), ready: VecDeque::new(), known: HashSet::new(), per_host, in_all, running: 0 }
    }

    /// Lets a job wait for its turn; `false` if it waits or runs already.
    pub(super) fn push(&mut self, host: &str, job: Job) -> bool {
        let is_new = self.known.insert(job.clone());
        if is_new {
            self.queues.entry(host.to_owned()).or_default().waiting.push_back(job);
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
        let queue = self.queues.get_mut(&host)?;
        queue.queued = false;
        let job = queue.waiting.pop_front()?;
        queue.running += 1;
        self.running += 1;
        self.offer(&host);
        Some((host, job))
    }

    /// A job has ended; its host has room again.
    pub(super) fn done(&mut self, host: &str, job: &Job) {
        if !self.known.remove(job) {
            return;
        }
        self.running -= 1;
        if let Some(queue) = self.queues.get_mut(host) {
            queue.running -= 1;
            if queue.running == 0 && queue.waiting.is_empty() {
                self.queues.remove(host);
                return;
            }
        }
        self.offer(host);
    }

    /// Forgets the jobs that only wait.
    pub(super) fn clear_waiting(&mut self) {
        for queue in self.queues.values_mut() {
            for job in queue.waiting.drain(..) {
                self.known.remove(&job);
            }
            queue.queued = false;
        }
        self.ready.clear();
        self.queues.retain(|_, queue| queue.running > 0);
    }

    /// Running jobs.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Jobs that wait for their host.
    pub(super) fn waiting(&self) -> usize {
        self.known.len() - self.running
    }

    fn offer(&mut self, host: &str) {
        let Some(queue) = self.queues.get_mut(host) else { return };
        if !queue.queued && !queue.waiting.is_empty() && queue.running < self.per_host {
            queue.queued = true;
            self.ready.push_back(host.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::due_queue::Task, *};

    fn job(name: &str) -> Job {
        Job { site: String::new(), task: Task::Poll(name.to_owned()) }
    }

    #[test]
    fn hosts_take_turns_and_none_takes_more_than_its_share() {
        let mut queues = HostQueues::new(2, 4);
        for n in 0..5 {
            queues.push("a", job(&format!("a{n}")));
        }
        queues.push("b", job("b0"));
        let started: Vec<String> = std::iter::from_fn(|| queues.pop()).map(|(host, _)| host).collect();
        assert_eq!(started, ["a", "b", "a"], "a third of a's jobs has to wait");
        queues.done("a", &job("a0"));
        assert_eq!(queues.pop(), Some(("a".to_owned(), job("a2"))));
        assert_eq!((queues.running(), queues.waiting()), (3, 2));
    }

    #[test]
    fn a_job_waits_or_runs_once() {
        let mut queues = HostQueues::new(1, 10);
        queues.push("a", job("x"));
        queues.push("a", job("x"));
        assert!(queues.pop().is_some());
        queues.push("a", job("x"));
        queues.done("a", &job("x"));
        assert_eq!(queues.pop(), None);
        queues.push("a", job("x"));
        assert!(queues.pop().is_some(), "once it is done it may come again");
    }

    #[test]
    fn the_sum_is_bounded() {
        let mut queues = HostQueues::new(5, 3);
        for n in 0..10 {
            queues.push(&format!("h{n}"), job(&n.to_string()));
        }
        assert_eq!(std::iter::from_fn(|| queues.pop()).count(), 3);
        queues.clear_waiting();
        assert_eq!((queues.running(), queues.waiting()), (3, 0));
        queues.done("h0", &job("0"));
        assert_eq!(queues.pop(), None);
    }
}
