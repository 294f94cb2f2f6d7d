//! Dates and names that a reader sees under the headline.
//!
//! PURE. A name is what follows a text that leads to one and is nothing else (`By`), at its element's beginning. A date
//! is a text of its own that is a date and nothing else, shortly after an `<h1>`: a byline's date, however its
//! element is called. The text before it may say that it is the date of an update.

use chrono::NaiveTime;
use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;

use super::date_texts::{Order, has_day, is_publication, is_update};
use super::nodes::is_long;
use super::words::is_lead;
use crate::article::Source;
use crate::feed::Moment;
use crate::text::line;

/// What a date is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeRole {
    Published,
    Updated,
    Unsaid,
}

/// How far after the headline they are looked for, in bytes of text.
const REACH: usize = 1500;
/// How far a byline reaches, in bytes of text.
const BYLINE: usize = 300;
/// Most of them.
const MOST: usize = 4;
/// Longest text that is a date and nothing else.
const LONGEST: usize = 48;
/// Longest label of a date, in characters.
const LABEL: usize = 30;

/// A date that is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub(super) moment: Moment,
    /// An element for dates, or plain text.
    pub(super) source: Source,
    /// What it is said to be of.
    pub(super) role: TimeRole,
}

/// Looks at texts in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Bytes of text that are still looked at.
    left: usize,
    /// Bytes of text so far.
    seen: usize,
    found: Vec<Shown>,
    /// The date right above the headline, and how far after it the first of the others comes.
    above: Option<Shown>,
    first: usize,
    /// The text before, in lower case, and as it is.
    label: String,
    last: String,
    /// Whether the text before is a date.
    is_behind: bool,
    /// Short texts right before and after a date.
    near_dates: Vec<String>,
    /// Whether the text before leads to a name.
    leads: bool,
    led: Vec<String>,
}

impl Watch {
    /// A headline begins.
    pub(super) fn headline(&mut self) {
        self.left = REACH;
    }

    /// A text right above the headline is a date's.
    pub(super) fn above(&mut self, text: &str, order: Order) {
        let dated = |moment| Shown { moment, source: Source::Text, role: TimeRole::Unsaid };
        self.above = self.above.or_else(|| order.published_in(text).map(dated));
    }

    /// Whether the headline is near.
    pub(super) fn is_near(&self) -> bool {
        self.left > 0
    }

    /// Bytes of text so far.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    pub(super) fn text(&mut self, node: NodeRef<'_, Node>, text: &str, order: Order) {
        let text = text.trim();
        self.seen += text.len();
        if self.left == 0 || text.is_empty() {
            return;
        }
        if self.leads && self.led.len() < MOST && text.len() <= LONGEST {
            self.led.push(line(text));
        }
        self.leads = node.prev_sibling().is_none() && is_lead(text);
        self.left = self.left.saturating_sub(text.len());
        let around = node.ancestors().filter_map(|node| node.value().as_element()).take(2);
        if !text.contains(char::is_alphanumeric) {
            return;
        }
        match moment(node, text, order) {
            Some(_) if self.found.len() == MOST => {}
            Some(_) if self.is_of_another_thing(node) => {}
            Some((moment, source)) => {
                let is_update = is_update(&self.label)
                    || is_update(&text.to_lowercase())
                    || around.clone().filter_map(names).any(is_update);
                let is_publication = is_publication(&self.label);
                let role = if is_update { TimeRole::Updated } else { role(around.filter_map(names), is_publication) };
                if self.found.is_empty() {
                    self.first = REACH - self.left;
                }
                self.found.push(Shown { moment, source, role });
                // one date is the byline's
                if self.found.len() == 1 {
                    self.is_behind = true;
                    let last = std::mem::take(&mut self.last);
                    self.add_near_date(last);
                }
            }
            None => {
                text.to_lowercase().clone_into(&mut self.label);
                if std::mem::take(&mut self.is_behind) {
                    self.add_near_date(line(text));
                }
                self.last = if text.len() <= LONGEST { line(text) } else { String::new() };
            }
        }
    }

    fn add_near_date(&mut self, text: String) {
        if !text.is_empty() && text.len() <= LONGEST && self.near_dates.len() < MOST {
            self.near_dates.push(text);
        }
    }

    /// Whether a date is in a table or a list, where the text before it says what it is of: a hearing, a paper
    /// that was received. A date of publication or of an update is still the page's.
    fn is_of_another_thing(&self, node: NodeRef<'_, Node>) -> bool {
        let around = node.ancestors().filter_map(|node| node.value().as_element()).take(4);
        // a paragraph tells of other dates
        let is_told = around.clone().any(|element| element.name() == "p") && is_long(node);
        let is_listed = around.into_iter().any(|element| matches!(element.name(), "td" | "th" | "li" | "dd" | "dt"));
        let is_labelled = !self.label.is_empty() && self.label.chars().count() <= LABEL;
        is_told || is_listed && is_labelled && !is_update(&self.label) && !is_publication(&self.label)
    }

    /// The dates, the names that were led to, and the texts next to the dates.
    pub(super) fn found(mut self) -> (Vec<Shown>, Vec<String>, Vec<String>) {
        if self.found.is_empty() || self.first > BYLINE {
            self.found.splice(0..0, self.above);
        }
        (self.found, self.led, self.near_dates)
    }
}

/// The date that a text is; of a `<time>`, the one for machines, unless only readers are told the time or the zone.
fn moment(node: NodeRef<'_, Node>, text: &str, order: Order) -> Option<(Moment, Source)> {
    let may_be = text.len() <= LONGEST && has_day(text);
    let shown = may_be.then(|| order.parse(text)).flatten()?;
    let Some(time) = node.parent()?.value().as_element().filter(|element| element.name() == "time") else {
        return Some((shown, Source::Text));
    };
    let has_time = shown.at.naive_local().time() != NaiveTime::MIN;
    let told = time.attr("datetime").and_then(|told| order.parse(told)).filter(|told| told.zoned || !has_time);
    let is_same = |told: &Moment| shown.zoned && (told.at - shown.at).num_seconds().abs() < 60;
    let told =
        told.map(
            |told| if is_same(&told) { Moment { at: told.at.with_timezone(shown.at.offset()), ..told } } else { told },
        );
    Some((told.unwrap_or(shown), Source::Time))
}

fn names(element: &Element) -> Option<&str> {
    element.attr("class")
}

/// What names say that a date is of.
pub(super) fn role<'a>(names: impl Iterator<Item = &'a str>, published: bool) -> TimeRole {
    let names = names.collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    if ["modif", "updat"].iter().any(|word| names.contains(word)) {
        TimeRole::Updated
    } else if published || ["publi", "pubdate", "posted", "entry-date"].iter().any(|word| names.contains(word)) {
        TimeRole::Published
    } else {
        TimeRole::Unsaid
    }
}
