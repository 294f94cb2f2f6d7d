//! Bylines → people: split, without roles, degrees and agencies. The words are data, in `people.txt`.

use std::sync::LazyLock;

use crate::text::{from_html, is_wide, line};

/// Words that part one person from the next, with their spaces.
const JOINTS: &[&str] = &[
    " and ", " und ", " et ", " y ", " e ", " og ", " och ", " ve ", " и ", " i ", " en ", " with ", " mit ", " & ",
    " + ", " AND ",
];
/// Most people that one article has.
const MAX_PEOPLE: usize = 24;

struct Words {
    leads: Vec<&'static str>,
    roles: Vec<&'static str>,
    degrees: Vec<&'static str>,
    nobody: Vec<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let of = |kind: &str| {
        let lines = include_str!("people.txt").lines();
        let words = lines.filter_map(|line| line.split_once('\t')).filter(|(head, _)| *head == kind);
        words.flat_map(|(_, words)| words.split(" ; ")).collect()
    };
    Words { leads: of("lead"), roles: of("role"), degrees: of("degree"), nobody: of("nobody") }
});

/// How much is known of a text that holds names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It is said to hold names and nothing else.
    Named,
    /// It is any text of a byline: a name has two words or more, and capitals where its script has them.
    Byline,
}

/// The people in a list of names, each once.
pub(in crate::article) fn people(names: &[String]) -> Vec<String> {
    people_in(names, Trust::Named, &[])
}

/// The same, mindful of where the names stand, and of names that are the site's.
pub(super) fn people_in(names: &[String], trust: Trust, site: &[String]) -> Vec<String> {
    let mut people: Vec<String> = Vec::new();
    for name in names.iter().flat_map(|name| split(name)) {
        let known = people.iter().any(|other| other.to_lowercase() == name.to_lowercase());
        let is_site = site.iter().any(|site| super::same_title(site, &name));
        if !known && !is_site && is_person(&name, trust) && people.len() < MAX_PEOPLE {
            people.push(name);
        }
    }
    people
}

/// Whether a text leads to a name, and says nothing else: `By`, `Written by:`.
pub(super) fn is_lead(text: &str) -> bool {
    let lower = text.trim_end_matches([' ', ':', '：']).to_lowercase();
    WORDS.leads.iter().any(|lead| lead.trim_end_matches([':', '：']) == lower)
}

/// Whether a text stands where a name would, and names nobody: `admin`.
pub(super) fn is_nobody(text: &str) -> bool {
    WORDS.nobody.contains(&text.to_lowercase().as_str())
}

/// The people in a line that begins like a byline.
pub(super) fn of_line(text: &str) -> Vec<String> {
    let begins = text.chars().count() < 160 && WORDS.leads.iter().any(|lead| strip_word(text, lead).is_some());
    if begins { people_in(&[text.to_owned()], Trust::Byline, &[]) } else { Vec::new() }
}

fn split(byline: &str) -> Vec<String> {
    if byline.contains("://") && !byline.contains('<') {
        return Vec::new();
    }
    let mut text = format!(" {} ", without_brackets(&line(&from_html(byline))));
    for joint in JOINTS {
        text = text.replace(joint, ";");
    }
    text.split([';', ',', '|', '/', '•', '·', '、', '，', '／', '\n'])
        .map(|name| bare(name).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// What stands in brackets is a desk, an agency, or a name's short form.
fn without_brackets(byline: &str) -> String {
    let mut depth = 0usize;
    let mut kept = String::with_capacity(byline.len());
    for c in byline.chars() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// A name without what leads to it and the degrees behind it.
fn bare(name: &str) -> &str {
    let trim = |name: &'_ str| -> (usize, usize) {
        let kept = name.trim_matches(|c: char| c.is_whitespace() || "-–—:*\"“”".contains(c));
        (kept.as_ptr() as usize - name.as_ptr() as usize, kept.len())
    };
    let (start, length) = trim(name);
    let mut name = &name[start..start + length];
    while let Some(rest) = WORDS.leads.iter().find_map(|lead| strip_word(name, lead)) {
        name = rest.trim_start_matches([':', ' ', '：']);
    }
    while let Some((head, last)) =
        name.rsplit_once(' ').filter(|(_, last)| WORDS.degrees.contains(&last.to_lowercase().as_str()))
    {
        debug_assert!(!last.is_empty());
        name = head.trim_end();
    }
    name.trim()
}

/// Takes a word off the front, in any case, where more follows.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    let rest = &text[word.len()..];
    let ends = word.ends_with([':', '：', '/']) || rest.starts_with([' ', ':', '：']);
    (head.to_lowercase() == word && ends && !rest.trim().is_empty()).then_some(rest)
}

fn is_person(name: &str, trust: Trust) -> bool {
    let lower = name.to_lowercase();
    let length = name.chars().count();
    let words = name.split_whitespace().count();
    let wide = name.chars().any(is_wide);
    let uncased = name.chars().any(|c| c.is_alphabetic() && !c.is_lowercase());
    let shaped = wide || words >= 2 && uncased && !name.ends_with('.') || trust == Trust::Named;
    (2..=50).contains(&length)
        && words <= 5
        && shaped
        && !is_lead(name)
        && !is_nobody(name)
        && !WORDS.degrees.contains(&lower.as_str())
        && !name.chars().any(|c| c.is_ascii_digit() || "<>{}=_?!".contains(c))
        && name.chars().any(char::is_alphabetic)
        && !WORDS.roles.iter().any(|word| contains_word(&lower, word))
}

fn contains_word(text: &str, word: &str) -> bool {
    let bounded = word.starts_with(|c: char| c.is_alphanumeric() && !is_wide(c));
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let after = text[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        before && after || !bounded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_become_people() {
        let cases: [(&str, &[&str]); 14] = [
            ("By JANE DOE and John Smith, The Example Press", &["JANE DOE", "John Smith"]),
            ("Von Jana Muster und Kai Beispiel", &["Jana Muster", "Kai Beispiel"]),
            ("Lauren Example, MS, RDN", &["Lauren Example"]),
            ("Jane Doe, senior political correspondent", &["Jane Doe"]),
            ("Elena Muster (obe), Oliver Muster (oma)", &["Elena Muster", "Oliver Muster"]),
            ("Staff Reporter", &[]),
            ("admin", &[]),
            ("山田太郎", &["山田太郎"]),
            ("Redaktion Beispiel", &[]),
            ("José Álvarez y María Núñez", &["José Álvarez", "María Núñez"]),
            ("Иван Петров", &["Иван Петров"]),
            ("<a href='/x'>Jane Doe</a>", &["Jane Doe"]),
            ("https://example.com/jane", &[]),
            ("", &[]),
        ];
        for (byline, expected) in cases {
            assert_eq!(people(&[byline.to_owned()]), expected, "{byline}");
        }
    }

    #[test]
    fn the_site_is_nobody() {
        let site = ["Example Times".to_owned()];
        assert!(people_in(&["EXAMPLE TIMES".to_owned()], Trust::Named, &site).is_empty());
    }
}
