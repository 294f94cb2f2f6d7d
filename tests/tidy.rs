//! The rules of the project that a compiler does not see: which module uses what, how long files get, what the
//! documentation promises, and how it is worded.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "tidy/boundaries.rs"]
mod boundaries;
#[path = "tidy/commands.rs"]
mod commands;
#[path = "tidy/deploy.rs"]
mod deploy;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "support/installation.rs"]
mod installation;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use boundaries::{ROWS, circles, complaints};
use copydesk::{admin::Metrics, article::NoArticleReason, fetch::Reason, state::Absorbed};

/// Past this a file holds more than one thing.
const MOST_LINES: usize = 400;

#[test]
fn every_module_keeps_to_its_boundaries() {
    let mut found = Vec::new();
    for (of, modules) in crates() {
        for (module, source) in &modules {
            found.extend(complaints(&of, module, source).into_iter().map(|complaint| format!("{of}: {complaint}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_table_has_every_module() {
    let crates = crates();
    for (of, rows) in ROWS {
        let there: BTreeSet<&str> = crates[*of].keys().filter_map(|module| module.split("::").next()).collect();
        let in_table: BTreeSet<&str> = rows.iter().map(|row| row.module).collect();
        assert_eq!(there, in_table, "the modules of `{of}` and tests/tidy/boundaries.rs differ");
    }
}

#[test]
fn no_two_modules_need_each_other() {
    let circles =
        |(of, modules)| circles(&modules).into_iter().map(move |circle| format!("{of}: {}", circle.join(", ")));
    let found: Vec<String> = crates().into_iter().flat_map(circles).collect();
    assert!(found.is_empty(), "these need each other:\n{}", found.join("\n"));
}

#[test]
fn files_are_short_enough_to_be_read() {
    let long: Vec<String> = files(&["src", "crates", "tests", "benches", "examples"], "rs")
        .into_iter()
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "longer than {MOST_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn nothing_is_put_off() {
    // spelt in halves, or this file would find itself
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    for file in files(&["src", "crates", "tests", "benches", "examples"], "rs") {
        let source = read(&file);
        assert!(!imports::has_attribute(&source, "ignore"), "{}: a test that is ignored is no test", file.display());
        for mark in marks {
            assert!(!source.contains(mark), "{}: {mark}", file.display());
        }
    }
}

#[test]
fn metrics_and_their_documentation_agree() {
    let documented = words(&read(Path::new("docs/operating.md")), "copydesk_");
    assert_eq!(metric_names(), documented, "left: what is exported; right: what docs/operating.md has");
}

#[test]
fn every_failure_is_documented() {
    let operating = read(Path::new("docs/operating.md"));
    let (of_fetch, of_article) = (Reason::ALL.map(Reason::as_str), NoArticleReason::ALL.map(NoArticleReason::as_str));
    for name in of_fetch.iter().chain(&of_article) {
        let name = format!("| `{name}` |");
        assert!(operating.contains(&name), "{name} is missing in docs/operating.md");
    }
}

#[test]
fn every_command_is_in_the_readme() {
    let help = Command::new(env!("CARGO_BIN_EXE_copydesk")).arg("--help").output().expect("the binary runs");
    let help = String::from_utf8(help.stdout).expect("help is text");
    let listed = help.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list of commands");
    // lines that go on are indented further
    let begun = listed.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names = begun.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    let readme = read(Path::new("README.md"));
    let missing: Vec<&str> = names.filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty() && listed.lines().count() > 5, "README.md says nothing of {missing:?}");
}

#[test]
fn links_in_the_documentation_lead_somewhere() {
    for file in files(&[".", "docs", "deploy"], "md") {
        let text = read(&file);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        // `../../releases` is a page of the repository's host
        let inside = |target: &&str| !target.is_empty() && !target.contains("://") && !target.starts_with("../../");
        for target in targets.filter(inside) {
            let path = file.parent().unwrap().join(target);
            assert!(path.exists(), "{}: {target} does not exist", file.display());
        }
    }
}

/// Turns that have to remain: text that is matched in pages, that `explain` shows, or that the published schemas hold.
const KEPT_TURNS: &[(&str, &str)] = &[
    ("crates/core/src/article/boilerplate/words.rs", "stands"),
    ("crates/core/src/article/explain.rs", "stands"),
    ("crates/core/src/article/metadata/people.rs", "as told"),
    ("crates/core/src/record/entry.rs", "as told"),
    ("crates/core/src/record/mod.rs", "for ever"),
    ("crates/core/src/record/mod.rs", "lay ahead"),
    ("crates/core/src/record/mod.rs", "stands"),
];

#[test]
fn the_words_are_plain() {
    let guide = Path::new("docs/style.md");
    let (texts, settings) = (files(&[".", "docs", "deploy"], "md"), files(&["config", "deploy"], "yaml"));
    let sources = files(&["src", "crates", "tests"], "rs");
    let searched: Vec<PathBuf> = texts.into_iter().chain(settings).chain(sources).collect();
    let found: Vec<String> =
        searched.iter().filter(|file| *file != guide).flat_map(|file| banned_turns(file)).collect();
    assert!(found.is_empty(), "{} advises against these:\n{}", guide.display(), found.join("\n"));
    assert!(banned_turns(guide).len() > 10, "nothing is found where the turns are listed");
}

/// The lines of a file with a turn of `tests/tidy/words.txt`, and what to write instead. In tests only comments are
/// searched: the rest is what publishers write.
fn banned_turns(file: &Path) -> Vec<String> {
    let turns = include_str!("tidy/words.txt").lines().filter_map(|line| line.split_once(" → "));
    let turns = turns.filter(|(turn, _)| !KEPT_TURNS.iter().any(|(kept, of)| file == Path::new(kept) && of == turn));
    // names of signs are words with hyphens
    let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let has = |line: &str, turn: &str| {
        line.match_indices(turn)
            .any(|(at, _)| !in_word(line[..at].chars().next_back()) && !in_word(line[at + turn.len()..].chars().next()))
    };
    let text = read(file).to_lowercase();
    let is_searched = |line: &str| !file.starts_with("tests") || line.trim_start().starts_with("//");
    let lines = text.lines().zip(1..).filter(|(line, _)| is_searched(line));
    let found = lines.flat_map(|(line, number)| turns.clone().map(move |turn| (line, number, turn)));
    found
        .filter(|(line, _, (turn, _))| has(line, turn))
        .map(|(_, number, (turn, instead))| format!("{}:{number}: {turn} → {instead}", file.display()))
        .collect()
}

#[test]
fn configurations_that_are_shown_are_valid() {
    let configurations = files(&["deploy"], "yaml").into_iter();
    let configurations =
        configurations.filter(|file| file.ends_with("copydesk.yaml") || file.ends_with("systemd.yaml"));
    let mut shown: Vec<(PathBuf, String)> = configurations.map(|file| (file.clone(), read(&file))).collect();
    for file in files(&[".", "docs", "deploy"], "md") {
        let text = read(&file);
        let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        shown.extend(blocks.map(|block| (file.clone(), block.to_owned())));
    }
    assert!(shown.len() > 5, "none found");
    for (file, text) in shown {
        // what Kubernetes sets
        let environment = |name: &str| ["POD_NAME", "KAFKA_PASSWORD"].contains(&name).then(|| "copydesk-0".to_owned());
        if let Err(faults) = copydesk::config::from_yaml(&text, &file, &environment) {
            panic!("{}: {faults}\n{text}", file.display());
        }
    }
}

#[test]
fn the_check_finds_what_it_is_for() {
    for (of, module, source, expected) in [
        ("core", "schedule", "use std::time::Duration;", None),
        ("core", "schedule", "use std::time::Instant;", Some("is pure, and must not use std::time::Instant")),
        ("core", "schedule", "use crate::feed::Pace;", None),
        ("core", "schedule", "use crate::feed::Entry;", Some("must not use crate::feed::Entry")),
        (
            "core",
            "feed",
            "use crate::{link::{self, site}, article::Article};",
            Some("must not use crate::article::Article"),
        ),
        ("core", "feed", "fn f() { crate::record::id(\"\", 1); }", Some("must not use crate::record::id")),
        ("core", "feed", "use chrono::Utc; fn f() { Utc::now(); }", Some("must not use chrono::Utc::now")),
        ("core", "feed", "use chrono::{DateTime, Utc}; fn f() -> DateTime<Utc> { panic!() }", None),
        ("core", "feed", "use std as library; fn f() { library::fs::read(\"\"); }", Some("must not use std::fs::read")),
        ("core", "feed::date", "use super::super::article::Article;", Some("must not use crate::article::Article")),
        ("core", "feed::date", "use super::{Entry, date::names};", None),
        ("core", "feed", "mod inner { use super::Entry; }", None),
        ("core", "feed", "mod inner { use super::super::record; }", Some("must not use crate::record")),
        (
            "core",
            "feed",
            "fn f() { select! { x = std::net::TcpStream::connect(y) => {} } }",
            Some("must not use std::net"),
        ),
        ("core", "feed", "// use std::fs;\nconst S: &str = \"std::fs::read\";", None),
        ("core", "feed", "/// As [`std::fs::read`].\nfn f() {}", None),
        ("core", "feed", "#[cfg(test)]\nmod tests { use std::fs::read; }", None),
        ("core", "feed", "#[cfg(test)] use std::fs; use std::env::var;", Some("must not use std::env::var")),
        ("", "daemon::coordinator", "use crate::daemon::clock; fn f() { clock::now(); }", None),
        (
            "",
            "daemon::judge",
            "//! PURE.\nuse super::{clock::now, follow};",
            Some("must not use crate::daemon::clock::now"),
        ),
        ("", "daemon::judge", "//! PURE: no clock.\nfn f(x: tokio::sync::Notify) {}", Some("must not use tokio::sync")),
        ("", "state", "fn f(m: copydesk::ledger::Batch) {}", Some("must not use crate::ledger::Batch")),
        ("", "helpers", "use std::fmt;", Some("is in no row")),
        ("fetch", "client", "//! Not [`verdict`], which is PURE.\nuse tokio::net::TcpStream;", None),
    ] {
        let found = complaints(of, module, source);
        let matches = match expected {
            Some(text) => found.len() == 1 && found[0].contains(text),
            None => found.is_empty(),
        };
        assert!(matches, "{module}: {source}\nexpected {expected:?}, found {found:?}");
    }
}

#[test]
fn a_circle_is_found_and_a_family_is_none() {
    let sources = |modules: &[(&str, &str)]| {
        modules.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())).collect()
    };
    let family = [("a", "mod b; use b::B;"), ("a::b", "use super::A;"), ("a::c", "use super::b::B;")];
    assert!(circles(&sources(&family)).is_empty());
    let circle = [("a::b", "use super::c::C;"), ("a::c", "use super::d::D;"), ("a::d", "use crate::a::b::B;")];
    assert_eq!(circles(&sources(&circle)), [["a::b", "a::c", "a::d"]]);
}

#[test]
fn an_ignored_test_is_found_wherever_it_stands() {
    assert!(imports::has_attribute("mod tests { #[test] #[ignore = \"slow\"] fn f() {} }", "ignore"));
    assert!(!imports::has_attribute("#[test] fn ignore() { let s = \"#[ignore]\"; }", "ignore"));
}

/// The modules of each crate with their sources: `crates/core/src/feed/date.rs` is `feed::date` of `core`; the root's
/// own crate has no name. Without what holds no module (a crate's root, a binary), and without tests.
fn crates() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for file in files(&["src", "crates"], "rs") {
        let mut segments: Vec<String> =
            file.with_extension("").iter().filter_map(|part| Some(part.to_str()?.to_owned())).collect();
        let of = if segments[0] == "crates" { segments.drain(..2).nth(1).unwrap_or_default() } else { String::new() };
        segments.remove(0);
        segments.pop_if(|last| last == "mod");
        let is_root = segments.len() == 1 && ["lib", "main"].contains(&segments[0].as_str());
        if !is_root && !segments.iter().any(|segment| segment.starts_with("tests")) {
            found.entry(of).or_default().insert(segments.join("::"), read(&file));
        }
    }
    found
}

/// The names of all metrics, as a daemon exports them that has seen one of everything.
fn metric_names() -> BTreeSet<String> {
    let metrics = Metrics::default();
    metrics.poll("read");
    metrics.page("read");
    metrics.entries(&Absorbed::default());
    metrics.redesign();
    metrics.record("page", Some(Duration::from_secs(1)));
    metrics.reject("not_found");
    metrics.commit("committed", Duration::from_secs(1));
    let text = metrics.render();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let names = samples.filter_map(|line| line.split(['{', ' ']).next());
    names
        .map(|name| ["_bucket", "_sum", "_count"].iter().fold(name, |name, end| name.trim_end_matches(end)).to_owned())
        .collect()
}

/// The words of a text that begin with `prefix`.
fn words(text: &str, prefix: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.len() > prefix.len() && word.starts_with(prefix)).map(str::to_owned).collect()
}

/// The files with an extension in these directories and, except for the root, in all below them.
fn files(directories: &[&str], extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = directories.iter().map(PathBuf::from).filter(|directory| directory.is_dir()).collect();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("the repository is readable") {
            let path = entry.expect("the repository is readable").path();
            if path.is_dir() {
                open.extend((directory != Path::new(".")).then_some(path));
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
