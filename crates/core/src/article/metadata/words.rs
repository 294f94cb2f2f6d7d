//! The words of bylines: what leads to a name, roles, degrees, organisations, and the dates behind names. Most are
//! data, in `people.txt`.

use std::sync::LazyLock;

use crate::text::is_wide;

/// Words of names that begin small.
pub(super) const PARTICLES: &[&str] = &[
    "von", "van", "de", "der", "den", "da", "do", "dos", "das", "di", "del", "della", "la", "le", "el", "al", "bin",
    "ibn", "y", "e", "i", "zu", "du", "af", "ter", "ten",
];

/// Words between a name and a date.
pub(super) const JOINING: &[&str] =
    &["on", "at", "am", "um", "vom", "le", "el", "il", "op", "den", "posted", "published", "updated", "last"];

pub(super) struct Words {
    pub(super) leads: Vec<&'static str>,
    work: Vec<&'static str>,
    work_parts: Vec<&'static str>,
    pub(super) roles: Vec<&'static str>,
    pub(super) degrees: Vec<&'static str>,
    pub(super) nobody: Vec<&'static str>,
    pub(super) other_parts: Vec<&'static str>,
    pub(super) titles: Vec<&'static str>,
    pub(super) outlets: Vec<&'static str>,
    pub(super) sources: Vec<&'static str>,
}

pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let of = |kind: &str| {
        let lines = include_str!("people.txt").lines();
        let words = lines.filter_map(|line| line.split_once('\t')).filter(|(head, _)| *head == kind);
        words.flat_map(|(_, words)| words.split(" ; ")).collect()
    };
    Words {
        leads: of("lead"),
        work: of("work"),
        work_parts: of("work-part"),
        roles: of("role"),
        degrees: of("degree"),
        nobody: of("nobody"),
        other_parts: of("other-part"),
        titles: of("title"),
        outlets: of("outlet"),
        sources: of("source"),
    }
});

/// Whether a text is what follows a name: a degree, `Jr.`
pub(super) fn is_behind(text: &str) -> bool {
    text.split_whitespace().all(is_degree)
}

pub(super) fn is_degree(word: &str) -> bool {
    let lower = word.to_lowercase();
    WORDS.degrees.contains(&lower.as_str()) || WORDS.degrees.contains(&lower.trim_end_matches('.'))
}

/// Whether a text leads to a name, and says nothing else: `By`, `Written by:`.
pub(super) fn is_lead(text: &str) -> bool {
    let lower = text.trim_end_matches([' ', ':', '：']).to_lowercase();
    WORDS.leads.iter().any(|lead| lead.trim_end_matches([':', '：']) == lower)
}

/// Whether a text is in the place of a name, and names nobody: `admin`.
pub(super) fn is_nobody(text: &str) -> bool {
    let lower = text.to_lowercase();
    WORDS.nobody.contains(&lower.as_str()) || !lower.contains(' ') && lower.contains("admin")
}

/// Whether a text is that of an account rather than a name: `ane.holt`, `post2`.
pub(super) fn is_account(name: &str) -> bool {
    let is_small = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c));
    let is_made = name.contains(|c: char| c.is_ascii_digit() || "-_".contains(c));
    // a site's address is its name
    let is_address = name.rsplit_once('.').is_some_and(|(_, end)| matches!(end.len(), 2 | 3));
    is_small && (is_made || name.contains('.') && !is_address)
}

/// Whether a text tells somebody's place among a paper's people, and no name.
pub(super) fn is_staff(name: &str) -> bool {
    name.split_whitespace().any(is_role)
}

/// Whether a word is that of somebody's work for a paper, in compounds too (`Chefredakteurin`).
pub(super) fn is_role(word: &str) -> bool {
    let lower = word.to_lowercase();
    WORDS.work.contains(&lower.as_str()) || WORDS.work_parts.iter().any(|part| lower.contains(part))
}

/// How many words for roles, desks and agencies a name holds.
pub(super) fn roles(name: &str) -> usize {
    let lower = name.to_lowercase();
    WORDS.roles.iter().chain(&WORDS.work).filter(|word| contains_word(&lower, word)).count()
}

pub(super) fn contains_word(text: &str, word: &str) -> bool {
    let bounded = word.starts_with(|c: char| c.is_alphanumeric() && !is_wide(c));
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let after = text[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        before && after || !bounded
    })
}

/// Takes a word off the front, in any case, where more follows.
pub(super) fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = (text.get(..word.len())?, &text[word.len()..]);
    let ends = rest.starts_with([' ', ':', '：']) || word.starts_with(is_wide) || word.ends_with([':', '：', '/']);
    (ends && !rest.trim().is_empty() && is_word(head, word)).then_some(rest)
}

/// Whether a text is a word in lower case, in any case.
fn is_word(text: &str, word: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(word) } else { text.to_lowercase() == word }
}

/// A byline without the date, or the address, that it ends with.
pub(super) fn without_date(byline: &str) -> String {
    let words: Vec<&str> = byline.split_whitespace().collect();
    let is_other = |word: &&str| word.contains(|c: char| c.is_numeric()) || word.contains('@');
    let Some(mut end) = words.iter().position(is_other).filter(|&end| end > 1) else { return byline.to_owned() };
    let leads_on =
        |word: &str| JOINING.contains(&word.to_lowercase().as_str()) || !word.contains(char::is_alphanumeric);
    while end > 1 && (is_month(words[end - 1]) || leads_on(words[end - 1])) {
        end -= 1;
    }
    let mut kept = words[..end].join(" ");
    // elements that no space parts (`Ida MoeMay 3`)
    if let Some(at) = glued_month(words[end - 1]).filter(|_| end < words.len()) {
        kept.truncate(kept.len() - (words[end - 1].len() - at));
    }
    kept
}

/// Whether a word is a month's name.
pub(super) fn is_month(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    crate::feed::date::parse(&format!("3 {word} 2021")).is_some()
}

/// Where a month's name begins behind another word.
pub(super) fn glued_month(word: &str) -> Option<usize> {
    let is_start = |&(at, c): &(usize, char)| c.is_uppercase() && word[..at].ends_with(char::is_lowercase);
    let (at, _) = word.char_indices().rfind(is_start)?;
    is_month(&word[at..]).then_some(at)
}
