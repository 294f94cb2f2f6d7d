//! Our place in the consumer group, kept by a separate thread so that no commit and no restore delays its polling.
//!
//! The consumer reads nothing: its partitions stay paused. It exists for the assignment, and for the generation that
//! fences our transactions.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as blocking_mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    client::{self, Context, Part},
    failure,
    ownership::Ownership,
    run::Run,
};
use crate::{LedgerError, Partition, config};

/// How long a revocation waits for the running transaction and for memory to be dropped. After that the partition is
/// given up anyway, and the coordinator refuses what is still running.
pub(super) const GIVE_UP_WITHIN: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(100);
/// How long a name may belong to a member that is gone: longer than a broker lets a session last (45 s by default, at
/// most 60 s unless its settings say otherwise).
const RELEASED_WITHIN: Duration = Duration::from_secs(120);
/// How often the name is requested meanwhile.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What happened to our place in the group.
#[derive(Debug)]
pub(super) enum Change {
    Assigned(Vec<Partition>),
    /// Taken from us once `done` is answered, or after [`GIVE_UP_WITHIN`]; if `lost`, it is already taken.
    Revoked {
        partitions: Vec<Partition>,
        lost: bool,
        done: blocking_mpsc::SyncSender<()>,
    },
    /// Nothing, but memory may not be what the topic has: the partitions are to be restored again.
    Doubtful,
    /// The last one: there is no membership any more.
    Failed(LedgerError),
}

/// Joins the group; leaves it when `stop` is cancelled, and leaves and joins it again when `rejoin` is set.
pub(super) fn join(
    config: &config::KafkaLedger,
    member: Member,
    rejoin: Arc<AtomicBool>,
    stop: CancellationToken,
) -> Result<JoinHandle<()>, LedgerError> {
    let membership = Membership { config: config.clone(), member, rejoin, stop };
    // the first consumer is created here: the caller must see settings that it does not accept
    let consumer = membership.consumer()?;
    thread::Builder::new()
        .name("kafka-member".to_owned())
        .spawn(move || membership.keep(consumer))
        .map_err(|e| LedgerError::Retry(format!("cannot start the thread of the group membership: {e}").into()))
}

/// What the thread works with.
struct Membership {
    config: config::KafkaLedger,
    member: Member,
    rejoin: Arc<AtomicBool>,
    stop: CancellationToken,
}

/// Why a consumer cannot be used any more.
enum End {
    /// With KIP-848, a name belongs to its member until the member leaves, or until its session ends.
    NameHeld(String),
    Failed(LedgerError),
}

impl Membership {
    fn consumer(&self) -> Result<BaseConsumer<Member>, LedgerError> {
        let consumer: BaseConsumer<Member> = client::create(&self.config, Part::Member, self.member.clone())?;
        consumer.subscribe(&[&self.config.state]).map_err(|e| failure::of("join the group", &e))?;
        Ok(consumer)
    }

    /// Stays a member until it is stopped, or cannot be a member.
    fn keep(self, mut consumer: BaseConsumer<Member>) {
        let mut waiting_since = None;
        let failed = loop {
            match self.poll(&consumer) {
                None => return,
                Some(End::Failed(error)) => break error,
                Some(End::NameHeld(reason)) => {
                    // gives up what it has, if it had something until now
                    drop(consumer);
                    if let Some(error) = self.wait_for_name(&mut waiting_since, &reason) {
                        break error;
                    }
                }
            }
            consumer = match self.consumer() {
                Ok(consumer) => consumer,
                Err(error) => break error,
            };
        };
        let _ = self.member.changes.blocking_send(Change::Failed(failed));
    }

    /// Polls as long as that is useful; `None`: it was stopped.
    fn poll(&self, consumer: &BaseConsumer<Member>) -> Option<End> {
        while !self.stop.is_cancelled() {
            if self.rejoin.swap(false, Ordering::Relaxed) {
                // other than by its end, a static member leaves the group by this, too
                consumer.unsubscribe();
                // fails for nothing but a name that it took before
                let _ = consumer.subscribe(&[&self.config.state]);
            }
            if let Some(Err(error)) = consumer.poll(POLL)
                && let Some(end) = end_of_membership(consumer, &error)
            {
                return Some(end);
            }
            // With KIP-848 the epoch moves on without a callback. What is read between two polls is never of an
            // assignment that lacks a held partition, and a member that was thrown out has an epoch that the
            // coordinator refuses. In a classic group such a member has generation -1, which is not checked at all:
            // there, only the callback for an assignment is a good moment.
            if self.config.consumer_protocol {
                self.member.ownership.renew(consumer.group_metadata());
            }
        }
        None
    }

