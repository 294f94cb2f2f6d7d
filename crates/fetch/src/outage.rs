//! Whether our own network is down: no host at all can be reached.

use std::sync::{Mutex, PoisonError};

/// This many requests in a row, to two hosts at least, must fail to connect.
const ENOUGH: u32 = 3;

/// The results of the newest requests.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Silence>);

/// Requests since a host was last reached.
#[derive(Debug, Default)]
struct Silence {
    requests: u32,
    /// The host of the first of them.
    host: Option<Box<str>>,
    /// Whether another host was requested as well.
    others: bool,
}

impl Outage {
    /// A host responded.
    pub(super) fn reached(&self) {
        *self.silence() = Silence::default();
    }

    /// No connection to a host was made.
    pub(super) fn unreached(&self, host: &str) {
        let mut silence = self.silence();
        silence.requests = silence.requests.saturating_add(1);
        silence.others |= silence.host.as_deref().is_some_and(|first| first != host);
        silence.host.get_or_insert_with(|| host.into());
    }

    pub(super) fn is_ours(&self) -> bool {
        let silence = self.silence();
        silence.others && silence.requests >= ENOUGH
    }

    fn silence(&self) -> std::sync::MutexGuard<'_, Silence> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the result after requests: `.` for a response, a letter for a host that was not reached.
    fn check(requests: &str, expected: bool) {
        let outage = Outage::default();
        for request in requests.chars() {
            match request {
                '.' => outage.reached(),
                host => outage.unreached(&host.to_string()),
            }
        }
        assert_eq!(outage.is_ours(), expected, "{requests}");
    }

    #[test]
    fn it_is_ours_when_nobody_is_reached() {
        for (requests, expected) in [
            ("", false),
            ("a", false),
            ("ab", false),
            ("aab", true),
            ("abc", true),
            ("abbbbb", true),
            // one host that is down says nothing about the network
            ("aaaaaaaa", false),
            ("aaab.", false),
            ("aaab.a", false),
            ("ab.ab.ab", false),
            (".bca", true),
        ] {
            check(requests, expected);
        }
    }
}
