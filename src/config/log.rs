//! How logs are written.

use tracing_subscriber::EnvFilter;

use super::{
    leaf::{Leaf, Wrong, one_of},
    section::Decoder,
    yaml::Node,
};

/// How logs are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// A `tracing` filter, such as `info` or `copydesk=debug`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".to_owned() }
    }
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Log {
    let mut log = Log::default();
    decoder.section("`log`", node, |s| {
        s.set("format", &mut log.format, &one_of(&[("text", LogFormat::Text), ("json", LogFormat::Json)]));
        s.set("filter", &mut log.filter, &filter());
    });
    log
}

fn filter() -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    Leaf::new("a filter such as `info` or `info,copydesk=debug`", |text| {
        if text.trim().is_empty() || EnvFilter::try_new(text).is_err() { Err(Wrong::Kind) } else { Ok(text.to_owned()) }
    })
}
