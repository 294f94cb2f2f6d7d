//! Every task, every channel, and the order of stop.
//!
//! One task, the coordinator, owns all state and makes every decision. Around it are workers that fetch and read
//! (limited in number, and fair between hosts by the queues), and one task that owns the ledger and commits. The
//! coordinator waits only for its own mailbox. May construct everything; must not parse or extract.
//!
//! On stop: no new work is started, running work is awaited, its results are committed, the ledger is closed; all of it
//! within one deadline. Interrupted work is still pending in the ledger.

pub mod clock;
mod commit;
mod coordinator;
pub mod dry_run;
mod due_queue;
mod follow;
mod host_queues;
mod judge;
pub mod notice;
mod poll;
#[cfg(test)]
mod simulation;
mod work;

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use self::{
    coordinator::Ended,
    notice::{Notice, PollNotice},
};
use crate::{
    admin::{Health, Metrics, Question, Status},
    config::Config,
    fetch::Fetcher,
    ledger::{Event, Ledger, LedgerError},
};

/// What a daemon is made of.
#[derive(Debug)]
pub struct Parts {
    /// The configuration; a new one may be sent while it runs.
    pub config: watch::Receiver<Arc<Config>>,
    /// The HTTP client.
    pub fetcher: Fetcher,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Readiness, for the endpoints.
    pub health: watch::Sender<Health>,
    /// Questions about the status.
    pub questions: mpsc::Receiver<Question>,
    /// An observer of what is committed.
    pub watcher: Option<mpsc::Sender<Notice>>,
    /// To be cancelled when it is time to stop.
    pub stop: CancellationToken,
    /// End without a signal once nothing is due and everything running is committed.
    pub once: bool,
}

impl Parts {
    /// A daemon without an operator: its configuration stays, and nobody asks for its health. What it commits is sent
    /// to `watcher`.
    pub fn unattended(config: Arc<Config>, fetcher: Fetcher, watcher: mpsc::Sender<Notice>) -> Self {
        // the other ends are dropped: nothing ever comes from them
        let (_, config) = watch::channel(config);
        let (health, _) = watch::channel(Health::Starting);
        let (_, questions) = mpsc::channel(1);
        Self {
            config,
            fetcher,
            metrics: Arc::new(Metrics::default()),
            health,
            questions,
            watcher: Some(watcher),
            stop: CancellationToken::new(),
            once: false,
        }
    }
}

/// Runs until it is stopped, or, with `once`, until there is nothing left to do.
///
/// `open` opens the ledger; it is called again if an error of the ledger demands it.
pub async fn run<L, F>(mut parts: Parts, open: F) -> Result<Ended, LedgerError>
where
    L: Ledger,
    F: AsyncFn() -> Result<(L, mpsc::Receiver<Event>), LedgerError>,
{
    loop {
        let Some(opened) = open_patiently(&mut parts, &open).await? else { return Ok(Ended::default()) };
        match coordinator::run(&mut parts, opened).await {
            Err(error @ LedgerError::Reopen(_)) => {
                let why = error.whole();
                tracing::warn!(why, "the ledger is opened again");
                parts.health.send_replace(Health::Stalled(why));
                if let Some(()) = answering(&mut parts, tokio::time::sleep(REOPEN_AFTER)).await {
                    continue;
                }
                return Ok(Ended::default());
            }
            ended => return ended,
        }
    }
}

/// A ledger that opens and then fails at once must not be opened in a tight loop.
const REOPEN_AFTER: Duration = Duration::from_millis(250);

/// Opens the ledger, however long it cannot be reached; `None` if it is time to stop before that.
async fn open_patiently<L, F>(parts: &mut Parts, open: &F) -> Result<Option<(L, mpsc::Receiver<Event>)>, LedgerError>
where
    L: Ledger,
    F: AsyncFn() -> Result<(L, mpsc::Receiver<Event>), LedgerError>,
{
    let mut attempts = 0;
    loop {
        let error = match answering(parts, open()).await {
            None => return Ok(None),
            Some(Ok(opened)) => return Ok(Some(opened)),
            Some(Err(error @ LedgerError::Fatal(_))) => return Err(error),
            Some(Err(error)) => error,
        };
        if parts.once {
            return Err(error);
        }
        attempts += 1;
        let why = error.whole();
        tracing::warn!(error = why, attempts, "the ledger cannot be opened; trying again");
        parts.health.send_replace(Health::Stalled(why));
        if answering(parts, tokio::time::sleep(commit::backoff(attempts))).await.is_none() {
            return Ok(None);
        }
    }
}

/// Waits while there is no coordinator. Questions are answered, so that a daemon that waits for its ledger does not
/// look like one that hangs. `None` if it is time to stop.
async fn answering<T>(parts: &mut Parts, wait: impl Future<Output = T>) -> Option<T> {
    let mut wait = std::pin::pin!(wait);
    loop {
        tokio::select! {
            done = &mut wait => return Some(done),
            () = parts.stop.cancelled() => return None,
            Some(question) = parts.questions.recv() => match question {
                Question::Alive(reply) | Question::Measure(reply) => _ = reply.send(()),
                Question::Status(reply) => _ = reply.send(without_coordinator(&parts.health.borrow())),
            },
        }
    }
}

fn without_coordinator(health: &Health) -> Status {
    let trouble = match health {
        Health::Stalled(why) => why.clone(),
        _ => "the ledger is being opened".to_owned(),
    };
    Status { version: env!("CARGO_PKG_VERSION").to_owned(), running: true, trouble: Some(trouble), ..Status::default() }
}
