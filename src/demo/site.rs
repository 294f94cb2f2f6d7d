//! A newspaper on loopback: feeds with validators, pages, and an editor who changes them meanwhile.
//!
//! Serves the demo, and is the oracle of the tests: what it has printed is what must be recorded.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{feeds::Format, page::page, stories::Story};

/// A running newspaper; it ends when it is dropped.
#[derive(Debug)]
pub struct NewsSite {
    address: SocketAddr,
    paper: Arc<Mutex<Paper>>,
    server: JoinHandle<()>,
}

/// What it prints, and which requests it got.
#[derive(Debug, Clone, Default)]
pub struct Paper {
    /// The newest first.
    pub stories: Vec<Story>,
    /// Slugs of stories that feeds announce and that have no page.
    pub missing: Vec<String>,
    /// Bytes of script in each page.
    pub padding: usize,
    /// Entries in a feed; the paper may have printed more.
    pub window: usize,
    /// Requests so far.
    pub asked: Asked,
}

impl Paper {
    /// The page of a story, if it has one.
    pub fn page(&self, slug: &str) -> Option<String> {
        let story = self.stories.iter().find(|story| story.slug == slug && !self.missing.contains(&story.slug))?;
        let others = &self.stories[..self.stories.len().min(4)];
        Some(page(story, others, self.padding))
    }
}

/// Requests by what they were for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// For feeds.
    pub feeds: usize,
    /// Of these, answered with 304.
    pub not_modified: usize,
    /// For pages.
    pub pages: usize,
    /// For robots.txt.
    pub robots: usize,
}

/// The feeds by path.
pub const FEEDS: [(&str, Format, &str); 4] = [
    ("/rss.xml", Format::Rss, "Brackwater Courier"),
    ("/atom.xml", Format::Atom, "Brackwater Courier: all stories"),
    ("/feed.json", Format::Json, "Brackwater Courier (JSON)"),
    ("/index.rdf", Format::Rdf, "Brackwater Courier: archive"),
];

impl NewsSite {
    /// Opens on a free port of `127.0.0.1`.
    pub async fn open(paper: Paper) -> std::io::Result<Self> {
        Self::open_at(Ipv4Addr::LOCALHOST, paper).await
    }

    /// Opens on a free port of a loopback address: each is a separate host and a separate site.
    pub async fn open_at(address: Ipv4Addr, paper: Paper) -> std::io::Result<Self> {
        let listener = TcpListener::bind((IpAddr::V4(address), 0)).await?;
        let address = listener.local_addr()?;
        let paper = Arc::new(Mutex::new(paper));
        let site = Site { paper: Arc::clone(&paper), base: format!("http://{address}") };
        let mut router = Router::new().route("/news/{slug}", get(story)).route("/robots.txt", get(robots));
        for (path, format, title) in FEEDS {
            router = router.route(path, get(move |state, headers| feed(state, headers, format, title)));
        }
        let router = router.with_state(site);
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, paper, server })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).expect("an address and a path make a URL")
    }

    /// What it prints, to be read or changed. Must not be held across an await.
    pub fn paper(&self) -> MutexGuard<'_, Paper> {
        lock(&self.paper)
    }

    /// Prints a story in front of the others.
    pub fn print(&self, story: Story) {
        self.paper().stories.insert(0, story);
    }

    /// Lets an editor change a story.
    pub fn edit(&self, slug: &str) {
        for story in self.paper().stories.iter_mut().filter(|story| story.slug == slug) {
            *story = story.clone().edited();
        }
    }
}

impl Drop for NewsSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Debug, Clone)]
struct Site {
    paper: Arc<Mutex<Paper>>,
    base: String,
}

fn lock(paper: &Mutex<Paper>) -> MutexGuard<'_, Paper> {
    paper.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn feed(State(site): State<Site>, headers: HeaderMap, format: Format, title: &'static str) -> Response {
    let document = {
        let mut paper = lock(&site.paper);
        paper.asked.feeds += 1;
        let window = if paper.window == 0 { paper.stories.len() } else { paper.window.min(paper.stories.len()) };
        format.document(&site.base, title, &paper.stories[..window])
    };
    let tag = format!("\"{:016x}\"", xxh3_64(document.as_bytes()));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes()) {
        lock(&site.paper).asked.not_modified += 1;
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::CONTENT_TYPE, format.content_type().to_owned()), (header::ETAG, tag)], document).into_response()
}

async fn story(State(site): State<Site>, Path(slug): Path<String>) -> Response {
    let html = {
        let mut paper = lock(&site.paper);
        paper.asked.pages += 1;
        paper.page(&slug)
    };
    match html {
        Some(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        None => (StatusCode::NOT_FOUND, "no such story\n").into_response(),
    }
}

async fn robots(State(site): State<Site>) -> &'static str {
    lock(&site.paper).asked.robots += 1;
    "User-agent: *\nDisallow: /subscribe\n"
}
