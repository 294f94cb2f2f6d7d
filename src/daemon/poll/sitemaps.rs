//! An index of sitemaps as a feed: its entries are those of the sitemaps that changed last.
//!
//! They are asked for only when the index itself has changed, since no validators of theirs are kept. An index that
//! does not date them says nothing of their changes: then it is better to name a sitemap as the feed, and it is said so.

use url::Url;

use super::{Poll, PollFailure, parse, request, unusable};
use crate::{
    daemon::work::Cpu,
    feed::{Feed, Problem, Sitemap},
    fetch::{Fetcher, Validators},
    link,
};

/// Sitemaps that are read of one index: those with the latest news.
const MOST: usize = 3;
/// Entries of all of them together.
const MOST_ENTRIES: usize = 20_000;

/// Adds the entries of an index's sitemaps. Fails where none of them could be read.
pub(super) async fn read(
    index: &mut Feed,
    job: &Poll,
    url: &Url,
    fetcher: &Fetcher,
    cpu: &Cpu,
) -> Result<(), PollFailure> {
    let mut failure = unusable("empty", "the index names no sitemap of its site".to_owned());
    let mut any = false;
    for sitemap in newest(&index.sitemaps, url) {
        match one(sitemap, job, fetcher, cpu).await {
            Ok(found) => {
                any = true;
                let room = MOST_ENTRIES - index.entries.len();
                index.entries.extend(found.entries.into_iter().take(room));
                add_problems(&mut index.problems, found.problems);
            }
            Err(failed) => failure = failed,
        }
    }
    if index.sitemaps.iter().all(|sitemap| sitemap.updated.is_none()) {
        let example = "name the sitemap with the news as the feed".to_owned();
        index.problems.push(Problem { kind: "undated-sitemaps", count: 1, example });
    }
    if any { Ok(()) } else { Err(failure) }
}

async fn one(url: Url, job: &Poll, fetcher: &Fetcher, cpu: &Cpu) -> Result<Feed, PollFailure> {
    let response = fetcher.get(request(job, url, Validators::default())).await?;
    match cpu.run(move || parse(&response)).await? {
        Ok(feed) => Ok(feed),
        Err(not_a_feed) => Err(unusable(not_a_feed.reason(), not_a_feed.to_string())),
    }
}

/// The sitemaps that the index dates last, those that are about news first where it dates none; of its own site only.
fn newest(sitemaps: &[Sitemap], index: &Url) -> Vec<Url> {
    let site = link::site(index);
    let mut own: Vec<&Sitemap> = sitemaps.iter().filter(|sitemap| link::site(&sitemap.url) == site).collect();
    own.sort_by_key(|sitemap| {
        let at = sitemap.updated.map(|moment| moment.at.to_utc());
        (std::cmp::Reverse(at), !sitemap.url.path().contains("news"))
    });
    own.into_iter().take(MOST).map(|sitemap| sitemap.url.clone()).collect()
}

fn add_problems(to: &mut Vec<Problem>, found: Vec<Problem>) {
    for problem in found {
        match to.iter_mut().find(|known| known.kind == problem.kind) {
            Some(known) => known.count = known.count.saturating_add(problem.count),
            None => to.push(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Moment;

    #[test]
    fn the_latest_of_the_own_site_are_read() {
        let sitemap = |url: &str, day: Option<u32>| Sitemap {
            url: Url::parse(url).unwrap(),
            updated: day.map(|day| Moment { at: format!("2026-01-{day:02}T00:00:00Z").parse().unwrap(), zoned: true }),
        };
        let index = Url::parse("https://example.com/sitemap.xml").unwrap();
        for (sitemaps, expected) in [
            (
                vec![
                    sitemap("https://example.com/1.xml", Some(1)),
                    sitemap("https://example.com/old.xml", None),
                    sitemap("https://example.org/elsewhere.xml", Some(9)),
                    sitemap("https://www.example.com/3.xml", Some(3)),
                    sitemap("https://example.com/2.xml", Some(2)),
                ],
                vec!["https://www.example.com/3.xml", "https://example.com/2.xml", "https://example.com/1.xml"],
            ),
            (
                vec![
                    sitemap("https://example.com/pages.xml", None),
                    sitemap("https://example.com/a.xml", None),
                    sitemap("https://example.com/b.xml", None),
                    sitemap("https://example.com/news.xml", None),
                ],
                vec!["https://example.com/news.xml", "https://example.com/pages.xml", "https://example.com/a.xml"],
            ),
        ] {
            let found: Vec<String> = newest(&sitemaps, &index).into_iter().map(String::from).collect();
            assert_eq!(found, expected);
        }
    }
}
