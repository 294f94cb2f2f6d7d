//! A publisher that follows a script: what is under each path, depending on when it is requested; and what became of
//! each entry, in words.

#![allow(dead_code, reason = "each test binary uses its part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use copydesk::{
    article::TextSource,
    record::{Record, Reject},
};
use tokio::task::spawn_blocking;

use crate::{
    host::{Answer, Asked, Host},
    installation::{Installation, LOCAL},
};

/// What is under a path when it is requested for the nth time, from 0 on; the base URL is given, too.
pub(crate) type Script = fn(&str, usize, &str) -> Option<Answer>;

/// A publisher, and what has to come of its entries.
pub(crate) struct Scene {
    pub(crate) what: &'static str,
    pub(crate) script: Script,
    pub(crate) feeds: &'static [&'static str],
    /// What the configuration says in addition to what all scenes need, as YAML.
    pub(crate) settings: &'static str,
    pub(crate) polls: usize,
    /// Records and rejects in words ([`in_words`]), sorted.
    pub(crate) expected: &'static [&'static str],
}

/// A scene of one feed, `/feed`, that is polled once.
pub(crate) const fn scene(what: &'static str, script: Script, expected: &'static [&'static str]) -> Scene {
    Scene { what, script, feeds: &["/feed"], settings: "", polls: 1, expected }
}

const SETTINGS: &str = "
admin: off
fetch: {allow_networks: [127.0.0.0/8], host_gap: 0ms}
commit: {every: 20ms}
";
const SCHEDULE: &str =
    "min_interval: 600ms, interval: 600ms, max_interval: 600ms, unconditional_interval: 600ms, page_patience: 0s";

/// What came of a scene.
pub(crate) struct Came {
    pub(crate) records: Vec<Record>,
    pub(crate) rejects: Vec<Reject>,
    /// The paths that were asked for, in order.
    pub(crate) asked: Vec<String>,
}

impl Scene {
    pub(crate) fn polls(self, polls: usize) -> Self {
        Self { polls, ..self }
    }

    pub(crate) fn feeds(self, feeds: &'static [&'static str]) -> Self {
        Self { feeds, ..self }
    }

    pub(crate) fn settings(self, settings: &'static str) -> Self {
        Self { settings, ..self }
    }

    /// Plays it through the binary, a process for each poll.
    pub(crate) async fn play(&self) -> Came {
        let (script, times) = (self.script, Arc::new(Mutex::new(HashMap::<String, usize>::new())));
        let host = Host::open(move |_, asked: &Asked| {
            let base = format!("http://{}", String::from_utf8_lossy(asked.header("host").unwrap()));
            let nth = {
                let mut times = times.lock().unwrap();
                let nth = times.entry(asked.uri.clone()).or_default();
                *nth += 1;
                *nth - 1
            };
            script(&asked.uri, nth, &base).unwrap_or_else(|| Answer::status(404))
        })
        .await;
        let (directory, polls) = (tempfile::tempdir().unwrap(), self.polls);
        let urls: Vec<String> = self.feeds.iter().map(|path| host.url(path)).collect();
        let (schedule, others) = match self.settings.strip_prefix("schedule: ") {
            Some(schedule) => (format!("{SCHEDULE}, {schedule}"), ""),
            None => (SCHEDULE.to_owned(), self.settings),
        };
        let sections = format!("{SETTINGS}schedule: {{{schedule}}}\n{LOCAL}{others}\n");
        let installation = Installation::with_feeds(directory.path(), &urls, &sections);
        let (records, rejects) = spawn_blocking(move || {
            for poll in 0..polls {
                if poll > 0 {
                    std::thread::sleep(Duration::from_millis(700));
                }
                let output = installation.output(&["run", "--once"]);
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
            let _directory = directory;
            (installation.records(), installation.rejects())
        })
        .await
        .unwrap();
        Came { records, rejects, asked: host.asked().into_iter().map(|asked| asked.uri).collect() }
    }

    /// Plays it, and says what is not as it must be.
    pub(crate) async fn fault(self) -> Option<String> {
        let came = in_words(&self.play().await);
        (came != self.expected).then(|| format!("{}:\n    came  {came:?}\n    right {:?}", self.what, self.expected))
    }
}

/// Plays scenes, some at a time, and fails with all that is wrong.
pub(crate) async fn play(scenes: Vec<Scene>) {
    let mut running = tokio::task::JoinSet::new();
    let (mut faults, mut scenes) = (Vec::new(), scenes.into_iter());
    loop {
        while running.len() < 4
            && let Some(scene) = scenes.next()
        {
            running.spawn(scene.fault());
        }
        match running.join_next().await {
            Some(fault) => faults.extend(fault.unwrap()),
            None => break,
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Each record and each reject: whose title it is, whose words it has, and where they are from.
pub(crate) fn in_words(came: &Came) -> Vec<String> {
    let mut lines: Vec<String> = came.records.iter().map(record).chain(came.rejects.iter().map(reject)).collect();
    lines.sort();
    lines
}

fn record(record: &Record) -> String {
    let title = record.entry.title.as_deref().unwrap_or("untitled");
    let whose = NOUNS.iter().find(|noun| record.text.contains(&words(noun)[..40])).unwrap_or(&"nobody");
    let source = match record.text_source {
        TextSource::Page => "page",
        TextSource::StructuredData | TextSource::ScriptData => "data",
        TextSource::FeedContent | TextSource::FeedSummary => "feed",
    };
    let revision = if record.revision == 1 { String::new() } else { format!(", revision {}", record.revision) };
    let reason = record.fallback_reason.as_deref().map(|reason| format!(", {reason}")).unwrap_or_default();
    format!("{title}: {whose} of the {source}{reason}{revision}")
}

fn reject(reject: &Reject) -> String {
    format!("{}: no record, {}", reject.entry.title.as_deref().unwrap_or("untitled"), reject.reason)
}

/// Things that stories are about.
pub(crate) const NOUNS: [&str; 10] =
    ["ferry", "mill", "weir", "lantern", "harbour", "orchard", "council", "quarry", "market", "board"];

/// A paragraph about a thing.
fn words(noun: &str) -> String {
    format!(
        "The {noun} that nobody had looked after since the flood was opened again on Monday, and those who had paid for \
         the repair walked around it in silence before they went home to their dinner."
    )
}

/// A story about a thing, in paragraphs that differ.
pub(crate) fn story(noun: &str) -> String {
    let more = ["roof", "door", "gate", "wall"].map(|part| {
        format!(
            "Its {part} was the last thing to be mended, as the {noun} had none for eleven years, and the carpenter who \
             had promised one in spring came in autumn, with a cart of beams and no nails."
        )
    });
    std::iter::once(words(noun)).chain(more).map(|text| format!("<p>{text}</p>")).collect()
}

/// A page with a story under a title.
pub(crate) fn page(noun: &str) -> Answer {
    page_with(noun, "")
}

/// The same, with more in its head.
pub(crate) fn page_with(noun: &str, head: &str) -> Answer {
    html(&format!(
        "<!doctype html><html lang=en><head><title>The {noun}</title>{head}</head><body><article><h1>The {noun}</h1>{}\
         </article></body></html>",
        story(noun)
    ))
}

/// The noun that a path ends with.
pub(crate) fn last(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap().rsplit('/').next().unwrap()
}

/// A page for each path `/story/NOUN`.
pub(crate) fn stories(path: &str) -> Option<Answer> {
    path.starts_with("/story/").then(|| page(last(path)))
}

/// Any page.
pub(crate) fn html(text: &str) -> Answer {
    Answer::ok(text).with("content-type", "text/html; charset=utf-8")
}

/// A redirect.
pub(crate) fn moved(location: &str) -> Answer {
    Answer::status(302).with("location", location)
}

/// An entry of a feed: its link and its title, and what else is in it.
pub(crate) fn item(link: &str, title: &str, more: &str) -> String {
    format!("<item><title>{title}</title><link>{link}</link>{more}</item>")
}

/// The guid of an entry.
pub(crate) fn guid(guid: &str) -> String {
    format!("<guid isPermaLink='false'>{guid}</guid>")
}

/// A date in March, by day and minute.
pub(crate) fn date(day: usize, minute: usize) -> String {
    format!("<pubDate>{day:02} Mar 2026 10:{minute:02}:00 GMT</pubDate>")
}

/// The whole story in the feed.
pub(crate) fn told(noun: &str) -> String {
    format!("<description><![CDATA[{}]]></description>", story(noun))
}

/// A feed with these entries.
pub(crate) fn rss(items: &[String]) -> Answer {
    Answer::ok(&format!(
        "<rss version='2.0'><channel><title>Gazette</title><link>https://gazette.example/</link>{}</channel></rss>",
        items.concat()
    ))
}
