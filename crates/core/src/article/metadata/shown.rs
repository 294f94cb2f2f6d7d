//! Dates and names that a reader sees under the headline.
//!
//! PURE. A name is what follows a text that leads to one and is nothing else (`By`), at its element's beginning. A date
//! is a text of its own that is a date and nothing else, shortly after an `<h1>`: a byline's date, however its
//! element is called. What stands before it may say that it is the date of an update.

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;

use super::collect::{TimeRole, role};
use super::{dates, people};
use crate::article::Source;
use crate::feed::Moment;
use crate::text::line;

/// How far after the headline they are looked for, in bytes of text.
const REACH: usize = 1500;
/// Most of them.
const MOST: usize = 4;
/// Longest text that is a date and nothing else.
const LONGEST: usize = 48;
/// Words before a date, or in the names of its element, that make it the date of an update. Lower case.
const UPDATES: &[&str] = &[
    "updat",
    "modif",
    "revised",
    "reviewed",
    "checked",
    "aktualisiert",
    "mis à jour",
    "mise à jour",
    "actualiz",
    "aggiorna",
    "atualiza",
    "bijgewerkt",
    "uppdatera",
    "oppdatert",
    "opdateret",
    "päivitetty",
    "aktualiz",
    "zaktualizowano",
    "frissítve",
    "обновлено",
    "оновлено",
    "güncelle",
    "ενημέρωση",
    "更新",
    "수정",
    "업데이트",
    "محدث",
    "تحديث",
    "עודכן",
];

/// Words before a date that make it that of the publication. Lower case.
const PUBLICATIONS: &[&str] = &[
    "publi",
    "posted",
    "issued",
    "released",
    "first seen",
    "veröffentlicht",
    "erschienen",
    "datum",
    "date",
    "stand:",
    "paru",
    "fecha",
    "data",
    "pubblicat",
    "gepubliceerd",
    "geplaatst",
    "publicerad",
    "opublikowan",
    "dodano",
    "vydáno",
    "közzét",
    "опубликован",
    "дата",
    "yayın",
    "tarih",
    "发布",
    "发表",
    "日期",
    "时间",
    "公開",
    "掲載",
    "入力",
    "입력",
    "등록",
    "نشر",
    "تاريخ",
    "פורסם",
];
/// Longest label of a date, in characters.
const LABEL: usize = 30;

/// Least text of a paragraph, in bytes.
const PARAGRAPH: usize = 80;

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
    found: Vec<Shown>,
    /// The text before.
    label: String,
    /// Whether the text before leads to a name.
    leads: bool,
    led: Vec<String>,
}

impl Watch {
    /// A headline begins.
    pub(super) fn headline(&mut self) {
        self.left = REACH;
    }

    pub(super) fn text(&mut self, node: NodeRef<'_, Node>, text: &str) {
        let text = text.trim();
        if self.left == 0 || text.is_empty() {
            return;
        }
        if self.leads && self.led.len() < MOST && text.len() <= LONGEST {
            self.led.push(line(text));
        }
        self.leads = node.prev_sibling().is_none() && people::is_lead(text);
        self.left = self.left.saturating_sub(text.len());
        let around = node.ancestors().filter_map(|node| node.value().as_element()).take(2);
        if !text.contains(char::is_alphanumeric) {
            return;
        }
        match moment(node, text) {
            Some(_) if self.found.len() == MOST => {}
            Some(_) if self.is_of_another_thing(node) => {}
            Some((moment, source)) => {
                let is_update = is_update(&self.label) || around.clone().filter_map(names).any(is_update);
                let is_publication = is_publication(&self.label);
                let role = if is_update { TimeRole::Updated } else { role(around.filter_map(names), is_publication) };
                self.found.push(Shown { moment, source, role });
            }
            None => text.to_lowercase().clone_into(&mut self.label),
        }
    }

    /// Whether a date is told in a table or a list, where what stands before it says what it is of: a hearing, a paper
    /// that was received. One of the publication, or of an update, is the page's all the same.
    fn is_of_another_thing(&self, node: NodeRef<'_, Node>) -> bool {
        let around = node.ancestors().filter_map(|node| node.value().as_element()).take(4);
        // a paragraph tells of other dates
        let is_told = around.clone().any(|element| element.name() == "p") && is_long(node);
        let is_listed = around.into_iter().any(|element| matches!(element.name(), "td" | "th" | "li" | "dd" | "dt"));
        let is_labelled = !self.label.is_empty() && self.label.chars().count() <= LABEL;
        is_told || is_listed && is_labelled && !is_update(&self.label) && !is_publication(&self.label)
    }

    /// The dates, and the names that were led to.
    pub(super) fn found(self) -> (Vec<Shown>, Vec<String>) {
        (self.found, self.led)
    }
}

/// The date that a text is; of a `<time>`, the one for machines.
fn moment(node: NodeRef<'_, Node>, text: &str) -> Option<(Moment, Source)> {
    let may_be = text.len() <= LONGEST && dates::has_day(text);
    let shown = may_be.then(|| dates::parse(text)).flatten()?;
    match node.parent()?.value().as_element().filter(|element| element.name() == "time") {
        Some(time) => Some((time.attr("datetime").and_then(dates::parse).unwrap_or(shown), Source::Time)),
        None => Some((shown, Source::Text)),
    }
}

fn names(element: &Element) -> Option<&str> {
    element.attr("class")
}

/// Whether a text stands in a paragraph of a sentence or more.
fn is_long(node: NodeRef<'_, Node>) -> bool {
    let paragraph =
        node.ancestors().find(|node| node.value().as_element().is_some_and(|element| element.name() == "p"));
    let texts =
        paragraph.into_iter().flat_map(|paragraph| paragraph.descendants()).filter_map(|node| node.value().as_text());
    texts.map(|text| text.trim().len()).sum::<usize>() > PARAGRAPH
}

fn is_publication(text: &str) -> bool {
    PUBLICATIONS.iter().any(|word| text.contains(word))
}

fn is_update(text: &str) -> bool {
    UPDATES.iter().any(|word| text.contains(word))
}
