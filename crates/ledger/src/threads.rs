//! Separate threads for the ledgers' calls that block.
//!
//! The runtime's pool of blocking threads is shared with name resolution and with the reading of documents. If all of
//! its threads are busy, more work waits in its queue, and a commit must not wait behind that.

use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::{Cause, LedgerError};

/// A thread, and what only that thread uses: files, a database, a client. It does one job after another, and ends when
/// this value is dropped; a running job is finished first.
#[derive(Debug)]
pub(super) struct Worker<S> {
    name: &'static str,
    jobs: mpsc::Sender<Job<S>>,
}

/// Returns what the next job works with, or nothing if there is no next one.
type Job<S> = Box<dyn FnOnce(S) -> Option<S> + Send>;

impl<S: Send + 'static> Worker<S> {
    /// Starts the thread. Linux shows the first 15 bytes of its name.
    pub(super) fn start(name: &'static str, state: S) -> Result<Self, LedgerError> {
        let (jobs, mut inbox) = mpsc::channel::<Job<S>>(1);
        spawn(name, move || {
            let mut state = state;
            while let Some(job) = inbox.blocking_recv() {
                match job(state) {
                    Some(left) => state = left,
                    None => return,
                }
            }
        })?;
        Ok(Self { name, jobs })
    }

    /// Does a job, after those that were given before it. If the future is dropped, the job is still done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.give(move |mut state| (work(&mut state), Some(state))).await
    }

    /// Does the last job.
    pub(super) async fn end<T: Send + 'static>(
        self,
        work: impl FnOnce(S) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.give(move |state| (work(state), None)).await
    }

    async fn give<T: Send + 'static>(
        &self,
        work: impl FnOnce(S) -> (Result<T, LedgerError>, Option<S>) + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (reply, outcome) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            let (result, left) = work(state);
            // the receiver may be gone
            let _ = reply.send(result);
            left
        });
        if self.jobs.send(job).await.is_err() {
            return Err(ended(self.name));
        }
        outcome.await.unwrap_or_else(|_| Err(ended(self.name)))
    }
}

/// Does one job on a separate thread.
pub(super) async fn once<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let (reply, outcome) = oneshot::channel();
    spawn(name, move || _ = reply.send(work()))?;
    outcome.await.unwrap_or_else(|_| Err(ended(name)))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), LedgerError> {
    match thread::Builder::new().name(name.to_owned()).spawn(work) {
        Ok(_) => Ok(()),
        Err(e) => Err(LedgerError::Retry(format!("cannot start the thread `{name}`: {e}").into())),
    }
}

/// After a panic, nobody knows what the job has done.
fn ended(name: &str) -> LedgerError {
    LedgerError::Reopen(Cause::ThreadEnded(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn jobs_are_done_in_order_on_one_thread_and_the_last_takes_all() {
        let worker = Worker::start("test", vec![thread::current().id()]).unwrap();
        let note = |seen: &mut Vec<_>| {
            seen.push(thread::current().id());
            Ok(())
        };
        worker.run(note).await.unwrap();
        worker.run(note).await.unwrap();
        let seen = worker.end(Ok).await.unwrap();
        assert!(seen[0] != seen[1] && seen[1] == seen[2], "{seen:?}");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_for_this_job_and_all_that_follow() {
        let worker = Worker::start("test", ()).unwrap();
        let panicked = worker.run::<()>(|()| panic!("as a test wants it")).await;
        let after = worker.run(|()| Ok(())).await;
        for outcome in [panicked, after, once("test", || panic!("as a test wants it")).await] {
            assert!(matches!(outcome, Err(LedgerError::Reopen(_))), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn what_is_dropped_with_a_job_under_way_is_dropped_after_it() {
        let (done, told) = oneshot::channel::<()>();
        let worker = Worker::start("test", done).unwrap();
        let slow = worker.run(|_| {
            thread::sleep(Duration::from_millis(100));
            Ok(())
        });
        assert!(timeout(Duration::from_millis(10), slow).await.is_err());
        drop(worker);
        assert!(told.await.is_err(), "the thread has dropped what it had");
    }
}
