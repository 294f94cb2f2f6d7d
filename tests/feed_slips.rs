//! What publishers do to feeds, links and texts, and what is meant by it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use copydesk::feed::{Entry, Feed, Source, parse};
use url::Url;

fn read(document: &str) -> Feed {
    let url = Url::parse("https://gazette.example/rss").unwrap();
    parse(document.as_bytes(), Source { url: &url, content_type: None }).unwrap()
}

/// JSON as people write it by hand, or cut: each item that is whole is read.
#[test]
fn no_slip_of_json_loses_an_item() {
    let feed = |items: &str| format!("{{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [{items}]}}");
    let item = |id: u8, more: &str| format!("{{\"id\": \"{id}\", \"title\": \"t{id}\"{more}}}");
    let first = |more: &str| feed(&format!("{}, {}", item(1, more), item(2, "")));
    for (document, problem) in [
        (first(", \"author\": \"mara\""), None),
        (first(", \"author\": null"), None),
        (first(", \"author\": [{\"name\": \"mara\"}]"), None),
        (first(", \"authors\": {\"name\": \"mara\"}"), None),
        (first(", \"authors\": [\"mara\", null, 7]"), None),
        (first(", \"title\": \"t1\""), None),
        (first(", \"tags\": \"a\", \"attachments\": {\"url\": \"/a.mp3\"}, \"image\": {\"url\": \"/a.png\"}"), None),
        (first(", \"summary\": {\"text\": [1, {\"a\": []}]}, \"url\": []"), None),
        (first(", \"content_html\": \"<p>a</p>\n\t<p>b</p>\""), Some("damaged-json")),
        (first(", \"content_html\": \"<p>a</p>\",,"), Some("damaged-json")),
        (first(", \"summary\": \"it\\'s \\x\""), Some("damaged-json")),
        (first(", \"summary\": \"he said \"no\" to it\""), Some("damaged-json")),
        (first(", summary: 'none'"), Some("damaged-json")),
        (first(", \"summary\": \"none\" /* for now */"), Some("damaged-json")),
        (feed(&format!("{} {},", item(1, ""), item(2, ""))), Some("damaged-json")),
        (first("").replace('[', "{\"0\": ").replace(", {", ", \"2\": {").replace(']', "}"), None),
        (feed(&format!("{}, {}", item(1, ""), item(2, ""))).replace("]}", ""), Some("truncated")),
        (
            feed(&format!("{}, {}, {{\"id\": \"3\", \"ti", item(1, ""), item(2, ""))).replace("]}", ""),
            Some("truncated"),
        ),
    ] {
        let feed = read(&document);
        let titles: Vec<&str> = feed.entries.iter().filter_map(|entry| entry.title.as_deref()).collect();
        assert_eq!(titles, ["t1", "t2"], "{document}");
        assert_eq!(feed.problems.first().map(|problem| problem.kind), problem, "{document}");
        assert_eq!(feed.truncated, problem == Some("truncated"), "{document}");
    }
}

#[test]
fn people_of_a_json_feed_are_read_however_they_are_written() {
    for (author, expected) in [
        ("\"author\": \"Mara Holt\"", ("Mara Holt", None)),
        ("\"author\": 7, \"authors\": [7, \"Mara Holt\"]", ("Mara Holt", None)),
        ("\"author\": \"Mara Holt <mara@a.example>\"", ("Mara Holt", Some("mara@a.example"))),
        (
            "\"author\": {\"name\": \"Mara Holt\", \"url\": \"mailto:mara@a.example\"}",
            ("Mara Holt", Some("mara@a.example")),
        ),
        ("\"authors\": [\"Mara Holt\"], \"author\": \"Someone else\"", ("Mara Holt", None)),
        ("\"authors\": [], \"author\": \"Mara Holt\"", ("Mara Holt", None)),
    ] {
        let document =
            format!("{{\"version\": \"https://jsonfeed.org/version/1\", \"items\": [{{\"id\": 1, {author}}}]}}");
        let feed = read(&document);
        let people: Vec<(&str, Option<&str>)> = feed.entries[0]
            .authors
            .iter()
            .map(|person| (person.name.as_deref().unwrap(), person.email.as_deref()))
            .collect();
        assert_eq!(people, [expected], "{author}");
    }
}

fn item(item: &str) -> Entry {
    let document = format!(
        "<rss xmlns:media='http://search.yahoo.com/mrss/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>\
         <channel><link>https://gazette.example/</link>{item}</channel></rss>"
    );
    read(&document).entries.remove(0)
}

