//! Which partitions are ours, and the proof that the group's coordinator checks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rdkafka::consumer::ConsumerGroupMetadata;

use crate::{Cause, LedgerError, Partition};

/// Shared by commits, the membership and the handover. Locked for moments only, never across a wait.
#[derive(Default)]
pub(super) struct Ownership {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Restored partitions, with the offset that is committed for each.
    held: BTreeMap<Partition, i64>,
    /// Those that are to be restored again: nothing is committed to them before that.
    doubtful: BTreeSet<Partition>,
    metadata: Option<Arc<ConsumerGroupMetadata>>,
    failed: Option<LedgerError>,
}

/// What a transaction sends to the group's coordinator, which refuses it if we are out of date.
pub(super) struct Fence {
    /// Member and generation.
    pub(super) metadata: Arc<ConsumerGroupMetadata>,
    /// The partitions touched, none of which may be left out: an empty list is not checked at all.
    pub(super) offsets: BTreeMap<Partition, i64>,
}

impl Ownership {
    /// The fence for a transaction that touches these partitions, if all of them are ours.
    ///
    /// Partitions and metadata are taken in one moment. A partition leaves `held` before its revocation is
    /// acknowledged, and nobody else gets it before that; so metadata seen together with a held partition belongs to a
    /// generation in which the partition was ours, or to one that the coordinator refuses.
    pub(super) fn fence(&self, touched: &BTreeSet<Partition>) -> Result<Fence, LedgerError> {
        let inner = self.lock();
        if let Some(error) = &inner.failed {
            return Err(error.clone());
        }
        let mut offsets = BTreeMap::new();
        for partition in touched {
            let Some(offset) = inner.held.get(partition).filter(|_| !inner.doubtful.contains(partition)) else {
                return Err(LedgerError::Fenced(Cause::NotOurs(*partition)));
            };
            offsets.insert(*partition, *offset);
        }
        match &inner.metadata {
            Some(metadata) => Ok(Fence { metadata: Arc::clone(metadata), offsets }),
            None => Err(LedgerError::Fenced(Cause::NotAMember)),
        }
    }

    pub(super) fn hold(&self, partition: Partition, offset: i64) {
        self.lock().held.insert(partition, offset);
    }

    pub(super) fn holds(&self, partition: Partition) -> bool {
        self.lock().held.contains_key(&partition)
    }

    pub(super) fn held(&self) -> Vec<Partition> {
        self.lock().held.keys().copied().collect()
    }

    pub(super) fn release(&self, partition: Partition) {
        let mut inner = self.lock();
        inner.held.remove(&partition);
        inner.doubtful.remove(&partition);
    }

    /// Nobody here knows what the last transaction did. From now on no commit may depend on today's memory.
    pub(super) fn doubt(&self) {
        let mut inner = self.lock();
        inner.doubtful = inner.held.keys().copied().collect();
    }

    /// Moves the offsets of partitions that are still held.
    pub(super) fn advance(&self, offsets: &BTreeMap<Partition, i64>) {
        let mut inner = self.lock();
        for (partition, offset) in offsets {
            inner.held.entry(*partition).and_modify(|held| *held = *offset);
        }
    }

    pub(super) fn renew(&self, metadata: Option<ConsumerGroupMetadata>) {
        if let Some(metadata) = metadata {
            self.lock().metadata = Some(Arc::new(metadata));
        }
    }

    /// From now on every commit fails with this. The first failure is kept.
    pub(super) fn fail(&self, error: LedgerError) {
        self.lock().failed.get_or_insert(error);
    }

    pub(super) fn failure(&self) -> Option<LedgerError> {
        self.lock().failed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::{
        ClientConfig,
        consumer::{BaseConsumer, Consumer},
    };

    use super::*;

    #[test]
    fn what_is_in_doubt_is_fenced_until_it_is_restored() {
        // librdkafka makes metadata without any broker
        let member: BaseConsumer = ClientConfig::new().set("group.id", "g").create().expect("a client");
        let ownership = Ownership::default();
        ownership.renew(member.group_metadata());
        ownership.hold(1, 7);
        ownership.hold(2, 8);
        let touched = BTreeSet::from([1]);
        assert_eq!(ownership.fence(&touched).map(|fence| fence.offsets).expect("held"), BTreeMap::from([(1, 7)]));
        ownership.doubt();
        assert!(matches!(ownership.fence(&touched), Err(LedgerError::Fenced(_))));
        // still ours to give up
        assert!(ownership.holds(1));
        ownership.release(1);
        assert!(matches!(ownership.fence(&touched), Err(LedgerError::Fenced(_))));
        ownership.hold(1, 9);
        assert_eq!(ownership.fence(&touched).map(|fence| fence.offsets).expect("restored"), BTreeMap::from([(1, 9)]));
        assert!(matches!(ownership.fence(&BTreeSet::from([2])), Err(LedgerError::Fenced(_))));
    }
}
