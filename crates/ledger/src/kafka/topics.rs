//! The three topics: created if missing, and verified at every start, because a wrong setting would lose state
//! silently.

use std::time::Duration;

use rdkafka::{
    admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};
use tokio::time::Instant;

use super::{
    client::{self, Context, Part},
    failure,
};
use crate::{LedgerError, config, threads};

/// How long a broker may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Ensures that the topics exist and have the right settings.
pub(super) async fn prepare(config: &config::KafkaLedger) -> Result<(), LedgerError> {
    let names = [config.state.as_str(), &config.records, &config.rejects];
    let mut missing = Vec::new();
    for (name, count) in names.into_iter().zip(partitions(config, &names).await?) {
        match count {
            None => missing.push(name),
            Some(count) => check_partitions(config, name, count)?,
        }
    }
    let admin: AdminClient<Context> = client::create(config, Part::Witness, Context::default())?;
    if !missing.is_empty() {
        create(&admin, config, &missing).await?;
    }
    let resources: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER_WITHIN));
    let described = admin.describe_configs(&resources, &options).await;
    let described = described.map_err(|e| failure::of("read the settings of the topics", &e))?;
    for (name, topic) in names.iter().zip(described) {
        let topic = topic
            .map_err(|code| failure::of(&format!("read the settings of topic `{name}`"), &KafkaError::AdminOp(code)))?;
        check_settings(config, name, &topic)?;
    }
    Ok(())
}

/// The number of partitions of each topic that exists.
pub(super) async fn partitions(config: &config::KafkaLedger, names: &[&str]) -> Result<Vec<Option<i32>>, LedgerError> {
    let (config, names) = (config.clone(), names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    threads::once("kafka-topics", move || {
        let context = Context::default();
        // not a producer, whose requests may create a topic
        let consumer: BaseConsumer<Context> = client::create(&config, Part::Witness, context.clone())?;
        names.iter().map(|name| count(&config, &consumer, &context, name)).collect()
    })
    .await
}

fn count(
    config: &config::KafkaLedger,
    consumer: &BaseConsumer<Context>,
    context: &Context,
    name: &str,
) -> Result<Option<i32>, LedgerError> {
    let metadata = consumer.fetch_metadata(Some(name), ANSWER_WITHIN).map_err(|e| {
        // lets the context receive the reason
        let _ = (0..100).find(|_| consumer.poll(Duration::from_millis(10)).is_none());
        context.explain(&format!("reach a broker at `{}`", config.brokers.join(",")), &e)
    })?;
    let topic = metadata.topics().first();
    match topic.map(|topic| (topic.error(), topic.partitions().len())) {
        Some((None, count)) => Ok(Some(i32::try_from(count).unwrap_or(i32::MAX))),
        None | Some((Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), _)) => Ok(None),
        Some((Some(error), _)) => {
            Err(failure::of(&format!("use topic `{name}`"), &KafkaError::MetadataFetch(error.into())))
        }
    }
}

async fn create(admin: &AdminClient<Context>, config: &config::KafkaLedger, names: &[&str]) -> Result<(), LedgerError> {
    let size = config.max_message_bytes.to_string();
    // -1: the broker's default
    let replicas = config.replication.unwrap_or(-1);
    let topics: Vec<_> = names
        .iter()
        .map(|name| {
            let topic = NewTopic::new(name, config.partitions, TopicReplication::Fixed(replicas));
            let topic = topic.set("max.message.bytes", &size);
            if *name != config.state {
                return topic;
            }
            // state is read back completely: small segments and early cleaning keep it short
            topic
                .set("cleanup.policy", "compact")
                .set("segment.bytes", "67108864")
                .set("min.cleanable.dirty.ratio", "0.1")
        })
        .collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER_WITHIN)).operation_timeout(Some(ANSWER_WITHIN));
    let created = admin.create_topics(&topics, &options).await.map_err(|e| failure::of("create topics", &e))?;
    for result in created {
        match result {
            Ok(name) => tracing::info!(topic = name, partitions = config.partitions, "created a topic"),
            // another instance was faster
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                return Err(failure::of(&format!("create topic `{name}`"), &KafkaError::AdminOp(code)));
            }
        }
    }
    wait_for(config, names).await
}

/// Brokers learn about new topics one after the other.
async fn wait_for(config: &config::KafkaLedger, names: &[&str]) -> Result<(), LedgerError> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    while Instant::now() < deadline {
        let counts = partitions(config, names).await?;
        if counts.iter().all(Option::is_some) {
            return names
                .iter()
                .zip(counts.into_iter().flatten())
                .try_for_each(|(n, c)| check_partitions(config, n, c));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(LedgerError::Retry("topics were created, but no broker knows them yet".into()))
}

fn check_partitions(config: &config::KafkaLedger, name: &str, found: i32) -> Result<(), LedgerError> {
    if name != config.state || found == config.partitions {
        return Ok(());
    }
    Err(LedgerError::Fatal(format!(
        "state topic `{name}` has {found} partitions, and the configuration says {}; set `partitions` to what the topic \
         was created with; to change it, export the state and import it into a new state topic",
        config.partitions
    ).into()))
}

fn check_settings(config: &config::KafkaLedger, name: &str, topic: &ConfigResource) -> Result<(), LedgerError> {
    let setting = |key| topic.get(key).and_then(|entry| entry.value.as_deref()).unwrap_or_default();
    let policy = setting("cleanup.policy");
    // every topic has one, and a node that has just learned about the topic may not know it yet
    if policy.is_empty() {
        return Err(LedgerError::Retry(format!("the broker does not know the settings of topic `{name}` yet").into()));
    }
    if name == config.state && policy != "compact" {
        return Err(LedgerError::Fatal(format!(
            "state topic `{name}` has `cleanup.policy={policy}` and would forget what was published; set it to `compact`"
        ).into()));
    }
    let size = setting("max.message.bytes");
    if size.parse::<usize>().is_ok_and(|size| size < config.max_message_bytes) {
        return Err(LedgerError::Fatal(format!(
            "topic `{name}` accepts messages of up to {size} bytes, and the configuration promises {}; raise the topic's \
             `max.message.bytes`, or lower `max_message`",
            config.max_message_bytes
        ).into()));
    }
    Ok(())
}
