//! The YAML file as written → a [`Config`] that cannot be wrong, or every fault at once with its line.
//!
//! May touch the file system and the environment it is handed. Must not touch the network or the clock.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use url::Url;

/// A configuration that cannot be wrong.
#[derive(Debug, Clone)]
pub struct Config {
    /// A mail address or URL under which the operator can be reached; part of the User-Agent. `run` requires it.
    pub contact: Option<String>,
    /// Every feed of every file, each URL once.
    pub feeds: Vec<Feed>,
    /// Where records and state go.
    pub ledger: Ledger,
    /// Limits and manners of the HTTP client.
    pub fetch: Fetch,
    /// Bounds of the schedule.
    pub schedule: Schedule,
    /// How commits are grouped.
    pub commit: Commit,
    /// Where health, metrics and status are served; `None` switches it off.
    pub admin: Option<SocketAddr>,
    /// How logs are written.
    pub log: Log,
    /// What is left to finish in after a signal to stop.
    pub stop_within: Duration,
}

/// One feed.
#[derive(Debug, Clone)]
pub struct Feed {
    /// As the user wrote it.
    pub url: Url,
    /// A short name for humans.
    pub name: Option<String>,
    /// Carried into every record.
    pub tags: Vec<String>,
    /// Least time between two polls, where the user wants another than the default.
    pub interval: Option<Duration>,
    /// Where the full text comes from.
    pub full_text: FullText,
    /// Sent with requests to this feed's own origin only. Values may be secrets: never shown.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// Whether robots.txt binds polls of this feed too.
    pub obey_robots: bool,
}

/// Where an article's text is taken from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FullText {
    /// The page; the feed's text if the page has none.
    #[default]
    Auto,
    /// The page and nothing else.
    Page,
    /// The feed's own content; pages are not fetched.
    Feed,
}

/// Where records and state go.
#[derive(Debug, Clone)]
pub enum Ledger {
    /// SQLite and JSON Lines in a directory.
    Local(LocalLedger),
    /// Kafka topics.
    Kafka(Box<KafkaLedger>),
}

/// The local ledger.
#[derive(Debug, Clone)]
pub struct LocalLedger {
    /// The directory; made if missing.
    pub directory: PathBuf,
    /// A records file is closed and a new one begun at this size, in bytes.
    pub rotate_bytes: u64,
    /// Whether a new file is begun each day (UTC).
    pub rotate_daily: bool,
}

/// The Kafka ledger.
#[derive(Debug, Clone)]
pub struct KafkaLedger {
    /// `bootstrap.servers`.
    pub brokers: Vec<String>,
    /// Topic of the records.
    pub records: String,
    /// Topic of the rejects.
    pub rejects: String,
    /// Compacted topic of the state.
    pub state: String,
    /// Consumer group of the instances that share the work.
    pub group: String,
    /// Name of this instance: static membership and a stable transactional id.
    pub instance: Option<String>,
    /// KIP-848 group protocol.
    pub consumer_protocol: bool,
    /// Partitions of topics that are created.
    pub partitions: i32,
    /// Replication of topics that are created; `None`: the broker's default.
    pub replication: Option<i32>,
    /// Largest record, in bytes, that the topics must take.
    pub max_message_bytes: usize,
    /// How to prove who we are.
    pub security: KafkaSecurity,
    /// Further librdkafka properties; those that would break the promise were refused.
    pub options: BTreeMap<String, String>,
}

/// Transport and authentication towards Kafka.
#[derive(Debug, Clone, Default)]
pub struct KafkaSecurity {
    /// Whether the transport is TLS.
    pub tls: bool,
    /// `ssl.ca.location`.
    pub ca_file: Option<PathBuf>,
    /// Client certificate and key files, for mutual TLS.
    pub client: Option<(PathBuf, PathBuf)>,
    /// SASL, if any.
    pub sasl: Option<Sasl>,
}

/// SASL credentials.
#[derive(Clone)]
pub struct Sasl {
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: &'static str,
    /// User name.
    pub username: String,
    /// Password; not shown by `Debug`.
    pub password: String,
}

impl std::fmt::Debug for Sasl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sasl")
            .field("mechanism", &self.mechanism)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Limits and manners of the HTTP client.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// Requests under way at one host.
    pub per_host: usize,
    /// Least gap between two requests' starts at one host.
    pub host_gap: Duration,
    /// Requests under way in all.
    pub in_flight: usize,
    /// Connect deadline, TLS included.
    pub connect_within: Duration,
    /// Deadline to the first byte of the answer.
    pub first_byte_within: Duration,
    /// Deadline of a whole request, redirects included.
    pub request_within: Duration,
    /// Largest feed, decoded, in bytes.
    pub max_feed_bytes: usize,
    /// Largest page, decoded, in bytes.
    pub max_page_bytes: usize,
    /// Redirects followed.
    pub max_redirects: usize,
    /// Whether pages are asked of robots.txt first.
    pub obey_robots: bool,
    /// Ports that may be connected to.
    pub ports: Vec<u16>,
    /// Private or special-purpose networks that may be reached all the same.
    pub allow_networks: Vec<IpNet>,
    /// Whether a redirect may lead from https to http.
    pub allow_downgrade: bool,
    /// An HTTP proxy for all requests.
    pub proxy: Option<Url>,
}

/// Bounds of the schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Where neither user nor feed says otherwise, polls are at least this far apart.
    pub interval: Duration,
    /// And at most this far.
    pub max_interval: Duration,
    /// When a published article is looked at again for edits, after its publication.
    pub rechecks: Vec<Duration>,
    /// How often a failing page is tried before it is rejected.
    pub page_attempts: u32,
    /// Entries older than this are not followed when a feed is met for the first time; `None` follows all.
    pub max_age: Option<Duration>,
}

/// How commits are grouped.
#[derive(Debug, Clone)]
pub struct Commit {
    /// A commit waits this long for more.
    pub every: Duration,
    /// Or until this many records and rejects are ready.
    pub count: usize,
}

/// How logs are written.
#[derive(Debug, Clone)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// A `tracing` filter, such as `info` or `copydesk=debug`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}
