//! Which known articles an entry of a document may be, and the evidence for each.
//!
//! PURE.

use std::collections::HashMap;

use super::{
    SiteState,
    document::{BEGUN, Document, Tally},
    matching::{Agreement, Evidence, Link},
    memory::Outcome,
    site::KnownArticle,
};
use crate::feed::identity::{EntryNames, Name, NameKind};

/// A feed that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) url: &'a str,
    pub(super) tag: u16,
    pub(super) trusts_guids: bool,
    pub(super) rotates: bool,
    /// Whether another story of the document has the guid of the current entry.
    pub(super) guid_is_shared: bool,
}

impl Reading<'_> {
    /// The same, for an entry whose guid is shared or not.
    pub(super) fn of(self, guid_is_shared: bool) -> Self {
        Self { guid_is_shared, ..self }
    }

    /// The names of an entry that are worth keeping.
    pub(super) fn new_names(self, names: &EntryNames) -> impl Iterator<Item = Name> + use<> {
        names.names().filter(move |name| match name.kind {
            NameKind::Guid => self.trusts_guids,
            NameKind::Folded | NameKind::Link => !self.rotates,
            _ => true,
        })
    }
}

impl SiteState {
    /// Which entry of the document agrees most with each known article.
    pub(super) fn claims(
        &self,
        feed: &Reading<'_>,
        document: &Document,
        shared_guids: &[bool],
    ) -> HashMap<u64, (usize, u32)> {
        let mut claims: HashMap<u64, (usize, u32)> = HashMap::new();
        for (index, names) in document.names.iter().enumerate() {
            for known in self.candidates(names) {
                let evidence = self.evidence(&feed.of(shared_guids[index]), names, &known, None);
                let strength = evidence.strength();
                let claim = claims.entry(known.key()).or_insert((index, strength));
                if strength > claim.1 && evidence.is_one_story() {
                    *claim = (index, strength);
                }
            }
        }
        claims
    }

    /// The articles that share a name with an entry, each once.
    pub(super) fn candidates(&self, names: &EntryNames) -> Vec<KnownArticle<'_>> {
        let mut found: Vec<KnownArticle<'_>> = Vec::new();
        for hash in [names.guid, names.link, names.folded, names.title_and_date(), names.only_words()] {
            for known in self.named(hash) {
                if found.iter().all(|other| other.key() != known.key()) {
                    found.push(known);
                }
            }
        }
        found
    }

    /// The article that an entry is, if it is one.
    pub(super) fn best(
        &self,
        feed: &Reading<'_>,
        all: &[EntryNames],
        index: usize,
        claims: &HashMap<u64, (usize, u32)>,
        tally: &mut Tally,
    ) -> Option<(u64, Evidence)> {
        let mut best: Option<(u64, Evidence)> = None;
        let names = &all[index];
        for known in self.candidates(names) {
            let claim = claims.get(&known.key()).filter(|(by, _)| *by != index);
            let claim = claim.map(|(by, strength)| (&all[*by], *strength));
            let evidence = self.evidence(feed, names, &known, claim);
            let is_one = evidence.is_one_story();
            match evidence.guid_was_right(is_one).map(|right| right && !feed.guid_is_shared) {
                Some(true) => tally.guids_right += 1,
                Some(false) => tally.guids_wrong += 1,
                None => {}
            }
            let stronger = |(_, other): &(u64, Evidence)| evidence.strength() > other.strength();
            if is_one && best.as_ref().is_none_or(stronger) {
                best = Some((known.key(), evidence));
            }
        }
        best
    }

    /// `claim` is another entry of the document that is the article, and the strength of its claim.
    pub(super) fn evidence(
        &self,
        feed: &Reading<'_>,
        names: &EntryNames,
        known: &KnownArticle<'_>,
        claim: Option<(&EntryNames, u32)>,
    ) -> Evidence {
        let kind = |hash: u64| self.kind_of(known, hash);
        let has = |hash: u64| kind(hash).is_some();
        let is_carried = known.is_carried_by(feed.url);
        let is_legacy = match known {
            KnownArticle::Pending(pending) => pending.names.iter().all(|name| name.kind == NameKind::Legacy),
            KnownArticle::Resolved(article) => article.outcome == Outcome::Legacy,
        };
        let guid = has(names.guid);
        // a title and date that it had, or has in another feed
        let is_titled_so = has(names.title_and_date());
        let mark =
            |now: u32, then: u32| if is_titled_so && now != 0 { Agreement::Same } else { Agreement::of(now, then) };
        Evidence {
            guid: match guid {
                _ if names.guid == 0 => Agreement::Unknown,
                true if is_carried => Agreement::Same,
                false if is_carried || self.is_left_behind(known) => Agreement::Other,
                _ => Agreement::Unknown,
            },
            guid_of_another_feed: guid && !is_carried,
            guids_are_trusted: feed.trusts_guids && !feed.guid_is_shared,
            link: match names.link {
                0 => Link::Unknown,
                link if matches!(kind(link), Some(NameKind::Link | NameKind::Legacy)) => Link::Same,
                link if kind(link).or(kind(names.folded)).is_some() => Link::Folded,
                _ => Link::Other,
            },
            title: mark(names.title, known.title()),
            date: mark(names.date, known.date()),
            date_is_a_day: names.date_is_a_day,
            words: has(names.only_words()),
            is_legacy,
            is_claimed: claim.is_some(),
            text: claim.map_or(Agreement::Unknown, |(by, _)| Agreement::of(names.text, by.text)),
            is_of_list: claim.is_some_and(|(_, strength)| strength == BEGUN)
                || matches!(known, KnownArticle::Pending(pending) if pending.shared_page),
        }
    }

    /// Whether no feed that had an article exists any more: the feed that is read may be one of them with another URL.
    fn is_left_behind(&self, known: &KnownArticle<'_>) -> bool {
        let mut there = self.feeds.iter().filter(|(_, feed)| feed.removed_at.is_none());
        !there.any(|(url, _)| known.is_carried_by(url))
    }
}
