//! One entry followed to its article: request the page, extract the story, and keep the feed's own text as a fallback.

use std::{borrow::Cow, sync::Arc};

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    clock,
    work::{Cpu, CpuFailure},
};
use crate::{
    article::{
        self, Article, ExtractionContext, Field, NoArticle, NoArticleReason, Page, Print, SiteObservation, Source,
        TextSource,
    },
    config::{self, CookieScope, FullText, Route},
    feed::Entry,
    fetch::{Failure, Fetcher, Refresh, Request, RequestKind, Response, Validators, sniff},
    ledger::fault,
    link, record,
    state::{PageText, Published, content},
};

mod pages;

/// How many times pages that only forward are followed.
const MOST_REFRESHES: usize = 3;
/// A page with less text (in bytes) than this that forwards every visitor is about its target.
const LEAST_STORY: usize = 1500;

pub(super) use pages::append_next_pages;

/// What is requested.
#[derive(Debug, Clone)]
pub(super) struct Follow {
    pub(super) entry: Entry,
    pub(super) full_text: FullText,
    /// The feed that had it; none if it is no longer configured.
    pub(super) feed: Option<config::Feed>,
    pub(super) validators: Validators,
    pub(super) knowledge: Arc<article::Site>,
    pub(super) limits: article::Limits,
    pub(super) rules: Arc<article::Rules>,
    /// Its link leads to a page that other entries share: the feed has its text.
    pub(super) shared_page: bool,
    /// What was published of it: a page that differs from that is read twice, because it may differ each time.
    pub(super) twice_unless: Option<Published>,
}

/// The result.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) page: PageOutcome,
    /// The article as the feed alone gives it.
    pub(super) told: Option<Article>,
}

/// The result for the page.
#[derive(Debug)]
pub(super) enum PageOutcome {
    /// It was not requested: the entry has no link, or the feed's own text is used.
    NotWanted,
    /// 304: nothing new.
    Unchanged,
    /// It was read.
    Read(Box<PageRead>),
    /// It was not fetched.
    Failed(Failure),
    /// It was fetched, and could not be processed.
    Unreadable(CpuFailure),
}

/// A page that was read.
#[derive(Debug)]
pub(super) struct PageRead {
    pub(super) url: Url,
    pub(super) validators: Validators,
    pub(super) fetched_at: DateTime<Utc>,
    pub(super) article: Result<Reading, NoArticle>,
    pub(super) observation: Option<article::SiteObservation>,
    /// All text of the page.
    pub(super) print: Option<Print>,
    /// What a second request gave, right after the first.
    pub(super) again: Option<PageText>,
}

/// An article, and what is compared of it: made once, where it is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) article: Article,
    pub(super) text: PageText,
}

impl Reading {
    pub(super) fn of(article: Article) -> Self {
        Self { text: text_of(&article), article }
    }
}

pub(super) async fn follow(job: Follow, fetcher: &Fetcher, cpu: &Cpu) -> Followed {
    let url = job.entry.url.clone().filter(|_| job.full_text != FullText::Feed && !job.shared_page);
    let page = match url {
        Some(url) => page_twice_if_it_differs(&job, url, fetcher, cpu).await,
        None => PageOutcome::NotWanted,
    };
    let told = told(&job, &page, cpu).await;
    Followed { page, told }
}

/// The article as the feed alone gives it, if it may be needed in addition to the page.
pub(super) async fn told(job: &Follow, page: &PageOutcome, cpu: &Cpu) -> Option<Article> {
    match (page, job.full_text) {
        (PageOutcome::Unchanged, _) => None,
        (_, FullText::Page) if !job.shared_page => None,
        (PageOutcome::Read(read), _) if read.article.as_ref().is_ok_and(|reading| !reading.article.paywalled) => None,
        _ => {
            let (entry, knowledge) = (job.entry.clone(), Arc::clone(&job.knowledge));
            cpu.run(move || article::from_entry(&entry, &knowledge)).await.ok().flatten()
        }
    }
}

async fn page_twice_if_it_differs(job: &Follow, url: Url, fetcher: &Fetcher, cpu: &Cpu) -> PageOutcome {
    let mut first = page(job, url.clone(), &job.validators, fetcher, cpu).await;
    let Some(published) = &job.twice_unless else { return first };
    if let PageOutcome::Read(read) = &mut first
        && let Ok(reading) = &read.article
        && reading.text.content != published.content
        && let PageOutcome::Read(second) = page(job, url, &Validators::default(), fetcher, cpu).await
    {
        read.again = second.article.ok().map(|reading| reading.text);
    }
    first
}

async fn page(job: &Follow, url: Url, known: &Validators, fetcher: &Fetcher, cpu: &Cpu) -> PageOutcome {
    let mut asked = vec![url];
    loop {
        let url = asked.last().expect("there is one from the start").clone();
        let response = match fetcher.get(request(job, url, validators(known, asked.len()))).await {
            Ok(response) if response.not_modified => return PageOutcome::Unchanged,
            Ok(response) => response,
            Err(failure) => return PageOutcome::Failed(failure),
        };
        let (fetched_at, refresh) = (clock::now(), response.refresh.clone());
        let (url, mut validators) = (response.url.clone(), response.validators.clone());
        let Extracted { mut article, observation, print } = match extract(job, response, cpu).await {
            Ok(extracted) => extracted,
            Err(failure) => return PageOutcome::Unreadable(failure),
        };
        if let Some(next) = leads_on(&article, refresh, &asked) {
            asked.push(next);
            continue;
        }
        if let Ok(article) = &mut article
            && let Err(failure) = append_next_pages(job, article, &url, fetcher, cpu).await
        {
            return PageOutcome::Failed(failure);
        }
        if asked.len() > 1 && !validators.is_empty() {
            validators.url.get_or_insert_with(|| Box::new(url.clone()));
        }
        return PageOutcome::Read(Box::new(PageRead {
            url,
            validators,
            fetched_at,
            article: article.map(Reading::of),
            observation,
            print,
            again: None,
        }));
    }
}

