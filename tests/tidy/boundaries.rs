//! What the compiler does not check: which module of a crate may use which other, that pure modules stay pure, and that
//! no two modules need each other. What a whole crate may reach for is in its `Cargo.toml`.

use std::collections::{BTreeMap, BTreeSet};

use super::imports;

/// A module of a crate, and what it may use of that crate's other modules: whole modules, or single types.
pub(crate) struct Row {
    pub(crate) module: &'static str,
    pub(crate) may_use: &'static [&'static str],
}

/// ARCHITECTURE.md says it in words. Crates that are not named here have no rules inside.
pub(crate) const ROWS: &[(&str, &[Row])] = &[
    (
        "core",
        &[
            Row { module: "link", may_use: &[] },
            Row { module: "text", may_use: &[] },
            Row { module: "feed", may_use: &["link", "text"] },
            Row { module: "article", may_use: &["feed", "link", "text"] },
            Row { module: "record", may_use: &["article", "feed", "text"] },
            Row { module: "schedule", may_use: &["feed::Pace"] },
        ],
    ),
    (
        "",
        &[
            Row {
                module: "config",
                may_use: &["article::Limits", "article::Rules", "article::Selector", "link::shown"],
            },
            Row {
                module: "state",
                may_use: &[
                    "article::Learned",
                    "article::Likeness",
                    "article::Print",
                    "article::Site",
                    "article::SiteObservation",
                    "feed",
                    "fetch::Reason",
                    "fetch::Validators",
                    "ledger::State",
                    "record",
                    "schedule",
                ],
            },
            Row { module: "admin", may_use: &["link", "state"] },
            Row {
                module: "daemon",
                may_use: &[
                    "admin", "article", "config", "feed", "fetch", "ledger", "link", "record", "schedule", "state",
                ],
            },
            Row { module: "demo", may_use: &["admin", "article", "config", "daemon", "fetch", "ledger", "record"] },
            Row {
                module: "cli",
                may_use: &[
                    "admin", "article", "config", "daemon", "demo", "feed", "fetch", "ledger", "link", "record",
                    "state",
                ],
            },
        ],
    ),
];

/// What a pure module must not name: the clock, chance, files, the network, threads, the environment, tasks, the log.
const IMPURE: &[&str] = &[
    "axum",
    "chrono::Local",
    "chrono::Utc::now",
    "crate::daemon::clock",
    "rand",
    "rdkafka",
    "reqwest",
    "rusqlite",
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime::now",
    "tokio",
    "tracing",
];

/// What a module's source names that it must not, one complaint per path. All of `core` is pure, and each module whose
/// header says so.
pub(crate) fn complaints(of: &str, module: &str, source: &str) -> Vec<String> {
    let row = match ROWS.iter().find(|(name, _)| *name == of) {
        None => None,
        Some((_, rows)) => match rows.iter().find(|row| is_within(module, row.module)) {
            None => return vec![format!("`{module}` is in no row: name it in tests/tidy/boundaries.rs")],
            row => row,
        },
    };
    let is_pure = of == "core" || source.lines().any(|line| line.starts_with("//! PURE"));
    let objection = |path: &str| {
        let inner = path.strip_prefix("crate::");
        if is_pure && IMPURE.iter().any(|impure| is_within(path, impure)) {
            return Some("is pure, and must not use");
        }
        row.zip(inner).filter(|(row, inner)| !may_use(row, inner)).map(|_| "must not use")
    };
    let named = imports::named(source, &module.split("::").collect::<Vec<_>>()).into_iter();
    named
        .filter_map(|named| Some(format!("{}: `{module}` {} {}", named.line, objection(&named.path)?, named.path)))
        .collect()
}

/// Bringing in the module that an allowed type is in is no use of anything yet.
fn may_use(row: &Row, inner: &str) -> bool {
    let mut allowed = row.may_use.iter().copied().chain([row.module]);
    allowed.any(|allowed| is_within(inner, allowed) || is_within(allowed, inner))
}

fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The groups of a crate's modules that need each other. A module may use what it is in, as its children do.
pub(crate) fn circles(sources: &BTreeMap<String, String>) -> Vec<Vec<String>> {
    let uses: BTreeMap<&str, BTreeSet<&str>> =
        sources.iter().map(|(module, source)| (module.as_str(), used(module, source, sources))).collect();
    let reach = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(next) = open.pop() {
            for used in uses.get(next.as_str()).into_iter().flatten() {
                if seen.insert((*used).to_owned()) {
                    open.push((*used).to_owned());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<String>> = uses.keys().map(|module| (*module, reach(module))).collect();
    let is_circle = |a: &str, b: &str| reached[a].contains(b) && reached[b].contains(a);
    let groups: BTreeSet<Vec<String>> = uses
        .keys()
        .map(|module| uses.keys().filter(|other| is_circle(module, other)).map(ToString::to_string).collect())
        .filter(|group: &Vec<String>| group.len() > 1)
        .collect();
    groups.into_iter().collect()
}

/// The modules of its crate that a module uses, except those that it is in.
fn used<'a>(module: &str, source: &str, sources: &'a BTreeMap<String, String>) -> BTreeSet<&'a str> {
    let segments: Vec<&str> = module.split("::").collect();
    let inner = imports::named(source, &segments).into_iter().filter_map(|named| {
        let path = named.path.strip_prefix("crate::")?.to_owned();
        sources.keys().filter(|other| is_within(&path, other)).max_by_key(|other| other.len())
    });
    inner.map(String::as_str).filter(|other| !is_within(module, other)).collect()
}
