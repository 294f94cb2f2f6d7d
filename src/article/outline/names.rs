//! Class names, ids and roles that publishers use alike: the names are data, in `names.txt`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

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

static MATCHER: LazyLock<(AhoCorasick, Vec<(Signs, bool)>)> = LazyLock::new(|| {
    let lines = include_str!("names.txt").lines().filter(|line| !line.starts_with('#'));
    let of_sign = lines.filter_map(|line| {
        let (sign, names) = line.split_once(':')?;
        NAMED.iter().find(|(name, _)| *name == sign).map(|(_, sign)| (*sign, names))
    });
    let flat: Vec<(Signs, &str)> =
        of_sign.flat_map(|(sign, names)| names.split_whitespace().map(move |name| (sign, name))).collect();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(flat.iter().map(|(_, name)| name.trim_end_matches('$')))
        .expect("the file is small");
    (automaton, flat.iter().map(|(sign, name)| (*sign, name.ends_with('$'))).collect())
});

/// The signs that a class list, an id or a role gives.
pub(in crate::article) fn name_signs(names: &str) -> Signs {
    let (automaton, patterns) = &*MATCHER;
    let bytes = names.as_bytes();
    automaton.find_overlapping_iter(names).fold(Signs::NONE, |signs, found| {
        let (sign, whole) = patterns[found.pattern()];
        let begins = found.start() == 0 || boundary(bytes[found.start() - 1], bytes[found.start()]);
        let ends = !whole || bytes.get(found.end()).is_none_or(|&after| boundary(bytes[found.end() - 1], after));
        if begins && ends { signs | sign } else { signs }
    })
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
        }
    }
}
