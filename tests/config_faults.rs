//! Every kind of fault: what is written → what is said, and where.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/faults.rs"]
mod faults;

use faults::{check, check_settings, faults};

#[test]
fn what_is_not_a_configuration() {
    check("", &["1:1: the configuration needs feeds; list their URLs under `feeds`, or name files in `include`"]);
    check(
        "# nothing yet",
        &["1:1: the configuration needs feeds; list their URLs under `feeds`, or name files in `include`"],
    );
    check("feeds: []", &["1:8: an empty list of feeds"]);
    check("[]", &["1:1: an empty list of feeds"]);
    check("feeds:", &["1:6: `feeds`: expected a list of feeds, found nothing"]);
    check("just words", &["1:1: the configuration: expected a mapping of keys, found `just words`"]);
    check("feeds: [https://a.example/\n", &["2:1: not valid YAML: while parsing a flow sequence, expected ',' or ']'"]);
    check("a: b: c", &["1:5: not valid YAML: mapping values are not allowed in this context"]);
    check("feeds: [a]\n---\nfeeds: [b]\n", &["3:1: a second YAML document; a configuration is one"]);
    check(
        "feeds: &all [https://a.example/]\n",
        &[
            "1:8: anchors and aliases are not supported; write the value out, or quote a text that begins with `*` or `&`",
        ],
    );
    check(
        "feeds: !!set [https://a.example/]\n",
        &["1:8: tags such as `tag:yaml.org,2002:!set` are not supported; write the plain value"],
    );
    check(&format!("feeds: {}{}", "[".repeat(100), "]".repeat(100)), &["1:39: nested deeper than 32 levels"]);
}

#[test]
fn keys() {
    check_settings(
        "intervall: 5m\n? [a]\n: b\nlog: {format: text, format: json, foo: 1}",
        &[
            "2:1: unknown key `intervall` in the configuration, known are: admin, admin_names, commit, contact, defaults, documents, feeds, fetch, include, ledger, log, schedule, sites, stop_within",
            "3:3: key: expected a name, found a list",
            "5:21: duplicate key `format`, first at line 5",
            "5:35: unknown key `foo` in `log`, known are: filter, format",
        ],
    );
    check(
        "- {url: https://a.example/, intervall: 5m}\n- name: nameless\n- [list]\n- {url: }",
        &[
            "1:29: unknown key `intervall`, did you mean `interval`?",
            "2:3: a feed needs `url`",
            "3:3: feed: expected an http or https URL, found a list",
            "4:7: `url`: expected an http or https URL, found nothing",
        ],
    );
    check_settings(
        "fetch: {perhost: 1}\ndefaults: {url: x}\nledger: {locale: {}}",
        &[
            "2:9: unknown key `perhost`, did you mean `per_host`?",
            "3:12: unknown key `url` in `defaults`, known are: cookies, full_text, headers, interval, obey_robots, proxy, tags",
            "4:10: unknown key `locale`, did you mean `local`?",
        ],
    );
}

#[test]
fn feeds() {
    check(
        "- ftp://a.example/\n- file:///etc/passwd\n- //a.example/\n- https://\n- https://user:hunter2@a.example/\n- 5\n- https://a.example:8080/",
        &[
            "1:3: feed: expected an http or https URL, found `ftp://a.example/`",
            "2:3: feed: expected an http or https URL, found `file:///etc/passwd`",
            "3:3: feed: expected an http or https URL, found `//a.example/`",
            "4:3: feed: expected an http or https URL, found `https://`",
            "5:3: feed: a URL must not contain credentials, because it is shown and published; use `basic_auth` or `headers`",
            "6:3: feed: expected an http or https URL, found `5`",
            "7:3: feed: port 8080 is not one of `fetch.ports`; add it there if you mean it",
        ],
    );
    check(
        "- https://a.example/feed\n- https://b.example/\n- {url: HTTPS://A.example.:443/feed#top}",
        &["3:3: duplicate feed https://a.example./feed#top, first at c.yaml:1:3"],
    );
    check(
        "- {url: https://a.example/, interval: 5s, full_text: none, obey_robots: yes, tags: [ok, ''], name: ''}",
        &[
            "1:39: `interval`: 5s is shorter than `schedule.min_interval`, 1m",
            "1:54: `full_text`: expected `auto`, `page` or `feed`, found `none`",
            "1:73: `obey_robots`: expected `true` or `false`, found `yes`",
            "1:89: `tags`: expected a tag of at most 100 characters, found an empty text",
            "1:100: `name`: expected a name of at most 200 characters, found an empty text",
        ],
    );
}

