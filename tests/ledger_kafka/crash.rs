//! Instances that are killed or frozen in the middle of a commit.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
};

use super::*;

#[tokio::test]
async fn a_kill_at_any_point_of_a_commit_loses_and_doubles_nothing() {
    if let Some(group) = variable("COPYDESK_TEST_GROUP") {
        return as_a_child(&group).await;
    }
    for (point, committed) in [("before-begin", 2), ("after-produce", 2), ("before-commit", 2), ("after-commit", 3)] {
        check_kill(point, committed, Some("desk-0"), false).await;
    }
}

/// With KIP-848, a name belongs to the dead member until its session is over: six seconds with this broker, more than the
/// three refusals that a rival in a classic group gets.
#[tokio::test]
async fn a_successor_by_name_waits_until_the_broker_releases_it() {
    check_kill("after-commit", 3, Some("desk-0"), true).await;
}

/// Without a name, the successor has to wait for the session and the transaction of the dead to time out.
#[tokio::test]
async fn a_successor_without_a_name_waits_for_what_the_dead_had_under_way() {
    check_kill("before-commit", 2, None, false).await;
}

async fn check_kill(point: &str, committed: u32, instance: Option<&str>, consumer_protocol: bool) {
    let mut config = kafka::ledger();
    config.instance = instance.map(str::to_owned);
    config.consumer_protocol = consumer_protocol;
    Installation::open_all(&config).await.close().await;
    let status = child(&config, Some(&format!("{point}:3"))).0.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{point}");
    assert_eq!(published(&config).await, stories(committed), "read after a kill at {point}");

    // the successor knows from its state what is left to do, and the batch that was cut short appears once
    let status = child(&config, None).0.wait().unwrap();
    assert!(status.success(), "successor after a kill at {point}");
    assert_eq!(published(&config).await, stories(5), "after a kill at {point}");
}

/// A frozen instance wakes in the middle of a transaction, long after another has taken over.
#[tokio::test]
async fn a_frozen_instance_that_wakes_is_refused() {
    // before it begins, nothing but the generation tells that it is out of date; once its offsets are sent, its successor
    // waits for the coordinator to end the transaction
    for (point, error) in [("before-begin", "prove ownership"), ("before-commit", "commit a transaction")] {
        let mut config = kafka::ledger();
        config.options.insert("transaction.timeout.ms".to_owned(), "8000".to_owned());
        Installation::open_all(&config).await.close().await;
        let mut frozen = child(&config, Some(&format!("{point}:2:stop")));
        let mut lines = BufReader::new(frozen.0.stdout.take().unwrap()).lines();
        wait_for(&mut lines, "committed 1");

        let mut installation = Installation::open_all(&config).await;
        assert_eq!(installation.state("a.example"), Some("1"), "{point}");
        installation.commit(&story("a.example", "2")).await.unwrap();
        let status = Command::new("kill").args(["-CONT", &frozen.0.id().to_string()]).status().unwrap();
        assert!(status.success());
        let line = wait_for(&mut lines, "refused 2");
        assert!(line.contains(error), "{point}: {line}");
        assert_eq!(published(&config).await, stories(2), "{point}");
    }
}

/// Reads lines up to one that begins like this. Test harnesses print on the same stream.
fn wait_for(lines: &mut impl Iterator<Item = std::io::Result<String>>, start: &str) -> String {
    lines.map(Result::unwrap).find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no line `{start}`"))
}

fn stories(count: u32) -> Vec<String> {
    (1..=count).map(|n| n.to_string()).collect()
}

/// A child that does not outlive its test, frozen or not.
struct Mortal(Child);

impl Drop for Mortal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs [`as_a_child`] in a process of its own.
fn child(config: &config::KafkaLedger, fault: Option<&str>) -> Mortal {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let anchor = "crash::a_kill_at_any_point_of_a_commit_loses_and_doubles_nothing";
    command.args(["--exact", anchor, "--nocapture"]);
    command.env("COPYDESK_TEST_GROUP", &config.group).env("COPYDESK_TEST_KAFKA", &config.brokers[0]);
    command.env("COPYDESK_TEST_INSTANCE", config.instance.as_deref().unwrap_or_default());
    command.env("COPYDESK_TEST_PROTOCOL", if config.consumer_protocol { "consumer" } else { "classic" });
    command.env("COPYDESK_TEST_TRANSACTION", config.options.get("transaction.timeout.ms").map_or("", String::as_str));
    if let Some(fault) = fault {
        command.env("COPYDESK_FAULT", fault);
    }
    Mortal(command.stdout(Stdio::piped()).spawn().unwrap())
}

/// Commits the stories up to the fifth that the ledger does not have yet.
async fn as_a_child(group: &str) {
    let mut config = kafka::ledger_at(kafka::address(), group);
    config.instance = variable("COPYDESK_TEST_INSTANCE");
    config.consumer_protocol = variable("COPYDESK_TEST_PROTOCOL").is_some_and(|protocol| protocol == "consumer");
    let timeout = variable("COPYDESK_TEST_TRANSACTION");
    config.options.extend(timeout.map(|timeout| ("transaction.timeout.ms".to_owned(), timeout)));

    let mut installation = Installation::open_all(&config).await;
    let handled: u32 = installation.state("a.example").map_or(0, |state| state.parse().unwrap());
    let mut out = std::io::stdout();
    for number in handled + 1..=5 {
        let result = installation.commit(&story("a.example", &number.to_string())).await;
        match result {
            Ok(()) => writeln!(out, "\ncommitted {number}").unwrap(),
            Err(error) => {
                writeln!(out, "\nrefused {number}: {error:?}").unwrap();
                return;
            }
        }
    }
    installation.close().await;
}
