//! `copydesk check`: is this configuration one?

use std::{collections::HashSet, io::Write, path::Path, process::ExitCode};

use serde_json::json;

use crate::{
    config::{self, Config, Faults, Ledger},
    link,
};

/// Says what a configuration holds, or everything that is wrong with it; fails only if it cannot say so.
pub fn run(
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    out: &mut impl Write,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let loaded = config::load(path, env);
    match (&loaded, json) {
        (Ok(config), false) => summary(path, config, out)?,
        (Err(faults), false) => complaint(faults, out)?,
        (Ok(config), true) => writeln!(out, "{}", summary_json(config))?,
        (Err(faults), true) => writeln!(out, "{}", json!({ "ok": false, "faults": faults }))?,
    }
    Ok(if loaded.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(super::USAGE) })
}

fn summary(path: &Path, config: &Config, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}: ok", path.display())?;
    let (feeds, sites, files) = (config.feeds.len(), sites(config), config.files.len());
    writeln!(out, "feeds    {}, {}, {}", counted(feeds, "feed"), counted(sites, "site"), counted(files, "file"))?;
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
    writeln!(out, "{}", counted(faults.iter().len(), "fault"))
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

fn counted(count: usize, of: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {of}{plural}")
}
