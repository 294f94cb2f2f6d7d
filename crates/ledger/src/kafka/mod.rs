//! The ledger of many instances: state in a compacted topic, records, rejects and state in one Kafka transaction.
//!
//! ```text
//!  membership ──assigned, revoked──▶ handover ──gained, lost──▶ the opener of the ledger
//!   (thread)                           │  └─▶ restore (reads a partition back, in the safe order)
//!      └──generation──▶ ownership ◀────┘
//!                          │ fence
//!  commit ─────────────────┴─▶ transaction: records, rejects, state, offsets with the generation, commit
//! ```
//!
//! The instances are one consumer group on the state topic, and the partitions assigned to an instance are the sites it
//! works for. A transaction contains an offset for each partition it touches, with member and generation: the group's
//! coordinator refuses it if the instance has lost its place (KIP-447). A new owner waits for its predecessor's open
//! transactions before it reads the state back. So only Kafka coordinates, and an instance needs no disk.
//!
//! A read_uncommitted consumer also sees messages of aborted transactions.
//!
//! Permissions that an instance needs, checked by a test: on all three topics `Write` and `DescribeConfigs` (and
//! `Create`, unless they exist), on the state topic `Read`, on the group `Read`, on transactional ids with the prefix
//! `GROUP-` `Write`. A reader of the records needs `Read` on their topic and on the group.

mod client;
mod failure;
mod membership;
mod ownership;
mod reader;
mod rebalance;
mod restore;
mod run;
mod topics;
mod transaction;
mod unowned;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use reader::{RecordReader, settled_states, states};
pub use run::Run;

use self::{
    membership::{Change, Member},
    ownership::Ownership,
    rebalance::RebalanceHandler,
    transaction::Transactions,
};
use super::{Batch, Cause, Event, Ledger, LedgerError, Partition, State, error::whole, partition, threads};
use crate::config;

/// How long leaving the group may take.
const LEAVE_WITHIN: Duration = Duration::from_secs(10);
/// How long the producer may take to end.
const END_WITHIN: Duration = Duration::from_secs(2);
/// A few heartbeats.
const HEAR_WITHIN: Duration = Duration::from_secs(3);

/// Topics for records, rejects and state, and a place in the group that shares them.
pub struct KafkaLedger {
    config: config::KafkaLedger,
    transactional_id: String,
    ownership: Arc<Ownership>,
    producer: Producer,
    changes: mpsc::Sender<Change>,
    /// Locked as long as a transaction runs.
    running: Arc<Mutex<()>>,
    member: thread::JoinHandle<()>,
    /// Ends everything except the commits.
    stop: DropGuard,
}

/// The transactional producer, or the one that replaces a lost one.
enum Producer {
    Open(Box<Transactions>),
    Opening(JoinHandle<Result<Transactions, LedgerError>>),
}

impl KafkaLedger {
    /// Creates or verifies the topics, and joins the group. The events report what becomes ours.
    pub async fn open(config: &config::KafkaLedger) -> Result<(Self, mpsc::Receiver<Event>), LedgerError> {
        Self::open_in(config, &Arc::default()).await
    }

    /// The same for an instance that opens its ledger more than once in its run.
    pub async fn open_in(
        config: &config::KafkaLedger,
        run: &Arc<Run>,
    ) -> Result<(Self, mpsc::Receiver<Event>), LedgerError> {
        topics::prepare(config).await?;
        let transactional_id = transactional_id(config, run.id);
        let producer = Producer::Open(Box::new(Transactions::open(config, &transactional_id).await?));
        let (ownership, running) = (Arc::new(Ownership::default()), Arc::new(Mutex::new(())));
        let stop = CancellationToken::new();
        let (changes, change_receiver) = mpsc::channel(4);
        let events = RebalanceHandler::start(
            config,
            Arc::clone(&ownership),
            Arc::clone(&running),
            change_receiver,
            stop.clone(),
        );
        let rejoin = Arc::new(AtomicBool::new(false));
        let member = Member::new(Arc::clone(&ownership), changes.clone(), Arc::clone(run));
        let member = membership::join(config, member, Arc::clone(&rejoin), stop.clone())?;
        unowned::watch(config, rejoin, stop.clone());
        let (config, stop) = (config.clone(), stop.drop_guard());
        Ok((KafkaLedger { config, transactional_id, ownership, producer, changes, running, member, stop }, events))
    }

