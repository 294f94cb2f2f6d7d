//! What a publisher shows at a time: the document of a feed, and the page of a link.
//!
//! PURE. Nothing is parsed: feeds, entries and articles are made as the readers would return them. Each has the story's
//! number and how many edits it shows, in fields that no product code reads (`categories`, `section`).

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    chance::{Chance, mixed, words},
    publisher::{Body, Change, Dates, End, Guid, Links, Outlet, Publisher, What},
};
use crate::{
    article::{Article, NoArticle, NoArticleReason, Print, TextSource},
    feed::{Entry, Feed, Format, Moment, Pace},
    fetch::Reason,
};

/// Entries of a feed.
const WINDOW: usize = 14;
const PARAGRAPHS: usize = 7;

/// A document before it is written: stories with their versions.
#[derive(Debug, Clone)]
pub(super) struct Issue {
    pub(super) shown: Vec<(usize, usize)>,
    /// Equal if the bytes are equal.
    pub(super) hash: u64,
    poll: u64,
    at: DateTime<Utc>,
}

/// The result of requesting a page.
#[derive(Debug)]
pub(super) enum Seen {
    Read { url: Url, article: Box<Result<Article, NoArticle>>, print: Option<Print> },
    Failed(Reason),
}

/// What a story looks like in one version.
struct Face {
    title: String,
    paragraphs: Vec<String>,
    slug: u64,
    guid: u64,
    date: DateTime<Utc>,
}

impl Publisher {
    /// What the feed shows. The nth poll of it may get it from the slower of two servers.
    pub(super) fn issue(&self, feed: usize, at: DateTime<Utc>, poll: u64) -> Issue {
        let shown_at = if self.habits.two_servers && poll % 2 == 1 { at - TimeDelta::hours(2) } else { at };
        let mut stories = self.window(feed, shown_at);
        if self.is(at, |what| what == What::Empty(feed)) {
            stories.clear();
        }
        if self.is(at, |what| what == What::Short(feed)) {
            stories.truncate(3);
        }
        let mut salt = 0;
        for one in self.happenings.iter().filter(|one| one.from <= at && at < one.to) {
            match one.what {
                What::Back(of, days) if of == feed && self.takes_back(days) => {
                    let born = one.from - TimeDelta::days(days);
                    let first = self.stories.partition_point(|story| story.born < born);
                    let back = (first..self.stories.len()).filter(|n| self.has(feed, *n) && !stories.contains(n));
                    let back: Vec<usize> = back.take_while(|n| self.stories[*n].born < at).take(4).collect();
                    stories.extend(back);
                }
                What::Shuffled(of) if of == feed => {
                    salt = poll;
                    stories.sort_by_key(|n| mixed(&[poll, *n as u64]));
                }
                _ => {}
            }
        }
        if self.habits.links == Links::Session || self.habits.counts {
            salt = poll;
        }
        let shown: Vec<(usize, usize)> = stories.into_iter().map(|n| (n, self.stories[n].version(shown_at))).collect();
        let moved = u64::from(self.has_moved(at));
        let hash = shown.iter().fold(mixed(&[salt, moved]), |hash, (n, v)| mixed(&[hash, *n as u64, *v as u64]));
        Issue { shown, hash, poll, at }
    }

    /// A story that comes back after the memory's time is recognised by its date; a bare link, by nothing.
    fn takes_back(&self, days: i64) -> bool {
        days < 180 || self.habits.dates != Dates::None
    }

    fn has(&self, feed: usize, n: usize) -> bool {
        match self.outlets[feed] {
            Outlet::All => true,
            Outlet::Section(of) => n % 3 == of,
            Outlet::System(one, of) => n % of == one,
            Outlet::MostRead => false,
        }
    }

