//! Every task, every channel, and the order of stop.
//!
//! One task, the coordinator, owns all state and makes every decision; around it are workers that fetch and read
//! (bounded, and fair between hosts by the queues), and one task that owns the ledger and commits. The coordinator never
//! waits for anything but its own mailbox. May construct everything; must not parse or extract.
//!
//! On stop: no new work is begun, work under way is waited for, what it brought is committed, the ledger is closed;
//! all of it within one deadline. What was cut off is still pending in the ledger.

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
    /// The configuration; another one may be sent while it runs.
    pub config: watch::Receiver<Arc<Config>>,
    /// The HTTP client.
    pub fetcher: Fetcher,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Readiness, for those who look.
    pub health: watch::Sender<Health>,
    /// Questions about the state of things.
    pub questions: mpsc::Receiver<Question>,
    /// Who wants to see what is committed.
    pub watcher: Option<mpsc::Sender<Notice>>,
    /// To be cancelled when it is time to stop.
    pub stop: CancellationToken,
    /// End by yourself once nothing is due and everything under way is committed.
    pub once: bool,
}

impl Parts {
    /// A daemon that nobody operates: its configuration stays, and nobody asks for its health. What it commits goes to
    /// `watcher`.
    pub fn unattended(config: Arc<Config>, fetcher: Fetcher, watcher: mpsc::Sender<Notice>) -> Self {
        // the other ends are gone: what would come from them never comes
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

/// Runs until it is told to stop, or, with `once`, until nothing is left to do.
///
/// `open` opens the ledger; it is called again where an error of the ledger demands it.
pub async fn run<L, F>(mut parts: Parts, open: F) -> Result<Ended, LedgerError>
where
    L: Ledger,
    F: AsyncFn() -> Result<(L, mpsc::Receiver<Event>), LedgerError>,
{
    loop {
        let Some(opened) = open_patiently(&mut parts, &open).await? else { return Ok(Ended::default()) };
        match coordinator::run(&mut parts, opened).await {
            Err(LedgerError::Reopen(why)) => {
                tracing::warn!(why, "the ledger is opened anew");
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

/// A ledger that opens and then fails at once is not to be opened in a tight loop.
const REOPEN_AFTER: Duration = Duration::from_millis(250);

/// Opens the ledger, however long it is away; `None` where it is time to stop before that.
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
        tracing::warn!(%error, attempts, "the ledger cannot be opened; trying again");
        parts.health.send_replace(Health::Stalled(error.to_string()));
        if answering(parts, tokio::time::sleep(commit::backoff(attempts))).await.is_none() {
            return Ok(None);
        }
    }
}

/// Waits while there is no coordinator: questions are answered all the same, so that nobody takes a daemon that waits for its
/// ledger for one that hangs. `None` where it is time to stop.
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
