//! The rules on what each module may use, as a table, and the check of a file against it.

use super::imports;

/// Something outside of plain values that code can reach for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capability {
    /// Nothing but values.
    Values,
    /// Sockets, HTTP, TLS.
    Network,
    /// The file system.
    Files,
    /// The time of day, timers.
    Clock,
    /// Tasks, channels, locks between them.
    Tasks,
    /// The log.
    Log,
    /// A Kafka client.
    Kafka,
    /// A database.
    Database,
    /// HTML and feeds as documents.
    Documents,
    /// Environment variables, the command line, the terminal.
    User,
    /// This process as the system sees it: signals, threads, its supervisor.
    Process,
    /// Chance.
    Chance,
}

use Capability::{Chance, Clock, Database, Documents, Files, Kafka, Log, Network, Process, Tasks, User, Values};

/// What each dependency, and each part of the standard library and of tokio that matters, reaches for. The longest path
/// that fits decides. A dependency that is not named here fails a test: whoever adds one says what it is for.
pub(crate) const CAPABILITIES: &[(&str, Capability)] = &[
    ("std", Values),
    ("std::env", User),
    ("std::fs", Files),
    ("std::io::stderr", User),
    ("std::io::stdin", User),
    ("std::io::stdout", User),
    ("std::net::TcpListener", Network),
    ("std::net::TcpStream", Network),
    ("std::net::ToSocketAddrs", Network),
    ("std::net::UdpSocket", Network),
    ("std::os", Process),
    ("std::process", Process),
    ("std::thread", Process),
    ("std::time::Instant", Clock),
    // the types are values
    ("std::time::SystemTime::now", Clock),
    ("crate::daemon::clock", Clock),
    ("aho_corasick", Values),
    ("anstream", User),
    ("anstyle", Values),
    ("anyhow", Values),
    ("async_compression", Tasks),
    ("axum", Network),
    ("base64", Values),
    ("bytes", Values),
    ("chardetng", Values),
    ("chrono", Values),
    ("chrono::Local", Clock),
    ("chrono::Utc::now", Clock),
    ("chrono_tz", Values),
    ("clap", User),
    ("clap_complete", User),
    ("clap_mangen", User),
    ("ego_tree", Values),
    ("encoding_rs", Values),
    ("feed_rs", Documents),
    ("flate2", Values),
    ("futures_util", Tasks),
    ("glob", Files),
    ("html5ever", Documents),
    ("http", Values),
    ("httpdate", Values),
    ("hyper", Network),
    ("indicatif", User),
    ("ipnet", Values),
    ("litemap", Values),
    ("memchr", Values),
    ("prometheus_client", Values),
    ("psl", Values),
    ("rand", Chance),
    ("rdkafka", Kafka),
    ("reqwest", Network),
    ("robotxt", Values),
    ("rusqlite", Database),
    ("rustix", Process),
    ("rustls", Network),
    ("saphyr", Values),
    ("saphyr_parser", Values),
    ("schemars", Values),
    ("scraper", Documents),
    ("sd_notify", Process),
    ("serde", Values),
    ("serde_json", Values),
    ("sha2", Values),
    ("strsim", Values),
    ("thiserror", Values),
    ("tikv_jemallocator", Process),
    ("tokio", Tasks),
    ("tokio::fs", Files),
    ("tokio::net", Network),
    ("tokio::process", Process),
    ("tokio::signal", Process),
    ("tokio::time", Clock),
    ("tokio_util", Tasks),
    ("tracing", Log),
    ("tracing_subscriber", Log),
    ("unicode_normalization", Values),
    ("url", Values),
    ("whatlang", Values),
    ("xxhash_rust", Values),
];

/// A module, or a part of one that is held to less than the whole.
pub(crate) struct Module {
    /// Its module path.
    pub(crate) name: &'static str,
    /// What it may name of other modules: whole modules, or single types of theirs.
    pub(crate) modules: &'static [&'static str],
    /// What else it may reach for, beside values.
    pub(crate) capabilities: &'static [Capability],
}

const PURE: &[Capability] = &[];

