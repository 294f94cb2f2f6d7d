//! `copydesk check`: validates a configuration, and checks its feeds.

use std::{collections::HashSet, io::Write, path::Path, process::ExitCode};

use serde_json::json;

use super::counted;
use crate::{
    config::{self, Config, Faults, Ledger},
    link,
};

mod fetched;

/// What is checked and how it is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Print JSON.
    pub json: bool,
    /// Request every feed, too.
    pub fetch: bool,
}

/// Shows what a configuration contains, or all its faults; fails only if it cannot write.
pub fn run(
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    out: &mut impl Write,
    options: Options,
) -> anyhow::Result<ExitCode> {
    let config = match config::load(path, env) {
        Ok(config) => config,
        Err(faults) => {
            match options.json {
                true => writeln!(out, "{}", json!({ "ok": false, "faults": faults }))?,
                false => complaint(&faults, out)?,
            }
            return Ok(ExitCode::from(super::USAGE));
        }
    };
    let mut code = ExitCode::SUCCESS;
    if options.json {
        let mut summary = summary_json(&config);
        if options.fetch {
            let (told, outcome) = fetched::collect(&config)?;
            (summary["fetched"], code) = (serde_json::to_value(told)?, outcome);
        }
        writeln!(out, "{summary}")?;
    } else {
        summary(path, &config, out)?;
        if options.fetch {
            code = fetched::run(&config, out)?;
        }
    }
    Ok(code)
}

fn summary(path: &Path, config: &Config, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}: ok", path.display())?;
    let (feeds, sites, files) = (config.feeds.len(), sites(config), config.files.len());
    writeln!(
        out,
        "feeds    {}, {}, {}",
        counted(feeds, "feed", "feeds"),
        counted(sites, "site", "sites"),
        counted(files, "file", "files")
    )?;
    match &config.ledger {
        Ledger::Local(local) => writeln!(out, "ledger   local, {}", local.directory.display())?,
        Ledger::Kafka(kafka) => writeln!(out, "ledger   kafka, {}, topic {}", kafka.brokers.join(","), kafka.records)?,
    }
    match config.admin {
        Some(address) => writeln!(out, "admin    http://{address}")?,
        None => writeln!(out, "admin    off")?,
    }
    match config.require_contact() {
        Ok(contact) => writeln!(out, "contact  {contact}"),
        Err(none) => writeln!(out, "contact  none; {none}"),
    }
}

fn complaint(faults: &Faults, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{faults}")?;
    writeln!(out, "{}", counted(faults.iter().len(), "fault", "faults"))
}

fn summary_json(config: &Config) -> serde_json::Value {
    let ledger = match &config.ledger {
        Ledger::Local(local) => json!({ "kind": "local", "directory": local.directory.display().to_string() }),
        Ledger::Kafka(kafka) => json!({ "kind": "kafka", "brokers": kafka.brokers, "records": kafka.records }),
    };
    json!({
        "ok": true,
        "feeds": config.feeds.len(),
        "sites": sites(config),
        "files": config.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
        "ledger": ledger,
        "admin": config.admin,
        "contact": config.contact,
    })
}

fn sites(config: &Config) -> usize {
    config.feeds.iter().map(|feed| link::site(&feed.url)).collect::<HashSet<_>>().len()
}
