//! What feeds say in addition to the article: who discusses it where, where it happened, where it was taken from; and
//! guids that are links.

use url::Url;

use super::super::names::Field;
use super::FeedReader;
use super::frame::{OpenField, Place, Values};
use crate::text;

impl FeedReader<'_> {
    /// Stores a value of an entry.
    pub(in crate::feed) fn extra(&mut self, kind: Field, value: &str) {
        let value = value.trim();
        let url = if kind == Field::CommentsFeed { self.resolve(value) } else { None };
        let Some(draft) = &mut self.document.entry else { return };
        match kind {
            Field::CommentCount => draft.comment_count = value.parse().ok().or(draft.comment_count),
            Field::CommentsFeed => draft.comments_feed = url.or(draft.comments_feed.take()),
            Field::Latitude => draft.latitude = degrees(value, 90.0).or(draft.latitude),
            Field::Longitude => draft.longitude = degrees(value, 180.0).or(draft.longitude),
            Field::Point => {
                let mut numbers = value.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
                let mut next = |most| numbers.next().and_then(|number| degrees(number, most));
                if let (Some(latitude), Some(longitude)) = (next(90.0), next(180.0)) {
                    (draft.latitude, draft.longitude) = (Some(latitude), Some(longitude));
                }
            }
            _ => {}
        }
    }

    pub(in crate::feed) fn source(&mut self, field: &OpenField<'_>, place: Place) {
        let title = text::line(&field.buffer);
        if place == Place::Entry {
            self.source_url(field.values.get("url"));
        }
        if let (Place::Entry, Some(draft)) = (place, &mut self.document.entry)
            && !title.is_empty()
        {
            draft.source.get_or_insert(title);
        }
    }

    /// The link that a relative guid is: one that says that it is a link, or can hardly be anything else.
    pub(in crate::feed) fn guid_link(&mut self, field: &OpenField<'_>) -> Option<Url> {
        let guid = field.buffer.trim();
        let is_permalink = match field.values.get("isPermaLink").map(str::trim) {
            Some(told) => told.eq_ignore_ascii_case("true"),
            None => {
                guid.starts_with('/')
                    || (guid.contains('/') && (self.scope.told_base().is_some() || self.scope.begins_with_host(guid)))
            }
        };
        if !is_permalink || guid.contains([':', ' ', '\n', '\t']) {
            return None;
        }
        self.resolve(guid)
    }

    /// The address of the feed from which an entry was taken.
    pub(in crate::feed) fn source_url(&mut self, address: Option<&str>) {
        let url = address.and_then(|address| self.resolve(address));
        if let (Some(url), Some(draft)) = (url, &mut self.document.entry) {
            draft.source_url.get_or_insert(url);
        }
    }
}

/// A number of degrees, to a tenth of a metre; news is never more exact.
fn degrees(text: &str, most: f64) -> Option<f64> {
    let degrees: f64 = text.parse().ok()?;
    (degrees.abs() <= most).then(|| (degrees * 1e6).round() / 1e6)
}

/// Where rssCloud accepts subscriptions (`domain`, `port`, `path`).
pub(in crate::feed) fn cloud(values: &Values<'_>) -> Option<Url> {
    let part = |name| values.get(name).map(str::trim).filter(|value| !value.is_empty());
    let (domain, path) = (part("domain")?, part("path").unwrap_or("/"));
    let (port, scheme) = match part("port") {
        Some("443") => ("443", "https"),
        Some(port) => (port, "http"),
        None => ("80", "http"),
    };
    Url::parse(&format!("{scheme}://{domain}:{port}/{}", path.trim_start_matches('/'))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Entry, Feed, GeoPoint, Source, parse};

    fn feed(channel: &str, item: &str) -> Feed {
        let text = format!("<rss version='2.0'><channel>{channel}<item>{item}</item></channel></rss>");
        let url = Url::parse("https://example.com/feed").unwrap();
        parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap()
    }

    #[test]
    fn what_is_said_beside_the_article_is_kept() {
        let url = |path: &str| Some(Box::new(Url::parse("https://example.com/").unwrap().join(path).unwrap()));
        let at = |latitude, longitude| Some(GeoPoint { latitude, longitude });
        for (item, expected) in [
            ("<slash:comments> 12 </slash:comments>", Entry { comment_count: Some(12), ..Entry::default() }),
            ("<wfw:commentRss>/a/feed</wfw:commentRss>", Entry { comments_feed: url("/a/feed"), ..Entry::default() }),
            (
                "<link rel='replies' type='application/atom+xml' href='/r'/>",
                Entry { comments_feed: url("/r"), ..Entry::default() },
            ),
            (
                "<source url='/other.xml'>Other</source>",
                Entry { source: Some("Other".to_owned()), source_url: url("/other.xml"), ..Entry::default() },
            ),
            ("<georss:point>45.256 -71.92</georss:point>", Entry { place: at(45.256, -71.92), ..Entry::default() }),
            (
                "<geo:Point><geo:lat>26.58</geo:lat><geo:long>-97.83</geo:long></geo:Point>",
                Entry { place: at(26.58, -97.83), ..Entry::default() },
            ),
            ("<georss:point>95 10</georss:point><geo:lat>x</geo:lat>", Entry::default()),
        ] {
            assert_eq!(feed("", item).entries, [expected], "{item}");
        }
    }

    #[test]
    fn a_cloud_is_an_address() {
        for (cloud, expected) in [
            ("domain='rpc.example.com' port='80' path='/RPC2'", Some("http://rpc.example.com/RPC2")),
            ("domain='example.com' port='443' path='/?rsscloud=notify'", Some("https://example.com/?rsscloud=notify")),
            ("port='80'", None),
        ] {
            let found = feed(&format!("<cloud {cloud}/>"), "").cloud;
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{cloud}");
        }
    }
}
