//! How a text is set among the others: what a phrase in it has to outweigh.
//!
//! PURE. A phrase is a sign and no proof: `First published in 1974, the novel …` opens many a review. What is a
//! sentence, set as the story's other sentences are, between two of them, addresses nobody or is somebody's quoted
//! words, is the story's unless the phrase says more. Each sign has a weight; the greater sum decides.

use std::collections::HashMap;

use super::wording::{Hit, Place};
use super::{Body, Reason};
use crate::article::extract::{ends_sentence, is_prose};
use crate::article::outline::{Block, Kind, Outline};

/// How many texts of a make are a make of the story's own.
const ALIKE: usize = 2;
/// The part of the prose that is apart, and that is italic by exception: less than one in so many.
const APART: usize = 10;
const ITALIC: usize = 4;
/// How many headings or lines that are alike and are each followed by prose are questions.
const ASKED: usize = 3;
/// The part of the prose under headings which are how the story is set: one in so many.
const HEADED: usize = 5;
/// Longest text that is a time of day, in characters.
const TIME: usize = 30;
/// Words by which a text speaks to its readers, or for the site, near its beginning.
const ADDRESS: &[&str] = &[
    "you", "your", "yours", "our", "us", "we", "uns", "unser", "unsere", "unseren", "wir", "vous", "votre", "vos",
    "nous", "notre", "nos", "tu", "te", "su", "tus", "sus", "nuestro", "nuestra", "nuestros", "nosotros", "você",
    "seu", "sua", "nosso", "nossa", "tuo", "tua", "tuoi", "vostro", "nostro", "nostra", "noi", "je", "jouw", "uw",
    "ons", "onze", "wij", "du", "dig", "din", "dit", "oss", "os", "vår", "vores", "vi", "ty", "twój", "nas", "nasz",
    "nasze", "ваш", "вас", "вам", "нас", "наш", "наши", "нашу", "мы", "siz", "bize", "bizi", "anda", "kami",
];
/// The same in German, where they begin with a capital.
const FORMAL: &[&str] = &["Sie", "Ihr", "Ihre", "Ihren", "Ihnen"];
/// How many words from the beginning they are looked for.
const BEGINNING: usize = 6;
/// Words of speech: a text next to them is what somebody said.
const SPEECH: &[&str] = &[
    "said",
    "says",
    "say",
    "told",
    "tells",
    "wrote",
    "writes",
    "asked",
    "added",
    "according",
    "called",
    "argued",
    "sagte",
    "sagt",
    "schrieb",
    "erklärte",
    "laut",
    "teilte",
    "a dit",
    "selon",
    "déclaré",
    "affirme",
    "dijo",
    "según",
    "afirmó",
    "disse",
    "segundo",
    "afirmou",
    "ha detto",
    "secondo",
    "zei",
    "volgens",
    "sade",
    "säger",
    "enligt",
    "sier",
    "ifølge",
    "siger",
    "powiedział",
    "według",
    "сказал",
    "сообщил",
    "заявил",
    "по словам",
    "dedi",
    "göre",
];
/// Marks of a quotation.
pub(super) const QUOTES: [char; 8] = ['“', '”', '"', '«', '»', '„', '「', '」'];

/// What the body's blocks are compared with each other.
pub(super) struct Setting<'a> {
    outline: &'a Outline,
    blocks: &'a [usize],
    deck: Vec<usize>,
    /// How many blocks of prose are at each place, and how much they weigh.
    places: HashMap<u64, (usize, usize)>,
    /// Whether most of the prose is at one place.
    is_gathered: bool,
    /// How much all prose weighs, and how much of it is italic.
    prose: usize,
    italic: usize,
    /// How many lines or headings of each make are followed by prose, and how many of them ask.
    asked: HashMap<(u64, bool), (usize, usize)>,
    /// How much prose is under the headings of each make.
    headed: HashMap<(u64, bool), usize>,
    /// How many times of day are at each place.
    times: HashMap<u64, usize>,
    /// The last block of prose.
    last: Option<usize>,
}

