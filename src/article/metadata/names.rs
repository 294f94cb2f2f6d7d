//! Who wrote it: people, one a name.

use serde_json::Value;

use super::collect::Statements;
use super::json_ld;
use crate::text::{from_html, line};

/// Words before a name in a byline.
const LEADS: &[&str] = &[
    "by",
    "written by",
    "words by",
    "story by",
    "reported by",
    "posted by",
    "author:",
    "author",
    "authors:",
    "von",
    "par",
    "por",
    "di",
    "de",
    "door",
    "af",
    "av",
    "autor:",
    "autor",
    "autore:",
    "auteur:",
    "text:",
    "text von",
    "a cura di",
    "przez",
    "yazan:",
    "автор:",
    "автор",
    "текст:",
    "oleh",
    "oleh:",
    "reporter:",
    "写真・文",
    "文/",
    "作者:",
    "作者：",
    "記者:",
    "記者：",
    "editor:",
];
/// Words that part one person from the next.
const JOINTS: &[&str] = &[
    " and ", " und ", " et ", " y ", " e ", " og ", " och ", " ve ", " и ", " i ", " en ", " with ", " mit ", " & ",
    " + ",
];
/// Words that only roles, desks, agencies and sites have in their names.
const NOT_PEOPLE: &[&str] = &[
    "reporter",
    "editor",
    "correspondent",
    "staff",
    "writer",
    "producer",
    "columnist",
    "contributor",
    "journalist",
    "author",
    "redaktion",
    "rédaction",
    "redacción",
    "redazione",
    "redação",
    "redaktör",
    "redakcja",
    "redaktor",
    "редакция",
    "newsroom",
    "desk",
    "bureau",
    "press",
    "agency",
    "agence",
    "agentur",
    "agencia",
    "reuters",
    "afp",
    "dpa",
    "ansa",
    "efe",
    "news",
    "newspaper",
    "magazine",
    "online",
    "team",
    "admin",
    "administrator",
    "editors",
    "photographer",
    "director",
    "manager",
    "professor at",
    "university",
    "guest",
    "special to",
    "published",
    "updated",
    "posted",
    "minutes",
    "min read",
    "comments",
    "share",
    "follow",
    "subscribe",
    "view all",
    "see more",
    "read more",
    "http",
    "www.",
    ".com",
    "@",
    "chief",
    "senior",
    "associate",
    "assistant",
    "executive",
    "head of",
    "board",
    "company",
    "inc.",
    "llc",
    "copyright",
    "©",
    "getty",
    "wire",
    "services",
    "service",
    "facebook",
    "twitter",
    "instagram",
    "linkedin",
    "email",
    "e-mail",
    "bluesky",
    "threads",
    "contact",
    "about",
    "photo",
    "image",
    "video",
    "advertisement",
    "home",
    "politics",
    "sports",
    "world",
    "opinion",
];

/// The authors and their source: structured data, then `<meta>`, then marked elements.
pub(super) fn authors(said: &Statements, article: Option<&Value>) -> Option<(Vec<String>, &'static str)> {
    let of_node = || article.map(|node| json_ld::names(node, "author", &said.json_ld)).unwrap_or_default();
    let of_metas = || {
        let names = [
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
        names
            .iter()
            .map(|name| said.contents(name).map(str::to_owned).collect::<Vec<_>>())
            .find(|names| !people(names).is_empty())
    };
    let of_bylines = |exact: bool| {
        said.bylines.iter().filter(move |byline| byline.exact == exact).map(|byline| {
            let linked = people(&byline.links);
            if linked.is_empty() { people(std::slice::from_ref(&byline.text)) } else { linked }
        })
    };
    let exact = || {
        let mut names: Vec<String> = of_bylines(true).flatten().collect();
        names.dedup();
        names
    };
    let candidates: [(&dyn Fn() -> Vec<String>, &'static str); 4] = [
        (&|| people(&of_node()), "json-ld"),
        (&|| people(&of_metas().unwrap_or_default()), "meta"),
        (&|| people(&exact()), "microdata"),
        (&|| of_bylines(false).find(|names| !names.is_empty()).unwrap_or_default(), "byline"),
    ];
    candidates.iter().map(|(names, source)| (names(), *source)).find(|(names, _)| !names.is_empty())
}

/// The people in a list of names or bylines, each once.
pub(in crate::article) fn people(names: &[String]) -> Vec<String> {
    let mut people: Vec<String> = Vec::new();
    for name in names.iter().flat_map(|name| split(name)) {
        if is_person(&name)
            && !people.iter().any(|other| other.to_lowercase() == name.to_lowercase())
            && people.len() < 24
        {
            people.push(name);
        }
    }
    people
}

fn split(byline: &str) -> Vec<String> {
    let mut text = format!(" {} ", line(&from_html(byline)));
    for joint in JOINTS {
        text = text.replace(joint, ";");
    }
    text.split([';', ',', '|', '/', '•', '·', '、', '，', '／', '\n'])
        .map(without_lead)
        .filter(|name| !name.is_empty())
        .collect()
}

fn without_lead(name: &str) -> String {
    let mut name = name.trim().trim_matches(|c: char| "-–—:.*\"“”()".contains(c) && c != '.').trim();
    while let Some(rest) = LEADS.iter().find_map(|lead| strip_word(name, lead)) {
        name = rest.trim_start_matches([':', ' ', '：']);
    }
    name.trim().to_owned()
}

/// Takes a word off the front, in any case, where more follows.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    let rest = &text[word.len()..];
    let ends = word.ends_with([':', '：', '/']) || rest.starts_with([' ', ':', '：']);
    (head.to_lowercase() == word && ends && !rest.trim().is_empty()).then_some(rest)
}

fn is_person(name: &str) -> bool {
    let lower = name.to_lowercase();
    let length = name.chars().count();
    let words = name.split_whitespace().count();
    let wide = name.chars().any(crate::text::is_wide);
    (2..=50).contains(&length)
        && words <= 5
        && (words >= 2 || wide || length >= 3)
        && !name.chars().any(|c| c.is_ascii_digit())
        && name.chars().any(char::is_alphabetic)
        && !NOT_PEOPLE.iter().any(|word| contains_word(&lower, word))
        && (wide || name.chars().any(|c| c.is_uppercase() || !c.is_lowercase() && c.is_alphabetic()))
}

fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let after = text[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        before && after || !word.starts_with(char::is_alphanumeric) || word.starts_with('.')
    })
}
