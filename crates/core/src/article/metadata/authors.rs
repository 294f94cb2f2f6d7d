//! Who wrote it.

use serde_json::Value;

use super::bylines::Byline;
use super::collect::Statements;
use super::json_ld::{self, Named, NamedKind};
use super::people::{Trust, WIDE_OUTLETS, bare, beside_authors, is_joint, people_in, without_brackets};
use super::same_title;
use super::words::{PARTICLES, WORDS, contains_word, is_account, is_lead, is_nobody, is_role, is_staff, without_date};
use crate::article::Source;
use crate::text::{from_html, is_wide, letters, line};

/// `<meta>` names for the author, in letters alone.
const METAS: &[&str] = &[
    "author",
    "articleauthor",
    "parselyauthor",
    "sailthruauthor",
    "dccreator",
    "byl",
    "byline",
    "articleauthorname",
    "cxenseparseauthor",
    "citationauthor",
    "citationauthors",
    "dctermscreator",
    "ogarticleauthor",
    "rnewsauthor",
    "shareaholicarticleauthorname",
];
/// Types of nodes that are the page as such, or a story of another kind.
const PAGES: &[&str] = &["WebPage", "ItemPage", "Recipe", "HowTo", "DiscussionForumPosting", "MedicalWebPage"];

/// The authors and their source: structured data, then `<meta>`, then marked elements, then links to authors' pages.
///
/// Where only an organisation is said to be the author, a person is believed who is named near the headline, and no
/// other.
pub(super) fn authors(said: &Statements, article: Option<&Value>, site: &[String]) -> Option<(Vec<String>, Source)> {
    let near = || said.bylines.iter().filter(|byline| byline.near);
    let claimed: Vec<(Vec<String>, Source)> =
        claims(said, article).filter_map(|(names, source)| found(of_claim(&names, site), source)).collect();
    let seen = || near().filter_map(|byline| found(of_byline(byline, site), source_of(byline)));
    if let Some((names, source)) = claimed.first() {
        let names = without(names, &near().flat_map(|byline| beside_authors(&byline.text)).collect::<Vec<_>>());
        if names.iter().all(|name| is_account(name))
            && let Some(seen) = seen().next()
        {
            return Some(seen);
        }
        // of two people, readers see the author
        let seen_exactly = || {
            near().filter(|byline| byline.exact).find_map(|byline| found(of_byline(byline, site), source_of(byline)))
        };
        if *source == Source::Meta
            && let Some(seen) = seen_exactly()
            && !seen.0.iter().any(|name| names.iter().any(|claimed| hold_each_other(name, claimed)))
        {
            return Some(seen);
        }
        let of_text = near().filter_map(|byline| {
            let all = people_in(std::slice::from_ref(&byline.text), Trust::Byline, site);
            let all = joined(&byline.text, &names, all);
            found(all, source_of(byline))
        });
        let fuller = claimed[1..].iter().cloned().chain(of_text).find(|(all, _)| all.len() < 8 && holds(all, &names));
        return Some(fuller.unwrap_or((names, *source)));
    }
    let is_said = claims(said, article).any(|(names, _)| !organisations(&names).is_empty());
    let far = || said.bylines.iter().filter(|byline| !byline.near && !is_said);
    let outside = || said.bylines_beside.iter().filter(|_| !is_said);
    let links = || people_in(&said.author_links, Trust::Byline, site);
    found(marked(near(), site), Source::Microdata)
        .or_else(|| first_of(near(), site).and_then(|names| found(names, Source::Byline)))
        .or_else(|| found(marked(far(), site), Source::Microdata))
        .or_else(|| first_of(far(), site).and_then(|names| found(names, Source::Byline)))
        .or_else(|| outside().map(|byline| of_byline(byline, site)).find_map(|names| found(names, Source::Microdata)))
        .or_else(|| found(of_one(outside(), site), Source::Microdata))
        .or_else(|| if is_said { None } else { found(links(), Source::AuthorLink) })
}

/// Whether one of two names holds the letters of the other.
pub(super) fn hold_each_other(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|name| letters(name).collect::<String>());
    one.contains(&other) || other.contains(&one)
}