#[test]
fn links_are_what_was_meant() {
    for (link, expected) in [
        ("<link>https://gazette.example/a?b=1&amp;amp;c=2</link>", "https://gazette.example/a?b=1&c=2"),
        ("<link><![CDATA[https://gazette.example/a?b=1&amp;c=2]]></link>", "https://gazette.example/a?b=1&c=2"),
        ("<link>&lt;![CDATA[https://gazette.example/a]]&gt;</link>", "https://gazette.example/a"),
        ("<link>www.gazette.example/a</link>", "https://www.gazette.example/a"),
        ("<link>gazette.example/a</link>", "https://gazette.example/a"),
        ("<link href='sport.gazette.example/a'/>", "https://sport.gazette.example/a"),
        ("<link>news/a.html</link>", "https://gazette.example/news/a.html"),
        ("<link>http://https://gazette.example/a</link>", "https://gazette.example/a"),
        ("<link>htp://gazette.example/a</link>", "http://gazette.example/a"),
        ("<link>https://gazette.example/https://gazette.example/a</link>", "https://gazette.example/a"),
        ("<guid>www.gazette.example/a</guid>", "https://www.gazette.example/a"),
        ("<guid>https://gazette.example/?p=1&amp;amp;q=2</guid>", "https://gazette.example/?p=1&q=2"),
        ("<link rel='http://www.iana.org/assignments/relation/alternate' href='/a'/>", "https://gazette.example/a"),
        ("<link rel='related' href='/b'/><link rel='Alternate' href='/a'/>", "https://gazette.example/a"),
    ] {
        let entry = item(&format!("<item>{link}</item>"));
        assert_eq!(entry.url.as_ref().map(Url::as_str), Some(expected), "{link}");
        assert_eq!(entry.url_as_told, None, "{link}");
    }
    let entry = item("<item><title>a</title><guid isPermaLink='false'>www.gazette.example/a</guid></item>");
    assert_eq!(entry.url, None, "it says that it is no link");
    let entry = item("<item><enclosure url='https://img.example/r?w=1&amp;amp;h=2' type='image/png'/></item>");
    assert_eq!(entry.enclosures[0].url.as_str(), "https://img.example/r?w=1&h=2");
    let json = "{\"version\": \"https://jsonfeed.org/version/1\", \"items\": [{\"id\": \"1\", \"url\": \"www.gazette.example/a?b&amp;c\"}]}";
    assert_eq!(read(json).entries[0].url.as_ref().map(Url::as_str), Some("https://www.gazette.example/a?b&c"));
}

#[test]
fn a_link_through_a_counter_is_the_page_it_leads_to() {
    let link = "https://alerts.example/url?sa=t&amp;url=https://gazette.example/a%3Fb%3D1&amp;ct=ga";
    let entry = item(&format!("<item><link>{link}</link></item>"));
    assert_eq!(entry.url.as_ref().map(Url::as_str), Some("https://gazette.example/a?b=1"));
    assert_eq!(entry.redirect.as_deref().map(Url::as_str), Some(link.replace("&amp;", "&").as_str()));
}

#[test]
fn marks_of_cdata_are_not_part_of_a_text() {
    for (fields, title, text) in [
        (
            "<title>&lt;![CDATA[Mill turns]]&gt;</title><description>&lt;![CDATA[It turns.]]&gt;</description>",
            "Mill turns",
            "It turns.",
        ),
        (
            "<title><![CDATA[<![CDATA[Mill turns]]]]><![CDATA[>]]></title><description><![CDATA[<![CDATA[<p>It <b>turns</b>.</p>]]]]><![CDATA[>]]></description>",
            "Mill turns",
            "<p>It <b>turns</b>.</p>",
        ),
        (
            "<title>&amp;lt;![CDATA[Mill turns]]&amp;gt;</title><description>&lt;![CDATA[&lt;p&gt;It turns.&lt;/p&gt;]]&gt;</description>",
            "Mill turns",
            "<p>It turns.</p>",
        ),
        (
            "<title>Mill turns]]></title><description><![CDATA[<pre>&lt;![CDATA[x]]&gt;</pre>]]></description>",
            "Mill turns",
            "<pre>&lt;![CDATA[x]]&gt;</pre>",
        ),
    ] {
        let entry = item(&format!("<item>{fields}</item>"));
        assert_eq!((entry.title.as_deref(), entry.summary.as_deref()), (Some(title), Some(text)), "{fields}");
    }
}

#[test]
fn an_entry_has_the_authors_of_the_feed_it_was_taken_from() {
    let planet = |entry: &str| {
        let document = format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><author><name>Keeper</name></author><entry>{entry}</entry></feed>"
        );
        let authors = read(&document).entries[0].authors.clone();
        authors.into_iter().filter_map(|person| person.name).collect::<Vec<_>>()
    };
    let source = "<source><title>Member</title><author><name>Mara Holt</name><email>m@a.example</email></author><author><name>Ola Brook</name></author></source>";
    assert_eq!(planet(&format!("<title>a</title>{source}")), ["Mara Holt", "Ola Brook"]);
    assert_eq!(planet(&format!("{source}<author><name>Ida Lund</name></author>")), ["Ida Lund"]);
    assert_eq!(planet(&format!("<author><name>Ida Lund</name></author>{source}")), ["Ida Lund"]);
    assert_eq!(planet("<title>a</title><source><title>Member</title></source>"), ["Keeper"]);
}