impl<'a> Setting<'a> {
    pub(super) fn new(outline: &'a Outline, body: &'a Body) -> Self {
        let (mut places, mut headed, mut head) = (HashMap::<u64, (usize, usize)>::new(), HashMap::new(), None);
        let (mut prose, mut italic, mut last) = (0, 0, None);
        for &at in &body.blocks {
            let block = &outline.blocks[at];
            if is_prose(block) {
                let (alike, weight) = places.entry(outline.signature(at)).or_default();
                (*alike, *weight) = (*alike + 1, *weight + block.weight);
                (prose, italic, last) = (prose + block.weight, italic + block.italic, Some(at));
            }
            if matches!(block.kind, Kind::Heading(_)) {
                head = Some(make(outline, at));
            } else if is_prose(block) {
                head.iter().for_each(|&head| *headed.entry(head).or_default() += block.weight);
            }
        }
        let mut asked = HashMap::new();
        for pair in body.blocks.windows(2) {
            let block = &outline.blocks[pair[0]];
            if !is_prose(block) && is_prose(&outline.blocks[pair[1]]) {
                let make = make(outline, pair[0]);
                let (all, questions): &mut (usize, usize) = asked.entry(make).or_default();
                *all += 1;
                *questions += usize::from(block.text.ends_with(['?', '？', '؟', '՞']));
            }
        }
        let mut times = HashMap::new();
        for &at in body.blocks.iter().filter(|&&at| is_time(&outline.blocks[at].text)) {
            *times.entry(outline.signature(at)).or_default() += 1;
        }
        let (blocks, deck) = (&body.blocks, body.deck.clone());
        let is_gathered = places.values().any(|&(_, weight)| weight * 2 > prose);
        Self { outline, blocks, deck, places, is_gathered, prose, italic, asked, headed, times, last }
    }

    /// How many blocks of prose are where a block is, and how much they weigh.
    fn place(&self, at: usize) -> (usize, usize) {
        self.places.get(&self.outline.signature(at)).copied().unwrap_or_default()
    }

    /// Whether a block is set as some of the story's prose is.
    pub(super) fn is_alike(&self, at: usize) -> bool {
        self.place(at).0 >= ALIKE + usize::from(is_prose(&self.outline.blocks[at]))
    }

    /// Whether it is a sentence, and set so.
    pub(super) fn is_told(&self, at: usize) -> bool {
        ends_sentence(&self.outline.blocks[at].text) && self.is_alike(at)
    }

    /// Whether most of the story is at one place, and a block is at a place with little of the story or nothing else.
    pub(super) fn is_apart(&self, at: usize) -> bool {
        let (others, weight) = self.place(at);
        self.is_elsewhere(at) && (others <= 1 || weight * APART < self.prose)
    }

    /// Whether most of the story is at one place, and a block at another.
    pub(super) fn is_elsewhere(&self, at: usize) -> bool {
        self.is_gathered && self.place(at).1 * 2 < self.prose
    }

    /// Whether a block is of the deck.
    pub(super) fn is_deck(&self, at: usize) -> bool {
        self.deck.contains(&at)
    }

    /// Whether a block is italic as a whole, in a story that is not.
    pub(super) fn is_set_off(&self, at: usize) -> bool {
        let block = &self.outline.blocks[at];
        block.italic * 10 > block.weight * 9 && self.italic * ITALIC < self.prose
    }

    /// Whether prose is right before and right after a block.
    pub(super) fn is_between(&self, at: usize) -> bool {
        self.stands_by_prose(at, false)
    }

    /// The same, or nothing at all: it is no line of several.
    pub(super) fn is_single(&self, at: usize) -> bool {
        self.stands_by_prose(at, true)
    }

    fn stands_by_prose(&self, at: usize, or_nothing: bool) -> bool {
        let Ok(place) = self.blocks.binary_search(&at) else { return false };
        let is_told = |place: Option<usize>| {
            let block = place.and_then(|place| self.blocks.get(place)).map(|&at| (at, &self.outline.blocks[at]));
            block.map_or(or_nothing, |(at, block)| is_prose(block) || self.is_told(at) || self.is_question(at))
        };
        is_told(place.checked_sub(1)) && is_told(Some(place + 1))
    }

    /// Whether it is one of the questions of an interview: several of a make, each with an answer.
    fn is_question(&self, at: usize) -> bool {
        let made = self.asked.get(&make(self.outline, at));
        let is_short = !is_prose(&self.outline.blocks[at]);
        is_short && made.is_some_and(|&(all, questions)| all >= ASKED && questions * 2 >= all)
    }

