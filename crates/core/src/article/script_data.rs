//! The story in a page's script data: what a script would have written into the page, where the page itself holds no
//! more than a beginning or nothing.
//!
//! PURE. Pages of frameworks carry what they show as JSON (`__NEXT_DATA__`, `window.__STATE__ = {…}`, `<script
//! type=application/json>`), in no common form. So the story is told by what it is: an object that says the page's
//! title in one of its fields, and in another one prose enough for a story. That field is written as HTML, its names as
//! classes, and judged as any page is: [`read`] reads the JSON, [`write`] writes it as HTML.

mod read;
mod write;

use super::metadata::Titles;
use read::Node;

/// Most scripts of a page that are looked into, and most bytes of them together.
const SCRIPTS: usize = 64;
const BYTES: usize = 4 << 20;
/// Least prose, by weight, of a story: runs of a paragraph that is cut up are too short to be counted.
const STORY: usize = 150;
/// Share of the best object's prose from which on an object inside of it is the story itself, in tenths.
const INNER: usize = 9;

/// The story as HTML, its deck before it.
pub(super) fn story(markup: &str, titles: &Titles) -> Option<String> {
    let mut best = (0, None);
    let mut left = BYTES;
    for script in scripts(markup).take(SCRIPTS) {
        left = left.checked_sub(script.len())?;
        let Some(data) = data(script).and_then(read::read) else { continue };
        let mut found = Found::default();
        found.look(&data, titles);
        if let Some(html) = found.story.filter(|_| found.prose > best.0).map(write::html) {
            best = (found.prose, Some(html));
        }
        if left == 0 {
            break;
        }
    }
    best.1
}

/// The texts of the scripts, except those that hold linked data: it is read elsewhere.
fn scripts(markup: &str) -> impl Iterator<Item = &str> {
    let mut rest = markup;
    std::iter::from_fn(move || {
        loop {
            let (_, tag) = rest.split_once("<script")?;
            let (attributes, inside) = tag.split_once('>')?;
            let (script, after) = inside.split_once("</script").unwrap_or((inside, ""));
            rest = after;
            if !attributes.contains("ld+json") {
                return Some(script);
            }
        }
    })
}

/// The JSON of a script: all of it, or what is assigned to a variable.
fn data(script: &str) -> Option<&str> {
    let script = script.trim_start();
    if script.starts_with(['{', '[']) && !script.starts_with("{{") {
        return Some(script);
    }
    let (name, value) = script.split_once('=')?;
    let is_name = name.len() < 200 && !name.contains(['(', '{', ';']);
    let value = value.trim_start();
    (is_name && value.starts_with(['{', '['])).then_some(value)
}

/// What was found of a story in data.
#[derive(Default)]
struct Found<'a> {
    prose: usize,
    story: Option<write::Story<'a>>,
}

impl<'a> Found<'a> {
    /// Looks at a node and all inside of it; returns its prose. The innermost object that has the title and nearly all
    /// of the prose is the best.
    fn look(&mut self, node: &'a Node<'a>, titles: &Titles) -> usize {
        match node {
            Node::Text(text) => write::prose(text),
            Node::List(items) => items.iter().map(|item| self.look(item, titles)).sum(),
            Node::Fields(fields) => {
                let of_fields: Vec<usize> = fields.iter().map(|(_, value)| self.look(value, titles)).collect();
                let heaviest = (0..fields.len()).max_by_key(|&at| of_fields[at]);
                let is_titled =
                    || fields.iter().any(|(_, value)| value.text().is_some_and(|text| titles.contain(text)));
                if let Some(at) = heaviest
                    .filter(|&at| of_fields[at] >= STORY && self.prose * 10 < of_fields[at] * INNER && is_titled())
                {
                    self.prose = of_fields[at];
                    self.story = Some(write::Story { fields, body: at });
                }
                of_fields.iter().sum()
            }
        }
    }
}

#[cfg(test)]
mod tests;
