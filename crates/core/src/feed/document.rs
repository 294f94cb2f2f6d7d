//! A feed while it is read, in any format.
//!
//! The work is divided. Titles, links, people, categories and files go through feed-rs, as canonical Atom
//! ([`super::atom`]): its model decides what they are. Next to it, by index, is what that model has no place for or
//! changes (the guid byte for byte and whether it is a permanent link, dates with their zone, `source`, comments,
//! thumbnails, the pace), and the large values, summary and content, which would only be escaped, parsed and copied
//! once more. Entries pass in batches: the model of a whole feed never exists at once.

use std::mem;

use url::Url;

use super::atom::{Atom, Link};
use super::bounds;
use super::draft::{self, Draft};
use super::markup::Title;
use super::problem::Problems;
use super::relative::Links;
use super::{Entry, Feed, Format, Moment, Pace, Person, Sitemap, date};

/// The entries that a document of any size may have: as many as the protocol allows a sitemap, about 30 MB of them.
/// Beyond that, one per this many bytes: an entry takes more memory than the few bytes of an empty `<item/>`.
const FREE_ENTRIES: usize = 50_000;
const BYTES_AN_ENTRY: usize = 100;
const MAX_ENTRIES: usize = 100_000;
const MAX_SITEMAPS: usize = 50_000;
const MAX_HUBS: usize = 16;
/// The longest registered tag (RFC 5646, section 4.4.1).
const MAX_LANGUAGE: usize = 35;
/// A batch for feed-rs, in entries and in bytes of canonical Atom.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 256 * 1024;

/// A feed while it is read.
#[derive(Debug)]
pub(super) struct FeedBuilder {
    pub(super) format: Format,
    pub(super) head: Atom,
    pub(super) body: Atom,
    pub(super) title: Option<Title>,
    pub(super) language: Option<String>,
    pub(super) pace: Pace,
    pub(super) hubs: Vec<Url>,
    pub(super) cloud: Option<Url>,
    /// Its `id`, if that may be a link.
    pub(super) id: Option<Url>,
    pub(super) sitemaps: Vec<Sitemap>,
    pub(super) problems: Problems,
    pub(super) truncated: bool,
    /// The entry being read.
    pub(super) entry: Option<Draft>,
    drafts: Vec<Draft>,
    entries: Vec<Entry>,
    links: Links,
    length: usize,
    /// How much of it has been read, and how much had been read when the first entry began.
    pub(super) position: usize,
    first_entry: Option<usize>,
}

impl FeedBuilder {
    /// `url` is the document's address, `length` its size in bytes.
    pub(super) fn new(url: &Url, length: usize, problems: Problems) -> Self {
        Self {
            format: Format::Rss,
            head: Atom::default(),
            body: Atom::default(),
            title: None,
            language: None,
            pace: Pace::default(),
            hubs: Vec::new(),
            cloud: None,
            id: None,
            sitemaps: Vec::new(),
            problems,
            truncated: false,
            entry: None,
            drafts: Vec::new(),
            entries: Vec::new(),
            links: Links::new(url, length),
            length,
            position: 0,
            first_entry: None,
        }
    }

    pub(super) fn begin_entry(&mut self) {
        self.end_entry();
        self.first_entry.get_or_insert(self.position);
        self.body.begin_entry(self.drafts.len());
        self.entry = Some(Draft::default());
    }

    /// A link of the entry. While it is all that the canonical form would contain, as in most sitemaps, it is kept out
    /// of it: for so small an entry, the model costs many times more.
    pub(super) fn entry_link(&mut self, url: &Url, link: Link<'_>) {
        let Some(draft) = &mut self.entry else { return };
        if let Some((first, told)) = draft.only_link.take() {
            self.body.plain_link(&first, told.as_deref());
        } else if !self.body.has_entry() && link.rel == "alternate" && link.media_type.is_none() {
            draft.only_link = Some((url.clone(), link.told.map(str::to_owned)));
            return;
        }
        self.body.link(link);
    }

    pub(super) fn end_entry(&mut self) {
        let Some(mut draft) = self.entry.take() else { return };
        for person in draft.inherited_authors() {
            self.body.person(person.name.as_deref(), person.email.as_deref());
        }
        if let Some(title) = draft.take_title() {
            self.body.title(&title.value, title.is_html);
        }
        if self.body.has_entry()
            && let Some((url, told)) = draft.only_link.take()
        {
            self.body.plain_link(&url, told.as_deref());
        }
        bounds::too_many(self.body.end_entry(), &mut self.problems);
        self.drafts.push(draft);
        if self.drafts.len() >= BATCH || self.body.len() >= BATCH_BYTES {
            self.flush();
        }
    }

    /// Forgets the entry that is being read: the document ends in the middle of it.
    pub(super) fn drop_entry(&mut self) {
        self.entry = None;
        self.body.end_entry();
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() + self.drafts.len() >= self.most_entries()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.drafts.is_empty()
    }

    /// The feed's language; its `language` element overrides an `xml:lang`.
    pub(super) fn told_language(&mut self, value: &str, explicit: bool) {
        if explicit || self.language.is_none() {
            self.language = language(value).or(self.language.take());
        }
    }

