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

/// The authors and where they are from. `head` goes into the head, `shown` is under the headline, `end` behind the
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

fn check_title(head: &str, shown: &str, expected: &str) {
    assert_eq!(read(head, shown, "").title.as_deref(), Some(expected), "{head} {shown}");
}

#[test]
fn a_title_is_the_headline_and_nothing_else() {
    let headline = "Old swing bridge stays open to walkers";
    // a heading of any rank that is a part of the page's title
    for title in [
        format!("THE QUAY - {headline} - harbour + town"),
        format!("{headline} | Town | Harbour news, weather and tides"),
        format!("{headline} : Harbour Ribbon"),
    ] {
        let head = format!("<title>{title}</title>");
        check_title(&head, &format!("<h3>{headline}</h3>"), headline);
        check_title(
            &head,
            &format!("<h1><a href='/'>The Quay - news of the harbour</a></h1><h2>{headline}</h2>"),
            headline,
        );
    }
    // the page's title is the site's, and the headline has to do with the story
    check_title("<title>Saturday Ribbon</title>", &format!("<h2>{headline}</h2>"), headline);
    check_title("<title>Swing bridge stays open</title>", "<h2>Tides and weather</h2>", "Swing bridge stays open");
    // the section behind a dash
    check_title(&format!("<title>{headline} - Harbour</title>"), "", headline);
}

#[test]
fn a_headline_is_not_all_of_its_heading() {
    let headline = "Old swing bridge stays open";
    let head = format!("<title>{headline} | Ribbon</title>");
    for inside in [
        format!("{headline} <span>06.01.12 08:49</span>"),
        format!("<div><span>Sponsored by</span></div>{headline}"),
        format!("<span>{headline}</span> <span class='entry-subtitle'>Walkers keep their way over the river</span>"),
        format!("<span class='kicker'>Harbour council</span><span class='hide'>: </span><span>{headline}</span>"),
        format!("{headline} (14/01/2008)"),
    ] {
        check_title(&head, &format!("<h1>{inside}</h1>"), headline);
    }
    let head = format!("<title>Harbour council: {headline}</title>");
    let inside = format!("<span class='overline'>Harbour council</span>{headline}");
    check_title(&head, &format!("<h1>{inside}</h1>"), headline);
}

#[test]
fn bylines_lose_what_is_no_name() {
    let byline = |text: &str| format!("<p class='byline'>{text}</p>");
    for (text, names) in [
        ("By ANE HOLT AP Medical Writer", &["ANE HOLT"][..]),
        ("By Ane Holt Health reporter, Quay News", &["Ane Holt"]),
        ("Dr. Ane Holt", &["Ane Holt"]),
        ("By Ane Holt. Harbour International", &["Ane Holt"]),
        ("By Ane Holt Edited by Kai Berg", &["Ane Holt"]),
        ("By Ane HoltContributions from Kai Berg published May 3", &["Ane Holt"]),
        ("Ane Holt im Gespräch mit Kai Berg", &["Ane Holt", "Kai Berg"]),
        ("【海港報╱記者林小燕╱台北報導】", &["林小燕"]),
    ] {
        check_authors("", &byline(text), "", names, Some(Source::Byline));
    }
    check_authors("", &byline("Posted"), "", &[], None);
    check_authors("", &byline("Harbour Press Agency"), "", &["Harbour Press Agency"], Some(Source::Byline));
    check_authors("", &byline("By Quay Post"), "", &["Quay Post"], Some(Source::Byline));
}

#[test]
fn cards_comments_and_paragraphs_name_no_author() {
    let organisation = "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"Swing bridge stays open\",\"author\":{\"@type\":\"Organization\",\"name\":\"Harbour Wire\"}}</script>";
    let wire = &["Harbour Wire"][..];
    let far = "<p>The river is low.</p>".repeat(90) + "<p class='byline'>Kai Berg</p>";
    check_authors(organisation, "", &far, wire, Some(Source::JsonLd));
    check_authors(organisation, "<p class='byline'>By Ane Holt</p>", "", &["Ane Holt"], Some(Source::Byline));
    let comment = "<div class='comments'><p class='comment'><a rel='author'>Kai Berg</a> Well said.</p></div>";
    check_authors("", "", comment, &[], None);
    let told = "<p>The bridge was drawn by <a href='/people/kai-berg'>Kai Berg</a> in the year of the great flood, and has stood since.</p>";
    check_authors("", told, "", &[], None);
    check_authors("", "<a href='/licenses/by/4.0/'>CC BY</a><a href='/people/lists/'>Harbour Names</a>", "", &[], None);
    let photo = "<figure><img src='/a.jpg'><figcaption class='byline'>Kai Berg</figcaption></figure>";
    check_authors("", photo, "", &[], None);
}

#[test]
fn machines_and_readers_together_name_the_authors() {
    let json_ld = |name: &str| {
        format!(
            "<script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"headline\":\"Swing bridge stays open\",\"author\":{{\"@type\":\"Person\",\"name\":\"{name}\"}}}}</script>"
        )
    };
    let byline = |text: &str| format!("<p class='byline'>{text}</p>");
    let both = &["Ane Holt", "Kai Berg"][..];
    check_authors(&json_ld("Ane Holt"), &byline("By Ane Holt and Kai Berg, Ribbon"), "", both, Some(Source::Byline));
    check_authors(&json_ld("Ane Holt"), &byline("Ane Holt, Harbour Works"), "", &["Ane Holt"], Some(Source::JsonLd));
    check_authors(&json_ld("ane-holt"), &byline("By Ane Holt"), "", &["Ane Holt"], Some(Source::Byline));
    // a role says less than an agency's name
    let meta = "<meta property='article:author' content='Harbour Wire in Elmstad'>";
    check_authors(&(json_ld("Ribbon staff reporter") + meta), "", "", &["Harbour Wire"], Some(Source::Meta));
    let page = "<script type='application/ld+json'>[{\"@type\":\"WebPage\",\"author\":{\"@id\":\"#p\"}},{\"@type\":\"Person\",\"@id\":\"#p\",\"name\":\"Ane Holt\"}]</script>";
    check_authors(page, "", "", &["Ane Holt"], Some(Source::JsonLd));
    check_authors(
        "<meta name='citation_authors' content='Ane Holt'><meta name='citation_authors' content='Kai Berg'>",
        "",
        "",
        both,
        Some(Source::Meta),
    );
}
