//! Every decision over a page, in words.
//!
//! PURE. Made after the fact from what the reading of a page leaves behind, so that nobody pays for it who does not
//! ask. It decides nothing: what it says is what [`super::page`] did.

use scraper::Html;
use scraper::node::Element as Markup;
use serde::{Serialize, Serializer};

use super::boilerplate::{Reason, Seen, heaviest, names as all_signs};
use super::metadata::PageKind;
use super::outline::{Kind, block_elements};
use super::page::Reading;
use super::rules::{ATTRIBUTE, Ruling};
use super::{Extraction, ExtractionContext, NoArticle, Page};
use crate::text::line;

/// Most elements of a block's place that are shown, innermost last.
const SHOWN: usize = 3;
/// Most signs that are told where all of them decided.
const SIGNS: usize = 3;
/// Most class names of an element that are shown.
const CLASSES: usize = 3;

/// What came of a page, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The article, or why there is none.
    pub outcome: Result<Extraction, NoArticle>,
    /// Why the page's visible text is no story, also if structured data or the feed replaced it.
    pub refused: Option<NoArticle>,
    /// What the page says it is, if it says so.
    pub claim: Option<&'static str>,
    /// Every text of the page, in document order.
    pub blocks: Vec<Explained>,
}

/// A text of the page, and what was decided of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// What became of it.
    pub fate: Fate,
    /// A stable name for the reason.
    pub reason: &'static str,
    /// The reason in words.
    pub why: String,
    /// The elements it is in, the innermost last.
    pub place: String,
    /// The text.
    pub text: String,
    /// All that was weighed at last, where it was: signs by their names.
    #[serde(skip)]
    pub signs: Vec<String>,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is part of the story.
    Kept,
    /// It is in the story's part of the page, and was taken out.
    Dropped,
    /// It is elsewhere on the page.
    Outside,
}

impl Fate {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Dropped => "dropped",
            Self::Outside => "outside",
        }
    }
}

impl Serialize for Fate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Explanation {
    pub(super) fn without_blocks(no_article: NoArticle) -> Self {
        let refused = Some(no_article.clone());
        Self { outcome: Err(no_article), refused, claim: None, blocks: Vec::new() }
    }
}

/// What is shown of a block-level element, and the rule that matched it.
pub(super) struct Place {
    name: String,
    rule: Option<String>,
}

/// The places of a tree, one a block-level element, in the order in which the outline has them.
pub(super) fn places(html: &Html, rules: &Ruling<'_>) -> Vec<Place> {
    let place = |element: &Markup| Place {
        name: name(element),
        rule: element.attrs().find(|(name, _)| *name == ATTRIBUTE).map(|(_, value)| rules.of_mark(value)),
    };
    block_elements(html).filter_map(|node| node.value().as_element().map(place)).collect()
}

fn name(element: &Markup) -> String {
    let mut name = element.name().to_owned();
    if let Some(id) = element.attr("id") {
        name.push('#');
        name.push_str(id);
    }
    let classes = element.attr("class").unwrap_or_default().split_ascii_whitespace();
    classes.take(CLASSES).for_each(|class| {
        name.push('.');
        name.push_str(class);
    });
    line(&name).chars().take(60).collect()
}

/// Reads a page, and says why each block was kept or dropped.
pub(super) fn of_page(page: Page<'_>, context: ExtractionContext<'_>) -> Explanation {
    match Reading::of(page, context, places) {
        Ok((places, reading)) => explain(reading, &places),
        Err(no_article) => Explanation::without_blocks(no_article),
    }
}

fn explain(reading: Reading<'_>, places: &[Place]) -> Explanation {
    let blocks: Vec<Explained> = reading
        .weighed(|seen| (0..reading.outline.blocks.len()).map(|at| explained(&reading, seen, places, at)).collect());
    let cuts = reading.cuts.iter().map(|cut| Explained {
        fate: Fate::Dropped,
        reason: Reason::Rule.as_str(),
        why: cut.rule.clone(),
        place: "inside of a paragraph".to_owned(),
        text: cut.text.clone(),
        signs: Vec::new(),
    });
    Explanation {
        blocks: blocks.into_iter().chain(cuts).collect(),
        claim: claim(reading.meta.kind),
        refused: reading.refused.clone(),
        outcome: reading.finish(),
    }
}

fn explained(reading: &Reading<'_>, seen: &Seen<'_>, places: &[Place], at: usize) -> Explained {
    let outline = &reading.outline;
    let block = &outline.blocks[at];
    let verdict = reading.verdicts.binary_search_by_key(&at, |(block, _)| *block);
    let (fate, reason, why) = match verdict.map(|found| reading.verdicts[found].1) {
        Ok(None) => {
            let (name, words) = why_kept(reading, at);
            (Fate::Kept, name, words.to_owned())
        }
        Ok(Some(Reason::Evidence)) => {
            let signs = heaviest(seen, at, SIGNS).join(", ");
            (Fate::Dropped, Reason::Evidence.as_str(), format!("{}: {signs}", Reason::Evidence.words()))
        }
        Ok(Some(reason)) => (Fate::Dropped, reason.as_str(), reason.words().to_owned()),
        Err(_) => {
            let is_title = reading.meta.titles.contain(&block.text).then_some(Reason::Title);
            let sign = is_title.or_else(|| super::boilerplate::sign(outline, at));
            let words = sign.map_or_else(String::new, |reason| format!(": {}", reason.words()));
            (Fate::Outside, sign.map_or("outside", Reason::as_str), format!("outside of the story{words}"))
        }
    };
    let places = || outline.ancestors(block.element).filter_map(|element| places.get(element));
    let rule = outline.ruled(at).and_then(|_| places().find_map(|place| place.rule.clone()));
    let mut names: Vec<&str> = places().take(SHOWN).map(|place| place.name.as_str()).collect();
    names.reverse();
    let is_weighed = fate == Fate::Kept || reason == Reason::Evidence.as_str();
    let signs = if is_weighed { all_signs(seen, at) } else { Vec::new() };
    Explained { fate, reason, why: rule.unwrap_or(why), place: names.join(" > "), text: block.text.clone(), signs }
}

/// What speaks for a block that was kept, the strongest first.
fn why_kept(reading: &Reading<'_>, at: usize) -> (&'static str, &'static str) {
    if reading.outline.ruled(at).is_some() {
        ("rule", "a rule of the configuration")
    } else if reading.body.deck.contains(&at) {
        ("deck", "the sentence under the headline")
    } else if reading.anchored.get(at).copied().unwrap_or_default() {
        ("anchor", "structured data or the feed has the same text")
    } else if reading.opinions.get(at).copied().flatten() == Some(false) {
        ("site-story", "stands where stories of this site stand")
    } else if matches!(reading.outline.blocks[at].kind, Kind::Heading(_)) {
        ("heading", "a heading over what was kept")
    } else {
        ("story", "in the part of the page that holds the story")
    }
}

fn claim(kind: PageKind) -> Option<&'static str> {
    match kind {
        PageKind::Article => Some("an article"),
        PageKind::Other(what) => Some(what),
        PageKind::Unsaid => None,
    }
}

#[cfg(test)]
mod tests;
