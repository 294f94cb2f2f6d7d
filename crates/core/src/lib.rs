//! Feeds and pages to clean articles, without any I/O: bytes in, values out.
//!
//! | module | does |
//! |---|---|
//! | [`link`] | which host, which site and which article a URL names |
//! | [`text`] | the normal form of text |
//! | [`feed`] | the bytes of a feed → its entries, with the problems that were repaired |
//! | [`article`] | a page and its entry → the article: the story's text and its metadata |
//! | [`record`] | an article → the published document: key, headers, bytes, JSON Schema |
//! | [`schedule`] | when a feed is polled next |
//!
//! Nothing here reads the clock, the network or a file; time is an argument. Every function can be given hostile input:
//! sizes, depths and counts are bounded where documents are read.
//!
//! ```
//! use copydesk_core::feed::{self, Source};
//!
//! let url = "https://gazette.example/feed".parse().unwrap();
//! let body = b"<rss version='2.0'><channel><title>Gazette</title>\
//!     <item><title>The mill reopens</title><link>/mill</link></item></channel></rss>";
//! let feed = feed::parse(body, Source { url: &url, content_type: None }).unwrap();
//! assert_eq!(feed.entries[0].url.as_ref().unwrap().as_str(), "https://gazette.example/mill");
//! ```

pub mod article;
pub mod feed;
pub mod link;
pub mod record;
pub mod schedule;
pub mod text;
