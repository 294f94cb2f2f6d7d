//! What users know better of a site: parts of its pages that are the story, and parts that are not.
//!
//! PURE. Data and no code: CSS selectors, by host or by registrable domain. They win over everything else that is known
//! of a block. What they match is marked in the page's tree, before its text is written down; without rules for a page
//! nothing is done.

use std::collections::{BTreeMap, HashMap};

use ego_tree::NodeId;
use html5ever::{LocalName, QualName, ns};
use scraper::error::SelectorErrorKind;
use scraper::{Html, Node};
use url::{Host, Url};

use super::outline::is_inline;
use crate::link;
use crate::text::line;

/// Most selectors that a site may have: each is looked for on all of a page.
const MAX_SELECTORS: usize = 64;
/// Longest selector, in bytes.
const MAX_LENGTH: usize = 400;
/// The attribute that marks what is ruled in or out. No page can write it: in HTML, a space ends an attribute's name.
pub(super) const ATTRIBUTE: &str = "copydesk rule";

/// Rules for the pages of some sites.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    by_host: BTreeMap<String, Vec<Rule>>,
}

/// One selector of a site, and what it decides.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    selector: Selector,
    effect: Effect,
}

/// What becomes of the parts of a page that a selector matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// They are the story's.
    Keep,
    /// They are not.
    Drop,
}

impl Effect {
    /// The name in the configuration.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
        }
    }
}

/// A CSS selector, as it was written and as it is matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    text: String,
    parsed: scraper::Selector,
}

/// Why a rule is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// Not a selector.
    #[error("`{selector}` is not a CSS selector: {why}")]
    Syntax {
        /// As written.
        selector: String,
        /// What the parser says.
        why: String,
    },
    /// A selector whose cost has no bound on a page that is made for it.
    #[error("`{0}` is not supported: `:has()` can take unbounded time on a large page")]
    Unbounded(String),
    /// Longer than a person writes.
    #[error("a selector has at most {MAX_LENGTH} bytes")]
    TooLong,
    /// No host.
    #[error("`{0}` is not a host such as example.com or news.example.com")]
    Host(String),
    /// More than are looked for on each page.
    #[error("a site has at most {MAX_SELECTORS} selectors")]
    TooMany,
    /// There are rules for it already.
    #[error("there are rules for {0} already")]
    Twice(String),
}

impl Selector {
    /// Reads a selector, or a list of them with commas between.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        if text.len() > MAX_LENGTH {
            return Err(BadRule::TooLong);
        }
        if text.to_ascii_lowercase().contains(":has(") {
            return Err(BadRule::Unbounded(text.to_owned()));
        }
        match scraper::Selector::parse(text) {
            Ok(parsed) => Ok(Self { text: text.to_owned(), parsed }),
            Err(error) => Err(BadRule::Syntax { selector: text.to_owned(), why: in_words(&error) }),
        }
    }
}

/// The parser has words for few of its errors; the names of the others are telling enough.
fn in_words(error: &SelectorErrorKind) -> String {
    let SelectorErrorKind::UnexpectedSelectorParseError(kind) = error else { return error.to_string().to_lowercase() };
    let name = format!("{kind:?}");
    let name = name.split('(').next().unwrap_or_default();
    let words = name.chars().flat_map(|c| c.is_uppercase().then_some(' ').into_iter().chain(c.to_lowercase()));
    words.collect::<String>().trim_start().to_owned()
}

impl Rules {
    /// Adds the rules for a site's pages: all of its hosts' where `host` is a registrable domain, else that host's and
    /// those below it.
    pub fn add(&mut self, host: &str, keep: Vec<Selector>, drop: Vec<Selector>) -> Result<(), BadRule> {
        let host = host_name(host)?;
        if keep.len() + drop.len() > MAX_SELECTORS {
            return Err(BadRule::TooMany);
        }
        if self.by_host.contains_key(&host) {
            return Err(BadRule::Twice(host));
        }
        let rules =
            |selectors: Vec<Selector>, effect| selectors.into_iter().map(move |selector| Rule { selector, effect });
        self.by_host.insert(host, rules(keep, Effect::Keep).chain(rules(drop, Effect::Drop)).collect());
        Ok(())
    }

    /// The rules for a page, those of its site before those of its host.
    pub(super) fn of(&self, url: &Url) -> Ruling<'_> {
        if self.by_host.is_empty() {
            return Ruling::default();
        }
        let (host, site) = (url.host_str().unwrap_or_default().trim_end_matches('.'), link::site(url));
        let hosts = host.match_indices('.').map(|(at, _)| &host[at + 1..]).filter(|above| above.len() >= site.len());
        let mut hosts: Vec<&str> = std::iter::once(host).chain(hosts).collect();
        hosts.reverse();
        let rules = hosts.into_iter().filter_map(|host| self.by_host.get_key_value(host));
        Ruling { rules: rules.flat_map(|(host, rules)| rules.iter().map(move |rule| (host.as_str(), rule))).collect() }
    }
}

