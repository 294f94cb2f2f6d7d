//! Pages of many shapes and languages, each with the text and the metadata that have to come out.
//!
//! `tests/pages/NAME.html` is the page, `NAME.txt` its whole text, `NAME.json` the fields to compare (or the reason for
//! which the page is refused).

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use copydesk::article::{self, Article, ExtractionContext, Page, Rules, Selector, Site};
use serde_json::{Value, json};
use url::Url;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pages");

#[test]
fn pages_give_exactly_their_stories() {
    let mut names: Vec<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|file| file.strip_suffix(".html").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 45, "{} pages", names.len());
    let faults: Vec<String> = names.iter().filter_map(|name| fault(name)).collect();
    assert!(faults.is_empty(), "{} of {} pages:\n{}", faults.len(), names.len(), faults.join("\n\n"));
}

/// A rule may ask for any attribute, so that none is left out of the tree where there are rules.
#[test]
fn attributes_that_nobody_reads_change_nothing() {
    let url = Url::parse("https://www.quaypost.example/news/swing-bridge").unwrap();
    let (site, none, mut idle) = (Site::default(), Rules::default(), Rules::default());
    idle.add("quaypost.example", vec![], vec![Selector::parse("[data-of-no-page]").unwrap()]).unwrap();
    for file in fs::read_dir(FOLDER).unwrap().map(|file| file.unwrap().path()) {
        let body = fs::read(&file).unwrap();
        let page = Page { url: &url, body: &body, content_type: None };
        let read = |rules| article::extract(page, ExtractionContext::without_entry(&site, rules));
        assert_eq!(read(&none), read(&idle), "{}", file.display());
    }
}

/// What is wrong with a page, if anything.
fn fault(name: &str) -> Option<String> {
    let path = |end: &str| Path::new(FOLDER).join(format!("{name}.{end}"));
    let body = fs::read(path("html")).unwrap();
    let expected: Value = serde_json::from_slice(&fs::read(path("json")).unwrap()).unwrap();
    let url = Url::parse("https://www.quaypost.example/news/swing-bridge").unwrap();
    let page = Page { url: &url, body: &body, content_type: None };
    let article = match article::from_page(page, None, &Site::default()) {
        Ok(article) => article,
        Err(refused) => {
            let got = json!({ "refused": refused.reason.as_str() });
            return (got != expected).then(|| format!("{name}: {got}, not {expected}"));
        }
    };
    let text = fs::read_to_string(path("txt")).unwrap_or_default();
    if article.text != text.trim_end() {
        return Some(format!("{name}: text\n{}\n--- not\n{text}--- dropped {:?}", article.text, article.dropped));
    }
    let got = fields(&article);
    let wrong = expected.as_object().unwrap().iter().find(|(field, value)| got.get(*field) != Some(value));
    wrong.map(|(field, value)| format!("{name}: {field} is {:?}, not {value}", got.get(field)))
}

fn fields(article: &Article) -> Value {
    json!({
        "title": article.title,
        "authors": article.authors,
        "language": article.language,
        "published": article.published.map(|moment| moment.at.to_rfc3339()),
        "updated": article.updated.map(|moment| moment.at.to_rfc3339()),
        "section": article.section,
        "tags": article.tags,
        "image": article.image,
        "canonical_url": article.canonical_url,
        "next_page": article.next_page,
        "dateline": article.dateline,
        "credits": article.credits,
        "copyright": article.copyright,
        "text_source": article.text_source,
        "paywalled": article.paywalled,
        "restrictions": article.restrictions,
    })
}
