//! The Kafka ledger against a real broker, since nothing else can prove what it promises.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

mod broker;
mod chaos;
mod crash;
mod ownership;
mod restore;
mod security;
mod topics;

#[path = "../support/kafka.rs"]
#[allow(dead_code, reason = "shared with other test programs, none of which uses all of it")]
mod kafka;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use copydesk::{
    config,
    ledger::{
        Batch, Event, KafkaLedger, Ledger, LedgerError, Message, Partition, Start, State,
        kafka::{RecordReader, states},
    },
};
use tokio::{sync::mpsc, time::timeout};
use tracing_subscriber::EnvFilter;

/// Longer than anything may take, so that a test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open ledger and what its events have told so far.
struct Installation {
    ledger: KafkaLedger,
    events: mpsc::Receiver<Event>,
    states: BTreeMap<Partition, BTreeMap<String, String>>,
}

impl Installation {
    async fn open(config: &config::KafkaLedger) -> Installation {
        // RUST_LOG shows what the ledger does
        let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env());
        let _ = log.with_test_writer().try_init();
        let (ledger, events) = KafkaLedger::open(config).await.unwrap();
        Installation { ledger, events, states: BTreeMap::new() }
    }

    /// Opens a ledger and waits until all four partitions are gained.
    async fn open_all(config: &config::KafkaLedger) -> Installation {
        let mut installation = Installation::open(config).await;
        installation.hold(4).await;
        installation
    }

    /// Takes events, acknowledging what is lost, until this many partitions are held.
    async fn hold(&mut self, count: usize) {
        while self.states.len() != count {
            self.take().await;
        }
    }

    async fn take(&mut self) {
        let event = timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap();
        self.apply(event);
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Gained { partition, states, .. } => {
                let text = |state: State| (state.key, String::from_utf8(state.value).unwrap());
                let known = self.states.insert(partition, states.into_iter().map(text).collect());
                assert!(known.is_none(), "partition {partition} gained twice");
            }
            Event::Lost { partition, dropped } => {
                self.states.remove(&partition).unwrap();
                let _ = dropped.send(());
            }
            Event::Failed(error) => panic!("{error}"),
        }
    }

    /// The next event, which has to be that the ledger failed.
    async fn failure(&mut self) -> LedgerError {
        loop {
            match timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap() {
                Event::Failed(error) => return error,
                Event::Lost { dropped, .. } => _ = dropped.send(()),
                Event::Gained { .. } => {}
            }
        }
    }

    fn held(&self) -> BTreeSet<Partition> {
        self.states.keys().copied().collect()
    }

    fn state(&self, key: &str) -> Option<&str> {
        self.states.values().find_map(|of_partition| of_partition.get(key)).map(String::as_str)
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        timeout(PATIENCE, self.ledger.commit(batch)).await.unwrap()
    }

    /// Commits a story of a site on each of these partitions, one batch a partition.
    async fn publish(&mut self, partitions: &BTreeSet<Partition>, name: &str) -> Result<(), LedgerError> {
        for &partition in partitions {
            let site = self.site(partition);
            self.commit(&story(&site, &format!("{site} {name}"))).await?;
        }
        Ok(())
    }

    /// A site in a partition.
    fn site(&self, partition: Partition) -> String {
        let mut sites = (0..).map(|n| format!("site{n}.example"));
        sites.find(|site| copydesk::ledger::partition(site, self.ledger.partitions()) == partition).unwrap()
    }

    async fn close(self) {
        timeout(PATIENCE, self.ledger.close()).await.unwrap().unwrap();
    }
}

/// A text that is told to a process by its environment.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.into_string().unwrap()).filter(|value| !value.is_empty())
}

/// A record, a reject, and the state that says they were handled.
fn story(site: &str, name: &str) -> Batch {
    let message = Message {
        site: site.to_owned(),
        key: name.to_owned(),
        headers: vec![("ce_id".to_owned(), name.to_owned())],
        payload: name.as_bytes().to_vec(),
    };
    let state = State { key: site.to_owned(), value: name.as_bytes().to_vec() };
    Batch { records: vec![message.clone()], rejects: vec![message], states: vec![state] }
}

