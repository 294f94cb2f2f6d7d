//! Turns changes of the assignment into [`Event`]s: a gained partition is restored before it is reported, a revoked one
//! is dropped before it is let go.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::{FutureExt, Shared};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    membership::{Change, GIVE_UP_WITHIN},
    ownership::Ownership,
    restore::{self, Restored, Wanted},
};
use crate::{Event, LedgerError, Partition, config, threads};

/// The task between the membership and the receiver of the events.
pub(super) struct RebalanceHandler {
    config: config::KafkaLedger,
    ownership: Arc<Ownership>,
    /// Held by a commit as long as its transaction runs.
    running: Arc<Mutex<()>>,
    /// Has room for everything that can be outstanding, so that sending never waits: one `Gained` and one `Lost` per
    /// partition (there is no second `Gained` before the `Lost` is acknowledged), and one `Failed`.
    events: mpsc::Sender<Event>,
    restored: mpsc::Sender<Result<Restored, LedgerError>>,
    restoring: HashMap<Partition, CancellationToken>,
    /// Partitions that were let go without an acknowledgement. They are not gained again before it comes, however often
    /// they come and go meanwhile.
    undropped: HashMap<Partition, Shared<oneshot::Receiver<()>>>,
    stop: CancellationToken,
}

impl RebalanceHandler {
    /// Starts the task. It ends when the senders of `changes` are gone: the membership's and the ledger's.
    pub(super) fn start(
        config: &config::KafkaLedger,
        ownership: Arc<Ownership>,
        running: Arc<Mutex<()>>,
        changes: mpsc::Receiver<Change>,
        stop: CancellationToken,
    ) -> mpsc::Receiver<Event> {
        let partitions = usize::try_from(config.partitions).unwrap_or(1);
        let (events, event_receiver) = mpsc::channel(2 * partitions + 1);
        let (restored, restored_receiver) = mpsc::channel(4);
        let handover = RebalanceHandler {
            config: config.clone(),
            ownership,
            running,
            events,
            restored,
            restoring: HashMap::new(),
            undropped: HashMap::new(),
            stop,
        };
        tokio::spawn(handover.run(changes, restored_receiver));
        event_receiver
    }

    /// Runs until the membership has ended.
    async fn run(
        mut self,
        mut changes: mpsc::Receiver<Change>,
        mut restored: mpsc::Receiver<Result<Restored, LedgerError>>,
    ) {
        loop {
            tokio::select! {
                biased;
                change = changes.recv() => match change {
                    None => break,
                    Some(Change::Assigned(partitions)) => self.restore(partitions),
                    Some(Change::Revoked { partitions, lost, done }) => {
                        // others may have them already: no need to wait
                        let patience = if lost { Duration::ZERO } else { GIVE_UP_WITHIN };
                        self.give_up(&partitions, Instant::now() + patience).await;
                        let _ = done.send(());
                    }
                    Some(Change::Doubtful) => {
                        let held = self.ownership.held();
                        self.give_up(&held, Instant::now() + GIVE_UP_WITHIN).await;
                        self.restore(held);
                    }
                    Some(Change::Failed(error)) => self.fail(error),
                },
                Some(result) = restored.recv() => match result {
                    Ok(restored) => self.gain(restored),
                    Err(error) => self.fail(error),
                },
            }
        }
        for token in self.restoring.values() {
            token.cancel();
        }
    }

    fn restore(&mut self, partitions: Vec<Partition>) {
        if partitions.is_empty() {
            return;
        }
        let mut wanted = Vec::new();
        let mut undropped = Vec::new();
        for partition in partitions {
            let cancelled = self.stop.child_token();
            self.restoring.insert(partition, cancelled.clone());
            undropped.extend(self.undropped.get(&partition).cloned());
            wanted.push(Wanted { partition, cancelled });
        }
        let (config, restored) = (self.config.clone(), self.restored.clone());
        let stop = self.stop.clone();
        tokio::spawn(async move {
            for dropped in undropped {
                tokio::select! {
                    _ = dropped => {}
                    () = stop.cancelled() => return,
                }
            }
            let out = restored.clone();
            let work = move || restore::run(&config, wanted, |one| _ = out.blocking_send(Ok(one)));
            if let Err(error) = threads::once("kafka-restore", work).await {
                let _ = restored.send(Err(error)).await;
            }
        });
    }

    fn gain(&mut self, restored: Restored) {
        let Restored { partition, states, end, cancelled } = restored;
        // revoked while it was restored: nobody was told about it
        if cancelled.is_cancelled() {
            return;
        }
        self.restoring.remove(&partition);
        tracing::info!(partition, states = states.len(), "restored");
        // a commit may follow the event at once
        self.ownership.hold(partition, end);
        self.send(Event::Gained { partition, states, awaited: self.restoring.len() });
    }

    async fn give_up(&mut self, partitions: &[Partition], deadline: Instant) {
        let mut lost = Vec::new();
        for &partition in partitions {
            if let Some(token) = self.restoring.remove(&partition) {
                token.cancel();
            }
            if self.ownership.holds(partition) {
                let (dropped, acknowledged) = oneshot::channel();
                self.send(Event::Lost { partition, dropped });
                lost.push((partition, acknowledged));
            }
        }
        for (partition, acknowledged) in lost {
            let acknowledged = acknowledged.shared();
            if timeout_at(deadline, acknowledged.clone()).await.is_err() {
                tracing::debug!(partition, "given up before it was dropped");
                self.undropped.insert(partition, acknowledged);
            }
        }
        // whether or not the transaction ends in time, nothing that starts later has these partitions
        let running = timeout_at(deadline, self.running.lock()).await;
        for &partition in partitions {
            self.ownership.release(partition);
        }
        drop(running);
    }

    fn fail(&mut self, error: LedgerError) {
        // there is no commit to repeat: the ledger itself has to be opened again
        let error = match error {
            LedgerError::Retry(why) | LedgerError::Fenced(why) => LedgerError::Reopen(why),
            error => error,
        };
        self.send(Event::Failed(error.clone()));
        self.ownership.fail(error);
    }

    /// Sends an event, unless nobody receives it: then a `Lost` counts as acknowledged, because its sender is dropped.
    fn send(&self, event: Event) {
        if self.stop.is_cancelled() || self.ownership.failure().is_some() {
            return;
        }
        // a closed channel means that the receiver is gone
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(event) {
            tracing::error!("more changes of ownership than partitions");
            self.ownership.fail(LedgerError::Reopen("changes of ownership were not taken".into()));
        }
    }
}
