//! Lines that are about the record, and become data: credits, copyright, dateline.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// How credit lines name who helped: the text before the phrase, or the text after it.
const AFTER_NAMES: &[&str] = &[
    "contributed to this report",
    "contributed to this story",
    "contributed to this article",
    "contributed reporting",
    "contributed",
    "hat zu diesem bericht beigetragen",
    "haben zu diesem bericht beigetragen",
    "a contribué à cet article",
    "ont contribué à cet article",
    "contribuyó a este reportaje",
    "contribuyeron a este reportaje",
    "contribuiu para esta reportagem",
    "ha contribuito a questo articolo",
];
const BEFORE_NAMES: &[&str] = &[
    "reporting by",
    "additional reporting by",
    "with reporting by",
    "with files from",
    "with reports from",
    "includes information from",
    "additional reporting from",
    "reporting from",
    "with reporting from",
    "with additional reporting by",
    "contributing:",
    "contributors:",
    "written by",
    "writing by",
    "compiled by",
    "mit material von",
    "mit informationen von",
    "quelle:",
    "avec",
    "con información de",
    "com informações de",
    "con informazioni di",
    "met informatie van",
    "źródło:",
    "источник:",
    "source:",
    "sources:",
    "fuente:",
    "fonte:",
    "πηγή:",
    "kaynak:",
    "bron:",
    "källa:",
    "kilde:",
    "lähde:",
];

/// Marks by which a line says that it is a copyright notice.
const COPYRIGHT: &[&str] = &["©", "(c) ", "copyright ", "℗"];

static NOTICE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let marks = [
        "all rights reserved",
        "rights reserved",
        "may not be published, broadcast",
        "alle rechte vorbehalten",
        "tous droits réservés",
        "todos los derechos reservados",
        "todos os direitos reservados",
        "tutti i diritti riservati",
        "все права защищены",
        "tüm hakları saklıdır",
        "無断転載",
        "版权所有",
        "جميع الحقوق محفوظة",
        "כל הזכויות שמורות",
        "wszelkie prawa zastrzeżone",
    ];
    AhoCorasick::new(marks).expect("a short table")
});

/// The names in a credit line (`The Associated Press contributed to this report.`), given in lower case as well;
/// `None` if it is no such line.
pub(super) fn credits(line: &str, lower: &str) -> Option<Vec<String>> {
    if line.len() != lower.len() || line.chars().count() > 200 {
        return None;
    }
    let edges = |text| str::trim_matches(text, |c: char| "()[]—–-*. ".contains(c));
    let (bare, lower) = (edges(line.trim()), edges(lower.trim()));
    if let Some(names) = reported(bare, lower) {
        return Some(names);
    }
    let after = AFTER_NAMES.iter().find(|phrase| lower.ends_with(**phrase) && lower.len() > phrase.len());
    if let Some(phrase) = after {
        return credited(&bare[..bare.len() - phrase.len()]);
    }
    let before = BEFORE_NAMES.iter().find(|phrase| lower.starts_with(**phrase))?;
    let names = bare[before.len()..].trim_start_matches(':').trim();
    // agencies that write their names in lower case: `Quelle: dpa`, `Mit Material von dpa`
    let is_plain = before.ends_with(':') || before.starts_with("mit ");
    let is_word = is_plain && !names.is_empty() && !names.contains(char::is_whitespace);
    credited(names).or_else(|| is_word.then(|| vec![names.to_owned()]))
}

/// The names in sentences that say each who reported from where, or helped: `Doe reported from Oslo. Roe contributed.`
fn reported(bare: &str, lower: &str) -> Option<Vec<String>> {
    const FROM: [&str; 3] = [" reported from ", " contributed reporting from ", " contributed to this report from "];
    if !FROM.iter().any(|phrase| lower.contains(phrase)) {
        return None;
    }
    let mut names = Vec::new();
    let mut from = 0;
    for sentence in lower.split_inclusive(['.', ';']) {
        let told = sentence.trim_matches(['.', ';', ' ']);
        let end = FROM.iter().find_map(|phrase| sentence.find(phrase)).or_else(|| {
            let phrase = AFTER_NAMES.iter().find(|phrase| told.ends_with(**phrase))?;
            sentence.rfind(phrase)
        })?;
        names.extend(credited(&bare[from..from + end])?);
        from += sentence.len();
    }
    Some(names)
}

