//! A web server that writes down every request, and answers as it is told.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::{
    net::Ipv4Addr,
    ops::Range,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) method: String,
    /// Path and query, byte for byte.
    pub(crate) uri: String,
    headers: HeaderMap,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }
}

/// An answer to be given.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: String::new() }
    }

    /// 200 with a feed.
    pub(crate) fn ok(body: &str) -> Self {
        Self { body: body.to_owned(), ..Self::status(200) }.with("content-type", "application/rss+xml")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }
}

/// The server.
pub(crate) struct Host {
    base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Host {
    /// Opens it; `answer` is given the number of the request, from 0 on, and the request.
    pub(crate) async fn open(answer: impl Fn(usize, &Asked) -> Answer + Clone + Send + Sync + 'static) -> Self {
        Self::open_at(Ipv4Addr::LOCALHOST, answer).await
    }

    /// The same at another address.
    pub(crate) async fn open_at(
        address: Ipv4Addr,
        answer: impl Fn(usize, &Asked) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer) = (Arc::clone(&log), answer.clone());
            async move {
                let request = Asked {
                    at: Instant::now(),
                    method: request.method().to_string(),
                    uri: request.uri().to_string(),
                    headers: request.headers().clone(),
                };
                let mut log = log.lock().unwrap();
                let given = answer(log.len(), &request);
                log.push(request);
                let mut response = Response::new(Body::from(given.body));
                *response.status_mut() = given.status;
                *response.headers_mut() = given.headers;
                response
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until it was asked this often in all.
    pub(crate) async fn asked_times(&self, times: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.asked.lock().unwrap().len() < times {
            assert!(Instant::now() < deadline, "asked {} times only", self.asked.lock().unwrap().len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// An RSS feed whose entries have their text with them, and no link to follow.
pub(crate) fn feed(entries: Range<u32>) -> String {
    let entries: String = entries
        .map(|n| {
            let text = format!("Story {n} is told in a sentence that is long enough for a paragraph of its own. ").repeat(6);
            format!("<item><guid isPermaLink=\"false\">story-{n}</guid><title>Story {n}</title><description>{text}</description></item>")
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>Stories</title>{entries}</channel></rss>")
}
