//! Every setting has its effect, and no other's: all of them at values that no default has.

use std::{collections::BTreeMap, path::Path, time::Duration};

use copydesk::{
    article::Limits,
    config::{
        Commit, Config, CookieScope, Documents, Fetch, KafkaLedger, KafkaSecurity, Ledger, LocalLedger, Log, LogFormat,
        Politeness, Proxy, Rate, Route, Schedule, from_yaml,
    },
};

fn read(settings: &str) -> Config {
    let yaml = format!("feeds: [https://example.com/feed]\n{settings}");
    from_yaml(&yaml, Path::new("/etc/copydesk.yaml"), &|_| None).unwrap_or_else(|faults| panic!("{faults}"))
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn fetch() {
    let fetch = read(
        "fetch:
  per_host: 3
  host_gap: 0ms
  host_rate: 90/1m
  obey_robots: false
  max_crawl_delay: 7s
  max_retry_after: 2h
  in_flight: 4
  connect_within: 1s
  first_byte_within: 2s
  request_within: 3s
  least_rate: 5 KiB
  least_rate_after: 4s
  max_headers: 50
  max_header: 32 KiB
  max_feed: 1 MiB
  max_page: 3 MB
  max_wire: 512 KiB
  max_ratio: 50
  max_window: 2 MiB
  max_redirects: 7
  nat64: ['64:ff9b:1::/96', '2001:db8:aa:bb::/64']
  page_types: [text/html, Text/Markdown]
  feed_types: application/vnd.example
  ports: [443, 8443]
  allow_networks: [10.0.0.0/8, '::1']
  allow_downgrade: true
  proxy: socks5://127.0.0.1:1080",
    )
    .fetch;
    let expected = Fetch {
        politeness: Politeness {
            per_host: 3,
            host_gap: Duration::ZERO,
            host_rate: Some(Rate { requests: 90, within: millis(60_000) }),
            obey_robots: false,
            max_crawl_delay: millis(7000),
            max_retry_after: millis(7_200_000),
        },
        hosts: BTreeMap::new(),
        in_flight: 4,
        connect_within: millis(1000),
        first_byte_within: millis(2000),
        request_within: millis(3000),
        least_rate: 5 << 10,
        least_rate_after: millis(4000),
        max_headers: 50,
        max_header_bytes: 32 << 10,
        max_feed_bytes: 1 << 20,
        max_page_bytes: 3_000_000,
        max_wire_bytes: Some(512 << 10),
        max_ratio: 50,
        max_window_bytes: 2 << 20,
        max_redirects: 7,
        nat64: vec!["64:ff9b:1::/96".parse().unwrap(), "2001:db8:aa:bb::/64".parse().unwrap()],
        page_types: vec!["text/html".to_owned(), "text/markdown".to_owned()],
        feed_types: vec!["application/vnd.example".to_owned()],
        ports: vec![443, 8443],
        allow_networks: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        allow_downgrade: true,
        proxy: Some(Proxy::new("socks5://127.0.0.1:1080".parse().unwrap())),
    };
    assert_eq!(fetch, expected);
    assert_eq!(read("fetch: {proxy: off}").fetch.proxy, None);
}

#[test]
fn some_hosts() {
    let fetch = read(
        "fetch:
  hosts:
    Slow.Example.com.: {per_host: 1, host_gap: 5s, host_rate: 6/1h, obey_robots: false, max_crawl_delay: 2m, max_retry_after: 7d}
    '*.example.org': {host_gap: 1s}
    '*.de.example.org': {}
    bücher.example: {host_gap: 3s}
    ::1: {host_gap: 4s}
    127.0.0.1: {host_gap: 6s}
  # what is not said of a host is as it is for all, wherever that stands
  per_host: 9
  host_rate: 5/1m",
    )
    .fetch;
    let usual = Politeness {
        per_host: 9,
        host_rate: Some(Rate { requests: 5, within: millis(60_000) }),
        ..Politeness::default()
    };
    let gap = |seconds: u64| Politeness { host_gap: millis(seconds * 1000), ..usual };
    let slow = Politeness {
        per_host: 1,
        host_rate: Some(Rate { requests: 6, within: millis(3_600_000) }),
        obey_robots: false,
        max_crawl_delay: millis(120_000),
        max_retry_after: millis(7 * 86_400_000),
        ..gap(5)
    };
    for (host, expected) in [
        ("slow.example.com", slow),
        ("slow.example.com.", slow),
        ("example.com", usual),
        ("www.slow.example.com", usual),
        ("news.example.org", gap(1)),
        ("a.b.example.org", gap(1)),
        ("example.org", usual),
        ("notexample.org", usual),
        ("news.de.example.org", usual),
        ("de.example.org", gap(1)),
        ("xn--bcher-kva.example", gap(3)),
        ("[::1]", gap(4)),
        ("127.0.0.1", gap(6)),
        ("127.0.0.2", usual),
    ] {
        assert_eq!(fetch.politeness_at(host), expected, "{host}");
    }
    assert_eq!(fetch.most_per_host(), 9);
}

#[test]
fn documents() {
    let documents = read("documents: {within: 2s, max_depth: 100, max_elements: 5000, max_markup: 1 MiB}").documents;
    let limits = Limits { depth: 100, elements: 5000, markup: 1 << 20 };
    let expected = Documents { within: millis(2000), limits };
    assert_eq!(documents, expected);
}

#[test]
fn what_is_bound_to_the_origin_of_a_feed() {
    let feeds = "defaults: {cookies: true, proxy: 'http://p.example:3128'}
feeds:
  - https://a.example/
  - {url: https://b.example/, cookies: false, proxy: off}
  - {url: https://c.example/, cookies: site, proxy: {url: 'socks5h://q.example', username: u, password: hunter2}}
";
    let feeds = from_yaml(feeds, Path::new("c.yaml"), &|_| None).unwrap().feeds;
    let proxy = |url: &str| Proxy::new(url.parse().unwrap());
    let with_password = Proxy { credentials: Some(("u".into(), "hunter2".into())), ..proxy("socks5h://q.example") };
    let found: Vec<(CookieScope, &Route)> = feeds.iter().map(|feed| (feed.cookies, &feed.proxy)).collect();
    let expected = [
        (CookieScope::Origin, &Route::Through(Box::new(proxy("http://p.example:3128")))),
        (CookieScope::Nobody, &Route::Direct),
        (CookieScope::Site, &Route::Through(Box::new(with_password))),
    ];
    assert_eq!(found, expected);
    assert!(!format!("{feeds:?}").contains("hunter2"), "credentials are not shown");
    let plain = read("").feeds.remove(0);
    assert_eq!((plain.cookies, plain.proxy), (CookieScope::Nobody, Route::Usual));
}

#[test]
fn schedule_and_commit() {
    let config = read(
        "schedule: {min_interval: 1s, interval: 2s, max_interval: 3s, unconditional_interval: 2500ms, rechecks: [4s, 5s], page_attempts: 2, page_patience: 5d, memory: 40d, publish_old: true, max_age: 2d}
commit: {every: 20ms, count: 7}",
    );
    let expected = Schedule {
        min_interval: millis(1000),
        interval: millis(2000),
        max_interval: millis(3000),
        unconditional_interval: millis(2500),
        rechecks: vec![millis(4000), millis(5000)],
        page_attempts: 2,
        page_patience: millis(5 * 86_400_000),
        memory: millis(40 * 86_400_000),
        publish_old: true,
        max_age: Some(millis(2 * 86_400_000)),
    };
    assert_eq!(config.schedule, expected);
    assert_eq!(config.commit, Commit { every: millis(20), count: 7 });
    let never = read("schedule: {rechecks: [], max_age: off}").schedule;
    assert_eq!((never.rechecks, never.max_age), (vec![], None));
    // what waits for a recheck is remembered
    assert_eq!(read("schedule: {rechecks: [300d]}").schedule.memory, millis(300 * 86_400_000));
    // defaults give way to what is written
    assert_eq!(read("schedule: {max_interval: 1h}").schedule.unconditional_interval, millis(3_600_000));
    let slow = read("schedule: {min_interval: 2d}").schedule;
    assert_eq!((slow.interval, slow.max_interval), (millis(2 * 86_400_000), millis(2 * 86_400_000)));
}

#[test]
fn the_rest_of_the_main_file() {
    let config = read(
        "contact: https://example.com/bot
admin: '[::1]:80'
admin_names: [Desk.Example.com., copydesk]
log: {format: json, filter: 'copydesk=debug'}
stop_within: 5s
ledger: {local: {directory: records, rotate_size: 5 KiB, rotate_daily: false}}",
    );
    assert_eq!(config.require_contact(), Ok("https://example.com/bot"));
    assert_eq!(config.admin, Some("[::1]:80".parse().unwrap()));
    assert_eq!(config.admin_names, ["desk.example.com", "copydesk"]);
    assert_eq!(config.log, Log { format: LogFormat::Json, filter: "copydesk=debug".to_owned() });
    assert_eq!(config.stop_within, millis(5000));
    let directory = "/etc/records".into();
    assert_eq!(config.ledger, Ledger::Local(LocalLedger { directory, rotate_bytes: 5 << 10, rotate_daily: false }));
    assert_eq!(read("admin: off").admin, None);
    assert_eq!(read("ledger: {local: {directory: /srv/l}}").ledger, Ledger::Local(LocalLedger::new("/srv/l")));
}

#[test]
fn kafka() {
    let config = read(
        "ledger:
  kafka:
    brokers: ['k1.example:9093', '[::1]:9092']
    topics: {records: r, rejects: j, state: s}
    group: g
    instance: i
    group_protocol: consumer
    partitions: 5
    replication: 2
    max_message: 2 MiB
    tls: true
    options: {linger.ms: 50}",
    );
    let expected = KafkaLedger {
        brokers: vec!["k1.example:9093".to_owned(), "[::1]:9092".to_owned()],
        records: "r".to_owned(),
        rejects: "j".to_owned(),
        state: "s".to_owned(),
        group: "g".to_owned(),
        instance: Some("i".to_owned()),
        consumer_protocol: true,
        partitions: 5,
        replication: Some(2),
        max_message_bytes: 2 << 20,
        security: KafkaSecurity { tls: true, ..KafkaSecurity::default() },
        options: BTreeMap::from([("linger.ms".to_owned(), "50".to_owned())]),
    };
    assert_eq!(config.ledger, Ledger::Kafka(Box::new(expected)));
}

#[test]
fn feeds_of_excepted_networks_may_use_any_port() {
    let feeds = "feeds: ['http://127.0.0.1:8080/', 'http://localhost:8081/']\nfetch: {allow_networks: 127.0.0.0/8}";
    let config = from_yaml(feeds, Path::new("c.yaml"), &|_| None).unwrap();
    assert_eq!(config.feeds.len(), 2);
}
