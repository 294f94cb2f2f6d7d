//! Commits: what waits for the next one, and the task that owns the ledger.
//!
//! One commit runs at a time; meanwhile the next one is collected. A batch that failed is given again unchanged:
//! nothing is committed before it.

use std::time::Duration;

use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

use super::notice::Notice;
use crate::{
    ledger::{self, Batch, Event, Ledger, LedgerError, Message, Partition, State},
    record::Reject,
};

/// How long to wait before the ledger is tried again: a quarter of a second, doubling to half a minute.
pub(super) fn backoff(attempts: u32) -> Duration {
    Duration::from_millis(250).saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(Duration::from_secs(30))
}

/// Decisions that are not durable yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) batch: Batch,
    /// What is to be reported then, with the site it belongs to.
    pub(super) notices: Vec<(String, Notice)>,
    since: Option<Instant>,
    /// Bytes of records and rejects.
    bytes: usize,
}

impl Outbox {
    pub(super) fn record(&mut self, message: Message) {
        self.bytes += message.payload.len();
        self.batch.records.push(message);
    }

    pub(super) fn reject(&mut self, message: Message) {
        self.bytes += message.payload.len();
        self.batch.rejects.push(message);
    }

    /// State values that belong to what was decided, and cannot be asked for when the next commit starts.
    pub(super) fn states(&mut self, states: Vec<State>) {
        if !states.is_empty() {
            self.touch();
            self.batch.states.extend(states);
        }
    }

    /// Something changed, at the latest now: the time of the next commit counts from the first such call.
    pub(super) fn touch(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Something of a site changed, and is to be reported once it is committed.
    pub(super) fn notice(&mut self, site: &str, notice: Notice) {
        self.touch();
        self.notices.push((site.to_owned(), notice));
    }

    /// Whether nothing is to be committed.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && self.batch.states.is_empty()
    }

    /// Since when something waits.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Bytes of what waits.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Records and rejects that wait.
    pub(super) fn len(&self) -> usize {
        self.batch.records.len() + self.batch.rejects.len()
    }

    /// Takes it all, with the states that belong to it: of two values of a key, the later one is right.
    pub(super) fn take(&mut self, states: Vec<State>) -> Self {
        let mut taken = std::mem::take(self);
        taken.batch.states.extend(states);
        taken
    }

    /// Keeps only what belongs to partitions for which `keep` is true.
    pub(super) fn retain(&mut self, partitions: Partition, keep: impl Fn(Partition) -> bool) {
        let ours = |site: &str| keep(ledger::partition(site, partitions));
        self.batch.records.retain(|message| ours(&message.site));
        self.batch.rejects.retain(|message| ours(&message.site));
        self.batch.states.retain(|state| ours(State::site(&state.key)));
        self.notices.retain(|(site, _)| ours(site));
    }

    /// Leaves out a state value that can never be stored.
    pub(super) fn leave_out(&mut self, key: &str) {
        self.batch.states.retain(|state| state.key != key);
    }

    /// Leaves out a record or a reject that can never be stored, and about which nothing else is known.
    pub(super) fn drop_message(&mut self, key: &str) {
        self.batch.records.retain(|record| record.key != key);
        self.batch.rejects.retain(|reject| reject.key != key);
    }

    /// Replaces a record or a reject that can never be stored.
    pub(super) fn replace(&mut self, key: &str, reject: Reject) {
        self.batch.records.retain(|record| record.key != key);
        self.batch.rejects.retain(|reject| reject.key != key);
        self.batch.rejects.push(reject.message());
        self.notices.retain(|(_, notice)| match notice {
            Notice::Recorded { record, .. } => record.id != key,
            Notice::Rejected { reject } => reject.id != key,
            _ => true,
        });
        self.notices.push((reject.site.clone(), Notice::Rejected { reject: Box::new(reject) }));
    }
}