/// The modules. ARCHITECTURE.md says it in words.
pub(crate) const MODULES: &[Module] = &[
    Module {
        name: "config",
        modules: &["article::Limits", "article::Rules", "article::Selector", "link::shown"],
        capabilities: &[Files, Kafka, Log],
    },
    Module { name: "schedule", modules: &["feed::Pace"], capabilities: PURE },
    Module {
        name: "fetch",
        modules: &[
            "config::CookieScope",
            "config::Fetch",
            "config::Politeness",
            "config::Proxy",
            "config::Route",
            "link",
        ],
        capabilities: &[Network, Tasks, Clock],
    },
    // what the operating system blocks in has threads of its own
    Module { name: "fetch::lookup", modules: &["fetch"], capabilities: &[Network, Tasks, Clock, Process] },
    Module { name: "link", modules: &[], capabilities: PURE },
    Module { name: "text", modules: &[], capabilities: &[Documents] },
    Module { name: "feed", modules: &["link", "text"], capabilities: &[Documents] },
    Module { name: "article", modules: &["feed", "link", "text"], capabilities: &[Documents] },
    Module { name: "record", modules: &["article", "feed", "ledger::Message", "text"], capabilities: PURE },
    Module {
        name: "state",
        modules: &[
            "article::Learned",
            "article::Lesson",
            "article::Likeness",
            "article::Print",
            "article::Site",
            "feed",
            "fetch::Reason",
            "fetch::Validators",
            "ledger::State",
            "record",
            "schedule",
        ],
        capabilities: PURE,
    },
    Module {
        name: "ledger",
        modules: &["config"],
        capabilities: &[Files, Tasks, Clock, Log, Kafka, Database, Process, Chance],
    },
    // switches of the test build, beside any configuration
    Module { name: "ledger::fault", modules: &[], capabilities: &[User, Process, Clock] },
    Module { name: "admin", modules: &["link", "state"], capabilities: &[Network, Tasks, Clock] },
    Module {
        name: "daemon",
        modules: &["admin", "article", "config", "feed", "fetch", "ledger", "link", "record", "schedule", "state"],
        capabilities: &[Tasks, Clock, Log, Process],
    },
    // a test that needs the real decisions; what it plays is asked for by the environment
    Module {
        name: "daemon::simulation",
        modules: &["article", "config", "daemon", "feed", "fetch", "ledger", "schedule", "state"],
        capabilities: &[User, Process],
    },
    Module {
        name: "demo",
        modules: &["admin", "article", "config", "daemon", "fetch", "ledger", "record"],
        capabilities: &[Network, Tasks, Clock],
    },
    Module {
        name: "cli",
        modules: &[
            "admin", "article", "config", "daemon", "demo", "feed", "fetch", "ledger", "link", "record", "state",
        ],
        capabilities: &[Tasks, Clock, Log, Files, User, Process],
    },
];

/// What a module's source names that it must not, one complaint a path.
///
/// A module whose header says PURE reaches for nothing but values and documents, whatever its module may.
pub(crate) fn complaints(module: &str, source: &str) -> Vec<String> {
    let segments: Vec<&str> = module.split("::").collect();
    let Some(row) = longest(MODULES, |row| row.name, module) else {
        return vec![format!("`{module}` is in no row: name it in the table of tests/tidy")];
    };
    let is_pure = source.lines().any(|line| line.starts_with("//! PURE"));
    let complaint = |named: imports::Named| {
        let why = objection(row, is_pure, &named.path)?;
        Some(format!("{}: `{module}` must not {why}: {}", named.line, named.path))
    };
    imports::named(source, &segments).into_iter().filter_map(complaint).collect()
}

fn objection(module: &Module, is_pure: bool, path: &str) -> Option<String> {
    if path.strip_prefix("crate::").is_some_and(|inner| !may_use(module, inner)) {
        return Some("use this".to_owned());
    }
    let (_, reach) = longest(CAPABILITIES, |(path, _)| path, path)?;
    let may = *reach == Values || (module.capabilities.contains(reach) && (!is_pure || *reach == Documents));
    (!may).then(|| format!("reach for {reach:?}"))
}

/// Whether a module may name something inside the crate. Bringing in the module that an allowed type stands in is no use
/// of anything yet.
fn may_use(module: &Module, inner: &str) -> bool {
    let mut allowed = module.modules.iter().copied().chain([module.name]);
    allowed.any(|allowed| is_within(inner, allowed) || is_within(allowed, inner))
}

/// The entry whose path is the longest that `path` lies within.
fn longest<'a, T>(table: &'a [T], name: impl Fn(&T) -> &'static str, path: &str) -> Option<&'a T> {
    table.iter().filter(|entry| is_within(path, name(entry))).max_by_key(|entry| name(entry).len())
}

fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
