//! The normal form of text: what every title and paragraph in a record looks like.
//!
//! PURE. Shared by `feed` (titles, summaries) and `article` (paragraphs), so that both mean the same by "text".

/// One line: a title, a name, a byline. Same rules as [`paragraphs`], all white space folded to single spaces.
pub fn line(raw: &str) -> String {
    raw.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Several paragraphs, separated by one blank line.
pub fn paragraphs(raw: &str) -> String {
    raw.split("\n\n").map(line).filter(|p| !p.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// An HTML fragment (a feed's summary, a title with markup) as paragraphs of text.
pub fn from_html(html: &str) -> String {
    paragraphs(html)
}