fn task_ended() -> LedgerError {
    LedgerError::Fatal(
        "the task that commits to the ledger has ended unexpectedly (a defect of copydesk: please report it)".into(),
    )
}

/// A commit that ended, with or without success.
#[derive(Debug)]
pub(super) struct Committed {
    pub(super) outbox: Outbox,
    pub(super) result: Result<(), LedgerError>,
    pub(super) took: Duration,
}

/// The task that owns the ledger.
#[derive(Debug)]
pub(super) struct Committer {
    to: mpsc::Sender<Outbox>,
    from: mpsc::Receiver<Committed>,
    task: JoinHandle<Result<(), LedgerError>>,
    /// Since when a commit is running.
    begun: Option<Instant>,
}

impl Committer {
    pub(super) fn spawn<L: Ledger>(mut ledger: L) -> Self {
        let (to, mut inbox) = mpsc::channel::<Outbox>(1);
        let (outcome, from) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while let Some(outbox) = inbox.recv().await {
                let begun = Instant::now();
                let result = ledger.commit(&outbox.batch).await;
                if outcome.send(Committed { outbox, result, took: begun.elapsed() }).await.is_err() {
                    break;
                }
            }
            ledger.close().await
        });
        Self { to, from, task, begun: None }
    }

    /// Whether a commit is running.
    pub(super) fn is_busy(&self) -> bool {
        self.begun.is_some()
    }

    /// Since when one is running.
    pub(super) fn busy_since(&self) -> Option<Instant> {
        self.begun
    }

    /// Starts a commit. Only if none is running.
    pub(super) fn begin(&mut self, outbox: Outbox) -> Result<(), LedgerError> {
        debug_assert!(!self.is_busy(), "one commit at a time");
        self.to.try_send(outbox).map_err(|_| task_ended())?;
        self.begun = Some(Instant::now());
        Ok(())
    }

    /// The end of the running commit; never returns if there is none. Fails if the task has ended, which it does only
    /// when it panics. Cancel-safe.
    pub(super) async fn ended(&mut self) -> Result<Committed, LedgerError> {
        let committed = self.from.recv().await.ok_or_else(task_ended)?;
        self.begun = None;
        Ok(committed)
    }

    /// Closes the ledger, waiting at most `within` for it. Nothing is owned any more, so partitions that it wants
    /// dropped are dropped.
    pub(super) async fn close(self, within: Duration, events: &mut mpsc::Receiver<Event>) -> Result<(), LedgerError> {
        let Self { to, from, mut task, .. } = self;
        drop((to, from));
        let closed = async {
            loop {
                tokio::select! {
                    closed = &mut task => return closed,
                    // dropping the acknowledgement's sender means the same as sending
                    Some(event) = events.recv() => drop(event),
                }
            }
        };
        match tokio::time::timeout(within, closed).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(LedgerError::Fatal(format!("the ledger's task ended unexpectedly: {panic}").into())),
            Err(_) => Err(LedgerError::Retry(format!("the ledger did not close within {} s", within.as_secs()).into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(key: &str, value: &str) -> State {
        State { key: key.to_owned(), value: value.into() }
    }

    #[test]
    fn states_that_were_left_early_are_in_the_next_batch_before_newer_ones() {
        let mut outbox = Outbox::default();
        outbox.states(Vec::new());
        assert!(outbox.is_empty() && outbox.since().is_none(), "nothing is to be committed");
        outbox.states(vec![state("a.example entry 1", "old")]);
        assert!(outbox.since().is_some(), "they are committed even if nothing else happens");
        let taken = outbox.take(vec![state("a.example entry 1", "new"), state("b.example entry 2", "x")]);
        let values: Vec<&[u8]> = taken.batch.states.iter().map(|state| &state.value[..]).collect();
        assert_eq!(values, [b"old".as_slice(), b"new", b"x"], "the last value of a key counts");
        assert!(outbox.is_empty() && outbox.since().is_none());
    }
}
