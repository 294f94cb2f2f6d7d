//! Articles on several pages, from servers on loopback whose pages fail in various ways.

use std::{sync::Mutex, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::fetch::Reason;

const STATUS_503: &str = "503 Service Unavailable";

/// A page of a story, with a link to the next one.
fn page(n: usize) -> String {
    let paragraphs: String = (1..=3)
        .map(|k| format!("<p>Paragraph {k} of page {n} tells of the harbour, of the people who work there, and of the council that has to decide what becomes of them by the end of the year.</p>"))
        .collect();
    let head = format!("<title>The harbour</title><link rel=next href=/harbour/{}>", n + 1);
    format!(
        "<!doctype html><html><head>{head}</head><body><article><h1>The harbour</h1>{paragraphs}</article></body></html>"
    )
}

/// Follows an entry to page 1 of a site. Page `at` is answered with each of these statuses in turn, then with 200 like
/// all others; there are `pages`.
async fn followed(
    pages: usize,
    at: usize,
    statuses: &'static [&'static str],
    asked: Arc<Mutex<Vec<usize>>>,
) -> PageOutcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut statuses = statuses.iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let read = stream.read(&mut head).await.unwrap();
            let path = String::from_utf8_lossy(&head[..read]).split(' ').nth(1).unwrap_or_default().to_owned();
            let n: usize = path["/harbour/".len()..].parse().unwrap();
            asked.lock().unwrap().push(n);
            let status = if n > pages { "404 Not Found" } else { "200 OK" };
            let status = (n == at).then(|| statuses.next()).flatten().copied().unwrap_or(status);
            let body = page(n);
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let politeness =
        config::Politeness { host_gap: Duration::ZERO, obey_robots: false, ..config::Politeness::default() };
    let config =
        config::Fetch { politeness, allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..config::Fetch::default() };
    let fetcher = Fetcher::new(&config, "copydesk/test", clock::system).unwrap();
    let job = Follow {
        entry: Entry { url: Some(format!("{base}/harbour/1").parse().unwrap()), ..Entry::default() },
        full_text: FullText::Auto,
        feed: None,
        validators: Validators::default(),
        knowledge: Arc::default(),
        limits: article::Limits::default(),
        rules: Arc::default(),
        shared_page: false,
        twice_unless: None,
    };
    follow(job, &fetcher, &Cpu::new(Duration::from_secs(20))).await.page
}

/// Checks which pages the article has in the end, or why there is none.
async fn check(pages: usize, at: usize, statuses: &'static [&'static str], expected: Result<usize, Reason>) {
    let asked = Arc::default();
    let page = followed(pages, at, statuses, Arc::clone(&asked)).await;
    let found = match page {
        PageOutcome::Read(read) => {
            let text = read.article.unwrap().article.text;
            let all: Vec<String> =
                (1..=8).flat_map(|n| (1..=3).map(move |k| format!("Paragraph {k} of page {n} "))).collect();
            let present: Vec<bool> = all.iter().map(|start| text.contains(start.as_str())).collect();
            assert!(present.is_sorted_by(|a, b| a >= b), "{text}");
            Ok(present.iter().filter(|present| **present).count() / 3)
        }
        PageOutcome::Failed(failure) => {
            assert!(failure.detail.starts_with(&format!("page {at} of the article: ")), "{failure}");
            Err(failure.reason)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(found, expected, "asked for {:?}", asked.lock().unwrap());
}

#[tokio::test]
async fn pages_are_put_together_until_a_limit_or_the_end() {
    check(3, 0, &[], Ok(3)).await;
    check(8, 0, &[], Ok(8)).await;
    check(20, 0, &[], Ok(8)).await;
}

#[tokio::test]
async fn a_later_page_that_fails_for_good_ends_the_article_and_one_that_fails_in_passing_is_told() {
    check(3, 2, &["404 Not Found"], Ok(1)).await;
    check(3, 3, &["403 Forbidden"], Ok(2)).await;
    check(3, 2, &[STATUS_503], Err(Reason::ServerError)).await;
    check(3, 3, &["429 Too Many Requests"], Err(Reason::Busy)).await;
}