/// Every committed record, sorted.
async fn published(config: &config::KafkaLedger) -> Vec<String> {
    let mut reader = RecordReader::open(config, Start::Beginning, false).await.unwrap();
    let mut records = Vec::new();
    while let Some(record) = reader.next().await.unwrap() {
        records.push(String::from_utf8(record).unwrap());
    }
    records.sort();
    records
}

#[tokio::test]
async fn what_was_committed_is_seen_and_is_there_again() {
    let config = kafka::ledger();
    let mut installation = Installation::open_all(&config).await;
    assert!(installation.states.values().all(BTreeMap::is_empty));
    let mut batch = Batch::default();
    for n in 0..20 {
        let site = format!("site{n}.example");
        let one = story(&site, &format!("{n:02}"));
        batch.records.extend(one.records);
        batch.rejects.extend(one.rejects);
        batch.states.extend(one.states);
        batch.states.push(State { key: format!("{site} https://{site}/feed"), value: b"first".to_vec() });
        batch.states.push(State { key: format!("{site} https://{site}/feed"), value: b"last".to_vec() });
    }
    installation.commit(&batch).await.unwrap();
    let remove = State { key: "site3.example".to_owned(), value: Vec::new() };
    installation.commit(&Batch { states: vec![remove], ..Batch::default() }).await.unwrap();
    installation.commit(&Batch::default()).await.unwrap();

    let expected: Vec<_> = (0..20).map(|n| format!("{n:02}")).collect();
    assert_eq!(published(&config).await, expected);
    assert_eq!(states(&config).await.unwrap().len(), 39, "state beside the instance that writes it");
    installation.close().await;
    let installation = Installation::open_all(&config).await;
    assert_eq!(installation.state("site4.example"), Some("04"));
    assert_eq!(installation.state("site4.example https://site4.example/feed"), Some("last"));
    assert_eq!(installation.state("site3.example"), None);
    assert_eq!(installation.states.values().map(BTreeMap::len).sum::<usize>(), 39);
}

#[tokio::test]
async fn a_reader_follows_from_the_end() {
    let config = kafka::ledger();
    let mut installation = Installation::open_all(&config).await;
    installation.commit(&story("a.example", "before")).await.unwrap();
    let mut reader = RecordReader::open(&config, Start::End, true).await.unwrap();
    // the end is where it was when the reader's first fetch was answered, so something has to be waited for
    assert!(timeout(Duration::from_secs(2), reader.next()).await.is_err());
    installation.commit(&story("a.example", "behind")).await.unwrap();
    let record = timeout(PATIENCE, reader.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(String::from_utf8(record).unwrap(), "behind");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_named_and_harms_nothing() {
    let mut config = kafka::ledger();
    config.max_message_bytes = 2000;
    let mut installation = Installation::open_all(&config).await;
    let site = "a.example";
    let mut large = story(site, "large");
    large.records[0].payload = vec![b'x'; 2000];
    let error = installation.commit(&large).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Unstorable { key, .. } if key == "large"), "{error}");
    // what just fits is taken by the broker, too
    let mut fits = story(site, "fits");
    fits.records[0].payload = (0..1840u32).map(|n| b'a' + u8::try_from(n * n % 23).unwrap()).collect();
    installation.commit(&fits).await.unwrap();
    assert_eq!(published(&config).await.len(), 1);
}

/// The runtime's blocking threads are shared with name resolution and with the reading of documents.
#[test]
fn a_ledger_needs_no_blocking_thread_of_the_runtime() {
    let config = kafka::ledger();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).max_blocking_threads(1).enable_all().build().unwrap();
    let (free, until_free) = std::sync::mpsc::sync_channel::<()>(0);
    runtime.block_on(async {
        tokio::task::spawn_blocking(move || until_free.recv());
        let queued = tokio::task::spawn_blocking(|| ());
        let worked = timeout(PATIENCE, async {
            let mut installation = Installation::open_all(&config).await;
            installation.commit(&story("a.example", "1")).await.unwrap();
            assert_eq!(published(&config).await, ["1"]);
            assert_eq!(states(&config).await.unwrap().len(), 1);
            installation.close().await;
        })
        .await;
        assert!(!queued.is_finished(), "the pool was taken all the time");
        // else the runtime would wait for its thread
        drop(free);
        worked.unwrap();
    });
}