#[test]
fn ports_of_feeds() {
    check(
        "feeds: ['http://127.0.0.1:81/', 'http://10.0.0.1:81/']\nfetch: {allow_networks: 127.0.0.0/8}",
        &["1:33: feed: port 81 is not one of `fetch.ports`; add it there if you mean it"],
    );
    // a list with a fault of its own binds no feed
    check(
        "feeds: ['http://127.0.0.1:81/']\nfetch: {ports: [81, x]}",
        &["2:21: `ports`: expected a whole number from 1 to 65535, found `x`"],
    );
}

#[test]
fn headers_and_secrets() {
    check(
        "- url: https://a.example/
  headers:
    Host: a
    'bad name': x
    X-Key: a
    x-key: b
    x-line: \"a\\nb\"
    x-file: {file: missing.key}
    x-list: [1]
    x-empty: {file: /dev/null}
    x-nothing: {}
    x-huge: {file: Cargo.lock}
    x-unset: ${UNSET}
  basic_auth: {username: 'a:b', password: x}
- url: https://b.example/
  basic_auth: {username: u, password: x, password_file: missing}
- url: https://c.example/
  basic_auth: {user: u}
- url: https://d.example/
  headers: {authorization: x}
  basic_auth: {username: u, password: '${SECRET}'}",
        &[
            "3:5: header `Host` cannot be set: it follows from the URL",
            "4:5: `bad name` is not a name of a header",
            "6:5: duplicate header `x-key`; the case of header names does not matter",
            "7:5: header `x-line`: its value holds a line break or another control character",
            "8:20: `file`: cannot read missing.key: No such file or directory (os error 2)",
            "9:13: header `x-list`: expected a text or {file: PATH}, found a list",
            "10:21: `file`: cannot read /dev/null: it is empty",
            "11:16: a value from a file needs `file`",
            "12:20: `file`: cannot read Cargo.lock: it is larger than 64 KiB",
            "13:14: environment variable `UNSET` is not set; set it, or write `${UNSET:-a default}`",
            "14:15: `basic_auth`: `username` must not hold a colon",
            "16:42: both `password_file` and `password`; use one of them",
            "16:57: `password_file`: cannot read missing: No such file or directory (os error 2)",
            "18:15: `basic_auth` needs `password` or `password_file`",
            "18:15: `basic_auth` needs `username`",
            "18:16: unknown key `user`, did you mean `username`?",
            "21:15: both `basic_auth` and a header `authorization`; use one of them",
        ],
    );
    check_settings(
        "defaults: {headers: {Authorization: x}}",
        &["2:12: `authorization` in `defaults` would be sent to the host of every feed; set it at the feed"],
    );
}

