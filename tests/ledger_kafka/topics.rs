//! Topics that are there already, and do not fit.

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};

use super::*;

#[tokio::test]
async fn topics_that_do_not_fit_are_refused_with_the_way_out() {
    let compact = ("cleanup.policy", "compact");
    check("state", 3, &[compact], "has 3 partitions, and the configuration says 4").await;
    check("state", 4, &[], "set it to `compact`").await;
    check("state", 4, &[("cleanup.policy", "compact,delete")], "set it to `compact`").await;
    check("state", 4, &[compact, ("max.message.bytes", "1000")], "raise the topic's `max.message.bytes`").await;
    check("records", 1, &[("max.message.bytes", "1000")], "raise the topic's `max.message.bytes`").await;
    check("rejects", 1, &[("max.message.bytes", "1000")], "raise the topic's `max.message.bytes`").await;
}

async fn check(topic: &str, partitions: i32, settings: &[(&str, &str)], expected: &str) {
    let config = kafka::ledger();
    create(&format!("{}.{topic}", config.group), partitions, settings).await;
    let error = KafkaLedger::open(&config).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Fatal(_) if error.whole().contains(expected)), "{error:?}");
}

#[tokio::test]
async fn topics_that_fit_are_taken_as_they_are() {
    let config = kafka::ledger();
    create(&config.state, 4, &[("cleanup.policy", "compact"), ("max.message.bytes", "2000000")]).await;
    create(&config.records, 7, &[("max.message.bytes", "2000000"), ("cleanup.policy", "compact")]).await;
    let mut installation = Installation::open_all(&config).await;
    installation.commit(&story("a.example", "1")).await.unwrap();
    assert_eq!(published(&config).await, ["1"]);
}

#[tokio::test]
async fn a_state_topic_that_was_given_more_partitions_is_refused() {
    let mut config = kafka::ledger();
    let mut installation = Installation::open_all(&config).await;
    let all = installation.held();
    installation.publish(&all, "1").await.unwrap();
    installation.close().await;
    let more = rdkafka::admin::NewPartitions::new(&config.state, 5);
    admin().create_partitions([&more], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    // a user who only makes the numbers agree would find nothing where it is looked for
    config.partitions = 5;
    let mut installation = Installation::open(&config).await;
    let error = installation.failure().await;
    assert!(
        matches!(&error, LedgerError::Fatal(_) if error.whole().contains("another number of partitions")),
        "{error:?}"
    );
}

#[tokio::test]
async fn settings_that_librdkafka_refuses_are_told_in_words() {
    let mut config = kafka::ledger();
    config.options.insert("linger.ms".to_owned(), "soon".to_owned());
    let error = KafkaLedger::open(&config).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Fatal(_) if error.whole().contains("linger.ms")), "{error:?}");
}

async fn create(topic: &str, partitions: i32, settings: &[(&str, &str)]) {
    let mut topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    topic.config = settings.to_vec();
    admin().create_topics([&topic], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
}

fn admin() -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", kafka::address()).create().unwrap()
}
