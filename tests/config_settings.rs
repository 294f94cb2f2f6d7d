//! Every setting has its effect, and no other's: all of them at values that no default has.

use std::{collections::BTreeMap, path::Path, time::Duration};

use copydesk::config::{
    Commit, Config, Fetch, KafkaLedger, KafkaSecurity, Ledger, LocalLedger, Log, LogFormat, Schedule, from_yaml,
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
  in_flight: 4
  connect_within: 1s
  first_byte_within: 2s
  request_within: 3s
  max_feed: 1 MiB
  max_page: 3 MB
  max_redirects: 7
  obey_robots: false
  ports: [443, 8443]
  allow_networks: [10.0.0.0/8, '::1']
  allow_downgrade: true
  proxy: socks5://127.0.0.1:1080",
    )
    .fetch;
    let expected = Fetch {
        per_host: 3,
        host_gap: Duration::ZERO,
        in_flight: 4,
        connect_within: millis(1000),
        first_byte_within: millis(2000),
        request_within: millis(3000),
        max_feed_bytes: 1 << 20,
        max_page_bytes: 3_000_000,
        max_redirects: 7,
        obey_robots: false,
        ports: vec![443, 8443],
        allow_networks: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        allow_downgrade: true,
        proxy: Some("socks5://127.0.0.1:1080".parse().unwrap()),
    };
    assert_eq!(fetch, expected);
}

#[test]
fn schedule_and_commit() {
    let config = read(
        "schedule: {min_interval: 1s, interval: 2s, max_interval: 3s, rechecks: [4s, 5s], page_attempts: 2, max_age: 2d}
commit: {every: 20ms, count: 7}",
    );
    let expected = Schedule {
        min_interval: millis(1000),
        interval: millis(2000),
        max_interval: millis(3000),
        rechecks: vec![millis(4000), millis(5000)],
        page_attempts: 2,
        max_age: Some(millis(2 * 86_400_000)),
    };
    assert_eq!(config.schedule, expected);
    assert_eq!(config.commit, Commit { every: millis(20), count: 7 });
    let never = read("schedule: {rechecks: [], max_age: off}").schedule;
    assert_eq!((never.rechecks, never.max_age), (vec![], None));
    // defaults give way to what is written
    let slow = read("schedule: {min_interval: 2d}").schedule;
    assert_eq!((slow.interval, slow.max_interval), (millis(2 * 86_400_000), millis(2 * 86_400_000)));
}

#[test]
fn the_rest_of_the_main_file() {
    let config = read(
        "contact: https://example.com/bot
admin: '[::1]:80'
log: {format: json, filter: 'copydesk=debug'}
stop_within: 5s
ledger: {local: {directory: records, rotate_size: 5 KiB, rotate_daily: false}}",
    );
    assert_eq!(config.require_contact(), Ok("https://example.com/bot"));
    assert_eq!(config.admin, Some("[::1]:80".parse().unwrap()));
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
