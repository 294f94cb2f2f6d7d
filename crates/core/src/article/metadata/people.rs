//! Bylines → people: split, without roles, degrees and agencies. The words are data, in `people.txt`.

use super::words::{
    PARTICLES, WORDS, is_behind, is_degree, is_lead, is_nobody, is_role, roles, strip_word, without_date,
};
use crate::text::{from_html, is_wide, line};

/// Words that separate one person from the next, with their spaces.
const JOINTS: &[&str] = &[
    " im Gespräch mit ",
    " as told to ",
    " and ",
    " und ",
    " et ",
    " y ",
    " e ",
    " og ",
    " och ",
    " ve ",
    " и ",
    " i ",
    " en ",
    " with ",
    " mit ",
    " & ",
    " + ",
    " AND ",
    " And ",
    " και ",
];
/// Those that are not part of a name in any language.
const LISTS: &[&str] = &[" and ", " & ", " und ", " et ", " og ", " och ", " ve ", " и ", " + "];
/// Those that can also be within one person's name.
const WITHIN: &[&str] = &[" y ", " e ", " i ", " en "];
/// What names of papers, sites, agencies and stations end with.
pub(super) const WIDE_OUTLETS: &[char] = &['报', '報', '网', '網', '社', '台', '讯', '訊'];
/// Longest line that is a byline, in characters.
pub(super) const LINE: usize = 160;
/// The same of a name and what leads to it, where no spaces part the words.
const NAMED: usize = 20;
/// Most people that one article has.
const MAX_PEOPLE: usize = 24;

/// How much is known of a text that holds names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It is said to be one person's name.
    Person,
    /// It leads to the author's page.
    Linked,
    /// It is said to hold names and nothing else.
    Named,
    /// It is any text of a byline: a name has two words or more, and capitals where its script has them.
    Byline,
}

/// The people in a list of names, each once.
pub(in crate::article) fn people(names: &[String]) -> Vec<String> {
    people_in(names, Trust::Named, &[])
}

/// The same, with regard to where the names are, and to names that are the site's.
pub(super) fn people_in(names: &[String], trust: Trust, site: &[String]) -> Vec<String> {
    let mut people: Vec<String> = Vec::new();
    for (name, trust) in names.iter().flat_map(|name| parts(name, trust)) {
        let known = people.iter().any(|other| other.to_lowercase() == name.to_lowercase());
        let is_site = site.iter().any(|site| super::same_title(site, &name));
        if !known && !is_site && is_person(&name, trust) && people.len() < MAX_PEOPLE {
            people.push(name);
        }
    }
    // next to people's names, a word in capitals is an outlet's
    if people.iter().any(|name| name.contains(' ')) {
        let is_outlet = |name: &String| name.len() <= 5 && !name.contains(' ') && name.chars().all(char::is_uppercase);
        people.retain(|name| !is_outlet(name));
    }
    people
}

/// The parts of a text that may be names, and how much is known of each: of several parts of what is said to be one
/// name only the first is sure to be one.
fn parts(name: &str, trust: Trust) -> Vec<(String, Trust)> {
    let names = if trust == Trust::Person { one(name) } else { split(name) };
    let trust_of = |at: usize| if trust == Trust::Person && at > 0 { Trust::Named } else { trust };
    let is_text = matches!(trust, Trust::Linked | Trust::Byline);
    let bare = |name: String| if is_text { without_role_behind(&name).to_owned() } else { name };
    let names = names.into_iter().map(bare).enumerate().filter(|(_, name)| !name.is_empty());
    names.map(|(at, name)| (name, trust_of(at))).collect()
}

/// One person's name, which may hold words that part others: `Josep Puig i Cadell`, `Costa e Silveira`.
fn one(name: &str) -> Vec<String> {
    let name = without_brackets(&line(&from_html(name)));
    let lower = format!(" {} ", name.to_lowercase());
    // a list in the wrong place
    if name.matches([';', '|', '/']).count() > 0
        || name.matches(',').count() > 1
        || LISTS.iter().any(|joint| lower.contains(joint))
    {
        return split(&name);
    }
    let name = match name.split_once(',') {
        Some((head, tail)) if is_behind(tail) => head.to_owned(),
        Some(_) => match turned(&name) {
            Some(turned) => turned,
            None => return split(&name),
        },
        None => name,
    };
    Some(bare(&name).to_owned()).filter(|name| !name.is_empty()).into_iter().collect()
}

/// `Fjeld, Runa`: the surname first, as catalogues write it.
fn turned(name: &str) -> Option<String> {
    let (surname, given) = name.split_once(',').map(|(a, b)| (a.trim(), b.trim()))?;
    let is_name = |part: &str, most: usize| {
        let mut words = part.split_whitespace();
        let is_word = |word: &str| {
            word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_alphabetic() || "-'’.".contains(c))
        };
        (1..=most).contains(&words.clone().count()) && words.all(is_word) && !is_behind(part) && roles(part) == 0
    };
    (is_name(surname, 1) && is_name(given, 2)).then(|| format!("{given} {surname}"))
}

