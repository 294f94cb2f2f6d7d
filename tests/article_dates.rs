//! Which of the dates of a page is the one of its publication.

#![allow(clippy::unwrap_used)]

use copydesk::article::{self, Field, Page, Site, Source};
use url::Url;

const PARAGRAPHS: &str = "<p>The harbour council voted on Tuesday to keep the old swing bridge open to walkers for five \
    years.</p><p>Engineers had warned that the iron deck needed repairs, and several members wanted a new ferry \
    landing.</p><p>Work on the deck is to begin in September, and the bridge will be closed on four weekends.</p>";

/// The dates of publication and of the last change, and where the first is from. `said` goes into the head, `shown`
/// is under the headline.
fn check(url: &str, said: &str, shown: &str, expected: (Option<&str>, Option<&str>, Option<Source>)) {
    let body =
        format!("<head><title>T</title>{said}</head><h1>Swing bridge stays</h1>{shown}<main>{PARAGRAPHS}</main>");
    let url = Url::parse(url).unwrap();
    let page = Page { url: &url, body: body.as_bytes(), content_type: None };
    let article = article::from_page(page, None, &Site::default()).unwrap();
    let time = |moment: Option<copydesk::feed::Moment>| {
        moment.map(|moment| {
            moment.at.format(if moment.zoned { "%Y-%m-%dT%H:%M:%S%:z" } else { "%Y-%m-%dT%H:%M:%S" }).to_string()
        })
    };
    let got = (time(article.published), time(article.updated), article.sources.of(Field::Published));
    let expected = (expected.0.map(str::to_owned), expected.1.map(str::to_owned), expected.2);
    assert_eq!(got, expected, "{said} {shown}");
}

const PLAIN: &str = "https://www.quaypost.example/news/bridge";

fn ld(published: &str, modified: &str) -> String {
    format!(
        r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Swing bridge stays","datePublished":"{published}","dateModified":"{modified}"}}</script>"#
    )
}

#[test]
fn machines_are_believed_before_readers() {
    use Source::{JsonLd, Meta, Text, Time, Url};
    let meta = "<meta property='article:published_time' content='2024-05-03T08:00:00+02:00'>";
    let both = format!("{}{meta}", ld("2024-05-02T08:00:00+02:00", "2024-05-04T08:00:00+02:00"));
    let dated = "https://www.quaypost.example/2024/05/01/bridge";
    let shown = "<span>By Ane Holt</span><span>May 6, 2024</span>";
    let ld_wins = (Some("2024-05-02T08:00:00+02:00"), Some("2024-05-04T08:00:00+02:00"), Some(JsonLd));
    check(dated, &both, "<time datetime='2024-05-03'>Friday</time>", ld_wins);
    check(dated, meta, shown, (Some("2024-05-03T08:00:00+02:00"), None, Some(Meta)));
    check(
        dated,
        "",
        "<time class='published' datetime='2024-05-03T08:00Z'>Friday</time>",
        (Some("2024-05-03T08:00:00+00:00"), None, Some(Time)),
    );
    check(dated, "", shown, (Some("2024-05-06T00:00:00"), None, Some(Text)));
    check(dated, "", "<time>6 May 2024 10:45 · 4 min read</time>", (Some("2024-05-06T10:45:00"), None, Some(Time)));
    check(dated, "", "", (Some("2024-05-01T00:00:00"), None, Some(Url)));
    check(PLAIN, "", "<span>2024</span><span>May 2024</span>", (None, None, None));
}

#[test]
fn a_date_that_says_not_of_what_gives_way_to_what_readers_see() {
    let vague = "<meta name='date' content='2024-05-01T08:00:00+02:00'>";
    let exact = "<meta name='pubdate' content='2024-05-02T08:00:00+02:00'>";
    let (of_vague, of_exact) = (Some("2024-05-01T08:00:00+02:00"), Some("2024-05-02T08:00:00+02:00"));
    let (meta, shown) = (Some(Source::Meta), "<p>May 6, 2024</p>");
    check(PLAIN, vague, "", (of_vague, None, meta));
    check(PLAIN, vague, shown, (Some("2024-05-06T00:00:00"), None, Some(Source::Text)));
    check(PLAIN, vague, "<p>Updated</p><p>May 6, 2024</p>", (of_vague, Some("2024-05-06T00:00:00"), meta));
    check(PLAIN, &format!("{vague}{exact}"), shown, (of_exact, None, meta));
}

