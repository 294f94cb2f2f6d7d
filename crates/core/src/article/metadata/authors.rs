//! Who wrote it.

use serde_json::Value;

use super::collect::{Byline, Statements};
use super::json_ld::{self, Named, NamedKind};
use super::people::{Trust, is_lead, is_nobody, people_in};
use crate::article::Source;
use crate::text::{from_html, line};

/// `<meta>` names for the author.
const METAS: &[&str] = &[
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "byl",
    "article:author:name",
    "cxenseparse:author",
    "citation_author",
    "dcterms.creator",
    "og:article:author",
    "rnews:author",
];

/// The authors and their source: structured data, then `<meta>`, then marked elements, then links to authors' pages.
pub(super) fn authors(said: &Statements, article: Option<&Value>, site: &[String]) -> Option<(Vec<String>, Source)> {
    let named = |names: &[String]| people_in(names, Trust::Named, site);
    let of_claim = |names: &[Named]| {
        let people = |kind: NamedKind, trust: Trust| {
            let names = names.iter().filter(|named| named.kind == kind).map(|named| named.name.clone());
            people_in(&names.collect::<Vec<_>>(), trust, site)
        };
        let mut all = people(NamedKind::Person, Trust::Person);
        let others = people(NamedKind::Unsaid, Trust::Named);
        all.extend(others.into_iter().filter(|name| !all.contains(name)).collect::<Vec<_>>());
        all
    };
    let of_byline = |byline: &Byline| {
        // what links to the author's page is a name, if of two words
        let links: Vec<String> =
            byline.links.iter().filter(|name| name.split_whitespace().count() > 1).cloned().collect();
        let linked = if byline.exact { people_in(&links, Trust::Linked, site) } else { Vec::new() };
        let linked = if linked.is_empty() { people_in(&byline.links, Trust::Byline, site) } else { linked };
        if linked.is_empty() { people_in(std::slice::from_ref(&byline.text), Trust::Byline, site) } else { linked }
    };
    let bylines = |exact: bool| said.bylines.iter().filter(move |byline| byline.exact == exact).map(of_byline);
    // an element that is marked as the author's name and nothing else may hold a name of one word
    let marked = || {
        let of_more = people_in(&bylines(true).flatten().collect::<Vec<_>>(), Trust::Linked, site);
        let is_all = |byline: &Byline| byline.links.iter().all(|link| *link == byline.text);
        let short = || said.bylines.iter().filter(|byline| byline.exact && is_all(byline));
        let of_one = || named(&short().map(|byline| byline.text.clone()).take(2).collect::<Vec<_>>());
        if of_more.is_empty() { of_one() } else { of_more }
    };
    let beside = || said.bylines_beside.iter().map(of_byline).find(|names| !names.is_empty()).unwrap_or_default();
    claims(said, article)
        .find_map(|(names, source)| found(of_claim(&names), source))
        .or_else(|| found(marked(), Source::Microdata))
        .or_else(|| found(bylines(false).find(|names| !names.is_empty()).unwrap_or_default(), Source::Byline))
        .or_else(|| found(beside(), Source::Microdata))
        .or_else(|| found(people_in(&said.author_links, Trust::Byline, site), Source::AuthorLink))
}

/// Who may be meant where nobody is named, not even in a line under the headline: what follows a text such as `By`, or
/// else the organisation that is said to be the author.
pub(super) fn otherwise(said: &Statements, article: Option<&Value>, site: &[String]) -> Option<(Vec<String>, Source)> {
    found(people_in(&said.led, Trust::Byline, site), Source::Byline)
        .or_else(|| claims(said, article).find_map(|(names, source)| found(organisations(&names), source)))
}

/// All that is said to machines of the author, the most trusted first.
fn claims<'a>(said: &'a Statements, article: Option<&'a Value>) -> impl Iterator<Item = (Vec<Named>, Source)> + 'a {
    let unsaid = |names: Vec<String>| -> Vec<Named> {
        names.into_iter().map(|name| Named { name, kind: NamedKind::Unsaid }).collect()
    };
    let of_node = article.map(|node| json_ld::named(node, "author", &said.json_ld)).unwrap_or_default();
    let of_metas = METAS.iter().map(|name| said.contents(name).map(str::to_owned).collect());
    let of_metas = of_metas.chain(std::iter::once_with(|| of_labels(said)));
    std::iter::once((of_node, Source::JsonLd)).chain(of_metas.map(move |names| (unsaid(names), Source::Meta)))
}

fn found(names: Vec<String>, source: Source) -> Option<(Vec<String>, Source)> {
    (!names.is_empty()).then_some((names, source))
}

/// What cards for other sites show beside a label that leads to a name (`twitter:label1`, `twitter:data1`).
fn of_labels(said: &Statements) -> Vec<String> {
    let pairs = [("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")];
    let leads = |label: &str| said.meta_content(label).is_some_and(is_lead);
    let data = pairs.into_iter().filter(|(label, _)| leads(label)).filter_map(|(_, data)| said.meta_content(data));
    data.map(str::to_owned).collect()
}

fn organisations(names: &[Named]) -> Vec<String> {
    let names = names.iter().map(|named| line(&from_html(&named.name)));
    names.filter(|name| is_organisation(name)).take(4).collect()
}

/// Whether a name may be an organisation's: no address, no number, and not that of an account (`admin`).
fn is_organisation(name: &str) -> bool {
    (2..60).contains(&name.chars().count())
        && !name.contains("://")
        && !(name.contains('@') && name.contains('.'))
        && name.chars().any(char::is_alphabetic)
        && !is_nobody(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bylines: &[(&str, &[&str], bool)], expected: Option<&[&str]>) {
        let byline = |(text, links, exact): &(&str, &[&str], bool)| Byline {
            text: (*text).to_owned(),
            links: links.iter().map(ToString::to_string).collect(),
            exact: *exact,
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
