//! JSON-LD as pages write it.

use serde_json::Value;
use url::Url;

use super::titles::Titles;
use crate::text::line;

/// Types of nodes that are the page's story (schema.org/Article and what derives from it).
const ARTICLES: &[&str] = &[
    "NewsArticle",
    "Article",
    "ReportageNewsArticle",
    "AnalysisNewsArticle",
    "OpinionNewsArticle",
    "BackgroundNewsArticle",
    "AskPublicNewsArticle",
    "ReviewNewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "SocialMediaPosting",
    "TechArticle",
    "ScholarlyArticle",
    "Report",
    "AdvertiserContentArticle",
    "SatiricalArticle",
    "MedicalScholarlyArticle",
    "Review",
    "CreativeWork",
];

/// Types that say little of what a node is.
const VAGUE: &[&str] = &["CreativeWork", "Review", "SocialMediaPosting"];

/// Types of authors that are nobody.
const ORGANISATIONS: &[&str] = &[
    "Organization",
    "NewsMediaOrganization",
    "Corporation",
    "GovernmentOrganization",
    "EducationalOrganization",
    "NGO",
    "Brand",
    "WebSite",
];

/// Adds the nodes of a document, `@graph` and arrays flattened. Faulty documents are repaired if the fault is
/// one of the usual ones: raw line breaks in strings, a semicolon or a comment around, HTML entities.
pub(super) fn nodes(text: &str, nodes: &mut Vec<Value>) {
    let text = text.trim().trim_start_matches("<!--").trim_start_matches("//<![CDATA[");
    let text = text.trim_end_matches("-->").trim_end_matches("//]]>").trim().trim_end_matches(';');
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(&repaired(text)));
    if let Ok(value) = parsed {
        flatten(value, nodes, 0);
    }
}

fn repaired(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().replace(",}", "}").replace(",]", "]")
}

fn flatten(value: Value, nodes: &mut Vec<Value>, depth: usize) {
    if depth > 6 || nodes.len() > 512 {
        return;
    }
    match value {
        Value::Array(values) => values.into_iter().for_each(|value| flatten(value, nodes, depth + 1)),
        Value::Object(mut object) => {
            if let Some(graph) = object.remove("@graph") {
                flatten(graph, nodes, depth + 1);
            }
            for key in ["mainEntity", "mainEntityOfPage"] {
                if object.get(key).is_some_and(|v| v.get("headline").is_some()) {
                    flatten(object[key].clone(), nodes, depth + 1);
                }
            }
            nodes.push(Value::Object(object));
        }
        _ => {}
    }
}

/// The page that nodes are held against.
pub(super) struct Page<'a> {
    pub(super) url: &'a Url,
    /// The canonical URL as the page tells it.
    pub(super) canonical: Option<&'a str>,
    /// What the page calls its headline elsewhere.
    pub(super) titles: &'a Titles,
}

/// The node that is the page's story: of the kinds that are, the one that is about this page, and then the one with
/// most to say. A node that says of itself that it is another page's story, under another headline, is not.
pub(super) fn article<'a>(nodes: &'a [Value], page: &Page<'_>) -> Option<&'a Value> {
    let known = ["headline", "datePublished", "author", "articleBody"];
    let is_article =
        |node: &&Value| is_a(node, ARTICLES) || node.get("headline").is_some() && node.get("datePublished").is_some();
    let scored = nodes.iter().filter(is_article).map(|node| {
        let keys = known.iter().filter(|key| node.get(key).is_some()).count();
        (page.fits(node), is_a(node, VAGUE), keys, node)
    });
    let best = scored.rev().max_by_key(|(fits, vague, keys, _)| (*fits, !*vague, *keys));
    best.filter(|(fits, ..)| *fits >= 0).map(|(.., node)| node)
}

impl Page<'_> {
    /// How much a node says that it is about this page: by its URL and by its headline; negative where both are
    /// another's.
    fn fits(&self, node: &Value) -> i32 {
        let urls = ["url", "mainEntityOfPage", "@id"].iter().filter_map(|key| url(node, key));
        let is_this = |other: &str| {
            let other = path(other);
            other == path(self.url.as_str()) || self.canonical.is_some_and(|canonical| path(canonical) == other)
        };
        let mut urls = urls.filter(|url| url.starts_with("http")).map(is_this).peekable();
        let by_url = if urls.peek().is_none() {
            0
        } else if urls.any(|is_this| is_this) {
            1
        } else {
            -1
        };
        let headline = text(node, "headline").or_else(|| text(node, "name"));
        let by_title = match headline {
            Some(headline) if self.titles.contain(&headline) => 2,
            Some(headline) if !self.titles.is_empty() && !self.titles.are_like(&headline) => -1,
            _ => 0,
        };
        by_url + by_title + i32::from(by_url == -1 && by_title == 0)
    }
}

