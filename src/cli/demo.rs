//! `copydesk demo`.

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;

use super::{logs, runtime};
use crate::config::Log;

pub(super) fn run(ledger: Option<PathBuf>, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    // the demo itself shows what the daemon does; the log shows only what goes wrong
    logs::start(&Log { filter: "error".to_owned(), ..Log::default() })?;
    let directory = match ledger {
        Some(directory) => directory,
        None => std::env::temp_dir().join(format!("copydesk-demo-{}", std::process::id())),
    };
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let good = runtime()?.block_on(crate::demo::run(&directory, out))?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
