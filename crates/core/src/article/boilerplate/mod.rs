//! Block by block: is it the story, and if not, what is it.
//!
//! PURE: body + what is known of the page → a verdict for every block of the body. Structure decides first
//! ([`structure`]), wording only where structure is silent ([`wording`]), what the site repeats after both; headings
//! go with what they head ([`headings`]). Every block that is dropped has its reason. What is still kept is weighed
//! once more, by all that is seen of it ([`evidence`]).

mod boxes;
mod evidence;
mod head;
mod headings;
mod labels;
mod lists;
mod notes;
mod pull_quotes;
mod seen;
mod setting;
mod signs;
mod structure;
mod tail;
pub(super) mod wording;
mod words;

use std::collections::HashMap;

use super::extract::{Body, is_prose};
use super::metadata::Titles;
use super::outline::{Block, Kind, Outline};
use super::record_lines;
pub(super) use evidence::{heaviest, names};
pub(super) use seen::Seen;
use setting::Setting;

/// Why a block was dropped; the names are part of what users see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Reason {
    Advert,
    AuthorBio,
    Breadcrumb,
    Byline,
    Caption,
    Comments,
    Consent,
    Contents,
    Copyright,
    Correction,
    Credit,
    Date,
    Evidence,
    Form,
    HeadingOfNothing,
    Hidden,
    Label,
    Navigation,
    Newsletter,
    Note,
    Paywall,
    Promotion,
    Related,
    Repeated,
    Rule,
    Share,
    SiteRepeats,
    Tags,
    Title,
    Tools,
}

impl Reason {
    /// The stable name.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Advert => "advert",
            Self::AuthorBio => "author-bio",
            Self::Breadcrumb => "breadcrumb",
            Self::Byline => "byline",
            Self::Caption => "caption",
            Self::Comments => "comments",
            Self::Consent => "consent",
            Self::Contents => "contents",
            Self::Copyright => "copyright",
            Self::Correction => "correction",
            Self::Credit => "credit",
            Self::Date => "date",
            Self::Evidence => "evidence",
            Self::Form => "form",
            Self::HeadingOfNothing => "heading-of-nothing",
            Self::Hidden => "hidden",
            Self::Label => "label",
            Self::Navigation => "navigation",
            Self::Newsletter => "newsletter",
            Self::Note => "note",
            Self::Paywall => "paywall",
            Self::Promotion => "promotion",
            Self::Related => "related-links",
            Self::Repeated => "repeated",
            Self::Rule => "rule",
            Self::Share => "share",
            Self::SiteRepeats => "site-repeats",
            Self::Tags => "tags",
            Self::Title => "title",
            Self::Tools => "tools",
        }
    }
}

/// What is known of the page that the blocks are judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// All that the page calls its headline.
    pub(super) titles: &'a Titles,
    /// Who wrote it, in lower case.
    pub(super) authors: &'a [String],
    /// The page's site.
    pub(super) site: &'a str,
    /// What the site says of each block: its own, or the story's; empty where nothing is known.
    pub(super) opinions: &'a [Option<bool>],
    /// Which blocks other evidence holds to be the story.
    pub(super) anchored: &'a [bool],
}

impl<'a> Known<'a> {
    /// Whether structured data or the feed tells a block as the story's, or the site has its stories there.
    fn tells(&self, at: usize) -> bool {
        self.is_anchored(at) || self.opinion(at) == Some(false)
    }

    /// Whether other evidence holds a block to be the story.
    fn is_anchored(&self, at: usize) -> bool {
        self.anchored.get(at).copied().unwrap_or_default()
    }

    /// What the site says of a block.
    fn opinion(&self, at: usize) -> Option<bool> {
        self.opinions.get(at).copied().flatten()
    }

    /// Knowing nothing but titles.
    pub(super) fn titles(titles: &'a Titles) -> Self {
        Self { titles, authors: &[], site: "", opinions: &[], anchored: &[] }
    }
}

/// What the markup around a block says that it is, wherever the block is.
pub(super) fn sign(outline: &Outline, at: usize) -> Option<Reason> {
    structure::reason(outline, at, &outline.blocks[at].text.to_lowercase(), &Known::titles(&Titles::default()))
}