/// A URL from its host on, by which two are compared.
fn path(url: &str) -> &str {
    let rest = url.split_once("//").map_or(url, |(_, rest)| rest).trim_start_matches("www.");
    rest.split(['?', '#']).next().unwrap_or(rest).trim_end_matches('/')
}

/// Whether a node is of one of the types.
pub(super) fn is_a(node: &Value, types: &[&str]) -> bool {
    let named = |value: &Value| {
        value.as_str().is_some_and(|name| types.contains(&name.rsplit(['/', ':']).next().unwrap_or(name)))
    };
    match node.get("@type") {
        Some(Value::Array(names)) => names.iter().any(named),
        Some(name) => named(name),
        None => false,
    }
}

/// A property as one line of text, entities decoded.
pub(super) fn text(node: &Value, key: &str) -> Option<String> {
    let value = match node.get(key)? {
        Value::String(text) => text.as_str(),
        Value::Array(values) => values.first()?.as_str()?,
        object => object.get("@value")?.as_str()?,
    };
    Some(line(&crate::text::from_html(value))).filter(|text| !text.is_empty())
}

/// The URL that a property names: a string, an object's `url` or `@id`, or the first of several.
pub(super) fn url<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    fn of(value: &Value) -> Option<&str> {
        match value {
            Value::String(url) => Some(url),
            Value::Array(values) => values.iter().find_map(of),
            object => object.get("url").and_then(of).or_else(|| object.get("@id")?.as_str()),
        }
    }
    node.get(key).and_then(of)
}

/// A property's values as texts: strings, lists of them, and things with a name. A reference is looked up.
pub(super) fn names(node: &Value, key: &str, nodes: &[Value]) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(value) = node.get(key) {
        collect_names(value, nodes, &mut names, 0);
    }
    names
}

/// The names of a breadcrumb, from the home page on.
pub(super) fn breadcrumb(nodes: &[Value]) -> Vec<String> {
    let list = nodes.iter().find(|node| is_a(node, &["BreadcrumbList"])).and_then(|node| node.get("itemListElement"));
    let items = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = |item: &Value| text(item, "name").or_else(|| text(item.get("item")?, "name"));
    items.iter().filter_map(name).collect()
}

/// A person or an organisation that a property names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) kind: NamedKind,
}

/// What a named thing is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedKind {
    Person,
    Organisation,
    Unsaid,
}

/// Those that a property names, with what they are said to be.
pub(super) fn named(node: &Value, key: &str, nodes: &[Value]) -> Vec<Named> {
    let mut named = Vec::new();
    if let Some(value) = node.get(key) {
        collect_named(value, nodes, &mut named, 0);
    }
    named
}

fn collect_named(value: &Value, nodes: &[Value], named: &mut Vec<Named>, depth: usize) {
    if depth > 3 || named.len() > 64 {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect_named(value, nodes, named, depth + 1)),
        Value::Object(object) => {
            let is_id = |node: &&Value| object.contains_key("@id") && node.get("@id") == object.get("@id");
            let referred = || nodes.iter().filter(is_id).find(|node| node.get("name").is_some());
            let whole =
                if object.contains_key("name") || object.contains_key("familyName") { Some(value) } else { referred() };
            let Some(whole) = whole else { return };
            let kind = if is_a(whole, &["Person"]) {
                NamedKind::Person
            } else if is_a(whole, ORGANISATIONS) {
                NamedKind::Organisation
            } else {
                NamedKind::Unsaid
            };
            let mut texts = names(whole, "name", nodes);
            if texts.is_empty() {
                let parts = ["givenName", "additionalName", "familyName"].iter().filter_map(|part| text(whole, part));
                texts.extend(Some(parts.collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty()));
            }
            named.extend(texts.into_iter().map(|name| Named { name, kind }));
        }
        _ => {
            let mut texts = Vec::new();
            collect_names(value, nodes, &mut texts, depth);
            named.extend(texts.into_iter().map(|name| Named { name, kind: NamedKind::Unsaid }));
        }
    }
}

fn collect_names(value: &Value, nodes: &[Value], names: &mut Vec<String>, depth: usize) {
    if depth > 3 || names.len() > 64 {
        return;
    }
    match value {
        Value::String(name) => names.push(line(&crate::text::from_html(name))),
        Value::Array(values) => values.iter().for_each(|value| collect_names(value, nodes, names, depth + 1)),
        Value::Object(object) => match (object.get("name"), object.get("@id")) {
            (Some(name), _) => collect_names(name, nodes, names, depth + 1),
            (None, Some(id)) => {
                if let Some(name) =
                    nodes.iter().filter(|node| node.get("@id") == Some(id)).find_map(|node| node.get("name"))
                {
                    collect_names(name, nodes, names, depth + 1);
                }
            }
            _ => {}
        },
        _ => {}
    }
}
