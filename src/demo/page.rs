//! The pages of the newspaper: the story, and around it everything that copydesk is to remove.
//!
//! PURE.

use chrono::SecondsFormat;

use super::stories::Story;

const COPYRIGHT: &str = "© 2019 - 2026 Brackwater Courier Ltd. | All Rights Reserved.";

/// A page of the newspaper. `padding` bytes of inactive script give it the size of real pages.
pub(super) fn page(story: &Story, others: &[Story], padding: usize) -> String {
    let title = escape(&story.title);
    let body = body(story);
    let related = links(others.iter().take(3));
    let latest = links(others.iter().rev().take(4));
    let credit = story
        .credit
        .as_ref()
        .map_or_else(String::new, |agency| format!("<p>{} contributed to this report.</p>", escape(agency)));
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title} | Brackwater Courier</title>
<meta property="og:title" content="{title}">
<meta property="og:type" content="article">
<meta property="og:site_name" content="Brackwater Courier">
<meta property="article:published_time" content="{published}">
<meta property="article:section" content="{section}">
<meta name="author" content="{byline}">
<link rel="canonical" href="/news/{slug}">
{padding}
</head>
<body>
<header class="masthead"><a href="/">Brackwater Courier</a>
<nav><ul><li><a href="/city">City</a></li><li><a href="/harbour">Harbour</a></li><li><a href="/culture">Culture</a></li><li><a href="/subscribe">Subscribe</a></li></ul></nav></header>
<main>
<article class="story">
<h1>{title}</h1>
<p class="byline">By {byline}</p>
<div class="share"><a href="/share/f">Share</a> <a href="/share/m">Mail this</a></div>
<div class="story-body">
{body}
<aside class="newsletter"><h3>Never miss a story</h3><p>Sign up for our morning newsletter and get the headlines at seven.</p></aside>
{credit}
<h2>Latest News</h2>
{latest}
<p>{COPYRIGHT}</p>
<h2>Trending on the Courier</h2>
{related}
</div>
<section class="related"><h3>Related stories</h3>{related}</section>
</article>
</main>
<footer><p>{COPYRIGHT}</p><p><a href="/privacy">Privacy</a> <a href="/imprint">Imprint</a></p></footer>
</body>
</html>
"#,
        published = story.published.to_rfc3339_opts(SecondsFormat::Secs, true),
        section = escape(&story.section),
        byline = escape(&story.byline),
        slug = story.slug,
        padding = filler(padding),
    )
}

fn body(story: &Story) -> String {
    let text = story.text();
    let mut html = String::new();
    for (index, paragraph) in text.split("\n\n").enumerate() {
        html.push_str(&format!("<p>{}</p>\n", escape(paragraph)));
        if index == 1 {
            html.push_str(
                "<p class=\"read-more\"><a href=\"/news/archive\">Read more: all our reports on the harbour</a></p>\n",
            );
        }
    }
    html
}

fn links<'a>(stories: impl Iterator<Item = &'a Story>) -> String {
    let items: String = stories
        .map(|story| format!("<li><a href=\"/news/{}\">{}</a></li>", story.slug, escape(&story.title)))
        .collect();
    format!("<ul>{items}</ul>")
}

fn filler(bytes: usize) -> String {
    if bytes == 0 {
        return String::new();
    }
    let line = "window.__stack=window.__stack||[];__stack.push({\"slot\":\"top\",\"size\":[728,90]});\n";
    format!("<script>\n{}</script>", line.repeat(bytes / line.len() + 1))
}

/// A text as it is written in HTML and XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