fn host_name(text: &str) -> Result<String, BadRule> {
    let bad = || BadRule::Host(text.to_owned());
    let url = Url::parse(&format!("https://{text}/")).map_err(|_| bad())?;
    let plain = url.path() == "/" && url.port().is_none() && url.username().is_empty() && url.query().is_none();
    match url.host() {
        Some(Host::Domain(name)) if plain && (name.contains('.') || name == "localhost") => Ok(name.to_owned()),
        Some(host @ (Host::Ipv4(_) | Host::Ipv6(_))) if plain => Ok(host.to_string()),
        _ => Err(bad()),
    }
}

/// The rules that hold for one page.
#[derive(Debug, Default)]
pub(super) struct Ruling<'a> {
    rules: Vec<(&'a str, &'a Rule)>,
}

/// A part of a paragraph that was cut out of it, with the rule for that.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) text: String,
    /// As it is shown.
    pub(super) rule: String,
}

impl Ruling<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Marks what the rules match. Where two match the same element, the one that drops it decides, or the later one.
    ///
    /// What is dropped from inside of a paragraph is taken out at once: the rest of the paragraph stays one.
    pub(super) fn mark(&self, html: &mut Html) -> Vec<Cut> {
        let mut matched: HashMap<NodeId, (Effect, usize)> = HashMap::new();
        for (number, (_, rule)) in self.rules.iter().enumerate() {
            for element in html.select(&rule.selector.parsed) {
                let slot = matched.entry(element.id()).or_insert((rule.effect, number));
                *slot = (*slot).max((rule.effect, number));
            }
        }
        // in the order of the document
        let mut matched: Vec<_> = matched.into_iter().collect();
        matched.sort_unstable_by_key(|(id, _)| *id);
        let cuts = matched.into_iter().filter_map(|(id, (effect, number))| {
            let text = apply(html, id, effect, number)?;
            Some(Cut { text, rule: self.show(number) })
        });
        cuts.collect()
    }

    /// The rule that a mark names, as it is shown.
    pub(super) fn of_mark(&self, mark: &str) -> String {
        mark.rsplit(' ')
            .next()
            .and_then(|number| number.parse().ok())
            .map_or_else(String::new, |number| self.show(number))
    }

    fn show(&self, number: usize) -> String {
        self.rules.get(number).map_or_else(String::new, |(host, rule)| {
            format!("sites: {host}: {}: {}", rule.effect.as_str(), rule.selector.text)
        })
    }
}

/// Marks an element, or takes it out and gives its text.
fn apply(html: &mut Html, id: NodeId, effect: Effect, number: usize) -> Option<String> {
    let mut node = html.tree.get_mut(id)?;
    let Node::Element(element) = node.value() else { return None };
    if effect == Effect::Drop && is_inline(element.name()) {
        node.detach();
        let texts = html.tree.get(id)?.descendants().filter_map(|part| part.value().as_text());
        let text = texts.fold(String::new(), |all, text| all + text);
        return Some(line(&text)).filter(|text| !text.is_empty());
    }
    let name = QualName::new(None, ns!(), LocalName::from(ATTRIBUTE));
    element.attrs.push((name, format!("{} {number}", effect.as_str()).into()));
    // scraper looks attributes up by bisection
    element.attrs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(of: &[(&str, &[&str], &[&str])]) -> Rules {
        let parse = |texts: &[&str]| texts.iter().map(|text| Selector::parse(text).unwrap()).collect();
        let mut rules = Rules::default();
        of.iter().for_each(|(host, keep, drop)| rules.add(host, parse(keep), parse(drop)).unwrap());
        rules
    }

    #[test]
    fn rules_hold_for_a_host_and_those_below_it() {
        let rules = rules(&[
            ("example.com", &["p"], &[]),
            ("blog.example.com", &[], &["aside"]),
            ("127.0.0.1", &["div"], &[]),
            ("co.uk", &["div"], &[]),
            ("Bücher.example", &["b"], &[]),
        ]);
        for (url, expected) in [
            ("https://example.com/a", 1),
            ("https://www.example.com:8443/a", 1),
            ("https://blog.example.com/a", 2),
            ("https://old.blog.example.com./a", 2),
            ("https://badexample.com/a", 0),
            ("http://127.0.0.1:9/a", 1),
            ("https://news.co.uk/a", 0),
            ("https://www.xn--bcher-kva.example/", 1),
        ] {
            assert_eq!(rules.of(&Url::parse(url).unwrap()).rules.len(), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for selector in ["", "p..x", "[", "p >", ":nope", "p::before", "a:has(b)", &"p ".repeat(300)] {
            assert!(Selector::parse(selector).is_err(), "{selector}");
        }
        for host in ["", "com", "https://example.com", "example.com/a", "a b", "user@example.com", "example.com:80"] {
            assert_eq!(Rules::default().add(host, vec![], vec![]), Err(BadRule::Host(host.to_owned())));
        }
        let mut rules = rules(&[("example.com", &[], &[])]);
        assert_eq!(rules.add("EXAMPLE.com", vec![], vec![]), Err(BadRule::Twice("example.com".to_owned())));
        let many = vec![Selector::parse("p").unwrap(); MAX_SELECTORS];
        assert_eq!(rules.add("example.org", many.clone(), many), Err(BadRule::TooMany));
    }
}
