//! How fast the ledgers commit, and how long a restore takes: `cargo bench --bench ledger`.
//!
//! Kafka's part needs what the tests need, and shares the machine with the broker.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people who measure")]

#[path = "../tests/support/kafka.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod kafka;

use std::time::{Duration, Instant};

use copydesk::{
    config,
    ledger::{Batch, Event, KafkaLedger, Ledger, LocalLedger, Message, State},
};
use tokio::sync::mpsc;

const BATCHES: usize = 200;
const RECORDS_A_BATCH: usize = 50;
const RECORD_BYTES: usize = 5000;
const FEEDS: usize = 50_000;
const STATE_BYTES: usize = 2000;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let config =
        config::LocalLedger { directory: directory.path().to_owned(), rotate_bytes: 1 << 30, rotate_daily: true };
    let (mut local, events) = LocalLedger::open(&config).await.unwrap();
    gain(events, 1).await;
    commits("local", &mut local).await;

    let config = kafka::ledger();
    let (mut ledger, events) = KafkaLedger::open(&config).await.unwrap();
    gain(events, 4).await;
    commits("kafka", &mut ledger).await;
    for feeds in feeds().chunks(500) {
        ledger.commit(&Batch { states: feeds.to_vec(), ..Batch::default() }).await.unwrap();
    }
    ledger.close().await.unwrap();
    let start = Instant::now();
    let (ledger, events) = KafkaLedger::open(&config).await.unwrap();
    let opened = start.elapsed();
    let states = gain(events, 4).await;
    println!(
        "kafka: opened in {opened:.2?}, {states} states of {STATE_BYTES} bytes restored {:.2?} later",
        start.elapsed() - opened
    );
    ledger.close().await.unwrap();
}

async fn gain(mut events: mpsc::Receiver<Event>, partitions: usize) -> usize {
    let mut count = 0;
    for _ in 0..partitions {
        match events.recv().await {
            Some(Event::Gained { states, .. }) => count += states.len(),
            other => panic!("{other:?}"),
        }
    }
    // a closed channel would be that of a holder who is gone
    std::mem::forget(events);
    count
}

async fn commits(name: &str, ledger: &mut impl Ledger) {
    let mut times = Vec::new();
    let start = Instant::now();
    for number in 0..BATCHES {
        let batch = batch(number);
        let start = Instant::now();
        ledger.commit(&batch).await.unwrap();
        times.push(start.elapsed());
    }
    let rate = (BATCHES * RECORDS_A_BATCH) as f64 / start.elapsed().as_secs_f64();
    times.sort();
    let at = |part: usize| -> Duration { times[BATCHES * part / 100] };
    println!(
        "{name}: {rate:.0} records/s of {RECORD_BYTES} bytes, {RECORDS_A_BATCH} a commit; commit {:.1?} median, {:.1?} p99",
        at(50),
        at(99)
    );
}

/// Words, so that compression has about as much to do as with text.
fn text(seed: usize, length: usize) -> Vec<u8> {
    let mut text = format!("{{\"story\":{seed},\"text\":\"");
    let mut word = seed;
    while text.len() < length - 2 {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(["press ", "minister ", "yesterday ", "said ", "the ", "river ", "of ", "vote "][word >> 61]);
        text.push_str(&(word >> 50).to_string());
    }
    text.truncate(length - 2);
    text.push_str("\"}");
    text.into_bytes()
}

fn batch(number: usize) -> Batch {
    let mut batch = Batch::default();
    for n in 0..RECORDS_A_BATCH {
        let site = format!("site{n}.example");
        let id = number * RECORDS_A_BATCH + n;
        batch.records.push(Message {
            site: site.clone(),
            key: format!("{id:032x}"),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            payload: text(id, RECORD_BYTES),
        });
        batch.states.push(State { key: format!("{site} https://{site}/feed"), value: text(id, STATE_BYTES) });
    }
    batch
}

fn feeds() -> Vec<State> {
    let feed =
        |n: usize| State { key: format!("site{n}.example https://site{n}.example/feed"), value: text(n, STATE_BYTES) };
    (0..FEEDS).map(feed).collect()
}
