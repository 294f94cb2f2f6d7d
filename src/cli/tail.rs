//! `copydesk tail`: records as they are committed.

use std::{io::Write, path::Path, process::ExitCode};

use super::{USAGE, load, logs, runtime};
use crate::{
    config::{Config, Ledger},
    ledger::{LedgerError, Start, kafka, local},
    record::Record,
};

/// What is shown, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) from_start: bool,
    pub(super) json: bool,
    pub(super) follow: bool,
}

pub(super) fn run(path: &Path, options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Some(config) = load(path) else { return Ok(ExitCode::from(USAGE)) };
    // records that are missing in the ledger are reported on standard error
    logs::start(&config.log)?;
    runtime()?.block_on(tail(&config, options, out))?;
    Ok(ExitCode::SUCCESS)
}

async fn tail(config: &Config, options: Options, out: &mut impl Write) -> anyhow::Result<()> {
    let start = if options.from_start { Start::Beginning } else { Start::End };
    let mut reader = LedgerReader::open(&config.ledger, start, options.follow).await?;
    while let Some(document) = reader.next().await? {
        show(&document, options.json, out)?;
    }
    Ok(())
}

/// The reader of either ledger.
enum LedgerReader {
    Local(local::RecordReader),
    Kafka(kafka::RecordReader),
}

impl LedgerReader {
    async fn open(ledger: &Ledger, start: Start, follow: bool) -> Result<Self, LedgerError> {
        Ok(match ledger {
            Ledger::Local(local) => Self::Local(local::RecordReader::open(&local.directory, start, follow).await?),
            Ledger::Kafka(kafka) => Self::Kafka(kafka::RecordReader::open(kafka, start, follow).await?),
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, LedgerError> {
        match self {
            Self::Local(reader) => reader.next().await,
            Self::Kafka(reader) => reader.next().await,
        }
    }
}

fn show(document: &[u8], json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    if json {
        out.write_all(document)?;
        out.write_all(b"\n")?;
    } else {
        let record: Record = serde_json::from_slice(document)?;
        let date = record.published_at.map_or_else(|| "no date".to_owned(), |date| date.to_rfc3339());
        writeln!(out, "{} · revision {} · {date}", record.title.as_deref().unwrap_or("(no title)"), record.revision)?;
        writeln!(out, "{}", record.url.as_deref().unwrap_or(&record.id))?;
        writeln!(out, "\n{}\n\n---", record.text)?;
    }
    Ok(out.flush()?)
}
