//! Several instances in one group.

use std::{sync::Arc, time::Instant};

use tokio::sync::watch;

use super::*;

#[tokio::test]
async fn partitions_move_between_instances_with_their_state() {
    let range = [("partition.assignment.strategy".to_owned(), "range".to_owned())];
    for (protocol, options, consumer_protocol) in
        [("cooperative", vec![], false), ("eager", range.to_vec(), false), ("KIP-848", vec![], true)]
    {
        let mut config = kafka::ledger();
        config.options.extend(options);
        config.consumer_protocol = consumer_protocol;
        check_move(&config, protocol).await;
    }
}

async fn check_move(config: &config::KafkaLedger, protocol: &str) {
    let all: BTreeSet<_> = (0..4).collect();
    let mut first = Installation::open_all(config).await;
    first.publish(&all, "1").await.unwrap();

    let mut second = Installation::open(config).await;
    // both take their events at the same time, as two processes would; an eager rebalance first takes everything away
    while (first.held().len(), second.held().len()) != (2, 2) || !first.held().is_disjoint(&second.held()) {
        tokio::select! {
            () = first.take() => {}
            () = second.take() => {}
        }
    }
    for partition in second.held() {
        let site = second.site(partition);
        assert_eq!(second.state(&site), Some(&*format!("{site} 1")), "{protocol}");
    }
    // what is kept goes on under the new generation, and what is gone is refused
    let (kept, gone) = (first.held(), second.held());
    publish_at_last(&mut first, &kept, "2", protocol).await;
    publish_at_last(&mut second, &gone, "2", protocol).await;
    let error = first.publish(&gone, "3").await.unwrap_err();
    assert!(matches!(error, LedgerError::Fenced(_)), "{protocol}: {error:?}");

    second.close().await;
    first.hold(4).await;
    publish_at_last(&mut first, &all, "4", protocol).await;
    let mut expected: Vec<_> = all
        .iter()
        .map(|&partition| first.site(partition))
        .flat_map(|site| ["1", "2", "4"].map(|name| format!("{site} {name}")))
        .collect();
    expected.sort();
    assert_eq!(published(config).await, expected, "{protocol}");
    first.close().await;
}

/// Publishes one story per partition; one that is fenced by a running rebalance is given again.
async fn publish_at_last(
    installation: &mut Installation,
    partitions: &BTreeSet<Partition>,
    name: &str,
    protocol: &str,
) {
    let deadline = Instant::now() + PATIENCE;
    for &partition in partitions {
        loop {
            match installation.publish(&BTreeSet::from([partition]), name).await {
                Ok(()) => break,
                Err(LedgerError::Fenced(text)) => assert!(Instant::now() < deadline, "{protocol}: {text}"),
                Err(error) => panic!("{protocol}: {error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_partition_is_not_gained_again_before_it_was_dropped() {
    let config = kafka::ledger();
    let mut first = Installation::open_all(&config).await;
    let second = Installation::open(&config).await;
    // the first does not acknowledge, so it loses the partitions by force
    let mut unacknowledged = Vec::new();
    while unacknowledged.len() < 2 {
        match timeout(PATIENCE, first.events.recv()).await.unwrap().unwrap() {
            Event::Lost { partition, dropped } => unacknowledged.push((partition, dropped)),
            other => panic!("{other:?}"),
        }
    }
    let mut second = second;
    second.hold(2).await;
    second.publish(&second.held(), "second").await.unwrap();
    second.close().await;
    // assigned to the first again, which still has the old state in memory
    assert!(timeout(Duration::from_secs(3), first.events.recv()).await.is_err(), "gained before it was dropped");
    for (partition, dropped) in unacknowledged {
        first.states.remove(&partition);
        dropped.send(()).unwrap();
    }
    first.hold(4).await;
    assert_eq!(first.states.values().filter(|of| of.values().any(|v| v.ends_with(" second"))).count(), 2);
    first.close().await;
}

#[tokio::test]
async fn an_instance_with_a_name_is_back_at_once() {
    let mut config = kafka::ledger();
    config.instance = Some("desk-0".to_owned());
    config.options.insert("session.timeout.ms".to_owned(), "40000".to_owned());
    let mut installation = Installation::open_all(&config).await;
    installation.commit(&story("a.example", "1")).await.unwrap();
    // not closed: nothing is said to the group, as in a crash
    drop(installation);
    let start = Instant::now();
    let installation = Installation::open_all(&config).await;
    assert_eq!(installation.state("a.example"), Some("1"));
    // a second as a rule, and far below the session timeout that others would have to wait for
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    println!("back after {:?}", start.elapsed());
}

/// A cooperative rebalance takes partitions from one member before it gives them to another. The first one ends between
/// the two, and comes back by its name, for which no rebalance goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_that_a_restart_leaves_to_nobody_find_an_owner() {
    let mut config = kafka::ledger();
    let unnamed = config.clone();
    config.instance = Some("desk-0".to_owned());
    let mut first = Installation::open_all(&config).await;
    let mut other = Installation::open(&unnamed).await;
    let taken = timeout(PATIENCE, first.events.recv()).await.unwrap();
    assert!(matches!(taken, Some(Event::Lost { .. })), "{taken:?}");
    // it ends with its answer outstanding
    drop(first);
    drop(taken);
    let mut again = Installation::open(&config).await;
    while again.states.len() + other.states.len() != 4 {
        tokio::select! {
            () = again.take() => {}
            () = other.take() => {}
        }
    }
    again.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_processes_of_the_same_name_ends() {
    let mut config = kafka::ledger();
    config.instance = Some("desk-0".to_owned());
    let (first_holds, second_holds) = (watch::Sender::new(0), watch::Sender::new(0));
    let mut holds = [first_holds.subscribe(), second_holds.subscribe()];
    let mut first = tokio::spawn(live(config.clone(), first_holds));
    timeout(PATIENCE, holds[0].wait_for(|held| *held == 4)).await.unwrap().unwrap();
    let mut second = tokio::spawn(live(config.clone(), second_holds));
    let (ended, survivor, rest) = tokio::select! {
        ended = &mut first => (ended.unwrap(), 1, second),
        ended = &mut second => (ended.unwrap(), 0, first),
        () = tokio::time::sleep(PATIENCE) => panic!("they throw each other out for ever"),
    };
    assert!(matches!(&ended, LedgerError::Fatal(_) if ended.whole().contains("another process")), "{ended:?}");
    timeout(PATIENCE, holds[survivor].wait_for(|held| *held == 4)).await.unwrap().unwrap();
    assert!(!rest.is_finished());
    rest.abort();
}

/// Opens its ledger as often as it has to, as a daemon does.
async fn live(config: config::KafkaLedger, holds: watch::Sender<usize>) -> LedgerError {
    let run = Arc::default();
    loop {
        let (ledger, mut events) = KafkaLedger::open_in(&config, &run).await.unwrap();
        let error = loop {
            match events.recv().await.unwrap() {
                Event::Gained { .. } => holds.send_modify(|held| *held += 1),
                Event::Lost { dropped, .. } => {
                    holds.send_modify(|held| *held -= 1);
                    let _ = dropped.send(());
                }
                Event::Failed(error) => break error,
            }
        };
        holds.send_replace(0);
        let _ = ledger.close().await;
        if !matches!(error, LedgerError::Reopen(_)) {
            return error;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
