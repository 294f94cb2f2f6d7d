//! What a consumer of the topics sees, with nothing of copydesk's own between.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};
use serde_json::Value;

/// Partitions of every topic.
pub(crate) const PARTITIONS: i32 = 4;

/// A message of a topic, as far as it is compared.
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) revision: u64,
    pub(crate) text: String,
}

impl Seen {
    fn of(message: &impl Message) -> Seen {
        let document: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let slug = text("url").rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        Seen { id: text("id"), slug, revision: document["revision"].as_u64().unwrap_or_default(), text: text("text") }
    }
}

fn consumer(broker: &str, topic: &str, isolation: &str) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("group.id", "whoever").set("enable.auto.commit", "false");
    config.set("isolation.level", isolation).set("enable.partition.eof", "true");
    // a broker that was frozen or killed is to be found again at once
    config.set("socket.timeout.ms", "10000").set("reconnect.backoff.max.ms", "1000");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    consumer
}

/// Whether a topic is there to be read.
pub(crate) fn exists(broker: &str, topic: &str) -> bool {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(5));
    metadata.is_ok_and(|metadata| metadata.topics().iter().any(|topic| !topic.partitions().is_empty()))
}

/// Whether every partition of every topic has as many replicas in step as there are nodes.
pub(crate) fn are_in_step(broker: &str, nodes: u16) -> bool {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(5));
    metadata.is_ok_and(|metadata| {
        let mut partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        partitions.all(|partition| partition.isr().len() == usize::from(nodes))
    })
}

/// Every message of a topic up to its end. The isolation level is Kafka's.
pub(crate) fn read(broker: &str, topic: &str, isolation: &str) -> Vec<Seen> {
    let consumer = consumer(broker, topic, isolation);
    let deadline = Instant::now() + Duration::from_secs(60);
    let (mut seen, mut open) = (Vec::new(), PARTITIONS);
    while open > 0 {
        assert!(Instant::now() < deadline, "{topic} cannot be read");
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => seen.push(Seen::of(&message)),
            Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
            _ => {}
        }
    }
    seen
}

/// Follows a topic and remembers when each story was first seen.
pub(crate) struct Follower {
    arrived: Arc<Mutex<HashMap<String, Instant>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    pub(crate) fn start(broker: &str, topic: &str) -> Follower {
        let (arrived, stop) = (Arc::new(Mutex::new(HashMap::new())), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let (arrived, stop) = (Arc::clone(&arrived), Arc::clone(&stop));
            let consumer = consumer(broker, topic, "read_committed");
            move || {
                while !stop.load(Ordering::Relaxed) {
                    if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
                        arrived.lock().unwrap().entry(Seen::of(&message).slug).or_insert_with(Instant::now);
                    }
                }
            }
        });
        Follower { arrived, stop, thread: Some(thread) }
    }

    /// When the last of these stories was seen, once all of them were.
    pub(crate) fn last_of(&self, slugs: &[String]) -> Option<Instant> {
        let arrived = self.arrived.lock().unwrap();
        slugs.iter().map(|slug| arrived.get(slug).copied()).collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Those of these stories that were not seen.
    pub(crate) fn unseen<'a>(&self, slugs: &'a [String]) -> Vec<&'a str> {
        let arrived = self.arrived.lock().unwrap();
        slugs.iter().map(String::as_str).filter(|slug| !arrived.contains_key(*slug)).collect()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
