//! What is counted, in the text format that Prometheus reads.

use std::{sync::atomic::Ordering, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::state::Absorbed;

/// Counters by result.
type ByOutcome = Family<Outcome, Counter>;

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: String,
}

/// All of them. Cheap to share; every method takes `&self`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests sent, including every redirect and every robots.txt.
    requests: Counter,
    /// Bytes of response bodies as received.
    wire_bytes: Counter,
    polls: ByOutcome,
    pages: ByOutcome,
    entries: ByOutcome,
    records: ByOutcome,
    rejects: ByOutcome,
    overflows: Counter,
    redesigns: Counter,
    commits: ByOutcome,
    commit_seconds: Histogram,
    delay_seconds: Histogram,
    /// Entries that wait for their page or a retry.
    pub pending: Gauge,
    /// Feeds owned by this instance.
    pub feeds: Gauge,
    /// Requests that are running, or whose response is being processed.
    pub jobs_running: Gauge,
    /// Jobs that wait for their turn at their host.
    pub jobs_waiting: Gauge,
    /// Records and rejects that wait for their commit.
    pub uncommitted: Gauge,
}

/// Seconds; a commit that is grouped over 100 ms and one that waits for a full disk both have a bucket.
const COMMIT_BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// Seconds from a publisher's date to the record, from the schedule's shortest interval to a week.
const DELAY_BUCKETS: [f64; 12] =
    [10.0, 60.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0, 86_400.0, 259_200.0, 604_800.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("copydesk"),
            requests: Counter::default(),
            wire_bytes: Counter::default(),
            polls: ByOutcome::default(),
            pages: ByOutcome::default(),
            entries: ByOutcome::default(),
            records: ByOutcome::default(),
            rejects: ByOutcome::default(),
            overflows: Counter::default(),
            redesigns: Counter::default(),
            commits: ByOutcome::default(),
            commit_seconds: Histogram::new(COMMIT_BUCKETS),
            delay_seconds: Histogram::new(DELAY_BUCKETS),
            pending: Gauge::default(),
            feeds: Gauge::default(),
            jobs_running: Gauge::default(),
            jobs_waiting: Gauge::default(),
            uncommitted: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests sent, including redirects and robots.txt", self.requests.clone());
        registry.register("wire_bytes", "Bytes of response bodies as received", self.wire_bytes.clone());
        registry.register("polls", "Polls of feeds by result", self.polls.clone());
        registry.register("pages", "Requested pages by result", self.pages.clone());
        registry.register("entries", "Entries of feeds, new and known", self.entries.clone());
        registry.register("records", "Records committed, by source of the text", self.records.clone());
        registry.register("rejects", "Entries that ended without a record, by reason", self.rejects.clone());
        registry.register("feed_overflows", "Polls between which entries may have been lost", self.overflows.clone());
        registry.register("site_redesigns", "Sites whose pages have a new design", self.redesigns.clone());
        registry.register("commits", "Commits to the ledger by result", self.commits.clone());
        let seconds = Unit::Seconds;
        registry.register_with_unit("commit", "Time a commit took", seconds.clone(), self.commit_seconds.clone());
        let delay = "Time from the publisher's date of an article to the commit of its first record";
        registry.register_with_unit("delay", delay, seconds, self.delay_seconds.clone());
        registry.register("pending_entries", "Entries that wait for their page or a retry", self.pending.clone());
        registry.register("feeds", "Feeds owned by this instance", self.feeds.clone());
        registry.register(
            "jobs_running",
            "Requests that are running, or whose response is being processed",
            self.jobs_running.clone(),
        );
        registry.register("jobs_waiting", "Jobs that wait for their turn at their host", self.jobs_waiting.clone());
        registry.register("uncommitted", "Records and rejects that wait for their commit", self.uncommitted.clone());
    }

    /// Sets what the HTTP client has counted so far.
    pub fn fetched(&self, requests: u64, wire_bytes: u64) {
        self.requests.inner().store(requests, Ordering::Relaxed);
        self.wire_bytes.inner().store(wire_bytes, Ordering::Relaxed);
    }

    /// A poll has ended.
    pub fn poll(&self, outcome: &str) {
        count(&self.polls, outcome, 1);
    }

    /// A page was requested.
    pub fn page(&self, outcome: &str) {
        count(&self.pages, outcome, 1);
    }

    /// A document was read.
    pub fn entries(&self, absorbed: &Absorbed) {
        let Absorbed { new, known, too_old, left, .. } = *absorbed;
        for (outcome, number) in [("new", new), ("known", known), ("too_old", too_old), ("left", left)] {
            count(&self.entries, outcome, number as u64);
        }
        self.overflows.inc_by(u64::from(absorbed.overflowed));
    }

    /// A site has a new design.
    pub fn redesign(&self) {
        self.redesigns.inc();
    }

    /// A record was committed; `delay` only for the first of an article.
    pub fn record(&self, source: &str, delay: Option<Duration>) {
        count(&self.records, source, 1);
        if let Some(delay) = delay {
            self.delay_seconds.observe(delay.as_secs_f64());
        }
    }

    /// A reject was committed.
    pub fn reject(&self, reason: &str) {
        count(&self.rejects, reason, 1);
    }

    /// A commit has ended.
    pub fn commit(&self, outcome: &str, took: Duration) {
        count(&self.commits, outcome, 1);
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// The text for scrapers (OpenMetrics 1.0).
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

fn count(family: &ByOutcome, outcome: &str, by: u64) {
    family.get_or_create(&Outcome { outcome: outcome.to_owned() }).inc_by(by);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::default();
        metrics.poll("not_modified");
        metrics.reject("not_found");
        metrics.reject("not_found");
        metrics.record("page", Some(Duration::from_secs(61)));
        metrics.pending.set(3);
        let text = metrics.render();
        for line in [
            "copydesk_polls_total{outcome=\"not_modified\"} 1",
            "copydesk_rejects_total{outcome=\"not_found\"} 2",
            "copydesk_records_total{outcome=\"page\"} 1",
            "copydesk_delay_seconds_bucket{le=\"300.0\"} 1",
            "copydesk_delay_seconds_bucket{le=\"60.0\"} 0",
            "copydesk_pending_entries 3",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