fn is_among(name: &str, others: &[String]) -> bool {
    others.iter().any(|other| other.to_lowercase() == name.to_lowercase())
}

/// Whether some people are all of others, and more.
fn holds(all: &[String], some: &[String]) -> bool {
    let lower = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
    let (all, some) = (lower(all), lower(some));
    all.len() > some.len() && some.iter().all(|name| all.contains(name))
}

/// Of a byline's names those that machines tell too, and those that a word joins to them: what a comma sets apart may
/// be a role or an outlet.
fn joined(byline: &str, told: &[String], all: Vec<String>) -> Vec<String> {
    let byline = byline.to_lowercase();
    let around = |name: &String| byline.split_once(&name.to_lowercase()).unwrap_or_default();
    // only such words and roles are between two people
    let follows = |name: &String, before: &String| {
        let between = around(before).1.split_once(&name.to_lowercase()).map_or("", |(between, _)| between);
        let is_between = |word: &str| is_joint(word) || !word.contains(char::is_alphanumeric);
        between.split_whitespace().all(is_between) || between.split_whitespace().any(is_role)
    };
    let is_joined = |(at, name): (usize, &String)| {
        let (before, behind) = around(name);
        before.trim_end().rsplit(' ').next().is_some_and(is_joint)
            && !behind.split_whitespace().next().is_some_and(is_role)
            && all[..=at].windows(2).all(|two| follows(&two[1], &two[0]))
    };
    let is_told = |name: &String| is_among(name, told);
    let is_outlet = |name: &str| {
        name.split(' ').any(|word| word.len() > 2 && word.chars().all(char::is_uppercase))
            && !told.iter().all(|told| told.chars().all(|c| !c.is_lowercase()))
    };
    let last = all.iter().enumerate().rposition(is_joined).map_or(0, |last| last + 1);
    all.into_iter()
        .enumerate()
        .filter(|(at, name)| is_told(name) || *at < last && !is_outlet(name))
        .map(|(_, name)| name)
        .collect()
}

/// Those of some people who are not among others, unless that is nobody.
fn without(names: &[String], others: &[String]) -> Vec<String> {
    let is_other = |name: &&String| !is_among(name, others);
    let left: Vec<String> = names.iter().filter(is_other).cloned().collect();
    if left.is_empty() { names.to_vec() } else { left }
}

fn source_of(byline: &Byline) -> Source {
    if byline.exact { Source::Microdata } else { Source::Byline }
}

fn of_claim(names: &[Named], site: &[String]) -> Vec<String> {
    let people = |kind: NamedKind, trust: Trust| {
        let names = names.iter().filter(|named| named.kind == kind).map(|named| named.name.clone());
        people_in(&names.collect::<Vec<_>>(), trust, site)
    };
    let mut all = people(NamedKind::Person, Trust::Person);
    let others = people(NamedKind::Unsaid, Trust::Named);
    all.extend(others.into_iter().filter(|name| !all.contains(name)).collect::<Vec<_>>());
    all
}

fn of_byline(byline: &Byline, site: &[String]) -> Vec<String> {
    // what links to the author's page is a name, if of two words
    let links: Vec<String> = byline.links.iter().filter(|name| name.split_whitespace().count() > 1).cloned().collect();
    let linked = if byline.exact { people_in(&links, Trust::Linked, site) } else { Vec::new() };
    let linked = if linked.is_empty() { people_in(&byline.links, Trust::Byline, site) } else { linked };
    let linked = without(&linked, &beside_authors(&byline.text));
    let of_text = people_in(std::slice::from_ref(&byline.text), Trust::Byline, site);
    if linked.is_empty() || holds(&of_text, &linked) { of_text } else { linked }
}

/// The people of elements that are marked exactly; one that is marked as the author's name and nothing else may hold a
/// name of one word.
fn marked<'a>(bylines: impl Iterator<Item = &'a Byline> + Clone, site: &[String]) -> Vec<String> {
    let exact = bylines.clone().filter(|byline| byline.exact).flat_map(|byline| of_byline(byline, site));
    let of_more = people_in(&exact.collect::<Vec<_>>(), Trust::Linked, site);
    if of_more.is_empty() { of_one(bylines, site) } else { of_more }
}

