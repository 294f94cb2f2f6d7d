//! Class names, ids and roles that publishers use alike: the names are data, in `names.txt`.

use std::sync::LazyLock;

use super::Signs;

/// The signs that `names.txt` has names for.
const NAMED: &[(&str, Signs)] = &[
    ("navigation", Signs::NAVIGATION),
    ("footer", Signs::FOOTER),
    ("header", Signs::HEADER),
    ("aside", Signs::ASIDE),
    ("related", Signs::RELATED),
    ("share", Signs::SHARE),
    ("newsletter", Signs::NEWSLETTER),
    ("promo", Signs::PROMO),
    ("advert", Signs::ADVERT),
    ("comments", Signs::COMMENTS),
    ("byline", Signs::BYLINE),
    ("bio", Signs::BIO),
    ("tags", Signs::TAGS),
    ("breadcrumb", Signs::BREADCRUMB),
    ("copyright", Signs::COPYRIGHT),
    ("consent", Signs::CONSENT),
    ("caption", Signs::CAPTION),
    ("media", Signs::MEDIA),
    ("date", Signs::DATE),
    ("paywall", Signs::PAYWALL),
    ("hidden", Signs::HIDDEN),
    ("contents", Signs::CONTENTS),
    ("pull-quote", Signs::PULL_QUOTE),
    ("body", Signs::BODY),
    ("deck", Signs::DECK),
    ("embed", Signs::EMBED),
    ("kicker", Signs::KICKER),
    ("overlay", Signs::OVERLAY),
    ("headline", Signs::HEADLINE),
    ("widget", Signs::WIDGET),
    ("note", Signs::NOTE),
    ("tools", Signs::TOOLS),
    ("infobox", Signs::INFOBOX),
];

/// A name, in lower case, what it is a sign of, and whether it has to end a word as well.
struct Name {
    name: &'static str,
    sign: Signs,
    whole: bool,
}

/// The names by how they begin.
static NAMES: LazyLock<Vec<Vec<Name>>> = LazyLock::new(|| {
    let mut by_beginning: Vec<Vec<Name>> = Vec::new();
    by_beginning.resize_with(26 * SECOND, Vec::new);
    for line in include_str!("names.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((sign, names)) = line.split_once(':') else { continue };
        let Some((_, sign)) = NAMED.iter().find(|(name, _)| *name == sign) else { continue };
        for name in names.split_whitespace() {
            let (name, whole) = name.strip_suffix('$').map_or((name, false), |name| (name, true));
            by_beginning[beginning(name.as_bytes())].push(Name { name, sign: *sign, whole });
        }
    }
    by_beginning
});

/// How many kinds of second characters are distinguished: the letters, and everything else.
const SECOND: usize = 27;

/// The place of names that begin with the same letter and the same kind of character after it.
fn beginning(name: &[u8]) -> usize {
    let letter = |at: usize| usize::from(name.get(at).map_or(u8::MAX, u8::to_ascii_lowercase).wrapping_sub(b'a'));
    letter(0) * SECOND + letter(1).min(SECOND - 1)
}

pub(super) fn name_signs(names: &str) -> Signs {
    let bytes = names.as_bytes();
    let mut signs = Signs::NONE;
    let mut start = 0;
    for part in bytes.chunk_by(|one, next| one.is_ascii_alphanumeric() == next.is_ascii_alphanumeric()) {
        let from = start;
        start += part.len();
        if is_random(part) {
            continue;
        }
        for (at, &byte) in part.iter().enumerate() {
            let before = if at == 0 { b' ' } else { part[at - 1] };
            // a letter behind a digit begins no word: it is one of an id's
            if byte.is_ascii_alphabetic() && !before.is_ascii_digit() && boundary(before, byte) {
                signs |= signs_at(&bytes[from + at..]);
            }
        }
    }
    signs
}

/// What the names that a text begins with are signs of.
fn signs_at(rest: &[u8]) -> Signs {
    let begins = |name: &str| rest.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name.as_bytes()));
    let said = |name: &&Name| begins(name.name) && (!name.whole || ends_word(&rest[name.name.len() - 1..]));
    NAMES[beginning(rest)].iter().filter(said).fold(Signs::NONE, |signs, name| signs | name.sign)
}

/// Whether letters and digits are an id's that a machine made, in which words are by chance: it is long, and has
/// digits between letters.
fn is_random(part: &[u8]) -> bool {
    let mut kinds = part.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit());
    part.len() >= 8 && kinds.any(|kind| kind[0].is_ascii_alphabetic()) && kinds.count() >= 2
}

/// Whether a word ends behind a letter, a number of its own apart: in `ad2-wrap`, and not in `ad6d`.
fn ends_word(rest: &[u8]) -> bool {
    let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest.get(1 + digits) {
        None => true,
        Some(after) if digits > 0 => !after.is_ascii_alphabetic(),
        Some(&after) => boundary(rest[0], after),
    }
}

/// Whether a word ends between two characters.
fn boundary(before: u8, after: u8) -> bool {
    !before.is_ascii_alphabetic()
        || !after.is_ascii_alphabetic()
        || before.is_ascii_lowercase() && after.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_at_word_boundaries() {
        for (names, expected) in [
            ("article-body", Signs::BODY),
            ("relatedPosts", Signs::RELATED),
            ("article__related-links", Signs::RELATED),
            ("unrelated", Signs::NONE),
            ("ad", Signs::ADVERT),
            ("slot-ad2", Signs::ADVERT),
            ("p-ddd261f2-56d7-ad6d-6c0c", Signs::NONE),
            ("record-Zl4adYBaWocTs7xm css-1navu3k id-n1AuAdJlVL", Signs::NONE),
            ("adventure shadow header", Signs::NONE),
            ("c-newsletterSignup", Signs::NEWSLETTER),
            ("col-md-8 wrapper", Signs::NONE),
        ] {
            assert_eq!(name_signs(names), expected, "{names}");
        }
    }

    #[test]
    fn every_line_of_the_data_is_read() {
        for line in include_str!("names.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let sign = line.split(':').next().expect("a line has a sign");
            assert!(NAMED.iter().any(|(name, _)| *name == sign), "{line}");
            let names = line.split_once(':').expect("a line has names").1.split_whitespace();
            for name in names.map(|name| name.trim_end_matches('$')) {
                assert!(name_signs(name) != Signs::NONE, "{name}");
            }
        }
    }
}
