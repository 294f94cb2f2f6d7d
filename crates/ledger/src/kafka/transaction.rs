//! One transaction: records, rejects, state, and the offsets that fence it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use rdkafka::{
    Offset, TopicPartitionList,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer as _, future_producer::DeliveryFuture},
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    client::{self, Context, Part},
    failure::{self, Failure},
    ownership::Fence,
};
use crate::{Batch, LedgerError, Message, Partition, State, config, fault, placement, threads::Worker};

type Producer = FutureProducer<Context>;

/// How long the coordinator may take to know us, including an open transaction of a predecessor.
const INIT_WITHIN: Duration = Duration::from_secs(30);
/// How long messages may take to be stored.
const DELIVER_WITHIN: Duration = Duration::from_secs(20);
/// How long a step of the protocol may take.
const STEP_WITHIN: Duration = Duration::from_secs(6);
/// The same for the end of a transaction. After it, only the coordinator knows how the transaction ended.
const END_WITHIN: Duration = Duration::from_secs(30);
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// How much longer than its own timeout a call may take before it is given up. `rd_kafka_send_offsets_to_transaction`
/// may never return if the broker of the group's coordinator has left the cluster (librdkafka issues 5456 and 5511).
const OVERSTAY: Duration = Duration::from_secs(2);
/// What a message takes in addition to key, value and headers: the head of a batch and lengths.
pub(super) const OVERHEAD: usize = 128;

/// The transactional producer.
pub(super) struct Transactions {
    producer: Producer,
    /// Makes the producer's calls that block. Dropping it blocks, too; it is after `producer`, so that it is dropped
    /// there.
    calls: Worker<Producer>,
    config: config::KafkaLedger,
    /// A transaction failed and could not be aborted yet.
    unaborted: bool,
}

impl Transactions {
    /// A producer that has ended any transaction of a predecessor with the same id.
    pub(super) async fn open(config: &config::KafkaLedger, transactional_id: &str) -> Result<Self, LedgerError> {
        let context = Context::default();
        let part = Part::Producer { transactional_id };
        let producer: Producer = client::create(config, part, context.clone())?;
        let calls = Worker::start("kafka-producer", producer.clone())?;
        let initialised = calls.run(|producer| Ok(producer.init_transactions(INIT_WITHIN))).await?;
        initialised.map_err(|e| context.explain("begin to use transactions", &e))?;
        Ok(Transactions { producer, calls, config: config.clone(), unaborted: false })
    }

    /// Commits a batch. Returns the offsets committed for the state's partitions. After [`LedgerError::Reopen`] the
    /// producer cannot be used any more.
    pub(super) async fn run(&mut self, batch: &Batch, fence: &Fence) -> Result<BTreeMap<Partition, i64>, LedgerError> {
        if self.unaborted {
            self.abort().await?;
        }
        fault::point("before-begin");
        match self.attempt(batch, fence).await {
            Ok(offsets) => {
                fault::point("after-commit");
                Ok(offsets)
            }
            Err(Failure::Lost(error)) => Err(error),
            Err(Failure::Abort(error)) => {
                self.unaborted = true;
                // why it was aborted matters more than that the abort takes time
                match self.abort().await {
                    Ok(()) | Err(LedgerError::Retry(_)) => Err(error),
                    Err(lost) => Err(lost),
                }
            }
        }
    }

    /// Waits until the client has ended. If this is dropped, the client ends by itself.
    pub(super) async fn close(self) {
        let Self { producer, calls, .. } = self;
        drop(producer);
        let end = |last: Producer| {
            drop(last);
            Ok(())
        };
        // fails if the thread has ended before, and the client with it
        let _ = calls.end(end).await;
    }

