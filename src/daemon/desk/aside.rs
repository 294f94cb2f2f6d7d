//! Long documents are taken in beside the desk, which goes on with other sites meanwhile.

use chrono::{DateTime, Utc};

use super::{
    Desk,
    jobs::Done,
    outcomes::{Read, policy},
};
use crate::{
    daemon::clock,
    state::{Absorbed, SiteState},
};

/// A site that is being worked on beside the desk, with what came for it meanwhile.
#[derive(Debug, Default)]
pub(super) struct Away {
    pub(super) results: Vec<Done>,
    /// Entries that were to be followed.
    pub(super) keys: Vec<u64>,
}

/// A site that comes back.
#[derive(Debug)]
pub(super) struct Back {
    site: SiteState,
    epoch: u64,
    read: Read,
    absorbed: Absorbed,
}

impl Desk<'_> {
    /// A long document is taken in by a thread of its own, which has the site meanwhile.
    pub(super) fn absorb_aside(&mut self, mut site: SiteState, read: Read, now: DateTime<Utc>) {
        let schedule = self.config.schedule.clone();
        let (feed, epoch) = (self.feeds.get(&read.feed).cloned(), self.epoch_of(site.name()));
        self.away.insert(site.name().to_owned(), Away::default());
        let back = self.parts_back.clone();
        self.workers.spawn_blocking(move || {
            let absorbed = site.absorb(&read.feed, &read.document, policy(&schedule, feed.as_ref(), now), now);
            let _ = back.blocking_send(Back { site, epoch, read, absorbed });
        });
    }

    /// A site comes back; what came for it meanwhile is taken in.
    pub(super) fn back(&mut self, back: Back) {
        let Back { mut site, epoch, read, absorbed } = back;
        let name = site.name().to_owned();
        if epoch != self.epoch_of(&name) {
            return;
        }
        let away = self.away.remove(&name).unwrap_or_default();
        let now = clock::now();
        self.read(&mut site, read, &absorbed, now);
        away.keys.into_iter().for_each(|key| site.offer_again(key));
        self.put_back(site, now);
        for done in away.results {
            // the next document may be a long one, too
            match self.away.get_mut(&name) {
                Some(away) => away.results.push(done),
                None => self.take_in(done),
            }
        }
    }
}
