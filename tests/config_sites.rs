//! What the user knows better of a site: read from the configuration, refused where it is faulty, done on its pages.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, process::Command, sync::Arc};

use copydesk::{
    article::{self, ExtractionContext, Page, Rules, Site},
    config::from_yaml,
};
use url::Url;

fn rules(sites: &str) -> Result<Arc<Rules>, String> {
    let yaml = format!("feeds: [https://example.com/feed]\n{sites}");
    let config = from_yaml(&yaml, Path::new("c.yaml"), &|_| None);
    config.map(|config| config.sites).map_err(|faults| faults.to_string())
}

/// What the rules make of a page of www.quaypost.example, paragraphs with a bar between, and what they dropped.
fn story(sites: &str) -> (String, Vec<String>) {
    let url = Url::parse("https://www.quaypost.example/news/1").unwrap();
    let page = Page { url: &url, body: PAGE.as_bytes(), content_type: None };
    let rules = rules(sites).unwrap();
    let article = article::extract(page, ExtractionContext::without_entry(&Site::default(), &rules)).unwrap().article;
    let dropped = article.dropped.iter().filter(|part| part.reason == "rule").map(|part| part.text.clone());
    (article.text.replace("\n\n", " | "), dropped.collect())
}

const PAGE: &str = r#"<html lang="en"><meta property="og:type" content="article"><h1>Swing bridge stays</h1>
<main><div class="story">
<p class="one">The council voted on Tuesday <span class="tip">i</span> to keep the old swing bridge open to walkers.</p>
<p class="two">Engineers had warned that the iron deck needed repairs, and several members wanted a new landing.</p>
<div class="box"><p class="three">Work on the deck is to begin in September, and will close the bridge on four weekends.</p>
<p class="four">The town has three other bridges, of which only one can be crossed on foot, far upstream.</p></div>
</div></main>
<aside class="facts"><p id="span">The bridge has a span of 41 metres.</p></aside></html>"#;

const ONE: &str = "The council voted on Tuesday i to keep the old swing bridge open to walkers.";
const TWO: &str = "Engineers had warned that the iron deck needed repairs, and several members wanted a new landing.";
const THREE: &str = "Work on the deck is to begin in September, and will close the bridge on four weekends.";
const FOUR: &str = "The town has three other bridges, of which only one can be crossed on foot, far upstream.";

#[test]
fn rules_decide_over_what_is_the_story() {
    let check = |sites: &str, expected: &[&str], dropped: &[&str]| {
        let (text, parts) = story(sites);
        assert_eq!((text, parts), (expected.join(" | "), dropped.iter().map(ToString::to_string).collect()), "{sites}");
    };
    let without_tip = ONE.replace(" i ", " ");
    check("", &[ONE, TWO, THREE, FOUR], &[]);
    check("sites: {quaypost.example: {drop: p.two}}", &[ONE, THREE, FOUR], &[TWO]);
    check("sites: {www.quaypost.example: {drop: [p.none, .box]}}", &[ONE, TWO], &[THREE, FOUR]);
    check(
        "sites: {quaypost.example: {keep: '#span'}}",
        &[ONE, TWO, THREE, FOUR, "The bridge has a span of 41 metres."],
        &[],
    );
    check("sites: {quaypost.example: {drop: .box, keep: .box .four}}", &[ONE, TWO, FOUR], &[THREE]);
    check("sites: {quaypost.example: {keep: .four, drop: .four}}", &[ONE, TWO, THREE], &[FOUR]);
    check("sites: {quaypost.example: {drop: span.tip}}", &[&without_tip, TWO, THREE, FOUR], &["i"]);
    check("sites: {other.example: {drop: p}, feeds.quaypost.example: {drop: p}}", &[ONE, TWO, THREE, FOUR], &[]);
}

#[test]
fn faulty_rules_are_refused_by_their_line() {
    let many = format!("sites: {{a.example: {{drop: [{}]}}}}", vec!["p"; 65].join(", "));
    for (sites, expected) in [
        ("sites: [a.example]", "c.yaml:2:8: `sites`: expected a mapping of names to values, found a list"),
        ("sites:\n  a.example: .promo", "c.yaml:3:14: a site: expected a mapping of keys, found `.promo`"),
        ("sites:\n  a.example: {}", "c.yaml:3:14: a site needs `keep` or `drop`"),
        ("sites:\n  a.example: {drop: [], drops: p}", "c.yaml:3:25: unknown key `drops`, did you mean `drop`?"),
        (
            "sites:\n  a.example:\n    drop: [p, 'div..x', p > ]",
            "c.yaml:4:15: `drop`: `div..x` is not a CSS selector: class needs ident",
        ),
        ("sites: {a.example: {keep: 'p:has(b)'}}", "c.yaml:2:27: `keep`: `p:has(b)` is not supported: "),
        ("sites: {a.example: {keep: {p: b}}}", "c.yaml:2:27: `keep`: expected a list, each item a CSS selector"),
        ("sites: {'https://a.example/': {keep: p}}", "c.yaml:2:9: `sites`: `https://a.example/` is not a host such as"),
        (
            "sites: {a.example: {keep: p}, A.example: {keep: p}}",
            "c.yaml:2:31: `sites`: there are rules for a.example already",
        ),
        (&many, "c.yaml:2:9: `sites`: a site has at most 64 selectors"),
    ] {
        let said = rules(sites).unwrap_err();
        assert!(said.starts_with(expected), "{sites}\n{said}");
    }
    assert_eq!(rules("sites:\n  a.example:\n    drop: [p, 'div..x', p >]").unwrap_err().lines().count(), 2);
}

#[test]
fn clean_minds_the_rules_of_a_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    put("page.html", PAGE);
    put("c.yaml", "feeds: [https://example.com/feed]\nsites: {quaypost.example: {drop: p.two}}");
    put("bad.yaml", "feeds: [https://example.com/feed]\nsites: {quaypost.example: {drop: p..two}}");
    let clean = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
        command.args(["clean", "page.html", "--url", "https://quaypost.example/a"]).args(arguments);
        let output = command.current_dir(directory.path()).output().unwrap();
        let article: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), article["text"].as_str().map(|text| text.contains(TWO)))
    };
    assert_eq!(clean(&[]), (Some(0), Some(true)));
    assert_eq!(clean(&["-c", "c.yaml"]), (Some(0), Some(false)));
    assert_eq!(clean(&["-c", "bad.yaml"]), (Some(2), None));
}