    fn window(&self, feed: usize, at: DateTime<Utc>) -> Vec<usize> {
        let born = self.stories.partition_point(|story| story.born <= at);
        if self.outlets[feed] != Outlet::MostRead {
            // some columns show today's entry and no other
            let one = self.habits.links == Links::Constant && self.seed.is_multiple_of(2);
            return (0..born).rev().filter(|n| self.has(feed, *n)).take(if one { 1 } else { WINDOW }).collect();
        }
        let first = self.stories.partition_point(|story| story.born < at - TimeDelta::days(170));
        let mut chance = Chance::new(mixed(&[self.seed, at.timestamp().div_euclid(43_200) as u64]));
        let mut read = Vec::new();
        for _ in 0..WINDOW / 2 {
            // new stories are read most
            let back = if chance.one_in(2) { 20 } else { (born - first) as u64 };
            let n = born.saturating_sub(1 + chance.below(back.max(1)) as usize);
            if n >= first && n < born && !read.contains(&n) {
                read.push(n);
            }
        }
        read
    }

    pub(super) fn has_moved(&self, at: DateTime<Utc>) -> bool {
        self.moves_at.is_some_and(|moves| moves <= at)
    }

    /// The document in full.
    pub(super) fn feed(&self, feed: usize, issue: &Issue) -> Feed {
        let entries = issue.shown.iter().map(|(n, version)| self.entry(feed, *n, *version, issue)).collect();
        Feed {
            format: Format::Rss,
            title: Some(format!("Paper {}", self.number)),
            link: Url::parse(&format!("https://www.{}/", self.site)).ok(),
            language: None,
            pace: Pace::default(),
            hubs: Vec::new(),
            cloud: None,
            sitemaps: Vec::new(),
            entries,
            truncated: false,
            problems: Vec::new(),
        }
    }

    fn entry(&self, feed: usize, n: usize, version: usize, issue: &Issue) -> Entry {
        let face = self.face(n, version, if self.habits.body == Body::Content { PARAGRAPHS } else { 1 });
        let url = self.link(feed, n, face.slug, issue);
        let elsewhere = self.habits.links == Links::Redirector && feed > 0;
        let title =
            if elsewhere { format!("{} / {feed}", words(mixed(&[feed as u64]), 2) + &face.title) } else { face.title };
        let date = face.date + TimeDelta::seconds(if elsewhere { 61 * feed as i64 } else { 0 });
        let date = match self.habits.dates {
            Dates::None => None,
            Dates::Full => Some(date),
            Dates::Day => Some(DateTime::from_timestamp(date.timestamp().div_euclid(86_400) * 86_400, 0).unwrap()),
        };
        let counter = if self.habits.counts {
            format!(" <img src='x?{}'> {} comments", issue.poll, issue.poll)
        } else {
            String::new()
        };
        let mut entry = Entry {
            guid: self.guid(n, face.guid, url.as_ref(), issue.at),
            url,
            title: Some(title),
            published: date.map(|at| Moment { at: at.fixed_offset(), zoned: true }),
            categories: vec![mark(n, self.stories[n].edits(version))],
            ..Entry::default()
        };
        match self.habits.body {
            Body::Nothing => entry.title = None,
            Body::Summary => entry.summary = Some(format!("<p>{}</p>{counter}", face.paragraphs[0])),
            Body::Content => {
                let paragraphs = face.paragraphs.iter().map(|text| format!("<p>{text}</p>"));
                entry.content = Some(paragraphs.collect::<String>() + &counter);
            }
        }
        entry
    }

    fn guid(&self, n: usize, revision: u64, url: Option<&Url>, at: DateTime<Utc>) -> Option<String> {
        match self.habits.guid {
            Guid::None => None,
            Guid::Link => url.map(ToString::to_string),
            Guid::Counter => Some((n / 2).to_string()),
            Guid::Constant => Some("entry".to_owned()),
            Guid::Stable if self.has_moved(at) => Some(format!("urn:post:{}", mixed(&[n as u64, revision]))),
            Guid::Stable => Some(format!("{} at paper-{}, {revision}", n, self.number)),
        }
    }

