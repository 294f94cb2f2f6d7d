//! The Kafka ledger: brokers, topics, membership, security, and the options that may not be set.

use std::collections::BTreeMap;

use copydesk_ledger::config::{KafkaLedger, KafkaSecurity, Sasl};
use rdkafka::{ClientConfig, error::KafkaError};

use super::{
    leaf::{Leaf, Wrong, count, flag, one_of},
    quantity::size,
    section::Decoder,
    yaml::{Node, Value},
};

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> KafkaLedger {
    let mut kafka = KafkaLedger::new(Vec::new());
    decoder.section("`kafka`", node, |s| {
        kafka.brokers = s.list("brokers", &brokers()).unwrap_or_default().concat();
        if s.at("brokers").is_none() {
            s.missing("`brokers`");
        } else if kafka.brokers.is_empty() {
            s.missing("a broker such as localhost:9092 in `brokers`");
        }
        if let Some(node) = s.get("topics") {
            topics(s.decoder(), node, &mut kafka);
        }
        s.set("group", &mut kafka.group, &name());
        kafka.instance = s.value("instance", &name());
        s.set("group_protocol", &mut kafka.consumer_protocol, &one_of(&[("classic", false), ("consumer", true)]));
        s.set("partitions", &mut kafka.partitions, &count(1..=1024));
        kafka.replication = s.value("replication", &count(1..=16));
        s.set("max_message", &mut kafka.max_message_bytes, &size(64 << 10..=64 << 20));
        if let Some(node) = s.get("tls") {
            tls(s.decoder(), node, &mut kafka.security);
        }
        if let Some(node) = s.get("sasl") {
            kafka.security.sasl = sasl(s.decoder(), node);
        }
        if let Some(node) = s.get("options") {
            kafka.options = options(s.decoder(), node, kafka.consumer_protocol);
        }
    });
    kafka
}

/// `host:port`; one variable may hold several with commas, as in Kafka's own tools.
fn brokers() -> Leaf<impl Fn(&str) -> Result<Vec<String>, Wrong>> {
    Leaf::new("host:port such as localhost:9092", |text| {
        let broker = |part: &str| {
            let part = part.trim();
            let (host, port) = part.rsplit_once(':').ok_or(Wrong::Kind)?;
            let fit = !host.is_empty() && !host.contains(['/', '@']) && !host.contains(char::is_whitespace);
            let port = port.parse::<u16>().is_ok_and(|port| port > 0);
            if fit && port { Ok(part.to_owned()) } else { Err(Wrong::Kind) }
        };
        text.split(',').map(broker).collect()
    })
}

fn topics(decoder: &mut Decoder<'_>, node: &Node<'_>, kafka: &mut KafkaLedger) {
    decoder.section("`topics`", node, |s| {
        s.set("records", &mut kafka.records, &name());
        s.set("rejects", &mut kafka.rejects, &name());
        s.set("state", &mut kafka.state, &name());
        if kafka.records == kafka.rejects || kafka.state == kafka.records || kafka.state == kafka.rejects {
            s.decoder().fault(node.at, "`topics`: records, rejects and state need a topic each");
        }
    });
}

/// What Kafka accepts as the name of a topic; also for groups and instances, because ids are made of them.
fn name() -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    const LONGEST: usize = 200;
    Leaf::new("a name of letters, digits, `.`, `_` and `-`", |text| {
        let fit = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let long = text.is_empty() || text.len() > LONGEST;
        if fit && !long && text != "." && text != ".." { Ok(text.to_owned()) } else { Err(Wrong::Kind) }
    })
}

/// `true`, or a mapping, which means true as well.
fn tls(decoder: &mut Decoder<'_>, node: &Node<'_>, security: &mut KafkaSecurity) {
    if !matches!(node.value, Value::Map(_)) {
        let leaf = Leaf::new("true, false or a mapping of files", |text| flag().read(text));
        security.tls = decoder.leaf("`tls`", node, &leaf).unwrap_or_default();
        return;
    }
    security.tls = true;
    decoder.section("`tls`", node, |s| {
        security.ca_file = s.readable("ca_file");
        let (certificate, key) = (s.readable("certificate_file"), s.readable("key_file"));
        if s.at("certificate_file").is_some() != s.at("key_file").is_some() {
            s.missing("both `certificate_file` and `key_file`, or neither");
        }
        security.client = certificate.zip(key);
    });
}

