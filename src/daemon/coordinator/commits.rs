//! When to commit, and what to do if a commit fails.

use std::time::Duration;

use tokio::time::Instant;

use super::{Coordinator, changed::LATER};
use crate::{
    admin::Health,
    daemon::{
        clock,
        commit::{Committed, Outbox, backoff},
        notice::{Notice, PollNotice},
    },
    ledger::{LedgerError, State},
    record::{FeedEntry, Record, Reject},
};

/// A commit that takes longer is reported as a stall, before its own deadlines pass.
const SLOW_COMMIT: Duration = Duration::from_secs(5);

/// A refused batch waits for news about ownership, and is tried again after this time at the latest.
const FENCED: Duration = Duration::from_secs(2);
/// A batch with this many bytes of records and rejects is committed at once.
const FULL: usize = 8 << 20;
/// State values per batch in addition to those that belong to its records: more would delay the coordinator.
const MOST_VALUES: usize = 500;

/// A commit that failed: nothing after it is committed before it.
#[derive(Debug)]
pub(super) struct Stalled {
    pub(super) outbox: Outbox,
    again_at: Instant,
    attempts: u32,
}

impl Stalled {
    /// Something has changed that it may have waited for.
    pub(super) fn try_now(&mut self) {
        self.again_at = Instant::now();
    }
}

