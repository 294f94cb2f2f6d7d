//! An article on several pages (`rel=next`), put together.
//!
//! The author of the pages decides how many there are and what is on them, so pages, text and time have their own
//! limits, and all work on texts is done where it can be interrupted.

use std::collections::HashSet;

use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{Follow, extraction, request};
use crate::{
    article::Article,
    daemon::work::Cpu,
    fetch::{Failure, Fetcher, Validators},
};

/// Pages of one article, including the first.
const MOST_PAGES: usize = 8;
/// Bytes that an article may grow to by its further pages.
const MOST_TEXT: usize = 1024 * 1024;

/// Follows `rel=next` and appends what it finds, until a limit is reached. All further pages together have as much
/// processor time as one document.
///
/// A page with a lasting failure ends the article there. A failure that may pass is returned: without its end, the
/// article would look complete.
/// would be taken for whole without its end.
pub(in crate::daemon) async fn append_next_pages(
    job: &Follow,
    article: &mut Article,
    first: &Url,
    fetcher: &Fetcher,
    cpu: &Cpu,
) -> Result<(), Failure> {
    let (mut asked, mut left) = (vec![first.clone()], cpu.deadline());
    let mut next = article.next_page.take();
    while let Some(url) = next.filter(|url| asked.len() < MOST_PAGES && !asked.contains(url)) {
        asked.push(url.clone());
        let response = match fetcher.get(request(job, url, Validators::default())).await {
            Ok(response) => response,
            Err(failure) if failure.reason.is_transient() => {
                let detail = format!("page {} of the article: {}", asked.len(), failure.detail);
                return Err(Failure { detail, ..failure });
            }
            Err(_) => return Ok(()),
        };
        let (read, so_far) = (extraction(job), article.text.clone());
        let appended = cpu.run_within(&mut left, move || {
            let page = read(response).article.ok()?;
            let (more, whole) = new_paragraphs(&so_far, &page.text, MOST_TEXT.saturating_sub(so_far.len()));
            Some((more, page.next_page.filter(|_| whole)))
        });
        let Ok(Some((more, after))) = appended.await else { return Ok(()) };
        article.text.push_str(&more);
        next = after;
    }
    Ok(())
}

/// The paragraphs of a page that are not in the pages before it, each after an empty line, as many as there is room
/// for; and whether that was all of them.
fn new_paragraphs(so_far: &str, page: &str, room: usize) -> (String, bool) {
    let known: HashSet<u64> = so_far.split("\n\n").map(|paragraph| xxh3_64(paragraph.as_bytes())).collect();
    let mut more = String::new();
    for paragraph in page.split("\n\n").filter(|paragraph| !known.contains(&xxh3_64(paragraph.as_bytes()))) {
        if more.len() + paragraph.len() + 2 > room {
            return (more, false);
        }
        more.push_str("\n\n");
        more.push_str(paragraph);
    }
    (more, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_pages_before_had_is_left_out() {
        for (so_far, page, room, expected) in [
            ("One.\n\nTwo.", "Three.\n\nFour.", 100, ("\n\nThree.\n\nFour.", true)),
            ("One.\n\nTwo.", "Two.\n\nThree.\n\nOne.", 100, ("\n\nThree.", true)),
            ("One.", "One.", 100, ("", true)),
            // a part of a paragraph is a different paragraph, and what one page says twice is meant
            ("Not one.", "one.\n\nYes.\n\nNo.\n\nYes.", 100, ("\n\none.\n\nYes.\n\nNo.\n\nYes.", true)),
            ("One.", "Two.\n\nThree.\n\nFour.", 14, ("\n\nTwo.\n\nThree.", false)),
            ("One.", "Two.", 5, ("", false)),
            ("One.", "One.", 0, ("", true)),
        ] {
            let expected = (expected.0.to_owned(), expected.1);
            assert_eq!(new_paragraphs(so_far, page, room), expected, "{page:?} after {so_far:?}");
        }
    }

    #[test]
    fn many_paragraphs_take_time_in_proportion() {
        let page = |from: u32| (from..from + 200_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n\n");
        let begun = std::time::Instant::now();
        let (more, whole) = new_paragraphs(&page(0), &page(100_000), usize::MAX);
        assert!(whole && more.starts_with("\n\n200000\n\n") && more.ends_with("\n\n299999"));
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
