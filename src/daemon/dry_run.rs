//! One page as the daemon would treat it: requested, read and judged by the same code; nothing is stored or committed.
//!
//! A failure that the daemon would wait out ends here at once: the result is what the entry would become if the failure
//! stayed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use url::Url;

use super::{
    clock,
    follow::{self, Follow, Followed, PageOutcome, PageRead, Reading},
    judge::{Case, Decision, Publish, judge},
    poll,
    work::{Cpu, CpuFailure},
};
use crate::{
    article::{self, Article, Explanation, Extraction, ExtractionContext, NoArticle, Page},
    config::{self, FullText, Schedule},
    feed::{self, Entry, Feed, Format, identity},
    fetch::{Fetcher, Response, Validators},
    link,
    record::{self, Carrier, FeedEntry, Provenance, Record, Reject},
    state::{Document, Pending, Policy, SiteState},
};

/// What is tried.
#[derive(Debug)]
pub struct DryRun {
    /// The page.
    pub page: PageSource,
    /// The feed that should have an entry for it, with its configuration.
    pub feed: Option<(PageSource, config::Feed)>,
    /// What is known about the site.
    pub knowledge: Arc<article::Site>,
    /// The user's rules for the site.
    pub rules: Arc<article::Rules>,
    /// How much of a document is read.
    pub documents: config::Documents,
}

/// Where a document comes from.
#[derive(Debug, Clone)]
pub enum PageSource {
    /// It is requested.
    Web(Url),
    /// It is given, and was once at this URL.
    Hand {
        /// The URL.
        url: Url,
        /// The bytes.
        body: Bytes,
        /// The `Content-Type` header, if known.
        content_type: Option<String>,
    },
}

impl PageSource {
    /// The URL that it has, or had.
    pub fn url(&self) -> &Url {
        match self {
            Self::Web(url) | Self::Hand { url, .. } => url,
        }
    }
}

/// The result.
#[derive(Debug)]
pub struct Tried {
    /// The page's URL, after redirects.
    pub url: Url,
    /// What the feed says, if one was named.
    pub feed: Option<FeedSays>,
    /// Every decision about the page, or why there is none.
    pub page: Result<Explanation, String>,
    /// What would be committed.
    pub outcome: Outcome,
}

/// What a feed says about a page.
#[derive(Debug)]
pub enum FeedSays {
    /// This.
    Entry(Box<Entry>),
    /// Nothing: it has this many entries, and none of them links there.
    Nothing(usize),
    /// It could not be fetched or read.
    Failed(String),
}

/// What would be committed.
#[derive(Debug)]
pub enum Outcome {
    /// A record.
    Record(Box<Record>),
    /// A reject.
    Reject(Box<Reject>),
    /// Nothing yet: the host has asked for a pause.
    Later(String),
}

/// Tries it.
pub async fn run(trial: DryRun, fetcher: &Fetcher) -> Tried {
    let (cpu, now, asked) = (Cpu::new(trial.documents.within), clock::now(), trial.page.url().clone());
    let document = match &trial.feed {
        Some((origin, configured)) => Some(document(origin, configured, fetcher, &cpu).await),
        None => None,
    };
    let read = document.as_ref().and_then(|document| document.as_ref().ok());
    let found = read.and_then(|document| Some((document, find(&document.feed, &asked)?)));
    let home = trial.feed.as_ref().map_or(&asked, |(_, configured)| &configured.url);
    let pending = pending(found, home, &asked, now);
    let says = document.as_ref().map(|document| match (document, found) {
        (_, Some(_)) => FeedSays::Entry(Box::new(pending.entry.clone())),
        (Ok(document), None) => FeedSays::Nothing(document.feed.entries.len()),
        (Err(why), None) => FeedSays::Failed(why.clone()),
    });
    let carriers = found.map(|(document, _)| carrier(&trial, document)).into_iter().collect();
    let job = follow_job(&trial, &pending);
    let (page, explained) = page(&job, trial.page, fetcher, &cpu, now).await;
    let url = if let PageOutcome::Read(read) = &page { read.url.clone() } else { asked.clone() };
    // this page is shown although the feed's own text is used
    let page = if job.full_text == FullText::Feed { PageOutcome::NotWanted } else { page };
    let told = follow::told(&job, &page, &cpu).await;
    let schedule = Schedule { page_attempts: 1, page_patience: Duration::ZERO, ..Schedule::default() };
    let case = Case { pending: &pending, full_text: job.full_text, schedule: &schedule, offline: false, now };
    let verdict = judge(case, Followed { page, told });
    Tried { url, feed: says, page: explained, outcome: outcome(verdict, pending, link::site(home), carriers, now) }
}