fn of_one<'a>(bylines: impl Iterator<Item = &'a Byline>, site: &[String]) -> Vec<String> {
    let is_all = |byline: &&Byline| byline.exact && byline.links.iter().all(|link| *link == byline.text);
    let short: Vec<String> = bylines.filter(is_all).map(|byline| byline.text.clone()).take(2).collect();
    people_in(&short, Trust::Named, site)
}

/// The people of the first byline that names some; one inside of it may name more if an outlet follows the last.
fn first_of<'a>(bylines: impl Iterator<Item = &'a Byline>, site: &[String]) -> Option<Vec<String>> {
    let mut named =
        bylines.filter(|byline| !byline.exact).map(|byline| of_byline(byline, site)).filter(|names| !names.is_empty());
    let first = named.next()?;
    Some(named.take(2).find(|all| holds(all, &first)).unwrap_or(first))
}

/// Who may be meant where nobody is named, not even in a line under the headline: what follows a text such as `By`, or
/// else the organisation that is said to be the author, or that the byline names.
pub(super) fn otherwise(said: &Statements, article: Option<&Value>, site: &[String]) -> Option<(Vec<String>, Source)> {
    let claimed: Vec<(Vec<String>, Source)> =
        claims(said, article).filter_map(|(names, source)| found(organisations(&names), source)).collect();
    // a role (`Staff reporter`) says less than a name
    let named = || claimed.iter().find(|(names, _)| !names.iter().all(|name| is_staff(name))).or(claimed.first());
    let led = || said.led.iter().filter_map(|text| outlet(text, site)).next();
    let near =
        || said.bylines.iter().filter(|byline| byline.near).filter_map(|byline| outlet(&byline.text, site)).next();
    let is_other = |name: &String| {
        let mut claimed = named().into_iter().flat_map(|(names, _)| names);
        !site.iter().any(|site| same_title(site, name))
            && !is_staff(name)
            && !claimed.any(|other| hold_each_other(name, other))
    };
    let seen = |name: String| found(vec![name], Source::Byline);
    // an agency that readers see says more than a `<meta>` element, which is that of all pages
    let is_of_all = named().is_some_and(|(_, source)| *source == Source::Meta);
    found(people_in(&said.led, Trust::Byline, site), Source::Byline)
        .or_else(|| near().filter(|name| is_of_all && is_other(name)).and_then(seen))
        .or_else(|| named().cloned())
        .or_else(|| near().or_else(led).and_then(seen))
}

/// All that is said to machines of the author, the most trusted first.
fn claims<'a>(said: &'a Statements, article: Option<&'a Value>) -> impl Iterator<Item = (Vec<Named>, Source)> + 'a {
    let unsaid = |names: Vec<String>| -> Vec<Named> {
        names.into_iter().map(|name| Named { name, kind: NamedKind::Unsaid }).collect()
    };
    let of_page = || said.json_ld.iter().find(|node| json_ld::is_a(node, PAGES) && node.get("author").is_some());
    let node = article.filter(|node| node.get("author").is_some()).or_else(of_page);
    let of_node = node.map(|node| json_ld::named(node, "author", &said.json_ld)).unwrap_or_default();
    let metas: Vec<(String, &str)> = said
        .metas
        .iter()
        .filter(|(name, _)| ["auth", "creat", "byl"].iter().any(|part| name.contains(part)))
        .map(|(name, content)| (name.chars().filter(char::is_ascii_alphabetic).collect(), content.as_str()))
        .collect();
    let of_meta = move |name: &&str| {
        let contents = metas.iter().filter(|(key, _)| key == name).map(|(_, content)| (*content).to_owned());
        contents.collect::<Vec<_>>()
    };
    let of_metas = METAS.iter().map(of_meta).chain(std::iter::once_with(|| of_labels(said)));
    std::iter::once((of_node, Source::JsonLd)).chain(of_metas.map(move |names| (unsaid(names), Source::Meta)))
}