#[test]
fn the_image_is_the_entrys_own_and_the_largest() {
    let content =
        |name: &str, more: &str| format!("<media:content url='https://i.example/{name}.jpg' medium='image' {more}/>");
    let thumbnail = |name: &str, more: &str| format!("<media:thumbnail url='https://i.example/{name}.jpg' {more}/>");
    let portrait = |title: &str| {
        format!(
            "<media:content url='https://i.example/face.jpg' medium='image'><media:title type='html'>{title}</media:title></media:content>"
        )
    };
    for (media, expected) in [
        (content("a", "width='100'") + &content("b", "width='940'") + &content("c", "width='340'"), Some("b")),
        (format!("<media:group>{}{}</media:group>", content("a", "width='900'"), content("b", "width='300' isDefault='true'")), Some("b")),
        (thumbnail("a", "width='66'") + &thumbnail("b", "width='144px'"), Some("b")),
        (portrait("Mara Holt") + &thumbnail("a", "") + &content("a", ""), Some("a")),
        (portrait("Mara  HOLT") + &content("a", "width='120'"), Some("a")),
        (portrait("Mara Holt"), Some("face")),
        (portrait("The mill at dawn") + &content("a", ""), Some("face")),
        (content("a", "") + &content("b", ""), Some("a")),
        (content("a", "") + &thumbnail("b", ""), Some("b")),
        (content("a", "").replace("/>", ">") + &thumbnail("b", "") + "</media:content>", Some("a")),
        (format!("<media:group>{}{}</media:group>", thumbnail("b", ""), content("a", "")), Some("a")),
        (thumbnail("a", "width='72'") + &content("b", ""), Some("b")),
        (
            "<enclosure url='https://i.example/a.jpg' type='image/jpeg' length='9'/><enclosure url='https://i.example/b.jpg' type='image/jpeg' length='90'/>"
                .to_owned(),
            Some("b"),
        ),
        (content("pixel", "width='1' height='1'"), None),
        ("<media:content url='https://i.example/a.JPG'/>".to_owned(), Some("a")),
        ("<media:content url='https://i.example/a.mp4' medium='video'/>".to_owned(), None),
        ("<enclosure url='https://i.example/a.jpg' type='image/jpeg'/><itunes:image href='https://i.example/b.jpg'/>".to_owned(), Some("b")),
    ] {
        let entry = item(&format!("<item><author>Mara Holt</author>{media}</item>"));
        let image = entry.image.map(|url| url.path().to_lowercase().trim_matches('/').replace(".jpg", ""));
        assert_eq!(image.as_deref(), expected, "{media}");
    }
}

#[test]
fn dates_are_those_that_are_told_or_none() {
    for (told, expected) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Wed, 31 Dec 1969 19:00:00 -0500", None),
        ("0", None),
        ("0000-00-00 00:00:00", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("1969-07-20T20:17:40Z", Some("1969-07-20T20:17:40+00:00")),
        ("2026-07-01 08:00:00 Europe/Dublin", Some("2026-07-01T08:00:00+01:00")),
        ("Thu, 01 Jan 2026 08:00:00 America/Juneau", Some("2026-01-01T08:00:00-09:00")),
        ("2026-07-01T08:00:00[Asia/Novosibirsk]", Some("2026-07-01T08:00:00+07:00")),
        ("2026-07-01 08:00:00 Juneau", Some("2026-07-01T08:00:00+00:00")),
        ("2026-07-01 08:00:00 by April March", Some("2026-07-01T08:00:00+00:00")),
    ] {
        let entry = item(&format!("<item><title>a</title><pubDate>{told}</pubDate></item>"));
        let date = entry.published.map(|moment| moment.at.to_rfc3339());
        assert_eq!(date.as_deref(), expected, "{told}");
    }
}

#[test]
fn text_is_text_where_its_type_says_so() {
    let json = |field: &str, text: &str| {
        let text = serde_json::to_string(text).unwrap();
        format!(
            "{{\"version\": \"https://jsonfeed.org/version/1\", \"items\": [{{\"id\": \"1\", \"{field}\": {text}}}]}}"
        )
    };
    let atom = |field: &str| format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{field}</entry></feed>");
    for (document, title, text) in [
        (json("title", "The <b> tag: a<b & c>d"), Some("The <b> tag: a<b & c>d"), None),
        (
            json("content_text", "Use Map<K, V>.\n\nIf a<b, then so."),
            None,
            Some("<p>Use Map&lt;K, V&gt;.</p>\n<p>If a&lt;b, then so.</p>"),
        ),
        (json("content_html", "<p>One</p>"), None, Some("<p>One</p>")),
        (atom("<title>Why &lt;area&gt; is hard</title>"), Some("Why <area> is hard"), None),
        (atom("<title type='html'>It &lt;i&gt;is&lt;/i&gt;</title>"), Some("It is"), None),
        (atom("<content type='text'>Is 1 &lt; 2?</content>"), None, Some("Is 1 &lt; 2?")),
    ] {
        let entry = read(&document).entries.remove(0);
        let told = (entry.title.as_deref(), entry.content.as_deref().or(entry.summary.as_deref()));
        assert_eq!(told, (title, text), "{document}");
    }
}