    /// Waits a moment before the name is requested again. An error: it has been taken for too long.
    fn wait_for_name(&self, since: &mut Option<Instant>, reason: &str) -> Option<LedgerError> {
        let now = Instant::now();
        if self.member.was_assigned.swap(false, Ordering::Relaxed) {
            *since = None;
        }
        let instance = self.config.instance.as_deref().unwrap_or_default();
        let limit = RELEASED_WITHIN.as_secs();
        match *since {
            None => {
                *since = Some(now);
                tracing::warn!(
                    instance,
                    "the group still has a member of this name: another process, or one that was killed and whose session \
                     is not over; joining again until it is gone, for at most {limit} s"
                );
            }
            Some(begun) if now - begun > RELEASED_WITHIN => {
                return Some(LedgerError::Fatal(format!(
                    "another process is in the group under the name `{instance}` and did not leave it within {limit} s \
                     ({reason}); stop it, or give each process its own `instance`"
                ).into()));
            }
            Some(_) => {}
        }
        let until = now + ASK_EVERY;
        while Instant::now() < until && !self.stop.is_cancelled() {
            thread::sleep(POLL);
        }
        None
    }
}

/// Whether an error of the consumer ends the membership. Most pass by themselves.
fn end_of_membership(consumer: &BaseConsumer<Member>, error: &KafkaError) -> Option<End> {
    if let Some((code, reason)) = consumer.client().fatal_error() {
        return Some(match code {
            RDKafkaErrorCode::UnreleasedInstanceId => End::NameHeld(reason),
            RDKafkaErrorCode::FencedInstanceId => {
                let text = format!("another process joined the group under this instance's name: {reason}");
                End::Failed(match consumer.context().run.fenced(Instant::now()) {
                    true => LedgerError::Fatal(text.into()),
                    false => LedgerError::Reopen(text.into()),
                })
            }
            _ => End::Failed(LedgerError::Reopen(format!("the group membership failed: {reason}").into())),
        });
    }
    match failure::of("take part in the group", error) {
        LedgerError::Fatal(text) => Some(End::Failed(LedgerError::Fatal(text))),
        _ => {
            if !matches!(error, KafkaError::PartitionEOF(_)) {
                tracing::debug!("group membership: {error}");
            }
            None
        }
    }
}

/// The receiver of changes in the group.
#[derive(Clone)]
pub(super) struct Member {
    context: Context,
    ownership: Arc<Ownership>,
    changes: mpsc::Sender<Change>,
    run: Arc<Run>,
    /// Whether there was an assignment since this was last asked.
    was_assigned: Arc<AtomicBool>,
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.context.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }
}

impl ConsumerContext for Member {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let done = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            _ => self.revoke(consumer, list),
        };
        if let Err(e) = done {
            let failed = LedgerError::Reopen(format!("cannot apply an assignment: {e}").into());
            let _ = self.changes.blocking_send(Change::Failed(failed));
        }
    }
}

impl Member {
    pub(super) fn new(ownership: Arc<Ownership>, changes: mpsc::Sender<Change>, run: Arc<Run>) -> Self {
        Self { context: Context::default(), ownership, changes, run, was_assigned: Arc::default() }
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &mut TopicPartitionList) -> KafkaResult<()> {
        list.set_all_offsets(Offset::End)?;
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(list)?,
            _ => consumer.assign(list)?,
        }
        consumer.pause(list)?;
        // a cooperative rebalance that leaves our assignment unchanged assigns an empty list, so this stays fresh
        self.ownership.renew(consumer.group_metadata());
        self.was_assigned.store(true, Ordering::Relaxed);
        let partitions = partitions(list);
        tracing::info!(?partitions, "assigned");
        let _ = self.changes.blocking_send(Change::Assigned(partitions));
        Ok(())
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> KafkaResult<()> {
        let (partitions, lost) = (partitions(list), consumer.assignment_lost());
        tracing::info!(?partitions, lost, "revoked");
        let (done, given_up) = blocking_mpsc::sync_channel(1);
        if self.changes.blocking_send(Change::Revoked { partitions, lost, done }).is_ok() {
            // the handover has its own deadline; this one is for the case that it hangs
            let _ = given_up.recv_timeout(GIVE_UP_WITHIN + Duration::from_secs(1));
        }
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            _ => consumer.unassign(),
        }
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<Partition> {
    list.elements().iter().map(rdkafka::topic_partition_list::TopicPartitionListElem::partition).collect()
}
