//! Reads what was committed, without joining the group.

use std::{collections::HashSet, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, StreamConsumer},
    error::KafkaError,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    client::{self, Context, Part},
    failure,
    restore::{self, Wanted},
    topics,
};
use crate::{LedgerError, Partition, Start, State, config, threads};

/// How long a reader that does not follow waits for the brokers.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Every committed state value. Reads while other instances write, and does not wait for their transactions.
pub async fn states(config: &config::KafkaLedger) -> Result<Vec<State>, LedgerError> {
    let partitions = existing(config, &config.state).await?;
    let config = config.clone();
    threads::once("kafka-reader", move || {
        let reader: BaseConsumer<Context> = client::create(&config, Part::RecordReader, Context::default())?;
        let deadline = std::time::Instant::now() + 4 * ANSWER_WITHIN;
        let read = restore::replay(&config, &reader, &partitions, || std::time::Instant::now() > deadline)?;
        if read.len() < partitions.len() {
            return Err(LedgerError::Retry(
                format!("cannot read state topic `{}`: the brokers did not answer in time", config.state).into(),
            ));
        }
        Ok(read.into_iter().flat_map(|(_, states)| states).collect())
    })
    .await
}

/// Every committed state value, once nothing is undecided: waits for running transactions, at most `within`.
pub async fn settled_states(config: &config::KafkaLedger, within: Duration) -> Result<Vec<State>, LedgerError> {
    let partitions = existing(config, &config.state).await?;
    let late = CancellationToken::new();
    let wanted = |&partition: &Partition| Wanted { partition, cancelled: late.clone() };
    let (wanted, config): (Vec<_>, _) = (partitions.iter().map(wanted).collect(), config.clone());
    let work = threads::once("kafka-reader", move || {
        let mut read = Vec::new();
        restore::run(&config, wanted, |restored| read.push(restored.states))?;
        Ok(read)
    });
    let deadline = tokio::time::sleep(within);
    let read = tokio::select! {
        read = work => read?,
        () = deadline => {
            late.cancel();
            Vec::new()
        }
    };
    if read.len() < partitions.len() {
        let why = "a transaction is still open, or the brokers do not answer; stop every instance";
        return Err(LedgerError::Retry(format!("cannot read all state: {why}").into()));
    }
    Ok(read.into_iter().flatten().collect())
}

/// Committed records, in order within a partition.
pub struct RecordReader {
    consumer: StreamConsumer<Context>,
    /// Partitions whose end has not been reached yet.
    unfinished: HashSet<Partition>,
    follow: bool,
}

impl RecordReader {
    /// Reads the records' topic. With `follow` it waits for more records at the end.
    pub async fn open(config: &config::KafkaLedger, start: Start, follow: bool) -> Result<RecordReader, LedgerError> {
        let partitions = existing(config, &config.records).await?;
        let consumer: StreamConsumer<Context> = client::create(config, Part::RecordReader, Context::default())?;
        let offset = match start {
            Start::Beginning => Offset::Beginning,
            Start::End => Offset::End,
        };
        let mut list = TopicPartitionList::new();
        for &partition in &partitions {
            list.add_partition_offset(&config.records, partition, offset)
                .map_err(|e| failure::of("read the records", &e))?;
        }
        consumer.assign(&list).map_err(|e| failure::of("read the records", &e))?;
        Ok(RecordReader { consumer, unfinished: partitions.into_iter().collect(), follow })
    }

    /// The next record's JSON, or `None` at the end if the reader does not follow. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, LedgerError> {
        while self.follow || !self.unfinished.is_empty() {
            let received = if self.follow {
                self.consumer.recv().await
            } else {
                let late = |_| LedgerError::Retry("cannot read the records: the brokers did not answer in time".into());
                timeout(ANSWER_WITHIN, self.consumer.recv()).await.map_err(late)?
            };
            match received {
                Ok(message) => return Ok(Some(message.payload().unwrap_or_default().to_vec())),
                Err(KafkaError::PartitionEOF(partition)) => _ = self.unfinished.remove(&partition),
                Err(e) if failure::is_permanent(&e) => return Err(failure::of("read the records", &e)),
                Err(e) => tracing::debug!("reading records: {e}"),
            }
        }
        Ok(None)
    }
}

async fn existing(config: &config::KafkaLedger, topic: &str) -> Result<Vec<Partition>, LedgerError> {
    match topics::partitions(config, &[topic]).await?.first() {
        Some(Some(count)) => Ok((0..*count).collect()),
        _ => Err(LedgerError::Fatal(format!("topic `{topic}` does not exist").into())),
    }
}
