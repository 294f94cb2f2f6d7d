//! The commented example against the code: nothing in it is wrong, and nothing is missing.

use std::{fs, path::Path, sync::Arc};

use super::{load::Loader, *};

const EXAMPLE: &str = include_str!("../../config/copydesk.example.yaml");
const MINIMAL: &str = include_str!("../../config/minimal.yaml");

fn read(text: &str) -> Config {
    from_yaml(text, Path::new("copydesk.yaml"), &|_| None).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The example with everything that is switched off switched on; so its local ledger is off.
fn switched_on() -> String {
    let (before, rest) = EXAMPLE.split_once("\nledger:").unwrap();
    let (_, after) = rest.split_once("\n#ledger:").unwrap();
    let example = format!("{before}\n#ledger:{after}");
    example
        .lines()
        .map(|line| if is_setting(line) { line.replacen('#', "", 1) + "\n" } else { format!("{line}\n") })
        .collect()
}

/// Prose has one space after its #; a setting has none, or as many as it is indented by.
fn is_setting(line: &str) -> bool {
    let Some(text) = line.trim_start().strip_prefix('#') else { return false };
    !text.is_empty() && (!text.starts_with(' ') || text.starts_with("  "))
}

#[test]
fn the_example_shows_the_defaults() {
    let Config {
        files: _,
        contact,
        feeds,
        ledger,
        fetch,
        documents,
        schedule,
        commit,
        sites,
        admin,
        admin_names,
        log,
        stop_within,
    } = read(EXAMPLE);
    let plain = Config::new(vec![], Ledger::Local(LocalLedger::new("copydesk-ledger")));
    let plain_feed = Feed::new("https://example.com/feed.xml".parse().unwrap());
    assert_eq!(contact.as_deref(), Some("desk@example.com"));
    assert_eq!(feeds[0], plain_feed);
    assert_eq!(ledger, plain.ledger);
    assert_eq!(fetch, plain.fetch);
    assert_eq!(documents, plain.documents);
    assert_eq!(schedule, plain.schedule);
    assert_eq!(commit, plain.commit);
    assert_eq!(sites, plain.sites);
    assert_eq!(admin, plain.admin);
    assert_eq!(admin_names, plain.admin_names);
    assert_eq!(log, plain.log);
    assert_eq!(stop_within, plain.stop_within);
}

#[test]
fn the_example_shows_every_key_and_each_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for file in ["ca.pem", "copydesk.pem", "copydesk.key", "kafka.password", "copydesk.key.password"] {
        put(file, "secret\n");
    }
    put("secrets/example-news.key", "secret\n");
    put("feeds/more.yaml", "- https://example.net/feed\n");

    let mut loader = Loader::new(&|_| None);
    let file = Arc::from(directory.path().join("copydesk.yaml"));
    let config = loader.main(&file, &switched_on());
    loader.main(&file, EXAMPLE);
    // an alternative, as `password_file` is to `password`, is named in the comment of the other
    let named = |key: &str| EXAMPLE.contains(&format!("`{key}`")) || EXAMPLE.contains(&format!("`{key}:"));
    let hidden: Vec<_> =
        loader.vocabulary.iter().filter(|((_, key), shown)| !**shown && !named(key)).map(|(key, _)| key).collect();
    assert!(hidden.is_empty(), "not in the example: {hidden:?}");
    assert!(loader.vocabulary.len() > 60, "only {} keys were asked for", loader.vocabulary.len());

    loader.faults.retain(|fault| !fault.message.starts_with("duplicate feed"));
    let Ledger::Kafka(kafka) = loader.finish(config).unwrap_or_else(|faults| panic!("{faults}")).ledger else {
        panic!("the last ledger is the one that was switched on")
    };
    let shown = KafkaLedger {
        security: kafka.security.clone(),
        options: kafka.options.clone(),
        instance: Some("copydesk-0".to_owned()),
        replication: Some(3),
        ..KafkaLedger::new(vec!["localhost:9092".to_owned()])
    };
    assert_eq!(*kafka, shown);
}

#[test]
fn the_minimal_one_is_enough() {
    let config = read(MINIMAL);
    assert_eq!(config.feeds.len(), 1);
    assert!(config.require_contact().is_ok());
}