async fn document(
    origin: &PageSource,
    configured: &config::Feed,
    fetcher: &Fetcher,
    cpu: &Cpu,
) -> Result<Document, String> {
    let (feed, url) = (configured.clone(), origin.url().clone());
    match origin {
        PageSource::Web(_) => {
            let (validators, sitemaps) = (Validators::default(), feed::Children::default());
            let site = link::site(&configured.url);
            let job = poll::Poll { feed: configured.clone(), site, url, validators, body_hash: None, sitemaps };
            match poll::poll(job, fetcher, cpu).await {
                poll::Polled::Read { document, .. } => Ok(*document),
                poll::Polled::Unchanged { .. } => Err("not modified, though nothing was known about it".to_owned()),
                poll::Polled::Failed(failure) => Err(format!("{}: {}", failure.reason, failure.detail)),
            }
        }
        PageSource::Hand { body, content_type, .. } => {
            let (body, content_type) = (body.clone(), content_type.clone());
            let read = cpu.run(move || {
                let source = feed::Source { url: &url, content_type: content_type.as_deref() };
                poll::understand(&body, source, &link::site(&feed.url))
            });
            read.await.map_err(|failure| failure.to_string())?.map_err(|not_a_feed| not_a_feed.to_string())
        }
    }
}

/// The entry that links to a page.
fn find(feed: &Feed, url: &Url) -> Option<usize> {
    let wanted = link::canonical(url);
    let is_wanted = |url: Option<&Url>| url.is_some_and(|url| link::canonical(url) == wanted);
    feed.entries.iter().position(|entry| is_wanted(entry.url.as_ref()) || is_wanted(entry.redirect.as_deref()))
}

/// The entry as it would wait for its page; without a feed, one that has nothing but the URL.
fn pending(found: Option<(&Document, usize)>, home: &Url, url: &Url, now: DateTime<Utc>) -> Pending {
    let mut document = match found {
        Some((document, at)) => Document {
            feed: Feed { entries: vec![document.feed.entries[at].clone()], ..document.feed.clone() },
            names: vec![document.names[at]],
            digests: vec![document.digests[at]],
        },
        None => unheard_of(url),
    };
    if found.is_none() {
        document.names = identity::names(&document.feed, &link::site(home));
    }
    let mut site = SiteState::new(&link::site(home));
    site.absorb(home.as_str(), &document, Policy::default(), now);
    let pending = site.entries().next().cloned();
    pending.expect("an entry that nothing is known of becomes pending")
}

fn unheard_of(url: &Url) -> Document {
    let entry = Entry { url: Some(url.clone()), ..Entry::default() };
    let digests = vec![identity::digest(&entry)];
    let feed = Feed {
        format: Format::Rss,
        title: None,
        link: None,
        language: None,
        pace: feed::Pace::default(),
        hubs: Vec::new(),
        cloud: None,
        sitemaps: Vec::new(),
        entries: vec![entry],
        truncated: false,
        problems: Vec::new(),
    };
    Document { feed, names: Vec::new(), digests }
}

fn follow_job(trial: &DryRun, pending: &Pending) -> Follow {
    let configured = trial.feed.as_ref().map(|(_, feed)| feed);
    Follow {
        entry: pending.entry.clone(),
        full_text: configured.map(|feed| feed.full_text).unwrap_or_default(),
        shared_page: false,
        twice_unless: None,
        feed: configured.cloned(),
        validators: Validators::default(),
        knowledge: Arc::clone(&trial.knowledge),
        rules: Arc::clone(&trial.rules),
        limits: trial.documents.limits,
    }
}