#[test]
fn quantities() {
    check_settings(
        "stop_within: 20
commit: {every: 0s, count: 0}
fetch:
  host_gap: [1s]
  request_within: 3h
  max_feed: 2M
  max_page: 16
  per_host: -1
  in_flight: many
  ports: [80, 65536]
  max_redirects: 5.0
  first_byte_within: 99999999999999999999w",
        &[
            "2:14: `stop_within`: expected a number and its unit, such as 15m, found `20`",
            "3:17: `every`: expected 1ms to 1m, found `0s`",
            "3:28: `count`: expected a whole number from 1 to 10000, found `0`",
            "5:13: `host_gap`: expected a duration such as 15m, found a list",
            "6:19: `request_within`: expected 100ms to 10m, found `3h`",
            "7:13: `max_feed`: expected a size such as 2 MiB, found `2M`",
            "8:13: `max_page`: expected a number and its unit, such as 2 MiB, found `16`",
            "9:13: `per_host`: expected a whole number from 1 to 64, found `-1`",
            "10:14: `in_flight`: expected a whole number from 1 to 4096, found `many`",
            "11:15: `ports`: expected a whole number from 1 to 65535, found `65536`",
            "12:18: `max_redirects`: expected a whole number from 0 to 20, found `5.0`",
            "13:22: `first_byte_within`: expected 100ms to 10m, found `99999999999999999999w`",
        ],
    );
    check_settings(
        "schedule: {min_interval: 1h, interval: 15m, rechecks: [1h, 1h], max_age: never}",
        &[
            "2:30: `interval`, 15m, is shorter than `min_interval`, 1h",
            "2:45: `rechecks`: expected at most 16 durations, each longer than the one before",
            "2:74: `max_age`: expected a duration such as 7d, or off, found `never`",
        ],
    );
    check_settings(
        "schedule: {interval: 30s, max_interval: 20s}\nfetch: {ports: []}",
        &[
            "2:12: `interval`, 30s, is shorter than `min_interval`, 1m",
            "2:27: `max_interval`, 20s, is shorter than `interval`, 30s",
            "3:9: `ports`: expected a port such as 443, found an empty list",
        ],
    );
}

#[test]
fn other_settings() {
    check_settings(
        "contact: nobody
admin: localhost
admin_names: ['*.example.com', 'a.example:8080', b.example]
log: {format: xml, filter: 'a=b=c'}
fetch: {proxy: 'http://u:hunter2@p.example', allow_networks: [10.0.0.0/40, ::1], allow_downgrade: off}",
        &[
            "2:10: `contact`: expected a mail address or a web page, found `nobody`",
            "3:8: `admin`: expected an address such as 127.0.0.1:9464, or off, found `localhost`",
            "4:15: `admin_names`: expected a host such as example.com, found `*.example.com`",
            "4:32: `admin_names`: expected a host such as example.com, found `a.example:8080`",
            "5:15: `format`: expected `text` or `json`, found `xml`",
            "5:28: `filter`: expected a filter such as `info` or `info,copydesk=debug`, found `a=b=c`",
            "6:16: `proxy`: the URL of a proxy must not contain credentials, because it is shown; write `proxy: {url, username, password_file}`",
            "6:63: `allow_networks`: expected a network such as 10.1.0.0/16, or an address, found `10.0.0.0/40`",
            "6:99: `allow_downgrade`: expected `true` or `false`, found `off`",
        ],
    );
    check_settings(
        "include: [missing/*.yaml, '[']",
        &[
            "2:11: `include`: no file matches missing/*.yaml",
            "2:27: `include`: [ is not a pattern: invalid range pattern",
        ],
    );
    check_settings(
        "include: []",
        &["2:10: `include`: expected a list of paths or patterns such as feeds/*.yaml, found an empty list"],
    );
}

