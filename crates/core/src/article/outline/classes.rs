//! What a class list says of its element: the names in it, and what frameworks write to hide and to show.

use super::Signs;
use super::names::name_signs;

/// The signs of a class list.
pub(super) fn class_signs(classes: &str) -> Signs {
    let own = || classes.split_ascii_whitespace().filter(|class| !is_of_others(class));
    let named = own().fold(Signs::NONE, |signs, class| signs | name_signs(class));
    if own().any(is_hiding) && !own().any(shows_again) { named | Signs::HIDDEN } else { named }
}

/// Whether a class says nothing of the element: it files the story under a tag or a category (`tag-newsletter`), or
/// says what is in it or next to it (`has-sidebar`, `hasCaption`).
fn is_of_others(class: &str) -> bool {
    const BEGIN: &[&str] = &["tag-", "category-", "topic-", "section-"];
    const OF_OTHERS: &[&str] = &["has", "no", "with", "without"];
    let parted = |rest: &str| rest.starts_with(|c: char| c == '-' || c.is_ascii_uppercase());
    BEGIN.iter().any(|prefix| class.starts_with(prefix))
        || OF_OTHERS.iter().any(|prefix| class.strip_prefix(prefix).is_some_and(parted))
        || class.ends_with("--false")
}

/// Whether a class hides an element, on wide windows at least: narrow ones are shown the same text elsewhere.
/// (`overflow-hidden` clips it, and `field--label-hidden` hides its label.)
fn is_hiding(class: &str) -> bool {
    const PREFIXES: &[&str] = &["is-", "u-", "tw-", "js-", "md:", "lg:", "xl:", "2xl:"];
    let bare = PREFIXES.iter().find_map(|prefix| class.strip_prefix(prefix)).unwrap_or(class);
    matches!(bare, "hidden" | "hidden-md" | "hidden-lg" | "d-none" | "d-md-none" | "d-lg-none" | "d-xl-none")
        || class.ends_with("--hidden")
        || class.strip_suffix("vh").is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_']))
}

/// Whether a class shows, on wide windows, what another hides on the rest: `md:block` next to `hidden`, `d-lg-flex`
/// next to `d-none`.
fn shows_again(class: &str) -> bool {
    const WIDTHS: &[&str] = &["sm", "md", "lg", "xl", "2xl", "xxl"];
    const SHOWN: &[&str] = &["block", "flex", "grid", "inline", "table", "contents"];
    let class = class.strip_prefix("d-").unwrap_or(class);
    let Some((width, shown)) = class.split_once([':', '-']) else { return false };
    WIDTHS.contains(&width) && SHOWN.iter().any(|name| shown.trim_start_matches("tw-").starts_with(name))
}
