//! Links inside an entry's HTML, made absolute: a later reader does not know where the HTML was.
//!
//! Relative to the current `xml:base`, else to the entry's page, else to the document. The total growth is limited, as
//! in [`super::scope`].

use memchr::{memchr, memmem};
use url::Url;

use super::entity::{escape, resolve_html};
use super::token::{Token, Tokenizer, attributes};

/// Bytes that they may grow by in a document of any size; beyond that, half of the document's own size.
const FREE_GROWTH: usize = 65_536;
const LINKS: [&str; 3] = ["href", "src", "poster"];

/// Makes links absolute.
#[derive(Debug)]
pub(super) struct Links {
    document: Url,
    growth: usize,
    /// There were more than a document may have.
    pub(super) exhausted: bool,
}

impl Links {
    pub(super) fn new(document: &Url, length: usize) -> Self {
        Self { document: document.clone(), growth: FREE_GROWTH + length / 2, exhausted: false }
    }

    /// The HTML with absolute links.
    pub(super) fn absolute(&mut self, html: String, base: Option<&Url>) -> String {
        if !has_relative(&html) {
            return html;
        }
        let base = base.cloned().unwrap_or_else(|| self.document.clone());
        let mut out = String::with_capacity(html.len());
        let mut written = 0;
        for token in Tokenizer::new(&html) {
            let Token::Open { attributes: raw, .. } = token else { continue };
            for (name, value) in attributes(raw) {
                if !LINKS.iter().any(|link| link.eq_ignore_ascii_case(name)) || !is_relative(value) {
                    continue;
                }
                let Some(url) = self.resolve(value, &base) else { continue };
                // `value` is a slice of `html`
                let at = value.as_ptr() as usize - html.as_ptr() as usize;
                out.push_str(&html[written..at]);
                escape(url.as_str(), &mut out);
                written = at + value.len();
            }
        }
        out.push_str(&html[written..]);
        out.shrink_to_fit();
        out
    }

    fn resolve(&mut self, value: &str, base: &Url) -> Option<Url> {
        let url = base.join(resolve_html(value.trim()).as_ref()).ok()?;
        let grown = self.growth.checked_sub(url.as_str().len().saturating_sub(value.len()));
        self.exhausted |= grown.is_none();
        self.growth = grown?;
        Some(url)
    }
}

/// A quick check for a link that may be relative: most texts have none.
fn has_relative(html: &str) -> bool {
    let bytes = html.as_bytes();
    let is_there = |name: &str| {
        memmem::find_iter(bytes, name).any(|at| {
            let value = html[at + name.len()..].strip_prefix('=').unwrap_or_default();
            is_relative(value.strip_prefix(['"', '\'']).unwrap_or(value))
        })
    };
    memchr(b'<', bytes).is_some() && LINKS.iter().any(|name| is_there(name))
}

/// Has no scheme of its own, and is not a place on the same page.
fn is_relative(value: &str) -> bool {
    let value = value.trim_start();
    let scheme = value.bytes().take(16).take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
    !matches!(value.as_bytes().first(), None | Some(b'#' | b'"' | b'\'' | b'{' | b'&'))
        && value.as_bytes().get(scheme) != Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_absolute() {
        let base = Url::parse("https://example.com/news/storm").unwrap();
        for (html, expected) in [
            ("<a href='/a'>x</a>", "<a href='https://example.com/a'>x</a>"),
            ("<IMG alt=x SRC=\"b.jpg?c=1&amp;d=2\">", "<IMG alt=x SRC=\"b.jpg?c=1&amp;d=2\">"),
            (
                "<img alt=x src=\"b.jpg?c=1&amp;d=2\"/>",
                "<img alt=x src=\"https://example.com/news/b.jpg?c=1&amp;d=2\"/>",
            ),
            ("<img src=b.jpg>", "<img src=https://example.com/news/b.jpg>"),
            ("<a href='//cdn.example.com/a'>", "<a href='https://cdn.example.com/a'>"),
            (
                "<a href='http://example.org/'>1</a><a href='#top'>2</a>",
                "<a href='http://example.org/'>1</a><a href='#top'>2</a>",
            ),
            ("<a href='mailto:a@example.com'>, <a href=''>", "<a href='mailto:a@example.com'>, <a href=''>"),
            ("write src=\"b\" <p>", "write src=\"b\" <p>"),
        ] {
            let mut links = Links::new(&base, 0);
            assert_eq!(links.absolute(html.to_owned(), Some(&base)), expected, "{html}");
        }
    }

    #[test]
    fn a_long_base_cannot_be_multiplied() {
        let base = Url::parse(&format!("https://example.com/{}/", "b".repeat(2_000))).unwrap();
        let mut links = Links::new(&base, 0);
        let html = links.absolute("<a href='x'>".repeat(10_000), None);
        assert!(links.exhausted && html.len() < 10_000 * 12 + FREE_GROWTH + 4_096, "{}", html.len());
    }
}
