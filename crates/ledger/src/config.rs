//! What the ledgers are configured with.

use std::{collections::BTreeMap, fmt, path::PathBuf};

/// The local ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalLedger {
    /// The directory; created if missing.
    pub directory: PathBuf,
    /// A records file is closed and a new one started at this size, in bytes.
    pub rotate_bytes: u64,
    /// Whether a new file is started each day (UTC).
    pub rotate_daily: bool,
}

impl LocalLedger {
    /// A ledger in a directory, rotated by default: files small enough to copy, one for each day.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), rotate_bytes: 256 << 20, rotate_daily: true }
    }
}

/// The Kafka ledger.
#[derive(Clone, PartialEq)]
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
    /// Partitions of topics that copydesk creates.
    pub partitions: i32,
    /// Replication of topics that copydesk creates; `None`: the broker's default.
    pub replication: Option<i32>,
    /// Largest record, in bytes, that the topics must accept.
    pub max_message_bytes: usize,
    /// How this client authenticates itself.
    pub security: KafkaSecurity,
    /// More librdkafka properties; those that would break exactly once were refused.
    pub options: BTreeMap<String, String>,
}

/// Transport and authentication towards Kafka.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
#[derive(Clone, PartialEq, Eq)]
pub struct Sasl {
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: &'static str,
    /// User name.
    pub username: String,
    /// Password; not shown by `Debug`.
    pub password: String,
}

impl KafkaLedger {
    /// A ledger at these brokers, everything else by default.
    pub fn new(brokers: Vec<String>) -> Self {
        Self {
            brokers,
            records: "copydesk.records".to_owned(),
            rejects: "copydesk.rejects".to_owned(),
            state: "copydesk.state".to_owned(),
            group: "copydesk".to_owned(),
            instance: None,
            consumer_protocol: false,
            // this many instances can share the work; a state topic cannot get more partitions without moving its state
            partitions: 16,
            replication: None,
            // what brokers accept by default
            max_message_bytes: 1 << 20,
            security: KafkaSecurity::default(),
            options: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for KafkaLedger {
    /// Names of options without their values: `ssl.key.password` may be one of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaLedger")
            .field("brokers", &self.brokers)
            .field("topics", &[&self.records, &self.rejects, &self.state])
            .field("group", &self.group)
            .field("instance", &self.instance)
            .field("security", &self.security)
            .field("options", &self.options.keys())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Sasl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sasl")
            .field("mechanism", &self.mechanism)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
