//! Where records and state are written.

use copydesk_ledger::config::{KafkaLedger, LocalLedger};

use super::{
    kafka,
    leaf::{flag, text},
    quantity::size,
    section::Decoder,
    yaml::Node,
};

/// Where records and state are written.
#[derive(Debug, Clone, PartialEq)]
pub enum Ledger {
    /// SQLite and JSON Lines in a directory.
    Local(LocalLedger),
    /// Kafka topics.
    Kafka(Box<KafkaLedger>),
}

/// The ledger of a file that names none: next to the file, so that it is the same one wherever copydesk is started, and
/// starting it elsewhere publishes nothing twice.
pub(super) fn default(decoder: &Decoder<'_>) -> Ledger {
    Ledger::Local(LocalLedger::new(decoder.resolve("copydesk-ledger")))
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Ledger {
    let mut ledger = default(decoder);
    decoder.section("`ledger`", node, |s| {
        let (local, kafka) = (s.get("local"), s.get("kafka"));
        if let Some(node) = local {
            ledger = Ledger::Local(decode_local(s.decoder(), node));
        }
        if let Some(node) = kafka {
            ledger = Ledger::Kafka(Box::new(kafka::decode(s.decoder(), node)));
        }
        if let (Some(_), Some(_), Some(at)) = (local, kafka, s.at("local").max(s.at("kafka"))) {
            s.decoder()
                .fault(at, "both `local` and `kafka`; records and state are written to one ledger, so use one of them");
        }
    });
    ledger
}

fn decode_local(decoder: &mut Decoder<'_>, node: &Node<'_>) -> LocalLedger {
    let mut local = LocalLedger::new(decoder.resolve("copydesk-ledger"));
    decoder.section("`local`", node, |s| {
        if let Some(directory) = s.value("directory", &text("a directory")) {
            local.directory = s.decoder().resolve(&directory);
        }
        s.set("rotate_size", &mut local.rotate_bytes, &size(1 << 10..=1 << 40));
        s.set("rotate_daily", &mut local.rotate_daily, &flag());
    });
    local
}