#[test]
fn ledgers() {
    check_settings(
        "ledger: {local: {directory: a}, kafka: {brokers: ['a:9092']}}",
        &["2:33: both `local` and `kafka`; records and state are written to one ledger, so use one of them"],
    );
    check_settings(
        "ledger: {local: {directory: '', rotate_size: 1, rotate_daily: 1}}",
        &[
            "2:29: `directory`: expected a directory, found an empty text",
            "2:46: `rotate_size`: expected a number and its unit, such as 2 MiB, found `1`",
            "2:63: `rotate_daily`: expected `true` or `false`, found `1`",
        ],
    );
    check_settings("ledger: {kafka: {}}", &["2:17: `kafka` needs `brokers`"]);
    check_settings(
        "ledger: {kafka: {brokers: [], group_protocol: new, tls: maybe}}",
        &[
            "2:17: `kafka` needs a broker such as localhost:9092 in `brokers`",
            "2:47: `group_protocol`: expected `classic` or `consumer`, found `new`",
            "2:57: `tls`: expected true, false or a mapping of files, found `maybe`",
        ],
    );
    check_settings(
        "ledger:
  kafka:
    brokers: [a, 'SASL://b:9092', 'c:0', 'd:9092,e:9092']
    topics: {records: a b, rejects: x, state: x}
    instance: ${HOST}
    group_protocol: consumer
    group: a/b
    partitions: 0
    tls: {certificate_file: missing.pem}
    sasl: {mechanism: GSSAPI, username: u}
    options:
      enable.idempotence: false
      acks: 1
      bootstrap.servers: x
      linger.mss: 5
      linger.ms: ${SECRET}
      transactional.id: x
      session.timeout.ms: 6000",
        &[
            "4:15: `brokers`: expected host:port such as localhost:9092, found `a`",
            "4:18: `brokers`: expected host:port such as localhost:9092, found `SASL://b:9092`",
            "4:35: `brokers`: expected host:port such as localhost:9092, found `c:0`",
            "5:13: `topics`: records, rejects and state need a topic each",
            "5:23: `records`: expected a name of letters, digits, `.`, `_` and `-`, found `a b`",
            "6:15: environment variable `HOST` is not set; set it, or write `${HOST:-a default}`",
            "8:12: `group`: expected a name of letters, digits, `.`, `_` and `-`, found `a/b`",
            "9:17: `partitions`: expected a whole number from 1 to 1024, found `0`",
            "10:10: `tls` needs both `certificate_file` and `key_file`, or neither",
            "10:29: `certificate_file`: cannot read missing.pem: No such file or directory (os error 2)",
            "11:11: `sasl` needs `password` or `password_file`",
            "11:23: `mechanism`: expected `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`, found `GSSAPI`",
            "13:7: option `enable.idempotence` cannot be set: without it a retry publishes twice",
            "14:7: option `acks` cannot be set: a transaction needs all replicas to have it",
            "15:7: option `bootstrap.servers` cannot be set: use `brokers`",
            "16:7: option `linger.mss`: refused by librdkafka: No such configuration property: \"linger.mss\"",
            "17:7: option `linger.ms`: refused by librdkafka: Invalid value for configuration property \"queue.buffering.max.ms\"",
            "18:7: option `transactional.id` cannot be set: it fences an earlier process of this instance, and is made from `group` and `instance`",
            "19:7: option `session.timeout.ms` cannot be set: the broker decides with `group_protocol: consumer`",
        ],
    );
}

#[test]
fn variables() {
    check(
        "- ${UNSET}\n- https://a.example/${\n- https://a.example/${1}\n- '${INJECTION}'",
        &[
            "1:3: environment variable `UNSET` is not set; set it, or write `${UNSET:-a default}`",
            "2:3: `${` without its `}`; write `$$` for a dollar sign",
            "3:3: `${1}` does not name an environment variable; write `$$` for a dollar sign",
            "4:3: feed: expected an http or https URL, found `${INJECTION}`",
        ],
    );
    // what a variable holds is never shown
    check_settings(
        "stop_within: ${SECRET}",
        &["2:14: `stop_within`: expected a duration such as 15m, found `${SECRET}`"],
    );
}

#[test]
fn faults_are_json_too() {
    let faults = faults("feeds: []\nfoo: 1").unwrap_err();
    let json = serde_json::to_value(&faults).unwrap();
    assert_eq!(
        json[0],
        serde_json::json!({"file": "c.yaml", "line": 1, "column": 8, "message": "an empty list of feeds"})
    );
}
