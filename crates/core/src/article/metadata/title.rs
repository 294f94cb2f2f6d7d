//! The headline, without the site's name and in its own casing.

use serde_json::Value;
use url::Url;

use super::collect::Statements;
use super::headings::{Heading, PART};
use super::json_ld;
use super::titles::{same, units};
use crate::article::Source;
use crate::text::{from_html, line};

/// Signs between a headline and a site's name in a `<title>`.
const SEPARATORS: &[&str] =
    &[" | ", " – ", " — ", " - ", " :: ", " » ", " · ", " • ", " ‹ ", " / ", " ｜ ", "｜", " : ", "_", ": "];

/// Most characters of a title.
const LONGEST: usize = 600;

/// How much two texts have in common that say the same.
const LIKE: f32 = 0.6;

/// The headline and its source.
///
/// A heading is what a reader sees; it is taken where another statement says the same, much the same, or the same with
/// something before or behind. Then the statements made for machines, without what the shortest of them leaves out.
pub(super) fn title(said: &Statements, article: Option<&Value>, site: &[String]) -> Option<(String, Source)> {
    let of_article = headline(article).map(|title| without_site(&title, site));
    let of_graph = meta(said, "og:title").map(|title| without_site(&title, site));
    let of_twitter = meta(said, "twitter:title").map(|title| without_site(&title, site));
    let of_head = said.title.as_deref().map(|title| without_site(&line(title), site));
    let claims: Vec<&String> = [&of_graph, &of_article, &of_twitter, &of_head].into_iter().flatten().collect();
    let seen: Vec<&Heading> =
        said.headings.iter().filter(|seen| !site.iter().any(|name| same(name, &seen.text))).collect();
    let told: Vec<String> = claims.iter().map(|claim| claim.to_lowercase()).collect();
    let is_headline = |text: &&String| {
        let part = text.to_lowercase();
        told.iter().any(|claim| claim.contains(&part))
            && (claims.iter().any(|claim| same(claim, text))
                || is_part_of_any(text, &claims, site) && is_longest(text, &claims))
    };
    let lower = said.subheadings.iter().filter(is_headline).max_by_key(|text| text.len());
    let is_claim = |text: &str| claims[..].iter().any(|claim| same(claim, text));
    let nearest = nearest(&seen, &claims)
        .filter(|(heading, _)| is_claim(&heading.text) || lower.is_none_or(|lower| !is_claim(lower)));
    if let Some((heading, _)) = nearest.filter(|(_, likeness)| *likeness >= LIKE || lower.is_none()) {
        let headline = heading.headline(&claims);
        let headline = without_time(without_kicker(&headline, &claims)).trim_start_matches([':', ' ']);
        return Some((own_casing(behind_kicker(headline, &claims, site), &claims), Source::Heading));
    }
    if let Some(lower) = lower {
        return Some((own_casing(behind_kicker(lower, &claims, site), &claims), Source::Heading));
    }
    let property = said.properties.iter().find(|(name, text)| name == "headline" && !text.is_empty());
    let bare = |title: &Option<String>| title.as_ref().map(|title| shared(title, &claims, site).to_owned());
    [
        (bare(&of_graph), Source::Meta),
        (bare(&of_article), Source::JsonLd),
        (property.map(|(_, text)| text.clone()), Source::Microdata),
    ]
    .into_iter()
    .chain([
        (bare(&of_twitter), Source::Meta),
        (bare(&of_head).map(|title| without_section(&title).to_owned()), Source::Title),
        (seen.first().map(|heading| heading.text.clone()), Source::Heading),
    ])
    .find_map(|(title, source)| Some((title.filter(|title| !title.is_empty())?, source)))
}

