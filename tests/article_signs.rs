//! What is story and what is not, kind by kind, where one sign speaks against another: the cases are data, in
//! `tests/kinds/*.txt`.
//!
//! A case begins with `=== name`; `lang:`, `title:` and `head:` may follow. The other lines are what is under the
//! headline (or, after `main:`, in the page's body), up to the lines that begin with `-> ` and say what has to come out:
//! the whole text (paragraphs parted by ` // `), what it has to hold or not, or a field. `{1}` to `{6}` are paragraphs of
//! a story.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use copydesk::article::{self, Article, Page, Site};
use url::Url;

const STORY: [&str; 6] = [
    "The pilots of the estuary have asked for a second lantern on Gannet Rock, where two coasters ran aground in the fog of last November within a single week.",
    "A lantern of that size would cost some four hundred thousand crowns, the office of buoys has reckoned, and would need a keeper for the first of its winters.",
    "The owners of the salmon cages on the north side are against it, because fish that swim in the light at night grow more slowly than others, as they have measured.",
    "Three villages sent their fire brigades to the rock in November, and the youngest of the men who rowed out that night was given a medal by the county in March.",
    "In the end the minister has to decide, and she has promised to come to the estuary before the summer, to go out with the pilots and to look at the rock by night.",
    "A model of the lantern, as high as a child, stands in the hall of the pilots' office, where everybody who wishes to see it may come in on any day but Sunday.",
];

#[test]
fn every_kind_comes_out_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kinds");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let cases: Vec<Case> = texts.iter().flat_map(|text| text.split("\n=== ").skip(1)).map(Case::read).collect();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let faults: Vec<String> = cases.iter().flat_map(Case::faults).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[derive(Default)]
struct Case {
    name: String,
    lang: String,
    title: String,
    head: String,
    body: String,
    is_main: bool,
    expected: Vec<(String, String)>,
}

impl Case {
    fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let name = lines.next().unwrap().to_owned();
        let mut case = Self { name, lang: "en".into(), title: "Pilots ask for a lantern".into(), ..Self::default() };
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            if let Some(expected) = line.strip_prefix("-> ") {
                let (what, value) = expected.split_once(':').unwrap();
                case.expected.push((what.to_owned(), told(value.trim())));
            } else if let Some(lang) = line.strip_prefix("lang: ") {
                lang.clone_into(&mut case.lang);
            } else if let Some(title) = line.strip_prefix("title: ") {
                title.clone_into(&mut case.title);
            } else if let Some(head) = line.strip_prefix("head: ") {
                case.head.push_str(head);
            } else if line == "main:" {
                case.is_main = true;
            } else {
                case.body.push_str(&told(line));
                case.body.push('\n');
            }
        }
        case
    }

    fn html(&self) -> String {
        let Self { lang, title, head, body, .. } = self;
        let main = if self.is_main {
            body.replace("H1", &format!("<h1>{title}</h1>"))
        } else {
            format!("<main><article><h1>{title}</h1>\n{body}</article></main>")
        };
        format!(
            "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title} - Estuary Gazette</title>\
             <meta property=\"og:title\" content=\"{title}\"><meta property=\"og:type\" content=\"article\">\
             <meta property=\"og:site_name\" content=\"Estuary Gazette\">{head}</head><body>\
             <header class=\"page-header\"><a href=\"/\">Estuary Gazette</a><nav><ul><li><a href=\"/town\">Town</a></li>\
             <li><a href=\"/sea\">Sea</a></li></ul></nav></header>{main}<footer><p>© 2026 Estuary Gazette</p></footer></body></html>"
        )
    }

    fn faults(&self) -> Vec<String> {
        let url = Url::parse("https://www.estuarygazette.example/sea/lantern").unwrap();
        let html = self.html();
        let page = Page { url: &url, body: html.as_bytes(), content_type: None };
        let article = match article::from_page(page, None, &Site::default()) {
            Ok(article) => article,
            Err(refused) => return vec![format!("{}: {refused}", self.name)],
        };
        let faults = self.expected.iter().filter_map(|(what, expected)| fault(&article, what, expected));
        faults.map(|fault| format!("{}: {fault}", self.name)).collect()
    }
}

fn fault(article: &Article, what: &str, expected: &str) -> Option<String> {
    let text = article.text.replace("\n\n", " // ");
    let date =
        |moment: &Option<copydesk::feed::Moment>| moment.map(|moment| moment.at.to_rfc3339()).unwrap_or_default();
    let (got, is_right) = match what {
        "text" => (text.clone(), text == expected),
        "has" => (text.clone(), text.contains(expected)),
        "not" => (text.clone(), !text.contains(expected)),
        "authors" => (article.authors.join("; "), article.authors.join("; ") == expected),
        "published" => (date(&article.published), date(&article.published).starts_with(expected)),
        "updated" => (date(&article.updated), date(&article.updated) == expected),
        "language" => (article.language.clone().unwrap_or_default(), article.language.as_deref() == Some(expected)),
        "section" => {
            (article.section.clone().unwrap_or_default(), article.section.as_deref().unwrap_or_default() == expected)
        }
        "corrections" => (article.corrections.join(" // "), article.corrections.join(" // ") == expected),
        _ => panic!("{what} is compared nowhere"),
    };
    (!is_right).then(|| format!("{what} is\n    {got}\n  not\n    {expected}"))
}

/// A line with the story's paragraphs in their places.
fn told(line: &str) -> String {
    STORY.iter().zip(1..).fold(line.to_owned(), |line, (text, number)| line.replace(&format!("{{{number}}}"), text))
}
