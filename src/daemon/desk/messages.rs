//! Records and rejects, as what was decided makes them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Desk;
use crate::{
    daemon::{judge::Publish, notice::Notice},
    record::{self, Carrier, Provenance, Record, Reject, Told},
    state::{Pending, SiteState},
};

impl Desk<'_> {
    pub(super) fn publish(
        &mut self,
        site: &mut SiteState,
        pending: &Pending,
        publish: Publish,
        is_late: bool,
        now: DateTime<Utc>,
    ) -> Notice {
        let Publish { mut article, revision, url, fetched_at, fallback_reason, publication } = publish;
        let feeds = self.carriers(site, pending);
        site.published(pending.key, publication, &self.config.schedule.rechecks, is_late, now);
        let dropped = std::mem::take(&mut article.dropped);
        let record = Record::new(
            article,
            Provenance {
                id: record::id(site.name(), pending.key),
                revision,
                url,
                site: site.name().to_owned(),
                fallback_reason,
                feeds,
                entry: Told::without_content(&pending.entry),
                discovered_at: pending.discovered_at,
                fetched_at,
                recorded_at: now,
            },
        );
        self.outbox.record(record.message());
        Notice::Recorded { delay: delay(&record, now), record: Box::new(record), dropped }
    }

    pub(super) fn reject_of(
        &self,
        site: &SiteState,
        pending: &Pending,
        reason: String,
        detail: String,
        now: DateTime<Utc>,
    ) -> Reject {
        Reject {
            id: record::id(site.name(), pending.key),
            url: pending.entry.url.as_ref().map(ToString::to_string),
            site: site.name().to_owned(),
            reason,
            detail,
            attempts: pending.attempts + 1,
            feeds: self.carriers(site, pending),
            entry: Told::whole(&pending.entry),
            discovered_at: pending.discovered_at,
            rejected_at: now,
        }
    }

    fn carriers(&self, site: &SiteState, pending: &Pending) -> Vec<Carrier> {
        let carrier = |url: &String| {
            let configured = self.feeds.get(url);
            Carrier {
                url: url.clone(),
                title: site.feeds().get(url).and_then(|feed| feed.title.clone()),
                name: configured.and_then(|feed| feed.name.clone()),
                tags: configured.map(|feed| feed.tags.clone()).unwrap_or_default(),
            }
        };
        pending.carriers.iter().map(|carrying| carrier(&carrying.feed)).collect()
    }
}

/// From the publisher's date to the record; none where the date has no zone, or lies ahead.
fn delay(record: &Record, now: DateTime<Utc>) -> Option<Duration> {
    let published = record.published_at.filter(|_| !record.published_at_assumed_utc)?;
    (now - published.with_timezone(&Utc)).to_std().ok()
}