    async fn attempt(&self, batch: &Batch, fence: &Fence) -> Result<BTreeMap<Partition, i64>, Failure> {
        self.producer.begin_transaction().map_err(|e| failure::in_transaction("begin a transaction", &e))?;
        let offsets = self.produce(batch, fence).await?;
        fault::point("after-produce");
        self.send_offsets(fence, &offsets).await?;
        fault::point("before-commit");
        self.end().await?;
        Ok(offsets)
    }

    /// Stores all messages, and returns the offset after the last state value of each partition.
    async fn produce(&self, batch: &Batch, fence: &Fence) -> Result<BTreeMap<Partition, i64>, Failure> {
        let deadline = Instant::now() + DELIVER_WITHIN;
        let mut messages = Vec::new();
        for (topic, of_topic) in [(&self.config.records, &batch.records), (&self.config.rejects, &batch.rejects)] {
            for message in of_topic {
                messages.push((message.key.as_str(), self.enqueue(|| record(topic, message), deadline).await?));
            }
        }
        let mut states = Vec::new();
        for state in last_of_each_key(&batch.states) {
            let partition = placement::partition(State::site(&state.key), self.config.partitions);
            let value = || state_record(&self.config.state, partition, state);
            states.push((state.key.as_str(), self.enqueue(value, deadline).await?));
        }
        for (key, delivery) in messages {
            delivered(key, delivery, deadline).await?;
        }
        let mut offsets = fence.offsets.clone();
        for (key, delivery) in states {
            let (partition, offset) = delivered(key, delivery, deadline).await?;
            offsets.entry(partition).and_modify(|known| *known = (*known).max(offset + 1));
        }
        Ok(offsets)
    }

    async fn enqueue<'a, R>(&self, message: R, deadline: Instant) -> Result<DeliveryFuture, Failure>
    where
        R: Fn() -> FutureRecord<'a, str, [u8]>,
    {
        loop {
            match self.producer.send_result(message()) {
                Ok(delivery) => return Ok(delivery),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) if Instant::now() < deadline => {
                    sleep(RETRY_AFTER).await;
                }
                Err((e, _)) => return Err(failure::in_transaction("send a message", &e)),
            }
        }
    }

    /// The fence: the coordinator refuses the offsets, and so the transaction, of a member that is out of date.
    async fn send_offsets(&self, fence: &Fence, offsets: &BTreeMap<Partition, i64>) -> Result<(), Failure> {
        if fault::is_left_out("fence") {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        for (&partition, &offset) in offsets {
            list.add_partition_offset(&self.config.state, partition, Offset::Offset(offset))
                .map_err(|e| failure::in_transaction("name an offset", &e))?;
        }
        let metadata = fence.metadata.clone();
        let send = move |p: &Producer| p.send_offsets_to_transaction(&list, &metadata, STEP_WITHIN);
        let sent = self.persist("proof of ownership to the group", STEP_WITHIN, send).await.map_err(Failure::Lost)?;
        sent.map_err(|e| failure::in_transaction("prove ownership to the group", &e))
    }

    async fn end(&self) -> Result<(), Failure> {
        let commit = |p: &Producer| p.commit_transaction(STEP_WITHIN);
        match self.persist("commit of a transaction", END_WITHIN, commit).await.map_err(Failure::Lost)? {
            Ok(()) => Ok(()),
            // may have been committed, and only its coordinator knows
            Err(e) if failure::is_retriable(&e) => {
                Err(Failure::Lost(LedgerError::Reopen(format!("no answer to the commit of a transaction: {e}").into())))
            }
            Err(KafkaError::Transaction(e)) if !e.is_fatal() && !e.txn_requires_abort() => {
                Err(Failure::Lost(LedgerError::Reopen(format!("a commit ended unclear: {}", e.string()).into())))
            }
            Err(e) => Err(failure::in_transaction("commit a transaction", &e)),
        }
    }

    async fn abort(&mut self) -> Result<(), LedgerError> {
        let abort = |p: &Producer| p.abort_transaction(STEP_WITHIN);
        match self.persist("abort of a transaction", STEP_WITHIN, abort).await? {
            Ok(()) => {
                self.unaborted = false;
                Ok(())
            }
            Err(e) if failure::is_retriable(&e) => {
                Err(LedgerError::Retry(format!("no answer to the abort of a transaction: {e}").into()))
            }
            Err(e) => Err(LedgerError::Reopen(format!("cannot abort a transaction: {e}").into())),
        }
    }

    /// Makes a call that blocks, and repeats it as long as that can help. A ledger error means that the call did not
    /// return: its thread stays with a producer that cannot be used any more.
    async fn persist<F>(&self, what: &str, within: Duration, call: F) -> Result<KafkaResult<()>, LedgerError>
    where
        F: Fn(&Producer) -> KafkaResult<()> + Clone + Send + 'static,
    {
        let deadline = Instant::now() + within;
        loop {
            let call = call.clone();
            let called = self.calls.run(move |producer| Ok(call(producer)));
            let Ok(result) = timeout(STEP_WITHIN + OVERSTAY, called).await else {
                return Err(LedgerError::Reopen(format!("no answer to the {what}: the call did not come back").into()));
            };
            match result? {
                Err(e) if failure::is_retriable(&e) && Instant::now() < deadline => sleep(RETRY_AFTER).await,
                result => return Ok(result),
            }
        }
    }
}