    fn link(&self, feed: usize, n: usize, slug: u64, issue: &Issue) -> Option<Url> {
        let home = format!("https://www.{}", self.site);
        let link = match self.habits.links {
            Links::None => return None,
            Links::Own => return Some(self.page_url(n, slug, issue.at)),
            Links::Session => format!("{}?sid={:x}", self.page_url(n, slug, issue.at), mixed(&[issue.poll, 7])),
            Links::Redirector => format!("https://go.{}/r{feed}/{n}", self.site),
            Links::Fragment => format!("{home}/live#item-{n}"),
            Links::Constant => format!("{home}/column"),
        };
        Url::parse(&link).ok()
    }

    fn page_url(&self, n: usize, slug: u64, at: DateTime<Utc>) -> Url {
        let folder = if self.has_moved(at) { "new/post" } else { "story" };
        Url::parse(&format!("https://www.{}/{folder}/{n}-{slug}", self.site)).unwrap()
    }

    /// With the first `shown` paragraphs.
    fn face(&self, n: usize, version: usize, shown: usize) -> Face {
        let story = &self.stories[n];
        // one for the title and for each paragraph: how often it was changed
        let mut changed = [0_u64; PARAGRAPHS + 1];
        let (mut slug, mut guid, mut number) = (0, 0, 3);
        let mut date = story.born;
        for (at, change) in &story.changes[..version] {
            match change {
                Change::Paragraph => changed[3 + (at.timestamp() as usize / 60) % 5] += 1,
                Change::Lead => changed[1] += 1,
                Change::Title => changed[0] += 1,
                Change::Rewrite => changed.iter_mut().for_each(|count| *count += 1),
                Change::Number => number += 1,
                Change::Slug => slug += 1,
                Change::Guid => guid += 1,
                Change::Live => (changed[0], slug, date) = (changed[0] + 1, slug + 1, *at),
            }
        }
        let text = |part: usize, count: usize| {
            words(mixed(&[self.seed, self.text_of(n, part), part as u64, changed[part]]), count)
        };
        let mut paragraphs: Vec<String> = (1..=shown).map(|part| text(part, 11) + ".").collect();
        if let Some(second) = paragraphs.get_mut(1) {
            second.insert_str(0, &format!("{number} "));
        }
        Face { title: text(0, 5), paragraphs, slug, guid, date }
    }

    /// Bulletins share title and summary.
    fn text_of(&self, n: usize, part: usize) -> u64 {
        if self.habits.repeats && part < 2 { 0 } else { n as u64 }
    }

    /// The page of a link, at the nth reading of any page. A hidden wall is shown for published articles only:
    /// otherwise the page reader would have to recognise it.
    pub(super) fn page(&self, url: &Url, at: DateTime<Utc>, reading: u64, is_published: bool) -> Seen {
        if let Some(seen) = self.page_in_trouble(url, at, is_published) {
            return seen;
        }
        let at = if self.habits.two_servers && reading % 2 == 1 { at - TimeDelta::hours(2) } else { at };
        let numbers = url.path_segments().into_iter().flatten().next_back();
        let number = numbers.and_then(|last| last.split('-').next()?.parse::<usize>().ok());
        let newest = self.stories.partition_point(|story| story.born <= at) - 1;
        let n = number.unwrap_or(newest).min(newest.max(number.unwrap_or_default()));
        match self.stories[n].end {
            Some(End::NotFound(ends)) if ends <= at => return Seen::Failed(Reason::NotFound),
            Some(End::Gone(ends)) if ends <= at => return Seen::Failed(Reason::Gone),
            Some(End::NoArticle) => return no_article(url, NoArticleReason::NotAnArticle),
            _ => {}
        }
        self.story_page(url, n, at, reading)
    }