fn sasl(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<Sasl> {
    const MECHANISMS: &[(&str, &str)] =
        &[("PLAIN", "PLAIN"), ("SCRAM-SHA-256", "SCRAM-SHA-256"), ("SCRAM-SHA-512", "SCRAM-SHA-512")];
    let mut sasl = None;
    decoder.section("`sasl`", node, |s| {
        let mechanism = s.value("mechanism", &one_of(MECHANISMS));
        if s.at("mechanism").is_none() {
            s.missing("`mechanism`");
        }
        sasl = mechanism.zip(s.credentials()).map(|(mechanism, (username, password))| Sasl {
            mechanism,
            username,
            password,
        });
    });
    sasl
}

/// Properties that are set elsewhere in the file, or on which "nothing twice, nothing lost" depends.
const REFUSED: &[(&str, &str)] = &[
    ("bootstrap.servers", "use `brokers`"),
    ("metadata.broker.list", "use `brokers`"),
    ("group.id", "use `group`"),
    ("group.instance.id", "use `instance`"),
    ("group.protocol", "use `group_protocol`"),
    ("message.max.bytes", "use `max_message`"),
    ("security.protocol", "use `tls` and `sasl`"),
    ("ssl.ca.location", "use `tls: {ca_file: …}`"),
    ("ssl.certificate.location", "use `tls: {certificate_file: …}`"),
    ("ssl.key.location", "use `tls: {key_file: …}`"),
    ("sasl.mechanism", "use `sasl`"),
    ("sasl.mechanisms", "use `sasl`"),
    ("sasl.username", "use `sasl`"),
    ("sasl.password", "use `sasl`"),
    ("enable.idempotence", "without it a retry publishes twice"),
    ("transactional.id", "it fences an earlier process of this instance, and is made from `group` and `instance`"),
    ("acks", "a transaction needs all replicas to have it"),
    ("request.required.acks", "a transaction needs all replicas to have it"),
    ("max.in.flight", "idempotence bounds it"),
    ("max.in.flight.requests.per.connection", "idempotence bounds it"),
    ("retries", "a transaction retries until its deadline"),
    ("message.send.max.retries", "a transaction retries until its deadline"),
    ("enable.gapless.guarantee", "transactions are idempotent already"),
    ("isolation.level", "state must be read as committed, and nothing else"),
    ("enable.auto.commit", "offsets are committed in the transaction, as its fence"),
    ("enable.auto.offset.store", "offsets are committed in the transaction, as its fence"),
    ("auto.commit.interval.ms", "offsets are committed in the transaction, as its fence"),
    ("auto.offset.reset", "state is always read from its beginning"),
    ("enable.partition.eof", "it shows when all state was read"),
    ("partition.assignment.strategy", "partitions must stay with their owner while others move"),
    ("group.remote.assignor", "partitions must stay with their owner while others move"),
    ("allow.auto.create.topics", "topics are created with the settings they need"),
    ("partitioner", "records are partitioned by murmur2_random, as Java clients do"),
];

/// With KIP-848 the broker decides these, and librdkafka refuses them.
const REFUSED_BY_CONSUMER_PROTOCOL: &[(&str, &str)] = &[
    ("session.timeout.ms", "the broker decides with `group_protocol: consumer`"),
    ("heartbeat.interval.ms", "the broker decides with `group_protocol: consumer`"),
];

fn options(decoder: &mut Decoder<'_>, node: &Node<'_>, consumer_protocol: bool) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    let by_protocol = if consumer_protocol { REFUSED_BY_CONSUMER_PROTOCOL } else { &[] };
    for (name, at, value) in decoder.free("`options`", node) {
        if let Some((_, why)) = REFUSED.iter().chain(by_protocol).find(|(refused, _)| *refused == name) {
            decoder.fault(at, format!("option `{name}` cannot be set: {why}"));
            continue;
        }
        let Some(value) = decoder.secret(&format!("option `{name}`"), value) else { continue };
        match ClientConfig::new().set(name, &value).create_native_config() {
            Ok(_) => {
                options.insert(name.to_owned(), value);
            }
            Err(error) => decoder.fault(at, format!("option `{name}`: refused by librdkafka: {}", complaint(&error))),
        }
    }
    options
}

/// What librdkafka says about a property. Its other fields repeat the value, which may be a secret.
fn complaint(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, description, ..) => description.clone(),
        error => error.to_string(),
    }
}