/// The first message of a batch that is too large to be stored.
pub(super) fn oversized(batch: &Batch, max: usize) -> Option<LedgerError> {
    let messages = batch.records.iter().chain(&batch.rejects).map(|m| (&m.key, size(m)));
    let states = batch.states.iter().map(|s| (&s.key, s.key.len() + s.value.len() + OVERHEAD));
    let (key, size) = messages.chain(states).find(|(_, size)| *size > max)?;
    Some(LedgerError::Unstorable { key: key.clone(), why: format!("it has {size} bytes, and the topic accepts {max}") })
}

fn size(message: &Message) -> usize {
    let headers: usize = message.headers.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
    message.key.len() + message.payload.len() + headers + OVERHEAD
}

fn record<'a>(topic: &'a str, message: &'a Message) -> FutureRecord<'a, str, [u8]> {
    let headers =
        message.headers.iter().fold(OwnedHeaders::new_with_capacity(message.headers.len()), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
    FutureRecord::to(topic).key(message.key.as_str()).payload(message.payload.as_slice()).headers(headers)
}

fn state_record<'a>(topic: &'a str, partition: Partition, state: &'a State) -> FutureRecord<'a, str, [u8]> {
    let record = FutureRecord::to(topic).key(state.key.as_str()).partition(partition);
    // no payload: a tombstone, which compaction removes
    if state.value.is_empty() { record } else { record.payload(state.value.as_slice()) }
}

fn last_of_each_key(states: &[State]) -> impl Iterator<Item = &State> {
    let last: HashMap<&str, usize> = states.iter().enumerate().map(|(at, state)| (state.key.as_str(), at)).collect();
    states.iter().enumerate().filter(move |(at, state)| last[state.key.as_str()] == *at).map(|(_, state)| state)
}

async fn delivered(key: &str, delivery: DeliveryFuture, deadline: Instant) -> Result<(Partition, i64), Failure> {
    match timeout_at(deadline, delivery).await {
        Ok(Ok(Ok(delivery))) => Ok((delivery.partition, delivery.offset)),
        Ok(Ok(Err((KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge), _)))) => {
            // the topic's limit was lowered since it was verified
            let why = "the broker refused it as too large".to_owned();
            Err(Failure::Abort(LedgerError::Unstorable { key: key.to_owned(), why }))
        }
        Ok(Ok(Err((e, _)))) => Err(failure::in_transaction("store a message", &e)),
        Ok(Err(_)) | Err(_) => Err(Failure::Abort(LedgerError::Retry("the brokers take too long".into()))),
    }
}
