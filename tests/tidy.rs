//! The habits of the project that a compiler does not see: who reaches for what, how long files get, what the
//! documentation promises.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "tidy/boundaries.rs"]
mod boundaries;
#[path = "tidy/imports.rs"]
mod imports;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use boundaries::{CAPABILITIES, MODULES, complaints};
use copydesk::{admin::Metrics, article::NoArticleReason, fetch::Reason, state::Absorbed};

/// Past this a file holds more than one thing.
const MOST_LINES: usize = 400;

#[test]
fn every_module_keeps_to_its_boundaries() {
    let mut found = Vec::new();
    for file in files(&["src"], "rs") {
        if let Some(module) = module_of(&file) {
            let source = read(&file);
            found.extend(
                complaints(&module, &source).into_iter().map(|complaint| format!("{}:{complaint}", file.display())),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_table_has_every_module_and_every_dependency() {
    let lib = read(Path::new("src/lib.rs"));
    let modules: BTreeSet<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let in_table: BTreeSet<&str> =
        MODULES.iter().map(|module| module.name).filter(|name| !name.contains("::")).collect();
    assert_eq!(modules, in_table, "src/lib.rs and the table of tests/tidy differ");

    let dependencies = dependencies(&read(Path::new("Cargo.toml")));
    assert!(dependencies.len() > 30, "Cargo.toml was not understood: {dependencies:?}");
    let classified: BTreeSet<String> = CAPABILITIES.iter().map(|(path, _)| (*path).to_owned()).collect();
    let unclassified: Vec<_> = dependencies.difference(&classified).collect();
    assert!(unclassified.is_empty(), "say in the table of tests/tidy what these reach for: {unclassified:?}");
}

#[test]
fn files_are_short_enough_to_be_read() {
    let long: Vec<String> = files(&["src", "tests", "benches", "examples"], "rs")
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
    for file in files(&["src", "tests", "benches", "examples"], "rs") {
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
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            let path = file.parent().unwrap().join(target);
            assert!(path.exists(), "{}: {target} does not exist", file.display());
        }
    }
}

#[test]
fn configurations_that_are_shown_are_valid() {
    let mut shown: Vec<(PathBuf, String)> = vec![];
    for file in files(&["deploy"], "yaml") {
        shown.extend((!file.ends_with("compose.yaml")).then(|| (file.clone(), read(&file))));
    }
    for file in files(&[".", "docs", "deploy"], "md") {
        let text = read(&file);
        let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        shown.extend(blocks.map(|block| (file.clone(), block.to_owned())));
    }
    assert!(shown.len() > 3, "none found");
    for (file, text) in shown {
        if let Err(faults) = copydesk::config::from_yaml(&text, &file, &|_| None) {
            panic!("{}: {faults}\n{text}", file.display());
        }
    }
}

#[test]
fn the_check_finds_what_it_is_for() {
    for (module, source, expected) in [
        ("schedule", "use std::time::Duration;", None),
        ("schedule", "use tokio::time::sleep;", Some("reach for Clock: tokio::time::sleep")),
        ("schedule", "use crate::feed::Pace;", None),
        ("schedule", "use crate::feed::Entry;", Some("use this: crate::feed::Entry")),
        ("feed", "use crate::{link::{self, site}, fetch::Validators};", Some("use this: crate::fetch::Validators")),
        ("feed", "fn f() { crate::ledger::partition(\"\", 1); }", Some("use this: crate::ledger::partition")),
        ("feed", "fn f() { let now = chrono::Utc::now(); }", Some("reach for Clock: chrono::Utc::now")),
        ("feed", "use chrono::Utc; fn f() { Utc::now(); }", Some("reach for Clock: chrono::Utc::now")),
        ("feed", "use chrono::{DateTime, Utc}; fn f() -> DateTime<Utc> { panic!() }", None),
        ("feed", "use std as library; fn f() { library::fs::read(\"\"); }", Some("reach for Files: std::fs::read")),
        ("feed::date", "use super::super::config::Config;", Some("use this: crate::config::Config")),
        ("feed::date", "use super::{Entry, date::names};", None),
        ("feed", "mod inner { use super::Entry; }", None),
        ("feed", "mod inner { use super::super::admin; }", Some("use this: crate::admin")),
        (
            "feed",
            "fn f() { select! { x = tokio::net::lookup_host(y) => {} } }",
            Some("reach for Network: tokio::net::lookup_host"),
        ),
        ("feed", "// use tokio::net;\nconst S: &str = \"tokio::net::TcpStream\";", None),
        ("feed", "/// As [`tokio::net::TcpStream`].\nfn f() {}", None),
        ("feed", "#[cfg(test)]\nmod tests { use std::fs::read; }", None),
        ("feed", "#[cfg(test)] use std::fs; use std::env::var;", Some("reach for User: std::env::var")),
        ("article", "use scraper::Html;", None),
        ("article", "tracing::info!(\"x\");", Some("reach for Log: tracing::info")),
        ("daemon", "use scraper::Html;", Some("reach for Documents: scraper::Html")),
        ("daemon", "use reqwest::Client;", Some("reach for Network: reqwest::Client")),
        ("daemon::coordinator", "use crate::daemon::clock; fn f() { clock::now(); }", None),
        (
            "daemon::judge",
            "//! PURE.\nuse super::{clock::now, follow};",
            Some("reach for Clock: crate::daemon::clock::now"),
        ),
        (
            "daemon::judge",
            "//! PURE: no clock.\nfn f(x: tokio::sync::Notify) {}",
            Some("reach for Tasks: tokio::sync::Notify"),
        ),
        ("fetch::client", "//! Not [`verdict`], which is PURE.\nuse tokio::net::TcpStream;", None),
        ("ledger::local", "use crate::fetch::Fetcher;", Some("use this: crate::fetch::Fetcher")),
        ("fetch", "use rdkafka::ClientConfig;", Some("reach for Kafka: rdkafka::ClientConfig")),
        ("record", "fn f(m: copydesk::ledger::Batch) {}", Some("use this: crate::ledger::Batch")),
        ("helpers", "use std::fmt;", Some("is in no row")),
    ] {
        let found = complaints(module, source);
        let matches = match expected {
            Some(text) => found.len() == 1 && found[0].contains(text),
            None => found.is_empty(),
        };
        assert!(matches, "{module}: {source}\nexpected {expected:?}, found {found:?}");
    }
}

#[test]
fn an_ignored_test_is_found_wherever_it_stands() {
    assert!(imports::has_attribute("mod tests { #[test] #[ignore = \"slow\"] fn f() {} }", "ignore"));
    assert!(!imports::has_attribute("#[test] fn ignore() { let s = \"#[ignore]\"; }", "ignore"));
}

/// `src/feed/date.rs` is `feed::date`. None for what holds no module: the crate's root, the binary, and tests.
fn module_of(file: &Path) -> Option<String> {
    let inner = file.strip_prefix("src").ok()?.with_extension("");
    let mut segments: Vec<&str> = inner.iter().filter_map(|segment| segment.to_str()).collect();
    if segments.last() == Some(&"mod") {
        segments.pop();
    }
    let is_root = matches!(segments[..], ["lib" | "main"]);
    (!is_root && !segments.contains(&"tests")).then(|| segments.join("::"))
}

/// The names that `[dependencies]` of a manifest, for whatever target, bring into scope.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && !line.contains("dev-") && !line.contains("build-");
        } else if let Some((name, _)) = line.split_once('=').filter(|_| inside) {
            names.insert(name.trim().replace('-', "_"));
        }
    }
    names
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

/// The files with an extension in these directories and, but for the root's own, in all below them.
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