#[test]
fn a_piece_that_was_published_anew_is_dated_by_what_readers_see() {
    let said = ld("2022-04-28T12:00:00+01:00", "2023-12-22T20:11:21-08:00");
    let last = Some("2023-12-22T20:11:21-08:00");
    let first = (Some("2022-04-28T12:00:00+01:00"), last, Some(Source::JsonLd));
    check(PLAIN, &said, "<span>Nov 6, 2023</span>", (Some("2023-11-06T00:00:00"), last, Some(Source::Text)));
    for shown in [
        "<span>April 28, 2022</span>",
        "<span>April 28, 2022</span><span>November 6, 2023</span>",
        "<span>Last updated</span> <span>Nov 6, 2023</span>",
        "<span class='date-modified'>Nov 6, 2023</span>",
        "<span>Aktualisiert am</span> <span>6. November 2023</span>",
        // the last change is just that, and nothing is published after it
        "<span>December 22, 2023</span>",
        "<span>January 22, 2024</span>",
        "<span class='publish-date'>January 22, 2024</span>",
        "<span>Updated</span> <span class='publish-date'>December 22, 2023</span>",
        "<span>2023</span>",
    ] {
        check(PLAIN, &said, shown, first);
    }
    // except if the page calls it its publication
    let shown = "<span class='publish-date'>December 22, 2023</span>";
    check(PLAIN, &said, shown, (Some("2023-12-22T00:00:00"), last, Some(Source::Text)));
}

#[test]
fn day_and_month_are_told_apart_by_other_dates_of_the_page() {
    let said = "<meta property='article:published_time' content='03-09-2026'>";
    let (day_first, month_first) = ("2026-09-03T00:00:00", "2026-03-09T00:00:00");
    for (shown, expected) in [
        ("", day_first),
        ("<p>March 9, 2026</p>", month_first),
        ("<p>September 3, 2026</p>", day_first),
        ("<p>March 9, 2026</p><p>September 3, 2026</p>", day_first),
        ("<p>March 8, 2026</p>", day_first),
    ] {
        check(PLAIN, said, shown, (Some(expected), None, Some(Source::Meta)));
    }
    let changed = format!("{said}<meta property='article:modified_time' content='2026-03-09T18:00:00'>");
    check(PLAIN, &changed, "", (Some(month_first), Some("2026-03-09T18:00:00"), Some(Source::Meta)));
}

#[test]
fn an_instant_is_told_at_the_sites_own_offset() {
    let published = |offset: &str| {
        let at = "2024-05-03T03:00:46Z".parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap();
        at.with_timezone(&offset.parse::<chrono::FixedOffset>().unwrap()).to_rfc3339()
    };
    let said = ld("2024-05-03T03:00:46Z", "2024-05-03T03:00:46Z");
    for (shown, offset) in [
        ("<span>May 2, 2024 10:00 PM</span>", "-05:00"),
        ("<span>May 3, 2024 8:30 AM</span>", "+05:30"),
        ("<time datetime='2024-05-02T20:00:46-07:00'>Thursday</time>", "-07:00"),
        ("<span>May 3, 2024 3:00 AM</span>", "+00:00"),
        ("<span>May 2, 2024</span>", "+00:00"),
        ("<span>May 3, 2024 9:07 AM</span>", "+00:00"),
        ("<span>Updated</span><span>May 3, 2024 9:00 AM</span>", "+00:00"),
    ] {
        check(PLAIN, &said, shown, (Some(&published(offset)), Some("2024-05-03T03:00:46+00:00"), Some(Source::JsonLd)));
    }
    // some sites show readers another offset than they give to machines
    let told = published("-05:00");
    let said = ld(&told, &told);
    for (shown, offset) in [
        ("<span>May 3, 2024 3:00 AM</span>", "+00:00"),
        ("<span>May 2, 2024 10:00 PM</span>", "-05:00"),
        ("<span>May 3, 2024</span>", "-05:00"),
        ("<span>Updated</span><span>May 3, 2024 3:00 AM</span>", "-05:00"),
    ] {
        check(PLAIN, &said, shown, (Some(&published(offset)), Some(&told), Some(Source::JsonLd)));
    }
}