fn found(names: Vec<String>, source: Source) -> Option<(Vec<String>, Source)> {
    (!names.is_empty()).then_some((names, source))
}

/// What cards for other sites show next to a label that leads to a name (`twitter:label1`, `twitter:data1`).
fn of_labels(said: &Statements) -> Vec<String> {
    let pairs = [("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")];
    let leads = |label: &str| said.meta_content(label).is_some_and(is_lead);
    let data = pairs.into_iter().filter(|(label, _)| leads(label)).filter_map(|(_, data)| said.meta_content(data));
    data.map(str::to_owned).collect()
}

fn organisations(names: &[Named]) -> Vec<String> {
    let names = names.iter().map(|named| line(&from_html(&named.name)));
    let names = names.filter(|name| is_organisation(name)).map(|name| at_home(&name).to_owned());
    names.take(4).collect()
}

/// An organisation's name without what leads to it, and without the place of its reporter.
fn at_home(name: &str) -> &str {
    let name = bare(name);
    name.split_once(" in ").map_or(name, |(head, _)| head)
}

/// The organisation that a byline names: the site itself, or one whose name is made of words for such.
pub(super) fn outlet(byline: &str, site: &[String]) -> Option<String> {
    let text = without_date(&without_brackets(&line(byline)));
    let first = text.split(['|', '/', '•', '·']).next().unwrap_or_default();
    let name = at_home(first).trim_end_matches([',', ' ']);
    let is_short = (2..=40).contains(&name.chars().count()) && name.split_whitespace().count() <= 5;
    let lower = name.to_lowercase();
    let is_worded = || WORDS.outlets.iter().any(|word| contains_word(&lower, word));
    let is_known = site.iter().any(|site| same_title(site, name))
        || name.starts_with(char::is_uppercase) && is_shaped(name) && is_worded()
        || name.contains(is_wide) && name.ends_with(WIDE_OUTLETS) && name.chars().count() <= 12;
    (is_short && is_known && !is_nobody(name)).then(|| name.to_owned())
}

/// Whether a text has the shape of a name: capitals, and no signs of a sentence or of a control.
pub(super) fn is_shaped(name: &str) -> bool {
    let is_capital = |word: &str| !word.starts_with(char::is_lowercase) || PARTICLES.contains(&word) || word == "of";
    name.split_whitespace().all(is_capital) && !name.contains(|c: char| c.is_ascii_digit() || ":<>{}=_?!@".contains(c))
}

/// Whether a name may be an organisation's: no address, no number, and not that of an account (`admin`).
fn is_organisation(name: &str) -> bool {
    let is_address = name.contains(':') || name.contains('@') && name.contains('.');
    let is_name = (2..60).contains(&name.chars().count()) && name.chars().any(char::is_alphabetic);
    is_name && !is_address && !is_nobody(name) && !is_account(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bylines: &[(&str, &[&str], bool)], expected: Option<&[&str]>) {
        let byline = |(text, links, exact): &(&str, &[&str], bool)| Byline {
            text: (*text).to_owned(),
            links: links.iter().map(ToString::to_string).collect(),
            exact: *exact,
            near: true,
        };
        let said = Statements { bylines: bylines.iter().map(byline).collect(), ..Statements::default() };
        let found = authors(&said, None, &["quaypost".to_owned()]);
        let expected = expected.map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(found.map(|(names, _)| names), expected, "{bylines:?}");
    }

    #[test]
    fn marked_names_may_be_of_one_word() {
        check(&[("surfguard", &["surfguard"], true)], Some(&["surfguard"]));
        check(&[("surfguard", &[], true), ("Ane Holt", &["Ane Holt"], true)], Some(&["Ane Holt"]));
        check(&[("surfguard", &["surfguard"], false)], None);
        check(&[("Veröffentlicht von surfguard", &[], true)], Some(&["surfguard"]));
        check(&[("quaypost", &[], true)], None);
        check(&[("Kommentare geschlossen", &[], true)], None);
        check(&[("By Ane Holt 3 comments", &["Ane Holt", "3 comments"], true)], Some(&["Ane Holt"]));
    }
}