    pub(super) fn hub(&mut self, url: Url) {
        if self.hubs.len() < MAX_HUBS && !self.hubs.contains(&url) {
            self.hubs.push(url);
        }
    }

    pub(super) fn sitemap(&mut self, url: Url) {
        if self.sitemaps.len() < MAX_SITEMAPS {
            self.sitemaps.push(Sitemap { url, updated: None });
        }
    }

    /// When the sitemap that was named last was changed.
    pub(super) fn sitemap_updated(&mut self, updated: Option<Moment>) {
        if let Some(sitemap) = self.sitemaps.last_mut() {
            sitemap.updated = sitemap.updated.or(updated);
        }
    }

    fn flush(&mut self) {
        let wanted = self.body.len() > 0;
        let model = if wanted { self.body.read() } else { None };
        if wanted && model.is_none() {
            self.problems.note("unread-batch", || "the canonical form was not understood".to_owned());
        }
        self.make_room();
        let mut models = model.map(|feed| feed.entries).unwrap_or_default().into_iter().peekable();
        for (index, draft) in mem::take(&mut self.drafts).into_iter().enumerate() {
            let model = models.next_if(|model| model.id.parse() == Ok(index)).unwrap_or_default();
            self.entries.push(draft::entry(draft, model, self.format, &mut self.links, &mut self.problems));
        }
    }

    /// As many more entries as the rest of the document may have, if it continues like this: a list that doubles as it
    /// grows takes up to three times its content.
    fn make_room(&mut self) {
        let known = self.entries.len() + self.drafts.len();
        if known > self.entries.capacity() {
            let first = self.first_entry.unwrap_or(0);
            let so_far = self.position.saturating_sub(first).max(1);
            let whole = known * self.length.saturating_sub(first).max(so_far) / so_far;
            let most = whole + whole / 8 + BATCH;
            self.entries.reserve_exact(most.min(self.most_entries()).max(known) - self.entries.len());
        }
    }

    fn most_entries(&self) -> usize {
        (self.length / BYTES_AN_ENTRY).clamp(FREE_ENTRIES, MAX_ENTRIES)
    }

    /// The document ends too early.
    pub(super) fn cut_off(&mut self) {
        self.truncated = true;
        self.problems.note("truncated", || "the document ends before its last element does".to_owned());
    }

    /// Notes entries that are not read.
    pub(super) fn leave_out(&mut self, count: u32) {
        let read = self.most_entries();
        self.problems.note_many("too-many-entries", count, || format!("only the first {read} are read"));
    }

    /// The feed, complete.
    pub(super) fn finish(mut self) -> Feed {
        self.end_entry();
        self.flush();
        if self.links.exhausted {
            self.problems.note("too-long-base", || "relative links would outgrow the document".to_owned());
        }
        if let Some(title) = self.title.take() {
            self.head.title(&title.value, title.is_html);
        }
        let head = self.head.read();
        let (title, links, authors) = head.map_or((None, Vec::new(), Vec::new()), |h| (h.title, h.links, h.authors));
        if matches!(self.format, Format::Atom | Format::Json) {
            let authors: Vec<Person> = authors.into_iter().filter_map(draft::author).collect();
            inherit(&authors, &mut self.entries, self.length);
        }
        Feed {
            format: self.format,
            title: title.as_ref().and_then(draft::title_text),
            link: draft::best_link(&links).map(|(url, _)| url).or(self.id),
            language: self.language,
            pace: self.pace,
            hubs: self.hubs,
            cloud: self.cloud,
            sitemaps: self.sitemaps,
            entries: self.entries,
            truncated: self.truncated,
            problems: self.problems.into_vec(),
        }
    }
}

/// An entry without an author has its feed's (RFC 4287, section 4.2.1), as long as all copies together are at most half
/// of the document's size.
fn inherit(authors: &[Person], entries: &mut [Entry], length: usize) {
    let size_of = |person: &Person| {
        let texts = [&person.name, &person.email].into_iter().flatten();
        size_of::<Person>() + texts.map(String::len).sum::<usize>()
    };
    let size: usize = authors.iter().map(size_of).sum();
    let affordable = length / 2 / size.max(1);
    for entry in entries.iter_mut().filter(|entry| entry.authors.is_empty()).take(affordable) {
        entry.authors = authors.to_vec();
    }
}

/// A language tag, if it may be one.
pub(super) fn language(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty() && value.len() <= MAX_LANGUAGE).then(|| value.to_owned())
}

/// A date, or a problem.
pub(super) fn moment(text: &str, problems: &mut Problems) -> Option<Moment> {
    let moment = date::parse(text);
    let told = || text.trim().to_owned();
    match moment {
        None if !text.trim().is_empty() => problems.note("unread-date", told),
        Some(Moment { zoned: false, .. }) => problems.note("date-without-zone", told),
        _ => {}
    }
    moment
}

/// An enclosure as a link.
pub(super) fn enclosure<'a>(href: &'a str, media_type: Option<&'a str>, length: Option<&'a str>) -> Link<'a> {
    Link { rel: "enclosure", href, media_type, length, told: None }
}