/// Looks at the page as the last pass saw it, for those who ask why.
pub(super) fn weighed<T>(
    outline: &Outline,
    body: &Body,
    known: &Known<'_>,
    verdicts: &[Verdict],
    look: impl FnOnce(&Seen<'_>) -> T,
) -> T {
    let setting = Setting::new(outline, body);
    look(&Seen::new(outline, body, known, &setting, verdicts))
}

/// Heaviest block whose words are looked at.
const WORDED: usize = 500;
/// Heaviest text that stories say more than once anyway.
const REPEATED: usize = 80;

/// A block of the body with what was decided; `None` keeps it.
pub(super) type Verdict = (usize, Option<Reason>);

/// Judges every block of the body, in document order.
pub(super) fn judge(outline: &Outline, body: &Body, known: &Known<'_>) -> Vec<Verdict> {
    let setting = Setting::new(outline, body);
    let first = body.blocks.iter().copied().find(|&at| !body.deck.contains(&at) && is_prose(&outline.blocks[at]));
    let begun = |at: usize| first.is_some_and(|first| at > first);
    let of = |at: usize| match outline.ruled(at) {
        Some(kept) => (!kept).then_some(Reason::Rule),
        None if body.deck.contains(&at) => None,
        None => reason(&setting, outline, at, known, begun(at)),
    };
    let mut verdicts: Vec<Verdict> = body.blocks.iter().map(|&at| (at, of(at))).collect();
    pull_quotes::judge(outline, &setting, &mut verdicts);
    boxes::judge(outline, &setting, &mut verdicts);
    lists::judge(outline, &mut verdicts);
    head::judge(outline, &mut verdicts, body);
    drop_repeated(outline, &mut verdicts);
    labels::judge(outline, &mut verdicts, body, known);
    tail::judge(outline, &setting, &mut verdicts, known);
    headings::judge(outline, &mut verdicts);
    evidence::judge(&Seen::new(outline, body, known, &setting, &verdicts), &mut verdicts);
    headings::judge(outline, &mut verdicts);
    // whatever the passes over all blocks came to
    verdicts.iter_mut().filter(|(at, _)| outline.ruled(*at) == Some(true)).for_each(|(_, reason)| *reason = None);
    verdicts
}

fn reason(setting: &Setting<'_>, outline: &Outline, at: usize, known: &Known<'_>, begun: bool) -> Option<Reason> {
    let block = &outline.blocks[at];
    let (anchored, opinion) = (known.is_anchored(at), known.opinion(at));
    // words decide on nothing that is longer
    let lower = if block.weight < WORDED { block.text.to_lowercase() } else { String::new() };
    // in a live blog each entry has its time
    let is_of_entry = |reason: &Reason| *reason == Reason::Date && setting.is_entry_time(at);
    let of_structure = || {
        let reason = structure::reason(outline, at, &lower, known);
        reason.filter(|reason| (!anchored || *reason == Reason::Caption) && !is_of_entry(reason))
    };
    let of_link = || structure::is_link(setting, outline, at).then_some(Reason::Related);
    // structured data holds pitches too; its sentences are still the story's
    let of_words = || {
        let hit = wording::hit(block, &lower).filter(|_| !anchored || block.link_density() > 0.2 || !is_prose(block));
        hit.filter(|hit| setting.outweighed_by(at, hit, &lower)).map(|hit| hit.reason)
    };
    // a site's stories are where its captions are, as far as a place can show
    let overruled = |reason| opinion == Some(false) && reason != Reason::Caption && block.link_density() <= 0.5;
    let is_subhead = begun && matches!(block.kind, Kind::Heading(_));
    (!is_subhead && is_title(block, known.titles))
        .then_some(Reason::Title)
        .or_else(|| is_mark(block).then_some(Reason::Label))
        .or_else(|| {
            (block.weight < WORDED && record_lines::credits(&block.text, &lower).is_some()).then_some(Reason::Credit)
        })
        .or_else(|| (block.weight < WORDED && record_lines::is_copyright(&lower)).then_some(Reason::Copyright))
        .or_else(|| (opinion == Some(true) && !anchored).then_some(Reason::SiteRepeats))
        .or_else(|| of_structure().or_else(of_link).or_else(of_words).filter(|reason| !overruled(*reason)))
}

/// Whether a text is only a mark between parts or at the end: `* * *`, `___`, `■`.
fn is_mark(block: &Block) -> bool {
    !matches!(block.kind, Kind::Cell | Kind::Preformatted) && !block.text.contains(char::is_alphanumeric)
}

fn is_title(block: &Block, titles: &Titles) -> bool {
    block.kind == Kind::Heading(1) || titles.contain(&block.text)
}

/// A measure of the blocks that are kept, summed up for each place.
fn tally(outline: &Outline, verdicts: &[Verdict], measure: impl Fn(&Block) -> usize) -> HashMap<u64, usize> {
    let mut places = HashMap::new();
    for (at, _) in verdicts.iter().filter(|(_, reason)| reason.is_none()) {
        *places.entry(outline.signature(*at)).or_default() += measure(&outline.blocks[*at]);
    }
    places
}

/// A paragraph that appears at two places is kept at the one with more of the text: the other is a box's or a
/// summary's. At the same place the writer repeats it: a question put to everyone, a recipe for another day.
fn drop_repeated(outline: &Outline, verdicts: &mut [Verdict]) {
    let is_long = |block: &Block| block.weight > REPEATED;
    let weights = tally(outline, verdicts, |block| if is_long(block) { block.weight } else { 0 });
    let mut places = HashMap::<&str, u64>::new();
    let kept = verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| *at);
    for at in kept.filter(|&at| is_long(&outline.blocks[at])) {
        let place = outline.signature(at);
        let best = places.entry(&outline.blocks[at].text).or_insert(place);
        if weights[&place] > weights[best] {
            *best = place;
        }
    }
    for (at, reason) in verdicts.iter_mut().filter(|(_, reason)| reason.is_none()) {
        let best = places.get(outline.blocks[*at].text.as_str());
        if best.is_some_and(|&best| best != outline.signature(*at)) {
            *reason = Some(Reason::Repeated);
        }
    }
}

#[cfg(test)]
mod tests;