/// The headline among the lines before a story, the nearest first: one that is a part of the page's title, or, where
/// the title is the site's name, there is none, or it is a `vague` one that has nothing to do with the story, the
/// heading over the story.
pub(super) fn among(title: Option<&str>, vague: bool, before: &Before<'_>, site: &[String]) -> Option<String> {
    let whole = title.map(line).unwrap_or_default();
    let claims = [&whole];
    let lines = before.lines.iter().map(|(text, _)| without_time(&line(text)).to_owned());
    let part = lines.filter(|text| !same(text, &whole) && is_part_of_any(text, &claims, site));
    if let Some(text) = part.max_by_key(String::len) {
        return Some(text);
    }
    let is_heading =
        |(text, rank): &&(&str, Option<u8>)| rank.is_some_and(|rank| rank <= 4) && units(text).len() >= PART;
    let (heading, _) = before.lines.iter().find(is_heading)?;
    let is_site = title.is_none_or(|title| site.iter().any(|name| same(name, title)));
    let story = before.story.to_lowercase();
    // how much of it the story says too
    let share = |text: &str| {
        let words: Vec<String> = units(text).into_iter().filter(|word| word.chars().count() > 3).collect();
        words.iter().filter(|word| story.contains(word.as_str())).count() as f32 / words.len().max(1) as f32
    };
    let is_other = vague && share(&whole) < 0.3 && share(heading) > share(&whole);
    (is_site && (share(heading) > 0.0 || title.is_none()) || is_other).then(|| without_time(&line(heading)).to_owned())
}

/// What comes before a story.
pub(in crate::article) struct Before<'a> {
    /// Lines, the nearest first, with their ranks where they are headings.
    pub(in crate::article) lines: Vec<(&'a str, Option<u8>)>,
    /// The story's beginning.
    pub(in crate::article) story: String,
}

/// A headline without a date or a time in brackets behind it.
fn without_time(title: &str) -> &str {
    let Some((head, tail)) = title.rsplit_once(['(', '【', '[']) else { return title };
    let inside = tail.trim_end_matches([')', '】', ']']);
    let is_time = inside.len() > 3 && inside.chars().all(|c| c.is_ascii_digit() || ":/. -".contains(c));
    if is_time && inside.len() < tail.len() { head.trim_end() } else { title }
}

/// Whether a text is a part of a statement, whole except for what a sign separates before or after it.
fn is_part_of_any(text: &str, claims: &[&String], site: &[String]) -> bool {
    let is_long = units(text).len() >= PART && !site.iter().any(|name| same(name, text));
    let part = text.to_lowercase();
    is_long && claims.iter().any(|claim| is_part_of(&part, &claim.to_lowercase()))
}

/// The same of texts in lower case.
fn is_part_of(part: &str, whole: &str) -> bool {
    whole.match_indices(part).any(|(at, _)| {
        // a hyphen between two words joins them
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !crate::text::is_wide(c));
        let (before, behind) = (whole[..at].strip_suffix('-'), whole[at + part.len()..].strip_prefix('-'));
        let is_joined = before.is_some_and(|before| is_word(before.chars().next_back()))
            || behind.is_some_and(|behind| is_word(behind.chars().next()));
        let before = whole[..at].trim_end();
        let behind = whole[at + part.len()..].trim_start();
        let is_parted =
            (before.is_empty() || before.ends_with(is_sign)) && (behind.is_empty() || behind.starts_with(is_sign));
        is_parted && !is_joined
    })
}

/// Whether a statement begins with a text, or has no other part that is longer: the site's name comes behind, as a
/// rule, and is the shorter one.
fn is_longest(text: &str, claims: &[&String]) -> bool {
    let part = text.to_lowercase();
    let others = |claim: &&String| {
        let whole = claim.to_lowercase();
        let (before, behind) = whole.split_once(&part)?;
        let rest = [before, behind].into_iter().flat_map(|rest| rest.split(['|', '–', '—', '»', ':', '·']));
        let rest = rest.flat_map(|rest| rest.split(" - ")).map(|rest| rest.trim().len());
        rest.max()
    };
    let begins = claims.iter().any(|claim| claim.to_lowercase().starts_with(&part));
    begins || claims.iter().filter_map(others).min().is_some_and(|other| other <= part.len())
}

