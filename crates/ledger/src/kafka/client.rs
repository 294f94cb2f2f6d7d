//! The clients of librdkafka, each with the settings of its part.
//!
//! Settings come in three layers: defaults that a user may change, the user's options, and on top of them those on
//! which exactly once depends (idempotence, isolation, no automatic commits).
//! promises rest on (idempotence, isolation, no commits behind our back).

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::{
    ClientConfig, ClientContext,
    config::{FromClientConfigAndContext, RDKafkaLogLevel},
    consumer::ConsumerContext,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::failure;
use crate::{Cause, LedgerError, config};

/// What a client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Writes records, rejects, state and offsets in transactions with this id.
    Producer { transactional_id: &'a str },
    /// Keeps our place in the group.
    Member,
    /// Reads what is committed. It may request the group's offsets, but never joins.
    RecordReader,
    /// Sees what open transactions have written, too.
    Witness,
}

/// Makes a client.
pub(super) fn create<C, X>(config: &config::KafkaLedger, part: Part<'_>, context: X) -> Result<C, LedgerError>
where
    X: ClientContext,
    C: FromClientConfigAndContext<X>,
{
    settings(config, part).create_with_context(context).map_err(|e| failure::of("set up the Kafka client", &e))
}

fn settings(config: &config::KafkaLedger, part: Part<'_>) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings.set("client.id", config.instance.as_deref().map_or("copydesk".to_owned(), |i| format!("copydesk-{i}")));
    defaults(&mut settings, config, part);
    for (key, value) in &config.options {
        settings.set(key, value);
    }
    settings.set("bootstrap.servers", config.brokers.join(","));
    security(&mut settings, &config.security);
    promises(&mut settings, config, part);
    settings
}

fn defaults(settings: &mut ClientConfig, config: &config::KafkaLedger, part: Part<'_>) {
    // a broker that is back should be found at once, not after up to ten seconds
    settings.set("reconnect.backoff.max.ms", "1000");
    if !matches!(part, Part::Producer { .. }) {
        // a route that swallows packets is given up before a minute; for a producer, `transaction.timeout.ms` sets this
        settings.set("socket.timeout.ms", "10000");
    }
    match part {
        Part::Producer { .. } => {
            // a crashed instance without a name blocks readers, and the restore of its successor, for this long
            settings.set("transaction.timeout.ms", "15000");
            settings.set("linger.ms", "5").set("compression.type", "zstd");
            settings.set("queue.buffering.max.kbytes", "131072");
        }
        // with KIP-848 the broker decides these, and librdkafka refuses them
        Part::Member if !config.consumer_protocol => {
            settings.set("session.timeout.ms", "6000").set("heartbeat.interval.ms", "500");
            settings.set("partition.assignment.strategy", "cooperative-sticky");
        }
        // how long a broker waits before it answers that there is nothing new
        Part::RecordReader => _ = settings.set("fetch.wait.max.ms", "100"),
        Part::Member | Part::Witness => {}
    }
}

fn promises(settings: &mut ClientConfig, config: &config::KafkaLedger, part: Part<'_>) {
    // producers and consumers alike: a larger message is refused here, not by the broker in the middle of a batch
    settings.set("message.max.bytes", config.max_message_bytes.to_string());
    let isolation = if part == Part::Witness { "read_uncommitted" } else { "read_committed" };
    match part {
        Part::Producer { transactional_id } => {
            settings.set("transactional.id", transactional_id);
            settings.set("enable.idempotence", "true").set("acks", "all");
            // where Java clients put a key, so that consumers may join topics by partition
            settings.set("partitioner", "murmur2_random");
            return;
        }
        Part::Member => {
            if let Some(instance) = &config.instance {
                settings.set("group.instance.id", instance);
            }
            settings.set("group.protocol", if config.consumer_protocol { "consumer" } else { "classic" });
        }
        Part::RecordReader | Part::Witness => {}
    }
    // librdkafka assigns no partitions without it, not even to consumers that never join
    settings.set("group.id", &config.group);
    settings.set("isolation.level", isolation);
    settings.set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
    settings.set("allow.auto.create.topics", "false");
    settings.set("enable.partition.eof", "true");
}

fn security(settings: &mut ClientConfig, security: &config::KafkaSecurity) {
    let protocol = match (security.tls, security.sasl.is_some()) {
        (false, false) => "plaintext",
        (true, false) => "ssl",
        (false, true) => "sasl_plaintext",
        (true, true) => "sasl_ssl",
    };
    settings.set("security.protocol", protocol);
    if security.tls {
        // `probe` finds the system's certificates: an OpenSSL that is compiled in knows none
        let ca = security.ca_file.as_ref().map_or("probe".into(), |path| path.to_string_lossy());
        settings.set("ssl.ca.location", ca);
    }
    if let Some((certificate, key)) = &security.client {
        settings.set("ssl.certificate.location", certificate.to_string_lossy());
        settings.set("ssl.key.location", key.to_string_lossy());
    }
    if let Some(sasl) = &security.sasl {
        settings.set("sasl.mechanism", sasl.mechanism);
        settings.set("sasl.username", &sasl.username).set("sasl.password", &sasl.password);
    }
}

/// Receives what a client reports on the side: log lines go to the log; the last error is kept, because a call that
/// fails because of it says only "timed out".
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    last_error: Arc<Mutex<Option<(KafkaError, String)>>>,
}

impl Context {
    /// What a failed call means, given what was reported on the side.
    pub(super) fn explain(&self, doing: &str, error: &KafkaError) -> LedgerError {
        let last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (failure::of(doing, error), last) {
            (LedgerError::Retry(Cause::Kafka { doing, said, error }), Some((beneath, reason))) => {
                let cause = Cause::Kafka { doing, said: format!("{said}: {reason}"), error };
                if failure::is_permanent(&beneath) { LedgerError::Fatal(cause) } else { LedgerError::Retry(cause) }
            }
            (error, _) => error,
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel::{Alert, Critical, Debug, Emerg, Error, Info, Notice, Warning};
        match level {
            // options for consumers are given to producers too, and the other way round
            Warning if facility == "CONFWARN" => tracing::debug!(facility, "librdkafka: {message}"),
            // the call that fails because of it reports it again, once and with its consequence
            Emerg | Alert | Critical => tracing::error!(facility, "librdkafka: {message}"),
            Error | Warning => tracing::debug!(facility, "librdkafka: {message}"),
            Notice | Info | Debug => tracing::trace!(facility, "librdkafka: {message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // the end of a partition is reported as an error, and is not one
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::PartitionEOF) {
            return;
        }
        tracing::debug!("kafka client: {error}: {reason}");
        let mut last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        // a wrong password or certificate is followed by "all brokers down", which must not hide it
        let says_little = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if !last.as_ref().is_some_and(|(known, _)| says_little || failure::is_permanent(known)) {
            *last = Some((error, reason.to_owned()));
        }
    }
}

impl ConsumerContext for Context {}
