//! The house rules on who may reach for what, as a table, and the check of a file against it.

use super::imports;

/// Something outside of plain values that code can reach for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
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

use Reach::{Chance, Clock, Database, Documents, Files, Kafka, Log, Network, Process, Tasks, User, Values};

/// What each dependency, and each part of the standard library and of tokio that matters, reaches for. The longest path
/// that fits decides. A dependency that is not named here fails a test: whoever adds one says what it is for.
pub(crate) const REACHES: &[(&str, Reach)] = &[
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

/// A room, or a part of one that is held to less than the whole.
pub(crate) struct Room {
    /// Its module path.
    pub(crate) name: &'static str,
    /// What it may name of other rooms: whole rooms, or single types of theirs.
    pub(crate) rooms: &'static [&'static str],
    /// What else it may reach for, beside values.
    pub(crate) reaches: &'static [Reach],
}

const PURE: &[Reach] = &[];

/// The house. ARCHITECTURE.md says it in words.
pub(crate) const HOUSE: &[Room] = &[
    Room {
        name: "config",
        rooms: &["article::Limits", "article::Rules", "article::Selector", "link::shown"],
        reaches: &[Files, Kafka, Log],
    },
    Room { name: "schedule", rooms: &["feed::Pace"], reaches: PURE },
    Room {
        name: "fetch",
        rooms: &["config::CookieScope", "config::Fetch", "config::Manners", "config::Proxy", "config::Route", "link"],
        reaches: &[Network, Tasks, Clock],
    },
    // what the operating system blocks in has threads of its own
    Room { name: "fetch::lookup", rooms: &["fetch"], reaches: &[Network, Tasks, Clock, Process] },
    Room { name: "link", rooms: &[], reaches: PURE },
    Room { name: "text", rooms: &[], reaches: &[Documents] },
    Room { name: "feed", rooms: &["link", "text"], reaches: &[Documents] },
    Room { name: "article", rooms: &["feed", "link", "text"], reaches: &[Documents] },
    Room { name: "record", rooms: &["article", "feed", "ledger::Message", "text"], reaches: PURE },
    Room {
        name: "state",
        rooms: &[
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
        reaches: PURE,
    },
    Room { name: "ledger", rooms: &["config"], reaches: &[Files, Tasks, Clock, Log, Kafka, Database, Process, Chance] },
    // switches of the test build, beside any configuration
    Room { name: "ledger::fault", rooms: &[], reaches: &[User, Process, Clock] },
    Room { name: "admin", rooms: &["link", "state"], reaches: &[Network, Tasks, Clock] },
    Room {
        name: "daemon",
        rooms: &["admin", "article", "config", "feed", "fetch", "ledger", "link", "record", "schedule", "state"],
        reaches: &[Tasks, Clock, Log, Process],
    },
    // a test that needs the real decisions; what it plays is asked for by the environment
    Room {
        name: "daemon::simulation",
        rooms: &["article", "config", "daemon", "feed", "fetch", "ledger", "schedule", "state"],
        reaches: &[User, Process],
    },
    Room {
        name: "demo",
        rooms: &["admin", "article", "config", "daemon", "fetch", "ledger", "record"],
        reaches: &[Network, Tasks, Clock],
    },
    Room {
        name: "cli",
        rooms: &["admin", "article", "config", "daemon", "demo", "feed", "fetch", "ledger", "link", "record", "state"],
        reaches: &[Tasks, Clock, Log, Files, User, Process],
    },
];

/// What a module's source names that it must not, one complaint a path.
///
/// A module whose header says PURE reaches for nothing but values and documents, whatever its room may.
pub(crate) fn complaints(module: &str, source: &str) -> Vec<String> {
    let segments: Vec<&str> = module.split("::").collect();
    let Some(room) = longest(HOUSE, |room| room.name, module) else {
        return vec![format!("`{module}` is in no room: name it in the table of tests/tidy")];
    };
    let is_pure = source.lines().any(|line| line.starts_with("//! PURE"));
    let complaint = |named: imports::Named| {
        let why = objection(room, is_pure, &named.path)?;
        Some(format!("{}: `{module}` must not {why}: {}", named.line, named.path))
    };
    imports::named(source, &segments).into_iter().filter_map(complaint).collect()
}

fn objection(room: &Room, is_pure: bool, path: &str) -> Option<String> {
    if path.strip_prefix("crate::").is_some_and(|inner| !may_use(room, inner)) {
        return Some("use this".to_owned());
    }
    let (_, reach) = longest(REACHES, |(path, _)| path, path)?;
    let may = *reach == Values || (room.reaches.contains(reach) && (!is_pure || *reach == Documents));
    (!may).then(|| format!("reach for {reach:?}"))
}

/// Whether a room may name something inside the crate. Bringing in the module that an allowed type stands in is no use
/// of anything yet.
fn may_use(room: &Room, inner: &str) -> bool {
    let mut allowed = room.rooms.iter().copied().chain([room.name]);
    allowed.any(|allowed| is_within(inner, allowed) || is_within(allowed, inner))
}

/// The entry whose path is the longest that `path` lies within.
fn longest<'a, T>(table: &'a [T], name: impl Fn(&T) -> &'static str, path: &str) -> Option<&'a T> {
    table.iter().filter(|entry| is_within(path, name(entry))).max_by_key(|entry| name(entry).len())
}

fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
