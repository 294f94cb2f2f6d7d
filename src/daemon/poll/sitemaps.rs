//! An index of sitemaps as a feed: its entries are those of the sitemaps that changed since they were last read.
//!
//! [`Children`] decides which these are. Some are requested at each poll; what is left for later is a problem that
//! `status` shows, and that keeps the index from being answered by a 304.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use url::Url;

use super::{Poll, PollFailure, parse, request, unusable};
use crate::{
    daemon::{clock, work::Cpu},
    feed::{Children, Entry, Feed, Format, Offer, Problem, Sitemap},
    fetch::{Fetcher, Validators},
};

/// From this many entries on, the sitemaps that are left are read at the next polls.
const ENOUGH: usize = 20_000;

/// The result for an index.
pub(super) struct Read {
    /// With the sitemaps that were read.
    pub(super) children: Children,
    /// How many are to be requested at the next poll whether the index changes or not.
    pub(super) left: usize,
}

/// Adds the entries of an index's sitemaps. Fails if none of the requested ones could be read.
pub(super) async fn read(
    index: &mut Feed,
    job: &Poll,
    url: &Url,
    fetcher: &Fetcher,
    cpu: &Cpu,
) -> Result<Read, PollFailure> {
    let (mut children, sitemaps) = (job.sitemaps.clone(), std::mem::take(&mut index.sitemaps));
    let home = url.clone();
    // an index may name fifty thousand
    let (chosen, children, sitemaps) = cpu
        .run(move || {
            let offer = children.choose(&sitemaps, &home, clock::now());
            (Chosen::of(offer), children, sitemaps)
        })
        .await?;
    if chosen.is_foreign {
        return Err(unusable("empty", "the index names no sitemap of its site".to_owned()));
    }
    add_problems(&mut index.problems, chosen.problems);
    let Asked { children, mut found, problems } = ask(chosen.sitemaps, children, job, fetcher, cpu).await?;
    add_problems(&mut index.problems, problems);
    let home = url.clone();
    let (entries, read) = cpu
        .run(move || {
            found.sort_by_key(|(at, _)| Reverse(*at));
            let left = children.left(&sitemaps, &home);
            (found.into_iter().map(|(_, entry)| entry).collect(), Read { children, left })
        })
        .await?;
    index.entries = entries;
    Ok(read)
}

/// The result of requesting sitemaps.
struct Asked {
    children: Children,
    /// Their entries, and the time of each.
    found: Vec<(Option<DateTime<Utc>>, Entry)>,
    problems: Vec<Problem>,
}

/// Requests sitemaps, one after the other. Fails if all of them fail.
async fn ask(
    sitemaps: Vec<Sitemap>,
    mut children: Children,
    job: &Poll,
    fetcher: &Fetcher,
    cpu: &Cpu,
) -> Result<Asked, PollFailure> {
    let (mut found, mut problems, mut failure, mut any) = (Vec::new(), Vec::new(), None, false);
    for sitemap in sitemaps {
        if found.len() >= ENOUGH {
            break;
        }
        match one(&sitemap, job, fetcher, cpu).await {
            Ok(feed) => {
                any = true;
                match feed.truncated {
                    true => children.failed(&sitemap, clock::now()),
                    false => children.read(&sitemap, clock::now()),
                }
                found.extend(feed.entries.into_iter().map(|entry| (dated(&entry, &sitemap), entry)));
                add_problems(&mut problems, feed.problems);
            }
            Err(failed) => {
                children.failed(&sitemap, clock::now());
                let named = format!("{}: {}", failed.reason, failed.detail);
                add_problems(&mut problems, [problem("failed-sitemap", 1, &named)]);
                failure = Some(failed);
            }
        }
    }
    match failure {
        Some(failure) if !any => Err(failure),
        _ => Ok(Asked { children, found, problems }),
    }
}

/// What is requested, and what is to be reported about it.
struct Chosen {
    sitemaps: Vec<Sitemap>,
    is_foreign: bool,
    problems: Vec<Problem>,
}

impl Chosen {
    fn of(offer: Offer<'_>) -> Self {
        let said = [
            ("waiting-sitemaps", offer.waiting, "they have changed, and are read at the next polls"),
            ("undated-sitemaps", offer.undated, "some of them are read at each poll, in turn"),
            ("old-sitemaps", offer.archives, "archives, which are read when they change"),
            ("ignored-sitemaps", offer.ignored, "of another site, named twice, or too many"),
        ];
        let said = said.into_iter().filter(|(_, count, _)| *count > 0);
        let said = said.map(|(kind, count, words)| problem(kind, count, words));
        let again = |sitemap: &&Sitemap| problem("failed-sitemap", offer.failed.len(), sitemap.url.as_str());
        Self {
            is_foreign: offer.named == 0,
            problems: said.chain(offer.failed.first().map(again)).collect(),
            sitemaps: offer.chosen.into_iter().cloned().collect(),
        }
    }
}

async fn one(sitemap: &Sitemap, job: &Poll, fetcher: &Fetcher, cpu: &Cpu) -> Result<Feed, PollFailure> {
    let found = async {
        let response = fetcher.get(request(job, sitemap.url.clone(), Validators::default())).await?;
        match cpu.run(move || parse(&response)).await? {
            Ok(feed) if feed.format == Format::SitemapIndex => {
                Err(unusable("malformed", "an index in an index".to_owned()))
            }
            Ok(feed) => Ok(feed),
            Err(not_a_feed) => Err(unusable(not_a_feed.reason(), not_a_feed.to_string())),
        }
    };
    let named = |failure: PollFailure| {
        let detail = format!("{}: {}", sitemap.url, failure.detail);
        PollFailure { detail, ..failure }
    };
    found.await.map_err(named)
}

/// The time of an entry; one without a time is as new as its sitemap.
fn dated(entry: &Entry, sitemap: &Sitemap) -> Option<DateTime<Utc>> {
    entry.date().or(sitemap.updated).map(|moment| moment.at.to_utc())
}

fn problem(kind: &'static str, count: usize, example: &str) -> Problem {
    Problem { kind, count: u32::try_from(count).unwrap_or(u32::MAX), example: example.to_owned() }
}

fn add_problems(to: &mut Vec<Problem>, found: impl IntoIterator<Item = Problem>) {
    for problem in found {
        match to.iter_mut().find(|known| known.kind == problem.kind) {
            Some(known) => known.count = known.count.saturating_add(problem.count),
            None => to.push(problem),
        }
    }
}
