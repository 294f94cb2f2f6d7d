//! A former owner's open transaction: a restore that does not wait for it misses what it is about to commit.

use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    producer::{FutureProducer, FutureRecord, Producer},
};

use super::*;

/// A transaction such as a former owner leaves open, begun by hand.
struct FormerOwner {
    producer: FutureProducer,
    topic: String,
    site: String,
    partition: Partition,
}

impl FormerOwner {
    async fn begin(config: &config::KafkaLedger) -> FormerOwner {
        let installation = Installation::open_all(config).await;
        let (site, partition) = (installation.site(2), 2);
        installation.close().await;
        let producer: FutureProducer = ClientConfig::new()
            .set("bootstrap.servers", &config.brokers[0])
            .set("transactional.id", &config.group)
            .create()
            .unwrap();
        let former = FormerOwner { producer, topic: config.state.clone(), site, partition };
        former.blocking(|producer| {
            producer.init_transactions(PATIENCE).unwrap();
            producer.begin_transaction().unwrap();
        });
        former
    }

    async fn produce(&self) {
        let record = FutureRecord::to(&self.topic).partition(self.partition).key(&self.site).payload("in the open");
        self.producer.send(record, PATIENCE).await.unwrap();
    }

    fn send_offset(&self, config: &config::KafkaLedger) {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &config.brokers[0])
            .set("group.id", &config.group)
            .create()
            .unwrap();
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(&self.topic, self.partition, Offset::Offset(0)).unwrap();
        let metadata = consumer.group_metadata().unwrap();
        self.blocking(|producer| producer.send_offsets_to_transaction(&offsets, &metadata, PATIENCE).unwrap());
    }

    fn commit(&self) {
        self.blocking(|producer| producer.commit_transaction(PATIENCE).unwrap());
    }

    fn blocking(&self, call: impl FnOnce(&FutureProducer) + Send) {
        std::thread::scope(|scope| scope.spawn(|| call(&self.producer)).join().unwrap());
    }
}

/// Three partitions come at once; the fourth not before the transaction ends, and then with what it committed.
async fn check_waits(config: &config::KafkaLedger, former: &FormerOwner, finish: impl AsyncFnOnce()) {
    let mut installation = Installation::open(config).await;
    installation.hold(3).await;
    assert!(!installation.held().contains(&former.partition));
    assert!(
        timeout(Duration::from_secs(2), installation.events.recv()).await.is_err(),
        "restored under an open transaction"
    );
    finish().await;
    installation.hold(4).await;
    assert_eq!(installation.state(&former.site), Some("in the open"));
    installation.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_waits_for_messages_of_an_open_transaction() {
    let config = kafka::ledger();
    let former = FormerOwner::begin(&config).await;
    former.produce().await;
    check_waits(&config, &former, async || former.commit()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_waits_for_a_transaction_that_has_sent_its_offset() {
    let config = kafka::ledger();
    let former = FormerOwner::begin(&config).await;
    // its group is empty, so the coordinator takes an offset from outside
    former.send_offset(&config);
    check_waits(&config, &former, async || {
        former.produce().await;
        former.commit();
    })
    .await;
}
