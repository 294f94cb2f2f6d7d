//! Reads a partition's state back. The order of the steps decides whether anything is published twice.
//!
//! What a read_committed consumer calls the end of a partition is its last *stable* offset, which is before the first
//! open transaction. Reading up to there misses what a former owner is about to commit, and its stories would be
//! published again (Kafka Streams had this defect: KAFKA-10167). So, for each partition:
//!
//! 1. request the group's committed offset. The coordinator answers only if no transaction has one pending; and because
//!    every commit sends an offset for each partition it touches, no former owner can commit here any more;
//! 2. request the end of the partition, including open transactions;
//! 3. wait until the last stable offset has reached it: what was open is committed or aborted;
//! 4. read from the beginning to the end.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult},
};
use tokio_util::sync::CancellationToken;

use super::{
    client::{self, Context, Part},
    failure,
};
use crate::{LedgerError, Partition, State, config, fault, placement};

/// How long a broker may take to answer, at first. A pending offset makes it take longer.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
const ANSWER_WITHIN_AT_MOST: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long to wait after a failure that may pass.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often it is reported that a partition is still awaited.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// A partition to be restored.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) partition: Partition,
    /// It is no longer ours.
    pub(super) cancelled: CancellationToken,
}

/// A partition that was restored.
#[derive(Debug)]
pub(super) struct Restored {
    pub(super) partition: Partition,
    pub(super) states: Vec<State>,
    /// The offset after its last record.
    pub(super) end: i64,
    pub(super) cancelled: CancellationToken,
}

/// Restores partitions, each as soon as possible, and repeats what fails in a way that may pass. Blocks until all are
/// restored or cancelled.
pub(super) fn run(
    config: &config::KafkaLedger,
    mut wanted: Vec<Wanted>,
    mut restored: impl FnMut(Restored),
) -> Result<(), LedgerError> {
    patiently(|| attempt(config, &mut wanted, &mut restored))
}

/// Repeats what fails in a way that may pass. It has to end by itself if nobody waits for it any more.
fn patiently(mut attempt: impl FnMut() -> Result<(), LedgerError>) -> Result<(), LedgerError> {
    loop {
        match attempt() {
            Err(error @ LedgerError::Retry(_)) => {
                tracing::warn!(why = error.whole(), "the state cannot be read back yet; trying again");
                std::thread::sleep(AGAIN_AFTER);
            }
            ended => return ended,
        }
    }
}

/// Removes from `wanted` what is restored.
fn attempt(
    config: &config::KafkaLedger,
    wanted: &mut Vec<Wanted>,
    restored: &mut impl FnMut(Restored),
) -> Result<(), LedgerError> {
    let reader: BaseConsumer<Context> = client::create(config, Part::RecordReader, Context::default())?;
    let witness: BaseConsumer<Context> = client::create(config, Part::Witness, Context::default())?;
    let mut patience = ANSWER_WITHIN;
    let mut told = Instant::now();
    loop {
        wanted.retain(|one| !one.cancelled.is_cancelled());
        if wanted.is_empty() {
            return Ok(());
        }
        let mut stable = HashMap::new();
        for one in &*wanted {
            if let Some(end) = settled(config, &reader, &witness, one, patience)? {
                stable.insert(one.partition, end);
            }
        }
        let ready: Vec<_> = wanted.iter().filter(|one| stable.contains_key(&one.partition)).cloned().collect();
        let partitions: Vec<_> = ready.iter().map(|one| one.partition).collect();
        let cancelled = || ready.iter().all(|one| one.cancelled.is_cancelled());
        for (partition, states) in replay(config, &reader, &partitions, cancelled)? {
            let Some(at) = wanted.iter().position(|one| one.partition == partition) else { continue };
            let Wanted { cancelled, .. } = wanted.swap_remove(at);
            restored(Restored { partition, states, end: stable[&partition], cancelled });
        }
        patience = (patience * 2).min(ANSWER_WITHIN_AT_MOST);
        if !wanted.is_empty() && told.elapsed() > TELL_EVERY {
            let partitions: Vec<_> = wanted.iter().map(|one| one.partition).collect();
            tracing::warn!(?partitions, "waiting for the brokers, or for a former owner's transaction to end");
            told = Instant::now();
        }
    }
}