/// Whether a word joins two people's names.
pub(super) fn is_joint(word: &str) -> bool {
    JOINTS.iter().any(|joint| joint.trim() == word)
}

/// Those whom a byline names for another part in the story: who reviewed, edited or illustrated it.
pub(super) fn beside_authors(byline: &str) -> Vec<String> {
    let lower = byline.to_lowercase();
    let at = WORDS.other_parts.iter().filter_map(|word| Some(lower.find(word)? + word.len())).min();
    let rest = at.and_then(|at| byline.get(at..)).map(str::to_owned);
    rest.map(|rest| people_in(&[rest], Trust::Byline, &[])).unwrap_or_default()
}

/// A byline up to where it names people for another part in the story.
fn without_others(byline: &str) -> &str {
    let lower = byline.to_lowercase();
    let at = WORDS.other_parts.iter().filter_map(|word| lower.find(word)).min();
    at.and_then(|at| byline.get(..at)).unwrap_or(byline)
}

/// The people in a line that begins like a byline, or in one of its parts that does, a colon behind the word.
pub(super) fn of_line(text: &str, site: &[String]) -> Vec<String> {
    let length = text.chars().count();
    // where no spaces part the words, a line that begins with a reporter may be any sentence
    let is_short = length < if text.contains(is_wide) { 30 } else { LINE };
    let begins = |text: &str| WORDS.leads.iter().any(|lead| strip_word(text, lead).is_some());
    if is_short && begins(text) {
        return people_in(&[text.to_owned()], Trust::Byline, site);
    }
    let named =
        |part: &str| WORDS.leads.iter().any(|lead| strip_word(part, lead).is_some_and(|_| ends_in_colon(part, lead)));
    // in an interview, what follows a colon is a question
    let most = if text.contains(is_wide) { NAMED } else { LINE };
    let mut parts = text.split_whitespace().filter(|part| length < LINE && part.contains([':', '：']));
    let part = parts.find(|part| named(part) && part.chars().count() < most);
    part.map(|part| people_in(&[part.to_owned()], Trust::Byline, site)).unwrap_or_default()
}

fn ends_in_colon(text: &str, lead: &str) -> bool {
    lead.ends_with([':', '：']) || text.get(lead.len()..).is_some_and(|rest| rest.starts_with([':', '：']))
}

fn split(byline: &str) -> Vec<String> {
    if byline.contains("://") && !byline.contains('<') {
        return Vec::new();
    }
    let text = without_brackets(&line(&from_html(byline)));
    if text.split(';').all(|name| turned(name.trim()).is_some()) {
        return text.split(';').filter_map(|name| turned(name.trim())).collect();
    }
    let text = text.replace(['【', '】', '〔', '〕', '［', '］'], ";");
    let mut text = format!(" {} ", without_date(without_others(&text)));
    for joint in JOINTS {
        text = if WITHIN.contains(joint) { parted(&text, joint) } else { text.replace(joint, ";") };
    }
    text.split([';', ',', '|', '/', '•', '·', '、', '，', '／', '╱', '\n'])
        .map(|name| without_role(without_place(first_sentence(bare(name)))).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// A text with a word between two names of two words or more replaced: `Ramón y Cabral` is one.
fn parted(text: &str, joint: &str) -> String {
    let ends = |c: char| matches!(c, ';' | ',' | '|' | '/');
    let words = |part: Option<&str>| part.unwrap_or_default().split_whitespace().count();
    let mut parts = text.split(joint);
    let mut parted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_between = words(parted.rsplit(ends).next()) > 1 && words(part.split(ends).next()) > 1;
        parted.push_str(if is_between { ";" } else { joint });
        parted.push_str(part);
    }
    parted
}

/// `Ida Moe in Elmstad`, `Ida Moe of the Herald`: a name of two words or more, and where or for whom.
fn without_place(name: &str) -> &str {
    const BEHIND: &[&str] = &[
        " in ",
        " In ",
        " of ",
        " from ",
        " at ",
        " for ",
        " For ",
        " near ",
        " aus ",
        " reporting ",
        " à ",
        " desde ",
        " из ",
        " для ",
        " - ",
        " – ",
        " — ",
    ];
    let cut = BEHIND.iter().filter_map(|word| name.find(word)).min();
    let head = cut.map_or(name, |cut| &name[..cut]);
    if head.split_whitespace().count() >= 2 { head } else { name }
}

/// `Ida Moe. Harbour Press`: what comes before a full stop that is not an initial's.
fn first_sentence(name: &str) -> &str {
    let is_end = |(at, _): &(usize, &str)| {
        let word = name[..*at].rsplit(' ').next().unwrap_or_default();
        word.chars().count() > 3 && name[..*at].contains(' ') && !is_degree(word)
    };
    name.match_indices(". ").find(is_end).map_or(name, |(at, _)| &name[..at])
}

/// `Sports Editor Ida Moe`: a role before a name of two words or more.
fn without_role(name: &str) -> &str {
    let starts: Vec<usize> =
        name.split_whitespace().map(|word| word.as_ptr() as usize - name.as_ptr() as usize).collect();
    let role = (0..starts.len()).take(4).rev().find(|&at| is_role(word_at(name, &starts, at)));
    let Some(first) = role.map(|role| role + 1).filter(|&first| first + 2 <= starts.len()) else { return name };
    let is_name = |at: usize| word_at(name, &starts, at).starts_with(char::is_uppercase);
    if (first..starts.len()).all(is_name) { &name[starts[first]..] } else { name }
}

/// `Ida Moe Health Editor`: a name of two words, initials and small words apart, before a role.
fn without_role_behind(name: &str) -> &str {
    const AGENCIES: &[&str] = &["AP", "AFP", "UPI", "PA", "Associated", "Reuters"];
    let is_other = |word: &str| is_role(word) || AGENCIES.contains(&word);
    let words: Vec<(usize, &str)> =
        name.split_whitespace().map(|word| (word.as_ptr() as usize - name.as_ptr() as usize, word)).collect();
    if words.len() > 1 && AGENCIES.contains(&words[0].1) {
        return "";
    }
    let Some(cut) = words.iter().skip(1).position(|(_, word)| is_other(word)).map(|at| at + 1) else { return name };
    let is_full = |(_, word): &&(usize, &str)| word.len() > 2 && !PARTICLES.contains(word);
    let Some((last, word)) = words[..cut].iter().filter(is_full).nth(1) else { return name };
    &name[..last + word.len()]
}

fn word_at<'a>(name: &'a str, starts: &[usize], at: usize) -> &'a str {
    name[starts[at]..].split_whitespace().next().unwrap_or_default()
}

