//! A broker that is down, comes, and goes again.

use std::{net::TcpListener, time::Instant};

use super::*;

#[tokio::test]
async fn a_broker_that_is_down_is_told_of_in_time() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = kafka::ledger_at(&format!("127.0.0.1:{port}"), "down");
    let start = Instant::now();
    let error = KafkaLedger::open(&config).await.err().unwrap();
    let address = &config.brokers[0];
    assert!(matches!(&error, LedgerError::Retry(_) if error.whole().contains(address)), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let error = states(&config).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Retry(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_goes_and_comes_again_costs_nothing_but_time() {
    let broker = kafka::Broker::start();
    let config = kafka::ledger_at(&broker.address(), "again");
    let mut installation = Installation::open_all(&config).await;
    installation.commit(&story("a.example", "1")).await.unwrap();
    // A broker that is killed within milliseconds of a commit may forget to write its markers (seen with 4.3.1 on one
    // node), and then nobody reads on. A restore is the proof that they are written.
    installation.close().await;
    let mut installation = Installation::open_all(&config).await;
    assert_eq!(published(&config).await, ["1"]);
    broker.kill(0);
    let start = Instant::now();
    let error = installation.commit(&story("a.example", "2")).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Retry(_) | LedgerError::Reopen(_)), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());

    broker.restart(0);
    // as a daemon would: the same batch again, or everything from the start
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "the broker is back, and the ledger is not");
        match installation.commit(&story("a.example", "2")).await {
            Ok(()) => break,
            Err(LedgerError::Retry(_)) => {}
            Err(LedgerError::Fenced(_)) => installation.take().await,
            Err(LedgerError::Reopen(_)) => {
                drop(installation);
                installation = Installation::open_all(&config).await;
                assert_eq!(installation.state("a.example"), Some("1"));
            }
            Err(error) => panic!("{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(published(&config).await, ["1", "2"]);
}