/// What a page gives.
struct Extracted {
    article: Result<Article, NoArticle>,
    observation: Option<SiteObservation>,
    print: Option<Print>,
}

/// What to send with the nth request for a page: validators without a URL of their own belong to the first.
fn validators(known: &Validators, nth: usize) -> Validators {
    if nth == 1 || known.url.is_some() { known.clone() } else { Validators::default() }
}

/// Where a page forwards that has no story of its own, or almost none, unless that was requested before.
pub(super) fn leads_on(article: &Result<Article, NoArticle>, refresh: Option<Refresh>, asked: &[Url]) -> Option<Url> {
    let Refresh { url, without_scripts, .. } = refresh?;
    let follows = match article {
        Err(_) => true,
        Ok(article) => match article.text_source {
            TextSource::FeedContent | TextSource::FeedSummary => true,
            _ => !without_scripts && article.text.len() < LEAST_STORY,
        },
    };
    (follows && asked.len() <= MOST_REFRESHES && !asked.contains(&url)).then_some(url)
}

async fn extract(job: &Follow, response: Response, cpu: &Cpu) -> Result<Extracted, CpuFailure> {
    let work = extraction(job);
    cpu.run(move || {
        fault::point("extracting");
        work(response)
    })
    .await
}

/// The reading of a page, for a thread for processor work.
fn extraction(job: &Follow) -> impl FnOnce(Response) -> Extracted + Send + 'static {
    let (entry, knowledge, rules) = (job.entry.clone(), Arc::clone(&job.knowledge), Arc::clone(&job.rules));
    let limits = job.limits;
    move |response| {
        let page = Page { url: &response.url, body: &response.body, content_type: response.content_type.as_deref() };
        if let Some(no_article) = no_page(&response.body) {
            return Extracted { article: Err(no_article), observation: None, print: None };
        }
        match article::extract(page, ExtractionContext { entry: Some(&entry), site: &knowledge, rules: &rules, limits })
        {
            Ok(article::Extraction { mut article, observation, print }) => {
                add_restrictions(&mut article, response.restrictions);
                Extracted { article: Ok(article), observation: Some(observation), print: Some(print) }
            }
            Err(no_article) => {
                let observation = SiteObservation::without_story(&response.url, no_article.reason);
                Extracted { article: Err(no_article), observation: Some(observation), print: None }
            }
        }
    }
}

/// Why bytes are not a page at all.
pub(super) fn no_page(body: &[u8]) -> Option<NoArticle> {
    let kind = sniff::no_page(body)?;
    Some(NoArticle {
        reason: NoArticleReason::NotHtml,
        detail: format!("the page is {kind}, whatever its content type says"),
    })
}

/// The headers of the response may ask more of those who copy the page than the page does.
pub(super) fn add_restrictions(article: &mut Article, restrictions: Vec<String>) {
    if !restrictions.is_empty() {
        article.sources.note(Field::Restrictions, Source::Header);
    }
    article.restrictions.extend(restrictions);
    article.restrictions.sort();
    article.restrictions.dedup();
}

pub(super) fn request(job: &Follow, url: Url, validators: Validators) -> Request {
    let (headers, cookies, route) = job.feed.as_ref().map(|feed| lent(feed, &url)).unwrap_or_default();
    Request { url, kind: RequestKind::Page, validators, headers, obey_robots: true, cookies, route }
}

type Lent = (Vec<(http::HeaderName, http::HeaderValue)>, CookieScope, Route);

/// What is sent with a request to a URL: the user's settings for a feed are meant for its origin, and may be secret.
pub(super) fn lent(feed: &config::Feed, url: &Url) -> Lent {
    let cookies = match feed.cookies {
        CookieScope::Site if link::site(&feed.url) == link::site(url) => CookieScope::Site,
        CookieScope::Origin if feed.url.origin() == url.origin() => CookieScope::Origin,
        _ => CookieScope::Nobody,
    };
    if feed.url.origin() == url.origin() {
        (feed.headers.clone(), cookies, feed.proxy.clone())
    } else {
        (Vec::new(), cookies, Route::Usual)
    }
}

/// What is compared between articles, and between two readings of one.
pub(super) fn text_of(article: &Article) -> PageText {
    PageText { content: content_of(article), text: Some(text_print(article)) }
}

/// 32 bits of the hash of what identifies a content: title, text, and corrections, which are an edit too.
fn content_of(article: &Article) -> u32 {
    content(&record::content_hash(article.title.as_deref(), &with_corrections(article)))
}

fn text_print(article: &Article) -> Print {
    Print::of_text(&format!("{}\n{}", article.title.as_deref().unwrap_or_default(), with_corrections(article)))
}

fn with_corrections(article: &Article) -> Cow<'_, str> {
    match article.corrections.is_empty() {
        true => Cow::Borrowed(&article.text),
        false => Cow::Owned(format!("{}\n\n{}", article.text, article.corrections.join("\n\n"))),
    }
}

#[cfg(test)]
mod tests;
