//! Finds partitions that nobody in the group owns.
//!
//! A cooperative rebalance has two rounds: in the first, partitions are taken from one member; in the second, which
//! starts when that member joins again, they are given to another. A static member that restarts between the two gets
//! its old assignment back without a rebalance (KIP-345), so the second round never comes, and nobody owns the taken
//! partitions until the next member joins or leaves. An instance that sees this for long enough leaves the group and
//! joins it again.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    client::{self, Context, Part},
    failure,
    membership::GIVE_UP_WITHIN,
};
use crate::{LedgerError, Partition, config, threads};

const LOOK_EVERY: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How long partitions may have no owner before the second round: it starts only when the members that give up have
/// joined.
const PATIENCE: Duration = GIVE_UP_WITHIN.saturating_add(LOOK_EVERY);

/// Watches until `stop`, and sets `rejoin` if the membership has to leave and join.
///
/// Groups of the newer protocol (KIP-848) are assigned by the broker, partition by partition, and do not need this.
pub(super) fn watch(config: &config::KafkaLedger, rejoin: Arc<AtomicBool>, stop: CancellationToken) {
    if config.consumer_protocol {
        return;
    }
    let config = config.clone();
    tokio::spawn(async move {
        let client = match client::create(&config, Part::Witness, Context::default()) {
            Ok(client) => Arc::new(client),
            Err(error) => {
                return tracing::warn!(error = error.whole(), "partitions without an owner will not be noticed");
            }
        };
        let mut since: Option<(Instant, BTreeSet<Partition>)> = None;
        while stop.run_until_cancelled(sleep(LOOK_EVERY)).await.is_some() {
            let seen = match look(&config, Arc::clone(&client)).await {
                Ok(seen) => seen,
                Err(error) => {
                    tracing::debug!(error = error.whole(), "cannot see the group");
                    BTreeSet::new()
                }
            };
            since = since.filter(|(_, known)| *known == seen);
            if seen.is_empty() {
                continue;
            }
            let (begun, partitions) = since.get_or_insert_with(|| (Instant::now(), seen));
            if begun.elapsed() >= PATIENCE {
                tracing::warn!(?partitions, "nobody owns these partitions: joining the group again");
                rejoin.store(true, Ordering::Relaxed);
                since = None;
            }
        }
    });
}

/// The partitions that no member has, if the group is at rest.
async fn look(
    config: &config::KafkaLedger,
    client: Arc<BaseConsumer<Context>>,
) -> Result<BTreeSet<Partition>, LedgerError> {
    let config = config.clone();
    threads::once("kafka-group", move || {
        let groups = client
            .client()
            .fetch_group_list(Some(&config.group), ANSWER_WITHIN)
            .map_err(|e| failure::of("look at the group", &e))?;
        let Some(group) = groups.groups().iter().find(|group| group.name() == config.group) else {
            return Ok(BTreeSet::new());
        };
        let assignments: Vec<&[u8]> = group.members().iter().filter_map(|member| member.assignment()).collect();
        if group.state() != "Stable" || assignments.is_empty() {
            return Ok(BTreeSet::new());
        }
        let owned: BTreeSet<Partition> =
            assignments.iter().flat_map(|bytes| assigned(bytes, &config.state).unwrap_or_default()).collect();
        Ok((0..config.partitions).filter(|partition| !owned.contains(partition)).collect())
    })
    .await
}

/// The partitions of a topic in a member's assignment: a version, then topics with their partitions
/// (`ConsumerProtocolAssignment` in Kafka's protocol). `None`: it is something else.
fn assigned(mut bytes: &[u8], topic: &str) -> Option<Vec<Partition>> {
    let _version: i16 = i16::from_be_bytes(take(&mut bytes)?);
    let mut partitions = Vec::new();
    for _ in 0..i32::from_be_bytes(take(&mut bytes)?) {
        let length = usize::try_from(i16::from_be_bytes(take(&mut bytes)?)).ok()?;
        let (name, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        for _ in 0..i32::from_be_bytes(take(&mut bytes)?) {
            let partition = i32::from_be_bytes(take(&mut bytes)?);
            if name == topic.as_bytes() {
                partitions.push(partition);
            }
        }
    }
    Some(partitions)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<&[Partition]>) {
        assert_eq!(assigned(bytes, "s").as_deref(), expected, "{bytes:?}");
    }

    #[test]
    fn an_assignment_is_read_or_refused() {
        check(
            &[0, 1, 0, 0, 0, 1, 0, 1, b's', 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff],
            Some(&[1, 3]),
        );
        check(&[0, 1, 0, 0, 0, 1, 0, 1, b'x', 0, 0, 0, 1, 0, 0, 0, 1], Some(&[]));
        check(&[0, 3, 0, 0, 0, 0], Some(&[]));
        // truncated, an invalid length, a count beyond the end
        check(&[], None);
        check(&[0, 1, 0, 0, 0, 1, 0, 9, b's'], None);
        check(&[0, 1, 0, 0, 0, 1, 0xff, 0xff, b's'], None);
        check(&[0, 1, 0x7f, 0xff, 0xff, 0xff, 0, 1, b's', 0, 0, 0, 0], None);
    }
}
