//! Counters of requests and responses, for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Failure, Reason, Response};

/// The counters so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent, including each redirect and each robots.txt.
    pub requests: u64,
    /// Responses with a body.
    pub fetched: u64,
    /// Responses of 304.
    pub not_modified: u64,
    /// Failures by reason, in the order of [`Reason::ALL`], including those that never happened.
    pub failures: Vec<(Reason, u64)>,
    /// Hosts whose budget is remembered now.
    pub hosts: usize,
    /// Bytes of bodies on the wire.
    pub wire_bytes: u64,
    /// Bytes of bodies, decoded.
    pub decoded_bytes: u64,
}

/// Where they are counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    fetched: AtomicU64,
    not_modified: AtomicU64,
    failures: [AtomicU64; Reason::ALL.len()],
    wire_bytes: AtomicU64,
    decoded_bytes: AtomicU64,
}

impl Counters {
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn body(&self, wire: u64, decoded: usize) {
        self.wire_bytes.fetch_add(wire, Relaxed);
        self.decoded_bytes.fetch_add(decoded as u64, Relaxed);
    }

    pub(super) fn outcome(&self, outcome: &Result<Response, Failure>) {
        let counter = match outcome {
            Ok(response) if response.not_modified => &self.not_modified,
            Ok(_) => &self.fetched,
            Err(failure) => &self.failures[failure.reason as usize],
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn snapshot(&self, hosts: usize) -> Stats {
        Stats {
            requests: self.requests.load(Relaxed),
            fetched: self.fetched.load(Relaxed),
            not_modified: self.not_modified.load(Relaxed),
            failures: Reason::ALL.map(|reason| (reason, self.failures[reason as usize].load(Relaxed))).to_vec(),
            hosts,
            wire_bytes: self.wire_bytes.load(Relaxed),
            decoded_bytes: self.decoded_bytes.load(Relaxed),
        }
    }
}
