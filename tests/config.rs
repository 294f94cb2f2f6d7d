//! What a configuration that holds is read as: files put together, defaults applied, secrets taken in.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use copydesk::{
    cli::check,
    config::{Config, Faults, Feed, FullText, KafkaSecurity, Ledger, Sasl, load},
};
use tempfile::TempDir;

fn env(name: &str) -> Option<String> {
    match name {
        "BROKERS" => Some("a:9092, b:9092".to_owned()),
        "NOT_YAML" => Some("x]\nfeeds: []".to_owned()),
        "INTERVAL" => Some("1h 30m".to_owned()),
        _ => None,
    }
}

/// Files in a directory of their own; the first is the main one.
struct Files {
    directory: TempDir,
    main: PathBuf,
}

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let main = directory.path().join(files[0].0);
        Self { directory, main }
    }

    fn load(&self) -> Config {
        load(&self.main, &env).unwrap_or_else(|faults| panic!("{faults}"))
    }

    /// Faults, or nothing, without the name of the directory.
    fn faults(&self) -> String {
        let shown = load(&self.main, &env).err().as_ref().map(Faults::to_string).unwrap_or_default();
        shown.replace(&format!("{}/", self.directory.path().display()), "")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn feed(url: &str) -> Feed {
    Feed::new(url.parse().unwrap())
}

fn header<'f>(feed: &'f Feed, name: &str) -> Option<&'f str> {
    feed.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.to_str().unwrap())
}

#[test]
fn a_list_of_urls_is_enough() {
    let files = Files::new(&[("copydesk.yaml", "\u{feff}- https://a.example/feed\n- http://b.example/\n")]);
    let config = files.load();
    assert_eq!(config.feeds, [feed("https://a.example/feed"), feed("http://b.example/")]);
    assert_eq!(config.files, std::slice::from_ref(&files.main));
    let Ledger::Local(local) = &config.ledger else { panic!("the default ledger is local") };
    assert_eq!(local.directory, files.path("copydesk-ledger"));
    assert!(config.require_contact().unwrap_err().to_string().contains("`contact`"));
}

