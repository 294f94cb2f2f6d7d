//! Text that somebody scraped before: no markup is left, only lines.
//!
//! PURE. The same judgement as for pages, on an outline that has nothing but paragraphs.

use super::boilerplate::{Known, judge};
use super::extract::Body;
use super::metadata::Titles;
use super::outline::Outline;
use super::{Article, Field, Source, assemble};
use crate::text::paragraphs;

/// Longest first line, in characters, that can be a title.
const MAX_TITLE: usize = 200;

pub(super) fn article(raw: &str) -> Article {
    let text = paragraphs(raw);
    let mut parts: Vec<&str> = text.split(separator(&text)).filter(|part| !part.is_empty()).collect();
    let title = title(&parts).map(str::to_owned);
    if title.is_some() {
        parts.remove(0);
    }
    let mut article = from_parts(&parts, &Titles::new(title.as_deref()));
    article.title = article.sources.take(Field::Title, title.map(|title| (title, Source::Text)));
    article
}

/// Judges paragraphs that have no markup around them.
pub(super) fn from_parts(parts: &[&str], titles: &Titles) -> Article {
    let outline = Outline::of_paragraphs(parts);
    let body = Body { scope: 0, blocks: (0..outline.blocks.len()).collect(), ..Body::default() };
    let verdicts = judge(&outline, &body, &Known::titles(titles));
    let mut article = Article { text: assemble::text(&outline, &verdicts), ..Article::default() };
    assemble::record(&mut article, &outline, &verdicts);
    assemble::language(&mut article, None);
    article
}

/// Blank lines part paragraphs; text without any has a paragraph a line.
fn separator(text: &str) -> &'static str {
    if text.contains("\n\n") { "\n\n" } else { "\n" }
}

/// The first part, if it is apart: one short line that ends no sentence, before a longer part.
fn title<'a>(parts: &[&'a str]) -> Option<&'a str> {
    let (first, second) = (*parts.first()?, *parts.get(1)?);
    let ends = first.ends_with(['.', '。', '।', '…', ':', ',', ';']) && !first.ends_with("...");
    let apart = !ends
        && !first.contains('\n')
        && first.chars().count() <= MAX_TITLE
        && second.chars().count() > first.chars().count();
    apart.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_stand_apart() {
        let story = "The council met on Monday evening to decide what will become of the old bridge over the river.";
        for (first, expected) in [
            ("Old bridge may stay", Some("Old bridge may stay")),
            ("Will the old bridge stay?", Some("Will the old bridge stay?")),
            ("It rained.", None),
            ("古い橋は残るか", Some("古い橋は残るか")),
        ] {
            let article = article(&format!("{first}\n\n{story}"));
            assert_eq!(article.title.as_deref(), expected, "{first}");
        }
        assert_eq!(article(story).text, story);
    }
}
