//! What is in force inside an element and not outside: prefixes and base addresses.
//!
//! Limited, because an attacker can declare thousands of prefixes, and multiply a long base address by every link.

use url::Url;

use super::names::{self, Namespace};
use super::problem::Problems;
use super::{address, bounds};

const MAX_BINDINGS: usize = 256;
const MAX_BASES: usize = 128;
/// Longest base that is used.
const MAX_BASE: usize = 2048;
/// Bytes that relative addresses may grow by in a document of any size; beyond that, half of the document's own size.
const FREE_GROWTH: usize = 65_536;

/// The declarations in force.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    url: &'a Url,
    bindings: Vec<(&'a str, Namespace)>,
    bases: Vec<Url>,
    growth: usize,
}

/// A state of the scope to return to.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScopeMark {
    bindings: usize,
    bases: usize,
}

impl<'a> Scope<'a> {
    /// `url` is the document's address, `length` its size.
    pub(super) fn new(url: &'a Url, length: usize) -> Self {
        Self { url, bindings: Vec::new(), bases: Vec::new(), growth: FREE_GROWTH + length / 2 }
    }

    pub(super) fn mark(&self) -> ScopeMark {
        ScopeMark { bindings: self.bindings.len(), bases: self.bases.len() }
    }

    pub(super) fn leave(&mut self, outer: ScopeMark) {
        self.bindings.truncate(outer.bindings);
        self.bases.truncate(outer.bases);
    }

    pub(super) fn bind(&mut self, prefix: &'a str, address: &str) {
        if self.bindings.len() < MAX_BINDINGS {
            self.bindings.push((prefix, names::namespace(address, prefix)));
        }
    }

    pub(super) fn namespace(&self, prefix: &str) -> Namespace {
        let bound = self.bindings.iter().rev().find(|(name, _)| *name == prefix);
        bound.map_or_else(|| names::by_prefix(prefix), |(_, namespace)| *namespace)
    }

    /// The base that the `xml:base` in force names.
    pub(super) fn told_base(&self) -> Option<&Url> {
        self.bases.last()
    }

    /// Whether an address without a scheme starts with a host.
    pub(super) fn begins_with_host(&self, text: &str) -> bool {
        address::begins_with_host(text, self.url)
    }

    fn base(&self) -> &Url {
        self.bases.last().unwrap_or(self.url)
    }

    pub(super) fn rebase(&mut self, address: &str) {
        if self.bases.len() < MAX_BASES
            && address.len() <= MAX_BASE
            && let Some(base) = self.base().join(address.trim()).ok().filter(|base| base.as_str().len() <= MAX_BASE)
        {
            self.bases.push(base);
        }
    }

    /// An absolute address; `None` if it is not an address, or if the document has too many relative ones.
    pub(super) fn resolve(&mut self, text: &str, problems: &mut Problems) -> Option<Url> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if text.len() > 2 * bounds::LINK {
            problems.note("too-long-link", || text.to_owned());
            return None;
        }
        let text = address::meant(text, Some(self.url));
        if let Ok(url) = Url::parse(&text) {
            return bounds::link(address::without_empty_parts(url), problems);
        }
        let url = bounds::link(address::without_empty_parts(self.base().join(&text).ok()?), problems)?;
        let Some(growth) = self.growth.checked_sub(url.as_str().len().saturating_sub(text.len())) else {
            problems.note("too-long-base", || "relative links would outgrow the document".to_owned());
            return None;
        };
        self.growth = growth;
        Some(url)
    }
}

/// An absolute address as it was written, if the URL has another spelling.
pub(super) fn other_spelling(told: &str, url: &Url) -> Option<String> {
    let told = address::meant(told, None);
    let told = told.trim_end_matches(['?', '#']);
    let is_absolute = told.strip_prefix(url.scheme()).is_some_and(|rest| rest.starts_with(':'));
    (is_absolute && told != url.as_str() && !told.contains(char::is_whitespace)).then(|| told.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_nest_and_end() {
        let url = Url::parse("https://example.com/feed.xml").unwrap();
        let mut scope = Scope::new(&url, 0);
        let resolve =
            |scope: &mut Scope<'_>, text: &str| scope.resolve(text, &mut Problems::default()).map(String::from);
        assert_eq!(resolve(&mut scope, " a ").as_deref(), Some("https://example.com/a"));
        let outer = scope.mark();
        scope.rebase("http://example.org/x/");
        scope.rebase("y/");
        for (text, expected) in [
            ("a", Some("http://example.org/x/y/a")),
            ("//example.net/a?", Some("http://example.net/a")),
            ("/a\n /b", Some("http://example.org/a/b")),
            ("tag:example.com,2004:a", Some("tag:example.com,2004:a")),
            ("", None),
        ] {
            assert_eq!(resolve(&mut scope, text).as_deref(), expected, "{text}");
        }
        scope.leave(outer);
        assert_eq!(resolve(&mut scope, "a").as_deref(), Some("https://example.com/a"));
    }

    #[test]
    fn a_long_base_cannot_be_multiplied() {
        let url = Url::parse("https://example.com/").unwrap();
        let mut scope = Scope::new(&url, 1000);
        scope.rebase(&format!("/{}/", "b".repeat(2000)));
        let resolved = (0..1000).filter(|_| scope.resolve("a", &mut Problems::default()).is_some()).count();
        assert!((30..40).contains(&resolved), "{resolved}");
        scope.rebase(&format!("/{}/", "b".repeat(3000)));
        assert!(scope.base().as_str().len() < 2048);
    }
}
