//! What `deploy/` names exists, and says the same in every place.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use super::{metric_names, read, words};

#[test]
fn the_board_shows_metrics_that_exist() {
    let text = read(Path::new("deploy/monitoring/grafana/copydesk.json"));
    let board: Value = serde_json::from_str(&text).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries: Vec<&str> = queries.map(|target| target["expr"].as_str().unwrap()).collect();
    let shown: BTreeSet<String> = words(&queries.join(" "), "copydesk_").into_iter().map(|name| base(&name)).collect();
    let exported = metric_names();
    let unknown: Vec<&String> = shown.difference(&exported).collect();
    assert!(unknown.is_empty(), "not exported: {unknown:?}");
    // the one that says nothing in addition to the others
    let missing: Vec<&String> = exported.difference(&shown).collect();
    assert_eq!(missing, ["copydesk_requests_total"], "on no panel");
}

fn base(name: &str) -> String {
    name.trim_end_matches("_bucket").to_owned()
}

#[test]
fn versions_are_the_same_everywhere() {
    let kafka = between(&read(Path::new("scripts/kafka/pom.xml")), "<kafka.version>", "<");
    assert_eq!(between(&read(Path::new("deploy/compose.yaml")), "apache/kafka:", "\n"), kafka, "the tested Kafka");
    let overlay = read(Path::new("deploy/kubernetes/overlays/example/kustomization.yaml"));
    assert_eq!(between(&overlay, "newTag: ", "\n"), env!("CARGO_PKG_VERSION"));
    let cargo = read(Path::new("Cargo.toml"));
    let internal = cargo.lines().filter(|line| line.starts_with("copydesk-") && line.contains("path"));
    for line in internal {
        assert!(line.contains(&format!("version = \"={}\"", env!("CARGO_PKG_VERSION"))), "{line}");
    }
}

#[test]
fn the_unit_and_kubernetes_wait_longer_than_the_daemon_needs_to_stop() {
    let within = read(Path::new("config/copydesk.example.yaml"));
    let within: u64 = between(&within, "stop_within: ", "s").parse().unwrap();
    for (file, setting) in [
        ("deploy/copydesk.service", "TimeoutStopSec="),
        ("deploy/kubernetes/base/statefulset.yaml", "terminationGracePeriodSeconds: "),
        ("deploy/compose.yaml", "stop_grace_period: "),
    ] {
        let text = read(Path::new(file));
        let digits: String = between(&text, setting, "\n").chars().take_while(char::is_ascii_digit).collect();
        assert!(
            digits.parse::<u64>().unwrap() > within + 1,
            "{file}: {setting}{digits}, and stop_within is {within} s"
        );
    }
}

fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before}")).1;
    rest.split_once(after).map_or(rest, |(found, _)| found).to_owned()
}