    /// The producer; waits for one that is being opened.
    async fn producer(&mut self) -> Result<&mut Transactions, LedgerError> {
        if let Producer::Opening(opening) = &mut self.producer {
            let opened = opening.await.unwrap_or_else(|e| Err(LedgerError::Reopen(format!("no producer: {e}").into())));
            self.producer = match opened {
                Ok(transactions) => Producer::Open(Box::new(transactions)),
                Err(error) => {
                    self.producer = self.opening();
                    return Err(error);
                }
            };
        }
        match &mut self.producer {
            Producer::Open(transactions) => Ok(transactions),
            Producer::Opening(_) => Err(LedgerError::Retry("the producer is being replaced".into())),
        }
    }

    fn opening(&self) -> Producer {
        let (config, id) = (self.config.clone(), self.transactional_id.clone());
        Producer::Opening(tokio::spawn(async move { Transactions::open(&config, &id).await }))
    }

    /// Replaces a producer that cannot be used any more, without leaving the group: an instance with a name that left
    /// the group might miss a running rebalance. Only the brokers know what the last transaction did, so everything
    /// owned is given up and restored.
    async fn replace_producer(&mut self, why: Cause) -> LedgerError {
        if let Some(error) = self.usurped().await {
            return error;
        }
        tracing::warn!(why = whole(&why), "the Kafka producer is replaced, and the state restored");
        // at once: the handover may be busy, and the same batch must not be tried on the memory that it came from
        self.ownership.doubt();
        let opening = self.opening();
        // the lost one ends on its own thread
        self.producer = opening;
        match self.changes.send(Change::Doubtful).await {
            Ok(()) => LedgerError::Fenced(why),
            Err(_) => LedgerError::Reopen(why),
        }
    }

    /// Whether the producer is lost because another process runs with our name, which the membership notices a
    /// heartbeat later. If it were replaced, the two would displace each other endlessly.
    async fn usurped(&self) -> Option<LedgerError> {
        let deadline = Instant::now() + HEAR_WITHIN;
        while self.config.instance.is_some() && Instant::now() < deadline {
            if let Some(error) = self.ownership.failure() {
                return Some(error);
            }
            sleep(Duration::from_millis(50)).await;
        }
        None
    }

    fn touched(&self, batch: &Batch) -> BTreeSet<Partition> {
        let messages = batch.records.iter().chain(&batch.rejects).map(|message| message.site.as_str());
        let states = batch.states.iter().map(|state| State::site(&state.key));
        messages.chain(states).map(|site| partition(site, self.config.partitions)).collect()
    }
}

impl Ledger for KafkaLedger {
    fn partitions(&self) -> Partition {
        self.config.partitions
    }

    fn largest_state(&self) -> Option<usize> {
        Some(self.config.max_message_bytes - transaction::OVERHEAD)
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        let touched = self.touched(batch);
        if touched.is_empty() {
            return Ok(());
        }
        if let Some(error) = transaction::oversized(batch, self.config.max_message_bytes) {
            return Err(error);
        }
        let running = Arc::clone(&self.running);
        let ownership = Arc::clone(&self.ownership);
        let producer = self.producer().await?;
        let result = {
            let _running = running.lock().await;
            let fence = ownership.fence(&touched)?;
            producer.run(batch, &fence).await
        };
        match result {
            Ok(offsets) => {
                ownership.advance(&offsets);
                Ok(())
            }
            Err(LedgerError::Reopen(why)) => Err(self.replace_producer(why).await),
            Err(error) => Err(error),
        }
    }

    async fn close(self) -> Result<(), LedgerError> {
        let Self { member, producer, stop, .. } = self;
        drop(stop);
        let panicked = |_| LedgerError::Retry("the membership panicked".into());
        let left = threads::once("kafka-leave", move || member.join().map_err(panicked));
        let result = timeout(LEAVE_WITHIN, left).await;
        if let Producer::Open(transactions) = producer {
            // its threads should not run into the end of the process
            let _ = timeout(END_WITHIN, transactions.close()).await;
        }
        result.unwrap_or_else(|_| Err(LedgerError::Retry("cannot leave the group: no answer in time".into())))
    }
}

/// The same for every run of an instance with a name, and else for one run: a successor with the same id ends an open
/// transaction in half a second, instead of waiting for `transaction.timeout.ms`.
fn transactional_id(config: &config::KafkaLedger, run: u64) -> String {
    match &config.instance {
        Some(instance) => format!("{}-{instance}", config.group),
        None => format!("{}-{run:016x}", config.group),
    }
}