/// A byline without its brackets: they hold a desk, an agency, or a name's short form.
pub(super) fn without_brackets(byline: &str) -> String {
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
pub(super) fn bare(name: &str) -> &str {
    let trim = |name: &'_ str| -> (usize, usize) {
        let kept = name.trim_matches(|c: char| c.is_whitespace() || "-–—:*\"“”".contains(c));
        (kept.as_ptr() as usize - name.as_ptr() as usize, kept.len())
    };
    let (start, length) = trim(name);
    let mut name = &name[start..start + length];
    while let Some(rest) = WORDS.leads.iter().find_map(|lead| strip_word(name, lead)) {
        name = rest.trim_start_matches([':', ' ', '：']);
    }
    // a name of one word keeps its title
    let titled = |name: &'_ str| WORDS.titles.iter().find_map(|title| strip_word(name, title)).map(str::len);
    while let Some(length) = titled(name).filter(|&length| name[name.len() - length..].trim().contains(' ')) {
        name = name[name.len() - length..].trim_start();
    }
    while let Some((head, _)) =
        name.rsplit_once(' ').filter(|(_, last)| WORDS.degrees.contains(&last.to_lowercase().as_str()))
    {
        name = head.trim_end();
    }
    name.trim()
}

/// Whether a name begins with a word of capitals, as an agency's does (`CNN Wire`), followed by words that are not.
fn is_short_form(name: &str) -> bool {
    let is_capitals = |word: &str| word.len() > 2 && word.chars().all(char::is_uppercase);
    name.split(' ').next().is_some_and(is_capitals) && !name.split(' ').all(is_capitals)
}

fn is_person(name: &str, trust: Trust) -> bool {
    let length = name.chars().count();
    let words = name.split_whitespace().count();
    let wide = name.chars().any(is_wide);
    // a name of a few characters, or a foreign one with its dot; more is an outlet, or prose
    let is_told = ['导', '導', '道', '整', '合', '理', '部', '站'];
    let is_wide_name = length <= 4 && !name.ends_with(WIDE_OUTLETS) && !name.ends_with(is_told)
        || length <= 16 && name.contains(['·', '・', ' ']);
    let uncased = name.chars().any(|c| c.is_alphabetic() && !c.is_lowercase());
    let syllables = name.chars().all(|c| matches!(c, '\u{ac00}'..='\u{d7a3}')) && (2..=4).contains(&length);
    let shaped = wide && is_wide_name
        || syllables
        || words >= 2 && uncased && !name.ends_with('.')
        || matches!(trust, Trust::Named | Trust::Person);
    // Post, Guest and Press are surnames too
    let roles = roles(name);
    let is_word_of_it =
        || name.split_whitespace().any(|word| self::roles(word) == 1 && word.chars().all(char::is_alphabetic));
    let is_cased =
        || name.split_whitespace().all(|word| !word.starts_with(char::is_lowercase) || PARTICLES.contains(&word));
    let is_named = match trust {
        Trust::Person => roles == 0 || roles == 1 && words > 1 && is_word_of_it() && !is_short_form(name),
        Trust::Linked => is_cased() && words < 5 && (roles == 0 || roles == 1 && words == 2 && is_word_of_it()),
        Trust::Named => roles == 0,
        Trust::Byline => roles == 0 && is_cased(),
    };
    (2..=50).contains(&length)
        && words <= 5
        && shaped
        && is_named
        && !is_lead(name)
        && !is_nobody(name)
        && !is_degree(name)
        && !name.chars().any(|c| c.is_ascii_digit() || "<>{}=_?!:：".contains(c))
        && name.chars().any(char::is_alphabetic)
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
