//! The status that the coordinator shows.

use super::Coordinator;
use crate::admin::{FeedStatus, Health, Question, Status};

impl Coordinator<'_> {
    pub(super) fn answer(&self, question: Question) {
        // the receiver may be gone: nothing is lost with the answer
        match question {
            Question::Alive(reply) => _ = reply.send(()),
            Question::Measure(reply) => {
                self.measure();
                _ = reply.send(());
            }
            Question::Status(reply) => drop(reply.send(self.status())),
        }
    }

    fn measure(&self) {
        let metrics = &self.parts.metrics;
        let fetched = self.parts.fetcher.stats();
        metrics.fetched(fetched.requests, fetched.wire_bytes);
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        metrics.pending.set(number(self.waiting_entries()));
        metrics.feeds.set(number(
            self.states().filter(|(_, url, feed)| feed.kept_at.is_none() && self.feeds.contains_key(*url)).count(),
        ));
        metrics.jobs_running.set(number(self.queues.running()));
        metrics.jobs_waiting.set(number(self.queues.waiting()));
        metrics.uncommitted.set(number(self.outbox.len()));
    }

    fn status(&self) -> Status {
        let health = self.parts.health.borrow().clone();
        let mut feeds: Vec<FeedStatus> = self
            .sites
            .values()
            .flat_map(|site| FeedStatus::of_site(site, |url| self.feeds.contains_key(url)))
            .collect();
        feeds.sort_by(|a, b| a.url.cmp(&b.url));
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            running: true,
            ready: health == Health::Ready,
            trouble: match health {
                Health::Stalled(why) => Some(why),
                _ => None,
            },
            partitions: self.owned.keys().copied().collect(),
            feeds,
        }
    }
}
