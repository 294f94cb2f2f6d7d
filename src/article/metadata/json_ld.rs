//! JSON-LD as pages write it.

use serde_json::Value;

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

/// Adds the nodes of a document, `@graph` and arrays flattened. Faulty documents are mended where the fault is
/// one of the usual: raw line breaks in strings, a semicolon or a comment around, HTML entities.
pub(super) fn nodes(text: &str, nodes: &mut Vec<Value>) {
    let text = text.trim().trim_start_matches("<!--").trim_start_matches("//<![CDATA[");
    let text = text.trim_end_matches("-->").trim_end_matches("//]]>").trim().trim_end_matches(';');
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(&mended(text)));
    if let Ok(value) = parsed {
        flatten(value, nodes, 0);
    }
}

fn mended(text: &str) -> String {
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

/// The node that is the page's story: of the kinds that are, the one with most to say.
pub(super) fn article(nodes: &[Value]) -> Option<&Value> {
    let known = ["headline", "datePublished", "author", "articleBody"];
    nodes
        .iter()
        .filter(|node| is_a(node, ARTICLES) || node.get("headline").is_some() && node.get("datePublished").is_some())
        .rev()
        .max_by_key(|node| known.iter().filter(|key| node.get(key).is_some()).count())
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
