//! Who wrote a page's story, and what it is called.

#![allow(clippy::unwrap_used)]

use copydesk::article::{self, Article, Field, Page, Site, Source};
use url::Url;

const PARAGRAPHS: &str = "<p>The harbour council voted on Tuesday to keep the old swing bridge open to walkers for five \
    years.</p><p>Engineers had warned that the iron deck needed repairs, and several members wanted a new ferry \
    landing.</p><p>Work on the deck is to begin in September, and the bridge will be closed on four weekends.</p>";

fn read(head: &str, shown: &str, end: &str) -> Article {
    let body = format!(
        "<head><meta property='og:site_name' content='Quay Post'>{head}</head>{shown}<main>{PARAGRAPHS}</main>{end}<p>Quay Post</p>"
    );
    let url = Url::parse("https://www.quaypost.example/news/bridge").unwrap();
    let page = Page { url: &url, body: body.as_bytes(), content_type: None };
    article::from_page(page, None, &Site::default()).unwrap()
}

/// The authors and where they are from. `head` goes into the head, `shown` stands under the headline, `end` behind the
/// story.
fn check_authors(head: &str, shown: &str, end: &str, names: &[&str], source: Option<Source>) {
    let article = read(head, &format!("<h1>Swing bridge stays open</h1>{shown}"), end);
    assert_eq!(article.authors, names, "{head} {shown} {end}");
    assert_eq!(article.sources.of(Field::Authors), source, "{head} {shown} {end}");
}

#[test]
fn cards_for_other_sites_name_the_author() {
    let card = |label: &str, name: &str| {
        format!("<meta name='twitter:label1' content='{label}'><meta name='twitter:data1' content='{name}'>")
    };
    let meta = Some(Source::Meta);
    check_authors(&card("Written by", "Ane Holt"), "", "", &["Ane Holt"], meta);
    check_authors(&card("Verfasst von", "surfguard"), "", "", &["surfguard"], meta);
    check_authors(&card("Est. reading time", "4 minutes"), "", "", &[], None);
    let both = card("Written by", "Kai Berg") + "<meta name='author' content='Ane Holt'>";
    check_authors(&both, "", "", &["Ane Holt"], meta);
}

#[test]
fn a_text_that_is_only_a_lead_leads_to_a_name() {
    let byline = Some(Source::Byline);
    check_authors("", "<div><span>By</span><span>Ane Holt</span></div>", "", &["Ane Holt"], byline);
    check_authors("", "<div>Written by: </div><b>Ane Holt</b>", "", &["Ane Holt"], byline);
    check_authors("", "<p>Von</p><p>Ane Holt</p>", "", &["Ane Holt"], byline);
    // several people stand in one line, which says more
    let line = "<p><span>By</span> <a>Ane Holt</a> and <a>Kai Berg</a></p>";
    check_authors("", line, "", &["Ane Holt", "Kai Berg"], Some(Source::Text));
    check_authors("", "<p>Built <i>stone by stone</i> by <b>Harbour Works</b> in 1911</p>", "", &[], None);
    check_authors("", "<div><span>By</span><span>the river</span></div>", "", &[], None);
}

#[test]
fn exact_marks_count_beside_the_story_too() {
    let mark = |name: &str| format!("<aside><a rel=author href='/a'>{name}</a></aside>");
    let microdata = Some(Source::Microdata);
    check_authors("", &mark("Ane Holt"), "", &["Ane Holt"], microdata);
    check_authors("", "", "<footer><i itemprop=author>Ane Holt</i></footer>", &["Ane Holt"], microdata);
    check_authors("", "", "<footer><i class=author>Ane Holt</i></footer>", &[], None);
    // never closed, and so around all of the page
    check_authors("", "<aside><a>Menu</a><p class=byline>Ane Holt</p>", "", &["Ane Holt"], Some(Source::Byline));
    // those of other stories come behind
    check_authors("", "<p class=byline>Ane Holt</p>", &mark("Kai Berg"), &["Ane Holt"], Some(Source::Byline));
    check_authors("", "", &(mark("Kai Berg") + &mark("Ane Holt")), &["Kai Berg"], microdata);
}

#[test]
fn an_organisation_is_an_author_where_nobody_is_named() {
    let author = |name: &str| format!("<meta name=author content='{name}'>");
    let meta = Some(Source::Meta);
    check_authors(&author("Harbour Press Agency"), "", "", &["Harbour Press Agency"], meta);
    check_authors(&author("Quay Post"), "", "", &["Quay Post"], meta);
    check_authors(&author("Harbour Press Agency"), "<p>By Ane Holt</p>", "", &["Ane Holt"], Some(Source::Text));
    for nobody in ["admin", "Unknown", "post@quaypost.example", "https://www.quaypost.example/a", "2638"] {
        check_authors(&author(nobody), "", "", &[], None);
    }
}

#[test]
fn the_only_heading_is_the_headline_where_it_is_about_the_same() {
    let title =
        |headings: &str| read("<meta property='og:title' content='Old swing bridge saved'>", headings, "").title;
    let heading = "How the swing bridge of the harbour was kept open";
    assert_eq!(title(&format!("<h1>{heading}</h1>")).as_deref(), Some(heading));
    for other in [
        "<h1>Read more in our daily newsletter</h1>".to_owned(),
        "<h1>Swing bridge news</h1>".to_owned(),
        format!("<h1>{heading}</h1><h1>Another bridge of the town</h1>"),
    ] {
        assert_eq!(title(&other).as_deref(), Some("Old swing bridge saved"), "{other}");
    }
}
