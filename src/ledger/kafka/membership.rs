//! Our place in the consumer group, kept by a thread of its own so that no commit and no restore delays its polling.
//!
//! The consumer reads nothing: its partitions stay paused. It is there for the assignment, and for the generation that
//! fences our transactions.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as blocking_mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
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
};
use crate::{
    config,
    ledger::{LedgerError, Partition},
};

/// How long a revocation waits for the running transaction and for memory to be dropped. Past that the partition is
/// given up all the same, and the coordinator refuses what is still under way.
pub(super) const GIVE_UP_WITHIN: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(100);

/// What happened to our place in the group.
#[derive(Debug)]
pub(super) enum Change {
    Assigned(Vec<Partition>),
    /// Taken from us once `done` is answered, or after [`GIVE_UP_WITHIN`]; if `lost`, it was taken already.
    Revoked {
        partitions: Vec<Partition>,
        lost: bool,
        done: blocking_mpsc::SyncSender<()>,
    },
    /// Nothing, but what is held may not be what the topic has: it is to be restored again.
    Doubtful,
    /// The last one: there is no membership any more.
    Failed(LedgerError),
}

/// Joins the group; leaves it when `stop` is cancelled, and leaves and joins it again when `rejoin` is set.
pub(super) fn join(
    config: &config::KafkaLedger,
    ownership: Arc<Ownership>,
    changes: mpsc::Sender<Change>,
    rejoin: Arc<AtomicBool>,
    stop: CancellationToken,
) -> Result<JoinHandle<()>, LedgerError> {
    let member = Member { context: Context::default(), ownership, changes };
    let consumer: BaseConsumer<Member> = client::create(config, Part::Member, member)?;
    let topic = config.state.clone();
    consumer.subscribe(&[&topic]).map_err(|e| failure::of("join the group", &e))?;
    let renews = config.consumer_protocol;
    let leave_and_join = move |consumer: &BaseConsumer<Member>| {
        if rejoin.swap(false, Ordering::Relaxed) {
            // other than by its end, a static member leaves the group by this, too
            consumer.unsubscribe();
            // fails for nothing but a name that it took before
            let _ = consumer.subscribe(&[&topic]);
        }
    };
    thread::Builder::new()
        .name("kafka-member".to_owned())
        .spawn(move || poll(&consumer, renews, leave_and_join, &stop))
        .map_err(|e| LedgerError::Retry(format!("cannot start the thread of the group membership: {e}")))
}

fn poll(
    consumer: &BaseConsumer<Member>,
    renews: bool,
    leave_and_join: impl Fn(&BaseConsumer<Member>),
    stop: &CancellationToken,
) {
    let member = consumer.context();
    while !stop.is_cancelled() {
        leave_and_join(consumer);
        if let Some(Err(error)) = consumer.poll(POLL)
            && let Some(failed) = end_of_membership(consumer, &error)
        {
            let _ = member.changes.blocking_send(Change::Failed(failed));
            return;
        }
        // With KIP-848 the epoch moves on without a callback. What is read between two polls is never of an assignment
        // that lacks a held partition, and a member that was thrown out has an epoch that the coordinator refuses.
        // In a classic group such a member has generation -1, which is not checked at all: there, only the callback
        // for an assignment is a good moment.
        if renews {
            member.ownership.renew(consumer.group_metadata());
        }
    }
}

/// Whether an error of the consumer ends the membership. Most pass by themselves.
fn end_of_membership(consumer: &BaseConsumer<Member>, error: &KafkaError) -> Option<LedgerError> {
    if let Some((code, reason)) = consumer.client().fatal_error() {
        return Some(match code {
            RDKafkaErrorCode::FencedInstanceId | RDKafkaErrorCode::UnreleasedInstanceId => {
                LedgerError::Fatal(format!("another process joined the group under this instance's name: {reason}"))
            }
            _ => LedgerError::Reopen(format!("the group membership failed: {reason}")),
        });
    }
    match failure::of("take part in the group", error) {
        LedgerError::Fatal(text) => Some(LedgerError::Fatal(text)),
        _ => {
            if !matches!(error, KafkaError::PartitionEOF(_)) {
                tracing::debug!("group membership: {error}");
            }
            None
        }
    }
}

struct Member {
    context: Context,
    ownership: Arc<Ownership>,
    changes: mpsc::Sender<Change>,
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
            let failed = LedgerError::Reopen(format!("cannot take over an assignment: {e}"));
            let _ = self.changes.blocking_send(Change::Failed(failed));
        }
    }
}

impl Member {
    fn assign(&self, consumer: &BaseConsumer<Self>, list: &mut TopicPartitionList) -> KafkaResult<()> {
        list.set_all_offsets(Offset::End)?;
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(list)?,
            _ => consumer.assign(list)?,
        }
        consumer.pause(list)?;
        // a cooperative rebalance that leaves us as we were assigns an empty list, so this stays fresh
        self.ownership.renew(consumer.group_metadata());
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
            // the handover has its own bound; this one is for the case that it hangs
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
