//! The feeds of the newspaper, in the formats of real feeds.
//!
//! PURE.

use chrono::SecondsFormat;

use super::{page::escape, stories::Story};

/// A feed of the newspaper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RSS 2.0.
    Rss,
    /// Atom 1.0.
    Atom,
    /// JSON Feed 1.1.
    Json,
    /// RSS 1.0.
    Rdf,
}

impl Format {
    /// Media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
            Self::Rdf => "application/rdf+xml",
        }
    }

    /// The document; `base` is the site's URL without a slash at its end.
    pub fn document(self, base: &str, title: &str, stories: &[Story]) -> String {
        match self {
            Self::Rss => rss(base, title, stories),
            Self::Atom => atom(base, title, stories),
            Self::Json => json(base, title, stories),
            Self::Rdf => rdf(base, title, stories),
        }
    }
}

fn link(base: &str, story: &Story) -> String {
    format!("{base}/news/{}", story.slug)
}

fn teaser(story: &Story) -> String {
    let first = story.paragraphs.first().map_or("", String::as_str);
    first.split_inclusive(". ").next().unwrap_or(first).trim().to_owned()
}

fn rss(base: &str, title: &str, stories: &[Story]) -> String {
    let items: String = stories
        .iter()
        .map(|story| {
            format!(
                "<item><title>{}</title><link>{}?utm_source=rss</link><guid isPermaLink=\"false\">courier-{}</guid>\
                 <pubDate>{}</pubDate><category>{}</category><description>{}</description></item>\n",
                escape(&story.title),
                link(base, story),
                story.slug,
                story.published.to_rfc2822(),
                escape(&story.section),
                escape(&teaser(story)),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>{base}/</link>\
         <description>News</description>\n{items}</channel></rss>\n",
        escape(title)
    )
}

fn atom(base: &str, title: &str, stories: &[Story]) -> String {
    let entries: String = stories
        .iter()
        .map(|story| {
            format!(
                "<entry><title>{}</title><link rel=\"alternate\" href=\"{}\"/><id>tag:courier.test,2026:{}</id>\
                 <published>{}</published><updated>{}</updated><author><name>{}</name></author>\
                 <summary>{}</summary></entry>\n",
                escape(&story.title),
                link(base, story),
                story.slug,
                story.published.to_rfc3339_opts(SecondsFormat::Secs, true),
                story.updated().to_rfc3339_opts(SecondsFormat::Secs, true),
                escape(&story.byline),
                escape(&teaser(story)),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>{}</title>\
         <id>tag:courier.test,2026:feed</id><updated>2026-01-01T00:00:00Z</updated>\n{entries}</feed>\n",
        escape(title)
    )
}

fn json(base: &str, title: &str, stories: &[Story]) -> String {
    let items: Vec<serde_json::Value> = stories
        .iter()
        .map(|story| {
            serde_json::json!({
                "id": link(base, story),
                "url": link(base, story),
                "title": story.title,
                "summary": teaser(story),
                "date_published": story.published.to_rfc3339_opts(SecondsFormat::Secs, true),
                "date_modified": story.updated().to_rfc3339_opts(SecondsFormat::Secs, true),
                "authors": [{ "name": story.byline }],
                "tags": [story.section],
            })
        })
        .collect();
    serde_json::json!({ "version": "https://jsonfeed.org/version/1.1", "title": title, "home_page_url": base, "items": items })
        .to_string()
}

fn rdf(base: &str, title: &str, stories: &[Story]) -> String {
    let items: String = stories
        .iter()
        .map(|story| {
            let link = link(base, story);
            format!(
                "<item rdf:about=\"{link}\"><title>{}</title><link>{link}</link><dc:date>{}</dc:date></item>\n",
                escape(&story.title),
                story.published.to_rfc3339_opts(SecondsFormat::Secs, true)
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <channel rdf:about=\"{base}/\"><title>{}</title><link>{base}/</link><description>News</description></channel>\n\
         {items}</rdf:RDF>\n",
        escape(title)
    )
}