/// Steps 1 to 3: the end of a partition, once nothing before it is undecided. `None`: not yet.
fn settled(
    config: &config::KafkaLedger,
    reader: &BaseConsumer<Context>,
    witness: &BaseConsumer<Context>,
    wanted: &Wanted,
    patience: Duration,
) -> Result<Option<i64>, LedgerError> {
    let partition = wanted.partition;
    if fault::is_left_out("settling") {
        let stable = reader.fetch_watermarks(&config.state, partition, patience).map(|(_, stable)| stable);
        return waits("ask for the end of the state", stable);
    }
    let mut list = TopicPartitionList::new();
    list.add_partition(&config.state, partition);
    let committed = reader.committed_offsets(list, patience).and_then(|list| {
        // an error may be about this partition alone
        list.elements().iter().try_for_each(|element| element.error())
    });
    if waits("ask for the group's offsets", committed)?.is_none() {
        return Ok(None);
    }
    let end = witness.fetch_watermarks(&config.state, partition, patience).map(|(_, end)| end);
    let Some(end) = waits("ask for the end of the state", end)? else { return Ok(None) };
    let deadline = Instant::now() + patience;
    while !wanted.cancelled.is_cancelled() && Instant::now() < deadline {
        let stable = reader.fetch_watermarks(&config.state, partition, patience).map(|(_, stable)| stable);
        if waits("ask for the end of the state", stable)?.is_some_and(|stable| stable >= end) {
            return Ok(Some(end));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(None)
}

/// Failures that may pass are waited out.
fn waits<T>(doing: &str, result: KafkaResult<T>) -> Result<Option<T>, LedgerError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if failure::is_permanent(&e) => Err(failure::of(doing, &e)),
        Err(e) => {
            tracing::debug!("cannot {doing} yet: {e}");
            Ok(None)
        }
    }
}

/// Step 4: the live state values of partitions. Blocks until their ends, or until `cancelled`.
pub(super) fn replay(
    config: &config::KafkaLedger,
    reader: &BaseConsumer<Context>,
    partitions: &[Partition],
    cancelled: impl Fn() -> bool,
) -> Result<Vec<(Partition, Vec<State>)>, LedgerError> {
    let mut list = TopicPartitionList::new();
    for &partition in partitions {
        list.add_partition_offset(&config.state, partition, Offset::Beginning)
            .map_err(|e| failure::of("read the state", &e))?;
    }
    reader.assign(&list).map_err(|e| failure::of("read the state", &e))?;
    let mut open: HashMap<Partition, HashMap<String, Vec<u8>>> =
        partitions.iter().map(|p| (*p, HashMap::new())).collect();
    let mut done = Vec::new();
    while !open.is_empty() && !cancelled() {
        match reader.poll(LOOK_EVERY) {
            None => {}
            Some(Ok(message)) => {
                if let Some(values) = open.get_mut(&message.partition()) {
                    take(config, values, &message)?;
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                if let Some(values) = open.remove(&partition) {
                    let states = values.into_iter().map(|(key, value)| State { key, value }).collect();
                    done.push((partition, states));
                }
            }
            Some(Err(e)) => _ = waits::<()>("read the state", Err(e))?,
        }
    }
    reader.unassign().map_err(|e| failure::of("read the state", &e))?;
    Ok(done)
}

fn take(
    config: &config::KafkaLedger,
    values: &mut HashMap<String, Vec<u8>>,
    message: &impl Message,
) -> Result<(), LedgerError> {
    let Some(key) = message.key().and_then(|key| str::from_utf8(key).ok()) else {
        return Err(LedgerError::Fatal(
            format!(
                "state topic `{}` holds a message that copydesk did not write (partition {}, offset {})",
                config.state,
                message.partition(),
                message.offset()
            )
            .into(),
        ));
    };
    let place = placement::partition(State::site(key), config.partitions);
    if place != message.partition() {
        return Err(LedgerError::Fatal(format!(
            "state topic `{}` was given another number of partitions: `{key}` is in partition {}, and belongs to {place} \
             of {}. Export the state and import it into a new state topic",
            config.state,
            message.partition(),
            config.partitions
        ).into()));
    }
    match message.payload().filter(|payload| !payload.is_empty()) {
        Some(payload) => _ = values.insert(key.to_owned(), payload.to_vec()),
        None => _ = values.remove(key),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
        let mut answers = vec![Ok(()), Err(LedgerError::Retry("busy".into()))];
        patiently(|| answers.pop().unwrap()).unwrap();
        let mut answers = vec![Ok(()), Err(LedgerError::Fatal("no permission".into()))];
        assert!(matches!(patiently(|| answers.pop().unwrap()), Err(LedgerError::Fatal(_))));
        assert_eq!(answers.len(), 1);
    }
}