impl Coordinator<'_> {
    /// When the next commit is to start, if nothing else happens.
    pub(super) fn commit_due(&self) -> Option<Instant> {
        if self.committer.is_busy() {
            return None;
        }
        if let Some(stalled) = &self.stalled {
            return Some(stalled.again_at);
        }
        let urgent = self.outbox.since().map(|since| since + self.config.commit.every);
        let later = self.changed.oldest().map(|since| since + self.later());
        [urgent, later].into_iter().flatten().min()
    }

    /// How long changes that are not urgent wait: not at all, if nothing is expected that could change them.
    fn later(&self) -> Duration {
        let ends = self.parts.once || self.stop_at.is_some();
        if ends && (self.is_idle() || self.queues.running() == 0) { Duration::ZERO } else { LATER }
    }

    /// When a running commit will have taken too long, if that has not been reported yet.
    pub(super) fn commit_overdue(&self) -> Option<Instant> {
        let told = *self.parts.health.borrow() != Health::Ready;
        self.committer.busy_since().filter(|_| !told).map(|since| since + SLOW_COMMIT)
    }

    pub(super) fn tell_if_overdue(&self) {
        if self.commit_overdue().is_some_and(|at| Instant::now() >= at) {
            let why = format!("a commit has been running for more than {} s", SLOW_COMMIT.as_secs());
            tracing::warn!(why, "the ledger is slow or cannot be reached");
            self.parts.health.send_replace(Health::Stalled(why));
        }
    }

    pub(super) fn commit_if_ready(&mut self) -> Result<(), LedgerError> {
        let is_full = self.outbox.len() >= self.config.commit.count || self.outbox.bytes() >= FULL;
        let full = self.stalled.is_none() && is_full;
        // during a stop, nothing more is waited for
        let last = self.stalled.is_none() && self.stop_at.is_some() && self.queues.running() == 0;
        let Some(due) = self.commit_due() else { return Ok(()) };
        if !(full || last || Instant::now() >= due) {
            return Ok(());
        }
        let outbox = match self.stalled.take() {
            Some(stalled) => {
                self.attempts = stalled.attempts;
                stalled.outbox
            }
            None => self.cut(),
        };
        self.committer.begin(outbox)
    }

    /// All decisions, with the values that they changed, and what has waited long enough. What waits in a site that is being
    /// worked on is left for a later commit.
    fn cut(&mut self) -> Outbox {
        let mut states = Vec::new();
        for name in self.changed.take_hard() {
            // one that is being worked on has left its changes in the outbox
            if let Some(site) = self.sites.get_mut(&name) {
                states.extend(site.changes(false, 0));
            }
        }
        let before = Instant::now().checked_sub(self.later()).unwrap_or_else(Instant::now);
        while states.len() < MOST_VALUES
            && let Some(name) = self.changed.waiting_since(before)
        {
            if self.away.contains_key(&name) {
                // its turn comes when it is back
                let notices = self.changed.stored(&name);
                notices.into_iter().for_each(|notice| self.changed.notice(&name, notice));
                self.changed.soft(&name);
                break;
            }
            let more = self.sites.get_mut(&name).is_some_and(|site| {
                states.extend(site.changes(true, MOST_VALUES));
                site.has_later_changes()
            });
            if more {
                break;
            }
            for notice in self.changed.stored(&name) {
                self.outbox.notices.push((name.clone(), notice));
            }
        }
        self.outbox.take(states)
    }

    pub(super) fn committed(&mut self, committed: Committed) -> Result<(), LedgerError> {
        let Committed { outbox, result, took } = committed;
        self.parts.metrics.commit(outcome(&result), took);
        match result {
            Ok(()) => self.succeeded(outbox),
            Err(error @ LedgerError::Retry(_)) => self.stall(outbox, error.whole()),
            Err(error @ LedgerError::Fenced(_)) => {
                if self.attempts == 0 {
                    tracing::info!(why = error.whole(), "the commit was refused: ownership has changed");
                }
                let wait = backoff(self.attempts + 1).min(FENCED);
                self.retry(outbox, wait);
            }
            Err(LedgerError::Unstorable { key, why }) => self.unstorable(outbox, &key, &why),
            Err(error @ (LedgerError::Reopen(_) | LedgerError::Fatal(_))) => return Err(error),
        }
        self.drop_lost();
        Ok(())
    }

    fn succeeded(&mut self, outbox: Outbox) {
        self.attempts = 0;
        if matches!(&*self.parts.health.borrow(), Health::Stalled(_)) {
            tracing::info!("the ledger commits again");
            self.parts.health.send_replace(Health::Ready);
        }
        for (_, notice) in outbox.notices {
            self.tell(notice);
        }
    }

    fn stall(&mut self, outbox: Outbox, why: String) {
        if self.attempts == 0 {
            tracing::error!(why, "nothing can be committed; no new work is started until the ledger accepts the batch");
        }
        if self.stop_at.is_none() {
            self.parts.health.send_replace(Health::Stalled(why));
        }
        let wait = backoff(self.attempts + 1);
        self.retry(outbox, wait);
    }

    fn retry(&mut self, outbox: Outbox, wait: Duration) {
        let attempts = self.attempts + 1;
        self.stalled = Some(Stalled { outbox, again_at: Instant::now() + wait, attempts });
    }

    /// A message that no topic accepts must not cost others anything: a record becomes a reject, a reject gets shorter,
    /// an entry that waits is rejected, another value is not stored. The rest of the batch is given again.
    fn unstorable(&mut self, mut outbox: Outbox, key: &str, why: &str) {
        if key.contains(' ') || self.sites.contains_key(key) {
            self.unstorable_state(&mut outbox, key, why);
        } else {
            let found = outbox.notices.iter().find_map(|(_, notice)| match notice {
                Notice::Recorded { record, .. } if record.id == key => Some(too_large(record, why)),
                Notice::Rejected { reject } if reject.id == key => shorter(reject),
                _ => None,
            });
            match found {
                Some(reject) => {
                    if let Some(site) = self.sites.get_mut(&reject.site) {
                        site.rejected_by_id(key, clock::now());
                        self.changed.hard(&reject.site);
                        self.outbox.touch();
                    }
                    outbox.replace(key, reject);
                }
                None => {
                    tracing::error!(
                        key,
                        why,
                        "this message cannot be stored and is left out; raise `max_message`, and `max.message.bytes` of the topics"
                    );
                    outbox.drop_message(key);
                }
            }
        }
        self.retry(outbox, Duration::ZERO);
    }

    fn unstorable_state(&mut self, outbox: &mut Outbox, key: &str, why: &str) {
        outbox.leave_out(key);
        let name = State::site(key).to_owned();
        let pending = self.sites.get_mut(&name).and_then(|site| site.unstorable(key, clock::now()));
        let Some(pending) = pending else {
            tracing::error!(
                key,
                why,
                "this state cannot be stored and is left out; raise `max_message`, and `max.message.bytes` of the topics"
            );
            return;
        };
        let Some(site) = self.sites.get(&name) else { return };
        let reject = self.reject_of(site, &pending, "entry_too_large".to_owned(), why.to_owned(), clock::now());
        let reject = shorter(&reject).unwrap_or(reject);
        outbox.reject(reject.message());
        outbox.notices.push((name.clone(), Notice::Rejected { reject: Box::new(reject) }));
        self.changed.hard(&name);
        self.outbox.touch();
    }

    /// Logs, counts and passes on what is durable now. At most one line per decision.
    fn tell(&mut self, notice: Notice) {
        let metrics = &self.parts.metrics;
        match &notice {
            Notice::Polled { feed, outcome } => match outcome {
                PollNotice::Failed { reason, detail } => tracing::warn!(feed, reason, detail, "poll failed"),
                PollNotice::Read { new, overflowed: true, .. } => {
                    tracing::warn!(
                        feed,
                        new,
                        "none of the entries was known; some may have been missed between two polls"
                    );
                }
                outcome => tracing::debug!(feed, ?outcome, "polled"),
            },
            Notice::Recorded { record, delay, .. } => {
                metrics.record(record.text_source.as_str(), delay.filter(|_| record.revision == 1));
                tracing::info!(id = record.id, revision = record.revision, url = record.url, "recorded");
            }
            Notice::Rejected { reject } => {
                metrics.reject(&reject.reason);
                tracing::info!(
                    id = reject.id,
                    url = reject.url,
                    reason = reject.reason,
                    detail = reject.detail,
                    "rejected"
                );
            }
            Notice::Postponed { id, error, wait } => {
                tracing::debug!(id, error, wait_s = wait.as_secs(), "postponed");
            }
            Notice::Merged { id, into } => {
                tracing::info!(id, into, "the page of this entry is that of a known article");
            }
            Notice::Unchanged { id } => tracing::debug!(id, "unchanged"),
        }
        if let Some(watcher) = &self.parts.watcher {
            // an observer that is slow or gone must not delay the coordinator
            let _ = watcher.try_send(notice);
        }
    }
}