    /// Whether it is the time of an entry in a live blog: one of several of a make.
    pub(super) fn is_entry_time(&self, at: usize) -> bool {
        is_time(&self.outline.blocks[at].text)
            && self.times.get(&self.outline.signature(at)).is_some_and(|&times| times >= ASKED)
    }

    /// Whether it is one of several headings of a make, each over prose, with a good part of the prose under them.
    pub(super) fn heads(&self, at: usize) -> bool {
        let make = make(self.outline, at);
        self.asked.get(&make).is_some_and(|&(all, _)| all >= ASKED)
            && self.headed.get(&make).is_some_and(|headed| headed * HEADED > self.prose)
    }

    /// Whether what a phrase says of a block outweighs how the block is set.
    pub(super) fn outweighed_by(&self, at: usize, hit: &Hit, lower: &str) -> bool {
        let block = &self.outline.blocks[at];
        if hit.place == Place::Whole || hit.place == Place::Label {
            return !(self.is_question(at) && hit.reason == Reason::Comments);
        }
        let says_more = says_more(&block.text, hit);
        if matches!(hit.reason, Reason::Date | Reason::Caption) && !says_more {
            return true;
        }
        let addresses = speaks(&block.text, BEGINNING) || hit.is_call();
        let quoted = is_quoted(block, hit);
        let for_phrase = hit.strength()
            + usize::from(addresses)
            + usize::from(block.link_density() > 0.2)
            + usize::from(self.last.is_none_or(|last| last <= at));
        let for_story = usize::from(ends_sentence(&block.text) && says_more)
            + usize::from(self.is_alike(at))
            + usize::from(self.is_between(at))
            + usize::from(!addresses)
            + usize::from(is_speech(lower))
            + 2 * usize::from(quoted)
            + 3 * usize::from(self.is_question(at));
        for_phrase >= for_story
    }
}

/// Whether a text is a time of day and little else.
fn is_time(text: &str) -> bool {
    let is_clock = |word: &str| {
        let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
        digits.split_once([':', '.', 'h']).is_some_and(|(hour, minute)| {
            (1..=2).contains(&hour.len())
                && minute.len() == 2
                && (hour.to_owned() + minute).bytes().all(|b| b.is_ascii_digit())
        })
    };
    text.len() <= 4 * TIME && text.chars().count() <= TIME && text.split_whitespace().any(is_clock)
}

/// A place, and whether the text is bold.
fn make(outline: &Outline, at: usize) -> (u64, bool) {
    let block = &outline.blocks[at];
    (outline.signature(at), block.bold == block.weight && !matches!(block.kind, Kind::Heading(_)))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').filter(|word| !word.is_empty())
}

/// Whether a text speaks to its readers, or for the site, among its first words.
pub(super) fn speaks(text: &str, most: usize) -> bool {
    let is_formal = |(at, word): (usize, &str)| at > 0 && FORMAL.contains(&word);
    words(&text.to_lowercase()).take(most).any(|word| ADDRESS.contains(&word))
        || words(text).take(most).enumerate().any(is_formal)
}

pub(super) fn is_speech(lower: &str) -> bool {
    words(lower).any(|word| SPEECH.contains(&word))
        || SPEECH.iter().any(|said| said.contains(' ') && lower.contains(said))
}

/// Whether a phrase is in words that somebody is quoted with, next to other words.
fn is_quoted(block: &Block, hit: &Hit) -> bool {
    let lower = block.text.to_lowercase();
    let Some(at) = lower.find(hit.phrase) else { return false };
    let (before, after) = (&lower[..at], &lower[at + hit.phrase.len()..]);
    let outside = after.rsplit(QUOTES).next().unwrap_or_default();
    before.contains(QUOTES) && after.contains(QUOTES) && words(outside).count() > 1
}

/// Whether a text has words other than the phrase, a date and names: three that begin small, or as many
/// characters of a script that has no small ones.
fn says_more(text: &str, hit: &Hit) -> bool {
    let is_word = |word: &&str| {
        let small = word.chars().next().is_some_and(|c| c.is_lowercase() || c.is_alphabetic() && !c.is_uppercase());
        small && word.chars().count() > 2 && !hit.phrase.contains(*word)
    };
    words(text).filter(is_word).count() >= 3
}
