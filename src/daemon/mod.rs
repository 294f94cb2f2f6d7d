//! Every task, every channel, and the order of stop.
//!
//! One task, the desk, owns all state and makes every decision; around it are workers that fetch and read
//! (bounded, and fair between hosts by the lanes), and one task that owns the ledger and commits. The desk never
//! waits for anything but its own mailbox. May construct everything; must not parse or extract.
//!
//! On stop: no new work is begun, work under way is waited for, what it brought is committed, the ledger is closed;
//! all of it within one deadline. What was cut off is still pending in the ledger.

mod agenda;
pub mod clock;
mod commit;
mod desk;
mod follow;
mod judge;
mod lanes;
pub mod notice;
mod poll;
mod work;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use self::{
    desk::Ended,
    notice::{Notice, PollNotice},
};
use crate::{
    admin::{Health, Metrics, Question},
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

/// Runs until it is told to stop, or, with `once`, until nothing is left to do.
///
/// `open` opens the ledger; it is called again where an error of the ledger demands it.
pub async fn run<L, F>(mut parts: Parts, open: F) -> Result<Ended, LedgerError>
where
    L: Ledger,
    F: AsyncFn() -> Result<(L, mpsc::Receiver<Event>), LedgerError>,
{
    loop {
        let Some(opened) = open_patiently(&parts, &open).await? else { return Ok(Ended::default()) };
        match desk::run(&mut parts, opened).await {
            Err(LedgerError::Reopen(why)) => {
                tracing::warn!(why, "the ledger is opened anew");
                parts.health.send_replace(Health::Stalled(why));
            }
            ended => return ended,
        }
    }
}

/// Opens the ledger, however long it is away; `None` where it is time to stop before that.
async fn open_patiently<L, F>(parts: &Parts, open: &F) -> Result<Option<(L, mpsc::Receiver<Event>)>, LedgerError>
where
    L: Ledger,
    F: AsyncFn() -> Result<(L, mpsc::Receiver<Event>), LedgerError>,
{
    let mut attempts = 0;
    loop {
        let error = tokio::select! {
            opened = open() => match opened {
                Ok(opened) => return Ok(Some(opened)),
                Err(error @ LedgerError::Fatal(_)) => return Err(error),
                Err(error) => error,
            },
            () = parts.stop.cancelled() => return Ok(None),
        };
        if parts.once {
            return Err(error);
        }
        attempts += 1;
        tracing::warn!(%error, attempts, "the ledger cannot be opened; trying again");
        parts.health.send_replace(Health::Stalled(error.to_string()));
        tokio::select! {
            () = tokio::time::sleep(commit::backoff(attempts)) => {}
            () = parts.stop.cancelled() => return Ok(None),
        }
    }
}