#[test]
fn included_files_are_put_together() {
    let files = Files::new(&[
        (
            "copydesk.yaml",
            "include: [feeds/*.yaml, 'feeds/**/*.yaml', '*.yaml']
defaults: {tags: [all], interval: 1h, full_text: feed, headers: {accept-language: de, x-a: '1'}}
feeds: [https://main.example/]",
        ),
        ("feeds/b.yaml", "- https://b.example/"),
        (
            "feeds/a.yaml",
            "defaults: {tags: [own, all], full_text: page, headers: {X-A: '2'}}
feeds: [https://a.example/, {url: 'https://a2.example/', interval: 5m, tags: [last, own], obey_robots: true}]",
        ),
        ("feeds/deep/c.yaml", "feeds: https://c.example/"),
        ("feeds/.a.yaml.swp.yaml", "not: for us"),
        ("more.yaml", "- https://more.example/"),
    ]);
    let config = files.load();
    let urls: Vec<_> = config.feeds.iter().map(|feed| feed.url.host_str().unwrap()).collect();
    assert_eq!(urls, ["main.example", "a.example", "a2.example", "b.example", "c.example", "more.example"]);
    let names = ["copydesk.yaml", "feeds/a.yaml", "feeds/b.yaml", "feeds/deep/c.yaml", "more.yaml"];
    assert_eq!(config.files, names.map(|name| files.path(name)));

    let [main, a, a2, b, ..] = config.feeds.as_slice() else { panic!("six feeds") };
    assert_eq!((main.tags.as_slice(), main.full_text), (["all".to_owned()].as_slice(), FullText::Feed));
    assert_eq!((a.tags.join(" ").as_str(), a.full_text, a.interval), ("all own", FullText::Page, Some(hours(1))));
    assert_eq!((header(a, "accept-language"), header(a, "x-a"), a.headers.len()), (Some("de"), Some("2"), 2));
    assert_eq!((a2.tags.join(" ").as_str(), a2.interval), ("all own last", Some(Duration::from_secs(300))));
    assert_eq!((a.obey_robots, a2.obey_robots), (false, true));
    assert_eq!((header(b, "x-a"), b.full_text), (Some("1"), FullText::Feed));
}

#[test]
fn faults_of_all_files_are_said_at_once() {
    let files = Files::new(&[
        ("copydesk.yaml", "include: ['feeds/*.yaml', gone.yaml]\nfeeds: [https://a.example/]\nfoo: 1"),
        ("feeds/a.yaml", "- https://b.example/\n- https://a.example/#top"),
        ("feeds/b.yaml", "contact: a@b.example\nfeeds: [https://b.example/]"),
        ("feeds/c.yaml", ""),
        ("feeds/d.yaml", "defaults: {tags: [x]}"),
        ("feeds/e.yaml", "- https://e.example/\n- *e"),
    ]);
    insta::assert_snapshot!(files.faults(), @r#"
    copydesk.yaml:1:27: `include`: no file matches gone.yaml
    copydesk.yaml:3:1: unknown key `foo` in the configuration, known are: admin, admin_names, commit, contact, defaults, documents, feeds, fetch, include, ledger, log, schedule, sites, stop_within
    feeds/a.yaml:2:3: duplicate feed https://a.example/#top, first at copydesk.yaml:2:9
    feeds/b.yaml:1:1: unknown key `contact` in an included file, known are: defaults, feeds
    feeds/b.yaml:2:9: duplicate feed https://b.example/, first at feeds/a.yaml:1:3
    feeds/c.yaml:1:1: an included file needs `feeds`
    feeds/d.yaml:1:1: an included file needs `feeds`
    feeds/e.yaml:2:3: anchors and aliases are not supported; write the value out, or quote a text that begins with `*` or `&`
    "#);

    fs::write(files.path("feeds/a.yaml"), b"- https://b.example/\n- h\xfcttps").unwrap();
    fs::remove_file(files.path("feeds/b.yaml")).unwrap();
    assert!(files.faults().contains("feeds/a.yaml:2:4: not UTF-8"), "{}", files.faults());
    fs::remove_file(&files.main).unwrap();
    assert_eq!(files.faults(), "copydesk.yaml: cannot be read: No such file or directory (os error 2)");
}

#[test]
fn a_file_without_its_feeds_is_not_taken_for_a_whole_one() {
    const WHOLE: &str = "include: [feeds.yaml]\nledger: {local: {}}\n";
    const FEEDS: &str = "feeds:\n  - https://a.example/\n  - url: https://b.example/\n    tags: [x]\n";
    for end in 0..FEEDS.find("a.example").unwrap() {
        let files = Files::new(&[("copydesk.yaml", WHOLE), ("feeds.yaml", &FEEDS[..end])]);
        assert_ne!(files.faults(), "", "after {:?}", &FEEDS[..end]);
    }
}

#[test]
fn secrets_come_from_files_and_are_not_shown() {
    let files = Files::new(&[
        (
            "copydesk.yaml",
            "feeds:
  - url: https://a.example/
    headers: {x-key: {file: secret}}
    basic_auth: {username: Aladdin, password: open sesame}
ledger:
  kafka:
    brokers: ${BROKERS}
    tls: true
    sasl: {mechanism: PLAIN, username: me, password_file: secret}
    options: {linger.ms: 5, ssl.key.password: {file: secret}}",
        ),
        ("secret", "hunter2\r\n"),
    ]);
    let config = files.load();
    assert_eq!(header(&config.feeds[0], "x-key"), Some("hunter2"));
    // the example of RFC 7617 section 2
    assert_eq!(header(&config.feeds[0], "authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    let Ledger::Kafka(kafka) = &config.ledger else { panic!("kafka") };
    assert_eq!(kafka.brokers, ["a:9092", "b:9092"]);
    let sasl = Sasl { mechanism: "PLAIN", username: "me".to_owned(), password: "hunter2".to_owned() };
    assert_eq!(kafka.security, KafkaSecurity { tls: true, sasl: Some(sasl), ..KafkaSecurity::default() });
    assert_eq!(kafka.options["ssl.key.password"], "hunter2");
    let dump = format!("{config:?}");
    assert!(!dump.contains("hunter2") && !dump.contains("QWxhZGRpbj"), "{dump}");
}

#[test]
fn variables_are_values_and_never_yaml() {
    let files = Files::new(&[(
        "copydesk.yaml",
        "feeds:\n  - {url: 'https://a.example/?${NONE:-x}=$$1', name: '$${x}', tags: [\"${NOT_YAML:-}\"], interval: '${INTERVAL}'}",
    )]);
    let refused = |written: &str| {
        format!("copydesk.yaml:2:70: `tags`: expected a tag of at most 100 characters, found `{written}`")
    };
    assert_eq!(files.faults(), refused("${NOT_YAML:-}"), "a line break within a tag");
    fs::write(&files.main, fs::read_to_string(&files.main).unwrap().replace("NOT_YAML", "NOT_SET")).unwrap();
    assert_eq!(files.faults(), refused("${NOT_SET:-}"), "an empty tag");
    fs::write(&files.main, fs::read_to_string(&files.main).unwrap().replace("${NOT_SET:-}", "a: [b]")).unwrap();
    let config = files.load();
    assert_eq!(config.feeds[0].url.as_str(), "https://a.example/?x=$1");
    assert_eq!(config.feeds[0].name.as_deref(), Some("${x}"));
    assert_eq!(config.feeds[0].tags, ["a: [b]"]);
    assert_eq!(config.feeds[0].interval, Some(Duration::from_secs(5400)));
}

#[test]
fn check_prints_what_it_found() {
    let files =
        Files::new(&[("copydesk.yaml", "- https://www.a.example/1\n- https://a.example/2\n- https://b.example/")]);
    let shown = |path: &Path, json: bool| {
        let mut out = Vec::new();
        let code = check::run(path, &env, &mut out, check::Options { json, fetch: false }).unwrap();
        let directory = format!("{}/", files.directory.path().display());
        let said = String::from_utf8(out).unwrap().replace(&directory, "");
        format!("{said}{}", if code == ExitCode::SUCCESS { "success" } else { "failure" })
    };
    insta::assert_snapshot!(shown(&files.main, false), @r#"
    copydesk.yaml: ok
    feeds    3 feeds, 2 sites, 1 file
    ledger   local, copydesk-ledger
    admin    http://127.0.0.1:9464
    contact  none; publishers must be able to reach you: set `contact` to a mail address or a web page of yours
    success
    "#);
    insta::assert_snapshot!(shown(&files.main, true), @r#"
    {"ok":true,"feeds":3,"sites":2,"files":["copydesk.yaml"],"ledger":{"kind":"local","directory":"copydesk-ledger"},"admin":"127.0.0.1:9464","contact":null}
    success
    "#);
    fs::write(&files.main, "- https://a.example/\n- nonsense\nfoo: 1").unwrap();
    insta::assert_snapshot!(shown(&files.main, false), @r#"
    copydesk.yaml:3:1: not valid YAML: while parsing a block collection, did not find expected '-' indicator
    1 fault
    failure
    "#);
    fs::write(&files.main, "- nonsense").unwrap();
    insta::assert_snapshot!(shown(&files.main, true), @r#"
    {"ok":false,"faults":[{"file":"copydesk.yaml","line":1,"column":3,"message":"feed: expected an http or https URL, found `nonsense`"}]}
    failure
    "#);
}

#[test]
fn fifty_thousand_feeds_in_many_files() {
    let files = Files::new(&[("copydesk.yaml", "include: feeds/*.yaml")]);
    fs::create_dir(files.path("feeds")).unwrap();
    for file in 0..50 {
        let mut text = String::from("feeds:\n");
        for feed in 0..1000 {
            text.push_str(&format!(
                "  - url: https://site{file}-{feed}.example/rss.xml\n    name: Site {feed}\n    tags: [news, group{file}]\n    interval: 30m\n"
            ));
        }
        fs::write(files.path(&format!("feeds/{file:02}.yaml")), text).unwrap();
    }
    let begun = std::time::Instant::now();
    let config = files.load();
    println!("50,000 feeds of 50 files in {:?}", begun.elapsed());
    assert_eq!(config.feeds.len(), 50_000);
    assert_eq!(config.feeds[49_999].tags, ["news", "group49"]);
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}