/// The names in the name part of a credit line: short, and most words capitalised, or else it is a sentence.
fn credited(names: &str) -> Option<Vec<String>> {
    let names: Vec<String> = names
        .split([';', ','])
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" with "))
        .map(|name| {
            without_role(name.trim()).trim_matches(|c: char| c == '.' || c == ':' || c.is_whitespace()).to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect();
    let is_lower = |word: &&str| word.starts_with(char::is_lowercase);
    let named = |name: &String| {
        let words: Vec<&str> = name.split_whitespace().collect();
        let lower = words.iter().filter(|word| is_lower(word)).count();
        name.chars().count() <= 80 && !name.starts_with(char::is_lowercase) && 2 * lower <= words.len()
    };
    (!names.is_empty() && names.iter().all(named)).then_some(names)
}

/// `Editing by Jane Doe` names Jane Doe, `Associated Press writer John Smith` is left as it is.
fn without_role(name: &str) -> &str {
    const ROLES: &[&str] =
        &["editing by ", "writing by ", "reporting by ", "additional reporting by ", "compiled by ", "and "];
    ROLES
        .iter()
        .find_map(|role| {
            name.get(..role.len()).filter(|head| head.eq_ignore_ascii_case(role)).map(|_| &name[role.len()..])
        })
        .unwrap_or(name)
}

/// Whether a line, in lower case, is a copyright notice.
pub(super) fn is_copyright(lower: &str) -> bool {
    let length = lower.chars().count();
    if length > 500 {
        return false;
    }
    let lower = lower.trim();
    let marked = COPYRIGHT.iter().any(|mark| lower.starts_with(mark)) && (length < 200 || lower.contains("reserved"));
    marked && lower.chars().any(|c| c.is_ascii_digit() || c == '©') || length < 300 && NOTICE.is_match(lower)
}

/// The dateline before the dash of a story's first paragraph: `WASHINGTON (AP)`.
pub(super) fn dateline(paragraph: &str) -> Option<String> {
    let (at, _) = paragraph.char_indices().take(80).find(|&(at, c)| is_dash(c, &paragraph[at..], &paragraph[..at]))?;
    let line = paragraph[..at].trim();
    let place = line.split(['(', '（', ',', '/']).next().unwrap_or(line).trim();
    let words: Vec<&str> = place.split_whitespace().collect();
    let agency = line.ends_with([')', '）', '/']);
    let capitals = place.chars().any(char::is_uppercase) && !place.chars().any(char::is_lowercase);
    let named = words.iter().all(|word| word.chars().next().is_some_and(|c| !c.is_lowercase()));
    let fits = !words.is_empty()
        && words.len() <= 5
        && line.chars().count() <= 60
        && !line.contains(['!', '?', '"', '“'])
        && line.match_indices('.').all(|(at, _)| is_abbreviation(&line[..at]));
    (fits && (capitals && place.chars().count() > 2 || agency && named)).then(|| line.to_owned())
}

/// Whether a text ends in a short form of a state's, a month's or a saint's name: `Mo`, `Calif`, `Jan`, `St`.
fn is_abbreviation(text: &str) -> bool {
    let word = text.rsplit([' ', ',', '(', '.']).next().unwrap_or_default();
    (1..=5).contains(&word.chars().count()) && word.starts_with(char::is_uppercase)
}

/// A long dash, or a hyphen with space around it (`--` as well).
fn is_dash(c: char, rest: &str, before: &str) -> bool {
    match c {
        '—' | '–' | '―' => true,
        '-' => rest.starts_with("--") || (before.ends_with(' ') && rest.starts_with("- ")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datelines() {
        for (paragraph, expected) in [
            ("WASHINGTON (Example Wire) — The senate met.", Some("WASHINGTON (Example Wire)")),
            ("BERLIN -- The agency says", Some("BERLIN")),
            ("NEW DELHI, May 3 (Wire) - Rain fell", Some("NEW DELHI, May 3 (Wire)")),
            ("Paris (Wire) – Le président", Some("Paris (Wire)")),
            ("JEFFERSON CITY, Mo. (Wire) — The", Some("JEFFERSON CITY, Mo. (Wire)")),
            ("SAN JOSE, Calif. — A", Some("SAN JOSE, Calif.")),
            ("ST. PAUL, Minn. (Wire) — Snow", Some("ST. PAUL, Minn. (Wire)")),
            ("ANKARA （Wire） – Meclis", Some("ANKARA （Wire）")),
            ("МОСКВА, 3 янв /Весть/ — Дума", Some("МОСКВА, 3 янв /Весть/")),
            ("She came late — too late.", None),
            ("THE END. It came late — too late.", None),
            ("AI — a word of two letters — is everywhere", None),
            ("МОСКВА (ТАСС) — Дума приняла", Some("МОСКВА (ТАСС)")),
            ("No dash at all", None),
        ] {
            assert_eq!(dateline(paragraph).as_deref(), expected, "{paragraph}");
        }
    }

    #[test]
    fn credit_lines() {
        let cases: [(&str, Option<&[&str]>); 11] = [
            ("The Example Wire contributed to this report.", Some(&["The Example Wire"])),
            ("Jane Doe and John Smith contributed reporting.", Some(&["Jane Doe", "John Smith"])),
            ("(Reporting by Jane Doe; Editing by John Smith)", Some(&["Jane Doe", "John Smith"])),
            ("With files from The Canadian Wire", Some(&["The Canadian Wire"])),
            ("Mit Material von dpa", Some(&["dpa"])),
            (
                "Associated Press writer Jane Doe contributed to this report.",
                Some(&["Associated Press writer Jane Doe"]),
            ),
            ("Maria da Silva and Jan van der Berg contributed.", Some(&["Maria da Silva", "Jan van der Berg"])),
            // sentences of a story
            ("Heavy rain and strong winds contributed.", None),
            ("He said that she had contributed to this report.", None),
            ("The minister admitted that his office contributed to this story", None),
            ("Written by hand and with great care, the letter was found on Monday", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(credits(line, &line.to_lowercase()), expected, "{line}");
        }
    }

    #[test]
    fn copyright_lines() {
        for (line, expected) in [
            ("© 1998 - 2021 Example Media Inc. | All Rights Reserved.", true),
            ("Copyright 2024 Example. All rights reserved. This material may not be published.", true),
            ("The court ruled on copyright in 2021.", false),
            ("Copyright law is changing", false),
        ] {
            assert_eq!(is_copyright(&line.to_lowercase()), expected, "{line}");
        }
    }
}