/// A heading without what a sign sets apart before the headline that another statement has alone.
fn behind_kicker<'a>(heading: &'a str, claims: &[&'a String], site: &[String]) -> &'a str {
    let lower = heading.to_lowercase();
    let is_end = |claim: &&&String| {
        let claim_lower = claim.to_lowercase();
        claim_lower.len() < lower.len() && lower.ends_with(&claim_lower) && is_part_of_any(claim, &[&lower], site)
    };
    claims.iter().find(is_end).map_or(heading, |claim| claim)
}

/// What a statement and a shorter one have in common, where that is all of the shorter.
fn shared<'a>(title: &'a str, claims: &[&'a String], site: &[String]) -> &'a str {
    let whole = title.to_lowercase();
    let is_shorter = |claim: &&&String| {
        let claim = claim.to_lowercase();
        claim.len() < whole.len()
            && (whole.starts_with(&claim) || whole.ends_with(&claim))
            && is_part_of(&claim, &whole)
    };
    let is_long = |claim: &&&String| units(claim).len() >= PART && !site.iter().any(|name| same(name, claim));
    claims.iter().filter(is_long).filter(is_shorter).min_by_key(|claim| claim.len()).map_or(title, |claim| claim)
}

/// A page's title without a word or two behind a dash, which name its section or its site.
fn without_section(title: &str) -> &str {
    let Some((head, tail)) = title.rsplit_once(" - ").or_else(|| title.rsplit_once(" – ")) else { return title };
    let is_name = tail.starts_with(char::is_uppercase) && !tail.contains(|c: char| c.is_ascii_digit());
    if is_name && units(tail).len() <= 2 && units(head).len() > 4 { head.trim_end() } else { title }
}

fn is_sign(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace() && !matches!(c, '\'' | '’' | '"' | '”' | '“' | '?' | '!' | '.')
}

/// All that the page calls its headline, as far as it is one.
pub(super) fn claims(said: &Statements, article: Option<&Value>, site: &[String]) -> Vec<String> {
    let of_article = headline(article);
    let of_metas =
        ["og:title", "twitter:title", "title", "dc.title", "parsely-title"].iter().filter_map(|name| meta(said, name));
    let of_head = said.title.as_deref().map(line);
    let only_heading = said.headings.iter().filter(|_| said.headings.len() == 1).map(|heading| heading.text.clone());
    let claims = of_article.into_iter().chain(of_metas).chain(of_head).chain(only_heading);
    claims.flat_map(|title| [without_site(&title, site), title]).filter(|title| !title.is_empty()).collect()
}

fn meta(said: &Statements, name: &str) -> Option<String> {
    let text = said.meta_content(name).filter(|text| !text.is_empty())?;
    Some(short(&line(&from_html(short(text)))).to_owned())
}

fn headline(article: Option<&Value>) -> Option<String> {
    json_ld::text(article?, "headline").map(|title| short(&title).to_owned())
}

/// A title as far as it is compared.
fn short(title: &str) -> &str {
    title.char_indices().nth(LONGEST).map_or(title, |(end, _)| &title[..end])
}

/// The heading that says most nearly what the page claims its title is, and how nearly.
fn nearest<'a>(headings: &[&'a Heading], claims: &[&String]) -> Option<(&'a Heading, f32)> {
    let likeness = |heading: &Heading| {
        let of = |text: &str| claims.iter().map(|claim| likeness(text, claim)).fold(0.0, f32::max);
        of(&heading.text).max(of(&heading.headline(claims)))
    };
    let likened = headings.iter().rev().map(|heading| (*heading, likeness(heading)));
    let (best, likeness) = likened.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let only = headings.len() == 1 && units(&best.text).len() >= 4 && likeness > 0.2;
    (likeness >= LIKE || only).then_some((best, likeness))
}

/// How much two titles have in common: shared words over all words; characters where there are no spaces.
fn likeness(a: &str, b: &str) -> f32 {
    let (a, b) = (units(a), units(b));
    let shared = a.iter().filter(|unit| b.contains(unit)).count();
    2.0 * shared as f32 / (a.len() + b.len()).max(1) as f32
}

