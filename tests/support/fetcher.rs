//! A client that may reach loopback, with deadlines that a test can wait for.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use copydesk::{
    config,
    fetch::{Fetcher, NameService, Request, RequestKind, Validators},
};
use url::Url;

pub(crate) fn config() -> config::Fetch {
    config::Fetch {
        politeness: config::Politeness {
            host_gap: Duration::ZERO,
            obey_robots: false,
            ..config::Politeness::default()
        },
        in_flight: 64,
        connect_within: Duration::from_secs(5),
        first_byte_within: Duration::from_secs(5),
        request_within: Duration::from_secs(20),
        max_feed_bytes: 2 * 1024 * 1024,
        max_page_bytes: 2 * 1024 * 1024,
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        ..config::Fetch::default()
    }
}

/// Every name is at the addresses a table has for it.
pub(crate) fn fetcher(config: &config::Fetch, table: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static) -> Fetcher {
    Fetcher::with_names(
        config,
        "copydesk/test (+tester@example.org)",
        || SystemTime::UNIX_EPOCH,
        &NameService::Given(Arc::new(move |name: &str| Ok(table(name)))),
    )
    .unwrap()
}

/// Every name is this machine.
pub(crate) fn local(config: &config::Fetch) -> Fetcher {
    fetcher(config, |_| vec!["127.0.0.1".parse().unwrap()])
}

pub(crate) fn feed(url: &str) -> Request {
    Request {
        url: Url::parse(url).unwrap(),
        kind: RequestKind::Feed,
        validators: Validators::default(),
        headers: Vec::new(),
        obey_robots: false,
        cookies: config::CookieScope::Nobody,
        route: config::Route::Usual,
    }
}

pub(crate) fn page(url: &str) -> Request {
    Request { kind: RequestKind::Page, ..feed(url) }
}