/// The same reject with less of what its feed said about the entry, in the last step with nothing of it.
fn shorter(reject: &Reject) -> Option<Reject> {
    let FeedEntry { guid, url, title, .. } = reject.entry.clone();
    let brief = Reject { entry: FeedEntry { guid, url, title, ..FeedEntry::default() }, ..reject.clone() };
    if brief != *reject {
        return Some(brief);
    }
    let detail = reject.detail.chars().take(200).collect();
    let feeds = reject.feeds.iter().take(1).cloned().collect();
    let least = Reject { entry: FeedEntry::default(), detail, feeds, ..brief };
    (least != *reject).then_some(least)
}

fn too_large(record: &Record, why: &str) -> Reject {
    Reject {
        id: record.id.clone(),
        url: record.url.clone(),
        site: record.site.clone(),
        reason: "record_too_large".to_owned(),
        detail: why.to_owned(),
        attempts: 1,
        feeds: record.feeds.clone(),
        entry: record.entry.clone(),
        discovered_at: record.discovered_at,
        rejected_at: clock::now(),
    }
}

fn outcome(result: &Result<(), LedgerError>) -> &'static str {
    match result {
        Ok(()) => "committed",
        Err(LedgerError::Retry(_)) => "retry",
        Err(LedgerError::Fenced(_)) => "fenced",
        Err(LedgerError::Unstorable { .. }) => "unstorable",
        Err(LedgerError::Reopen(_)) => "reopen",
        Err(LedgerError::Fatal(_)) => "fatal",
    }
}