/// A heading without the word or two that are set above the headline inside of it (`Opinion`), where another statement
/// has the headline alone.
fn without_kicker<'a>(heading: &'a str, claims: &[&String]) -> &'a str {
    let kicker = |claim: &&&String| {
        let kicker = heading.strip_suffix(claim.as_str()).filter(|kicker| kicker.ends_with(' '));
        let worded = |kicker: &str| !kicker.contains(|c: char| c.is_ascii_digit());
        kicker.is_some_and(|kicker| {
            worded(kicker) && kicker.len() <= 24 && units(kicker).len() <= 2 && units(claim).len() >= 3
        })
    };
    claims.iter().find(kicker).map_or(heading, |claim| &heading[heading.len() - claim.len()..])
}

/// A heading in capitals is set so by the layout: another statement has the headline's own casing.
fn own_casing(heading: &str, claims: &[&String]) -> String {
    let shouts = heading.chars().any(char::is_uppercase) && !heading.chars().any(char::is_lowercase);
    let same = claims.iter().find(|claim| shouts && claim.to_lowercase() == heading.to_lowercase());
    same.map_or_else(|| heading.to_owned(), |claim| (*claim).clone())
}

/// What the site calls itself, its domain included.
pub(super) fn site_names(said: &Statements, url: &Url) -> Vec<String> {
    let domain = crate::link::site(url);
    let label = domain.split('.').next().unwrap_or_default().to_owned();
    let of_publisher = said.json_ld.iter().flat_map(|node| json_ld::names(node, "publisher", &said.json_ld));
    let of_site =
        said.json_ld.iter().filter(|node| json_ld::is_a(node, &["WebSite", "Organization", "NewsMediaOrganization"]));
    let of_site = of_site.filter_map(|node| json_ld::text(node, "name"));
    let metas = ["og:site_name", "application-name", "twitter:site", "publisher", "apple-mobile-web-app-title"];
    let of_metas =
        metas.iter().filter_map(|name| said.meta_content(name)).map(|name| name.trim_start_matches('@').to_owned());
    of_metas.chain(of_publisher).chain(of_site).chain([label, domain]).filter(|name| name.chars().count() > 1).collect()
}

/// Takes the site's name off either end; in doubt, a short tail behind a separator that is used for it.
fn without_site(title: &str, site: &[String]) -> String {
    let mut title = title.to_owned();
    while let Some(shorter) = cut(&title, site) {
        title = shorter;
    }
    title
}

fn cut(title: &str, site: &[String]) -> Option<String> {
    let is_site = |part: &str| site.iter().any(|name| same(name, part));
    SEPARATORS.iter().find_map(|separator| {
        let (head, tail) = title.rsplit_once(separator)?;
        let (first, rest) = title.split_once(separator)?;
        let piped = separator.contains(['|', '｜', '»', '‹', '•']);
        if is_site(tail) || piped && units(tail).len() <= 4 && units(head).len() > units(tail).len() {
            Some(head.trim().to_owned())
        } else if is_site(first) {
            Some(rest.trim().to_owned())
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_the_site() {
        let site = ["The Daily Example".to_owned(), "example".to_owned()];
        for (title, expected) in [
            ("Storm hits coast - The Daily Example", "Storm hits coast"),
            ("Storm hits coast | News | The Daily Example", "Storm hits coast"),
            ("The Daily Example: Storm hits coast", "Storm hits coast"),
            ("Storm: what we know - and what we don't", "Storm: what we know - and what we don't"),
            ("Storm hits coast | World news", "Storm hits coast"),
        ] {
            assert_eq!(without_site(title, &site), expected);
        }
    }

    #[test]
    fn headings_lose_their_kickers() {
        let claim = "Storm hits the coast".to_owned();
        for (heading, expected) in [
            ("Opinion Storm hits the coast", "Storm hits the coast"),
            ("Storm hits the coast", "Storm hits the coast"),
            ("2026 Storm hits the coast", "2026 Storm hits the coast"),
            ("Why no other storm hits the coast", "Why no other storm hits the coast"),
            ("What happens when a Storm hits the coast", "What happens when a Storm hits the coast"),
        ] {
            assert_eq!(without_kicker(heading, &[&claim]), expected);
        }
    }

    #[test]
    fn likeness_knows_scripts() {
        assert!(likeness("東京で地震", "東京で地震　けが人なし") > 0.5);
        assert!(likeness("Storm hits the coast", "Something else") < 0.1);
    }
}