/// Reads the page with every decision, and appends its further pages. A page from the web that only forwards is
/// followed.
async fn page(
    job: &Follow,
    mut origin: PageSource,
    fetcher: &Fetcher,
    cpu: &Cpu,
    now: DateTime<Utc>,
) -> (PageOutcome, Result<Explanation, String>) {
    let (from_web, mut asked) = (matches!(origin, PageSource::Web(_)), vec![origin.url().clone()]);
    loop {
        let response = match origin {
            PageSource::Web(url) => fetcher.get(follow::request(job, url, Validators::default())).await,
            PageSource::Hand { url, body, content_type } => Ok(at_hand(url, body, content_type)),
        };
        let response = match response {
            Ok(response) => response,
            Err(failure) => {
                let why = format!("{}: {failure}", failure.reason.as_str());
                return (PageOutcome::Failed(failure), Err(why));
            }
        };
        let refresh = response.refresh.clone();
        let (url, explained) = (response.url.clone(), explained(job, response, cpu).await);
        let (mut article, explanation) = match explained {
            Ok(explained) => explained,
            Err(failure) => return (PageOutcome::Unreadable(failure), Err(failure.to_string())),
        };
        if from_web && let Some(next) = follow::leads_on(&article, refresh, &asked) {
            asked.push(next.clone());
            origin = PageSource::Web(next);
            continue;
        }
        if from_web
            && let Ok(article) = &mut article
            && let Err(failure) = follow::append_next_pages(job, article, &url, fetcher, cpu).await
        {
            return (PageOutcome::Failed(failure), explanation);
        }
        let validators = Validators::default();
        // nothing was published before that it could be compared with
        let (observation, print, again) = (None, None, None);
        let page =
            PageRead { url, validators, fetched_at: now, article: article.map(Reading::of), observation, print, again };
        return (PageOutcome::Read(Box::new(page)), explanation);
    }
}

type Explained = (Result<Article, NoArticle>, Result<Explanation, String>);

/// Reads one page.
async fn explained(job: &Follow, response: Response, cpu: &Cpu) -> Result<Explained, CpuFailure> {
    if let Some(no_article) = follow::no_page(&response.body) {
        let why = format!("{}: {}", no_article.reason.as_str(), no_article.detail);
        return Ok((Err(no_article), Err(why)));
    }
    let restrictions = response.restrictions.clone();
    let (entry, knowledge, rules) = (job.entry.clone(), Arc::clone(&job.knowledge), Arc::clone(&job.rules));
    let limits = job.limits;
    let explained = cpu.run(move || {
        let page = Page { url: &response.url, body: &response.body, content_type: response.content_type.as_deref() };
        article::explain(page, ExtractionContext { entry: Some(&entry), site: &knowledge, rules: &rules, limits })
    });
    let explained = explained.await?;
    let mut article = explained.outcome.clone().map(|Extraction { article, .. }| article);
    if let Ok(article) = &mut article {
        follow::add_restrictions(article, restrictions);
    }
    Ok((article, Ok(explained)))
}

fn at_hand(url: Url, body: Bytes, content_type: Option<String>) -> Response {
    Response {
        url,
        moved_to: None,
        not_modified: false,
        body,
        content_type,
        validators: Validators::default(),
        fresh_for: None,
        refresh: None,
        restrictions: Vec::new(),
        links: Vec::new(),
    }
}

fn carrier(trial: &DryRun, document: &Document) -> Carrier {
    let configured = trial.feed.as_ref().map(|(_, feed)| feed);
    Carrier {
        url: configured.map(|feed| link::shown(&feed.url)).unwrap_or_default(),
        title: document.feed.title.clone(),
        name: configured.and_then(|feed| feed.name.clone()),
        tags: configured.map(|feed| feed.tags.clone()).unwrap_or_default(),
    }
}

fn outcome(verdict: Decision, pending: Pending, site: String, feeds: Vec<Carrier>, now: DateTime<Utc>) -> Outcome {
    let Pending { key, entry, discovered_at, .. } = pending;
    let id = record::id(&site, key);
    match verdict {
        Decision::Publish(publish) => {
            let Publish { article, revision, url, fetched_at, fallback_reason, .. } = *publish;
            let entry = FeedEntry::without_content(&entry);
            Outcome::Record(Box::new(Record::new(
                article,
                Provenance {
                    id,
                    revision,
                    url,
                    site,
                    fallback_reason,
                    feeds,
                    entry,
                    discovered_at,
                    fetched_at,
                    recorded_at: now,
                },
            )))
        }
        Decision::Reject { reason, detail, .. } => {
            let (url, entry) = (entry.url.as_ref().map(ToString::to_string), FeedEntry::whole(&entry));
            let reject =
                Reject { id, url, site, reason, detail, attempts: 1, feeds, entry, discovered_at, rejected_at: now };
            Outcome::Reject(Box::new(reject))
        }
        Decision::Retry { error, .. } => Outcome::Later(error),
        Decision::Unchanged { .. } | Decision::Over => Outcome::Later("nothing has changed".to_owned()),
    }
}