#[test]
fn the_exact_of_two_dates_that_agree() {
    use Source::{JsonLd, Meta, Text, Time};
    let day = ld("2024-05-03", "");
    let meta = "<meta property='article:published' content='2024-05-03T08:00:00.000Z'>";
    let exact = Some("2024-05-03T08:00:00+00:00");
    check(PLAIN, meta, "", (exact, None, Some(Meta)));
    check(PLAIN, &format!("{day}{meta}"), "", (exact, None, Some(Meta)));
    check(PLAIN, &format!("<meta name='pdate' content='20240503'>{meta}"), "", (exact, None, Some(Meta)));
    check(PLAIN, &day, "<span>May 3, 2024, 8:10 am</span>", (Some("2024-05-03T08:10:00"), None, Some(Text)));
    check(PLAIN, &day, "<span>May 5, 2024, 8:10 am</span>", (Some("2024-05-03T00:00:00"), None, Some(JsonLd)));
    // a clock's time without a zone, and with one
    let clock = ld("2024-05-03T06:00:00", "");
    let shown = "<time class='published' datetime='2024-05-03T11:00:00+00:00'>May 3, 2024</time>";
    check(PLAIN, &clock, shown, (Some("2024-05-03T11:00:00+00:00"), None, Some(Time)));
    // local time that is given as if it were UTC
    let clock = ld("2024-05-03T09:05:16Z", "");
    let shown = "<time datetime='2024-05-03T09:05:16-0800'>May 3, 2024 at 9:05AM</time>";
    check(PLAIN, &clock, shown, (Some("2024-05-03T09:05:16-08:00"), None, Some(Time)));
}

#[test]
fn a_time_without_a_zone_moves_no_instant() {
    let said = ld("2024-05-03T10:00:00-04:00", "");
    let shown = "<time datetime='2024-05-03T14:00:00'>May 3, 2024, 10:00am EDT</time>";
    check(PLAIN, &said, shown, (Some("2024-05-03T10:00:00-04:00"), None, Some(Source::JsonLd)));
}

#[test]
fn an_update_is_no_publication() {
    let shown = "<div class='post-date'>Updated January 8, 2026</div>";
    check(PLAIN, "", shown, (None, Some("2026-01-08T00:00:00"), None));
    let both = "<div class='post-date'>Published May 3, 2024 at 8:00 am | Updated May 4, 2024</div>";
    check(PLAIN, "", both, (Some("2024-05-03T08:00:00"), None, Some(Source::Text)));
    // the exact time of the last change is that, whatever the name of its element
    let said = ld("2023-12-21T10:12:07Z", "2023-12-24T07:00:00Z");
    let shown = "<time class='PublishDate' datetime='2023-12-24T07:00:00Z'>24 December 2023</time>";
    let expected = (Some("2023-12-21T10:12:07+00:00"), Some("2023-12-24T07:00:00+00:00"), Some(Source::JsonLd));
    check(PLAIN, &said, shown, expected);
}

#[test]
fn dates_of_others_date_no_page() {
    let comments = "<div class='comments'><p>Kai</p><time datetime='2024-06-01T10:00:00Z'>June 1, 2024</time></div>";
    check(PLAIN, "", comments, (None, None, None));
    let film = "<meta property='video:release_date' content='2019-01-01'>";
    check(PLAIN, film, "", (None, None, None));
}

#[test]
fn numbers_are_read_in_the_order_of_the_readers() {
    let shown = "<span class='date'>Office: 07/12/11-16:44</span>";
    let expected = (Some("2011-12-07T16:44:00"), None, Some(Source::Text));
    check("https://www.quaypost.example.gr/news/bridge", "", shown, expected);
    check(PLAIN, "", shown, (None, None, None));
}
