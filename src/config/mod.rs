//! The YAML file → a valid [`Config`], or every fault at once with its line.
//!
//! May use the file system and the environment it is given. Must not use the network or the clock, nor keep anything
//! between two calls: a reload is just another [`load`].
//!
//! The path of the data: `yaml` makes a tree of nodes with their places, `section` reads it key by key and notes the
//! faults, the modules named after the sections of the file say what each key means, and `load` combines the files.
//!
//! To add a setting, see `CONTRIBUTING.md`.

mod contact;
mod documents;
mod fault;
mod feed;
mod fetch;
mod headers;
mod interpolate;
mod kafka;
mod leaf;
mod ledger;
mod load;
mod log;
mod politeness;
mod proxy;
mod quantity;
mod schedule;
mod secret;
mod section;
mod sites;
mod yaml;

#[cfg(test)]
mod tests;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

pub use copydesk_fetch::config::{CookieScope, Fetch, Politeness, Proxy, Rate, Route};
pub use copydesk_ledger::config::{KafkaLedger, KafkaSecurity, LocalLedger, Sasl};

pub use self::{
    contact::NoContact,
    documents::Documents,
    fault::{Fault, Faults, Position},
    feed::{Feed, FullText},
    ledger::Ledger,
    load::{from_yaml, load},
    log::{Log, LogFormat},
    schedule::{Commit, Schedule},
};
use crate::article::Rules;

/// A valid configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Every file it was read from, the main one first; none if it was built in code.
    pub files: Vec<PathBuf>,
    /// A mail address or URL under which the operator can be reached; part of the User-Agent. `run` requires it.
    pub contact: Option<String>,
    /// Every feed of every file; each URL occurs once.
    pub feeds: Vec<Feed>,
    /// Where records and state are written.
    pub ledger: Ledger,
    /// Limits and politeness of the HTTP client.
    pub fetch: Fetch,
    /// Limits for reading one document.
    pub documents: Documents,
    /// Bounds of the schedule.
    pub schedule: Schedule,
    /// How commits are grouped.
    pub commit: Commit,
    /// What the user knows better about the pages of some sites.
    pub sites: Arc<Rules>,
    /// Where health, metrics and status are served; `None` switches it off.
    pub admin: Option<SocketAddr>,
    /// Host names under which they answer, in addition to addresses, `localhost` and names of the local network.
    pub admin_names: Vec<String>,
    /// How logs are written.
    pub log: Log,
    /// Time to finish running work after a signal to stop.
    pub stop_within: Duration,
}

impl Config {
    /// Where health, metrics and status are served by default: never beyond this machine.
    pub const ADMIN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

    /// Time to finish running work by default. Less than the 30 s that Kubernetes waits before it kills.
    pub const STOP_WITHIN: Duration = Duration::from_secs(20);

    /// These feeds with this ledger, everything else by default.
    pub fn new(feeds: Vec<Feed>, ledger: Ledger) -> Self {
        Self {
            files: Vec::new(),
            contact: None,
            feeds,
            ledger,
            fetch: Fetch::default(),
            documents: Documents::default(),
            schedule: Schedule::default(),
            commit: Commit::default(),
            sites: Arc::default(),
            admin: Some(Self::ADMIN),
            admin_names: Vec::new(),
            log: Log::default(),
            stop_within: Self::STOP_WITHIN,
        }
    }

    /// The contact, for callers that must not use the network without one.
    pub fn require_contact(&self) -> Result<&str, NoContact> {
        self.contact.as_deref().ok_or(NoContact)
    }
}