    fn page_in_trouble(&self, url: &Url, at: DateTime<Utc>, is_published: bool) -> Option<Seen> {
        let trouble = self.happenings.iter().filter(|one| one.from <= at && at < one.to);
        trouble.map(|one| one.what).find_map(|what| match what {
            What::Wall => Some(no_article(url, NoArticleReason::Wall)),
            What::Failing => Some(Seen::Failed(Reason::ServerError)),
            What::NotFound => Some(Seen::Failed(Reason::NotFound)),
            What::Offline => Some(Seen::Failed(Reason::Dns)),
            What::HiddenWall if is_published => Some(self.hidden_wall(url)),
            _ => None,
        })
    }

    fn hidden_wall(&self, url: &Url) -> Seen {
        let text = words(mixed(&[self.seed, 99]), 30);
        let article =
            Article { title: Some("One moment".to_owned()), section: Some(mark(usize::MAX, 0)), ..page_text(&text) };
        Seen::Read { url: url.clone(), print: Some(Print::of_text(&text)), article: Box::new(Ok(article)) }
    }

    fn story_page(&self, url: &Url, n: usize, at: DateTime<Utc>, reading: u64) -> Seen {
        let version = self.stories[n].version(at);
        let Face { mut title, mut paragraphs, slug, .. } = self.face(n, version, PARAGRAPHS);
        if self.habits.is_tested {
            if n.is_multiple_of(2) {
                title += if reading.is_multiple_of(2) { " first" } else { " second" };
            } else if n % 4 == 1 {
                paragraphs.insert(3, words(mixed(&[reading % 5, 3]), 9));
            }
        }
        let own = self.page_url(n, slug, at);
        let url = match self.habits.links {
            Links::Session => Url::parse(&format!("{own}?{}", url.query().unwrap_or_default())).unwrap(),
            Links::Own | Links::Redirector => own.clone(),
            // fragments are not sent
            _ => Url::parse(&format!("https://www.{}{}", self.site, url.path())).unwrap(),
        };
        let text = paragraphs.join("\n\n");
        let day = at.timestamp().div_euclid(86_400) as u64;
        let views = if self.habits.counts { reading } else { 0 };
        let around = (0..4).map(|place| words(mixed(&[self.seed, day, place]), 6)).collect::<Vec<_>>().join("\n");
        let whole = format!("Home\nPolitics\nSport\n{title}\n{text}\n{around}\n{views} views");
        let article = Article {
            title: Some(title),
            section: Some(mark(n, self.stories[n].edits(version))),
            canonical_url: Some(own).filter(|_| self.habits.links == Links::Session),
            ..page_text(&text)
        };
        Seen::Read { url, print: Some(Print::of_text(&whole)), article: Box::new(Ok(article)) }
    }
}

fn page_text(text: &str) -> Article {
    Article { text: text.to_owned(), text_source: TextSource::Page, ..Article::default() }
}

fn no_article(url: &Url, reason: NoArticleReason) -> Seen {
    let no_article = NoArticle { reason, detail: "it says so".to_owned() };
    Seen::Read { url: url.clone(), article: Box::new(Err(no_article)), print: None }
}

/// The article as the entry alone gives it.
pub(super) fn told(entry: &Entry) -> Option<Article> {
    let (html, text_source) = match (&entry.content, &entry.summary) {
        (Some(content), _) => (content, TextSource::FeedContent),
        (None, Some(summary)) => (summary, TextSource::FeedSummary),
        (None, None) => return None,
    };
    let paragraphs = html.split("<p>").filter_map(|text| text.split("</p>").next()).filter(|text| !text.is_empty());
    Some(Article {
        title: entry.title.clone(),
        text: paragraphs.collect::<Vec<_>>().join("\n\n"),
        text_source,
        section: entry.categories.first().cloned(),
        ..Article::default()
    })
}

/// A story's number, and how many edits are in what is shown.
fn mark(n: usize, edits: u32) -> String {
    format!("{n}/{edits}")
}

/// Reads such a mark.
pub(super) fn read_mark(mark: &str) -> Option<(usize, u32)> {
    let (n, edits) = mark.split_once('/')?;
    Some((n.parse().ok()?, edits.parse().ok()?))
}
