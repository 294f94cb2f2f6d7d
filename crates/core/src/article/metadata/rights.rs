//! What the page asks of those who read or copy it.

use serde_json::Value;

use super::collect::Statements;
use crate::article::Source;

/// Directives of `<meta name=robots>` that concern copies of the text.
const DIRECTIVES: &[&str] = &["noarchive", "nosnippet", "noindex", "none", "noai", "noimageai", "max-snippet:0"];

/// Whether the page says that its text is not free to read (schema.org `isAccessibleForFree`, and its like).
pub(super) fn paywalled(said: &Statements, article: Option<&Value>) -> Option<((), Source)> {
    let of_node = article.and_then(|node| node.get("isAccessibleForFree")).is_some_and(|value| match value {
        Value::Bool(free) => !free,
        Value::String(free) => free.to_ascii_lowercase().ends_with("false"),
        _ => false,
    });
    let tier = said.meta_content("article:content_tier").is_some_and(|tier| matches!(tier, "locked" | "metered"));
    if of_node { Some(((), Source::JsonLd)) } else { tier.then_some(((), Source::Meta)) }
}

/// The restrictions, in lower case, each once.
pub(super) fn restrictions(said: &Statements) -> Option<(Vec<String>, Source)> {
    let robots = ["robots", "googlebot-news", "googlebot"].into_iter().flat_map(|name| said.contents(name));
    let directives =
        robots.flat_map(|content| content.split(',')).map(|word| word.trim().to_ascii_lowercase().replace(' ', ""));
    let mut found: Vec<String> = directives.filter(|word| DIRECTIVES.contains(&word.as_str())).collect();
    // the TDM Reservation Protocol (W3C community group, 2024), section 6.3
    if said.meta_content("tdm-reservation").is_some_and(|value| value.trim() == "1") {
        found.push("tdm-reservation".to_owned());
    }
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then_some((found, Source::Meta))
}
