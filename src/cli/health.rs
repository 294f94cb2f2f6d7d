//! `copydesk health`: a health check that needs no other tool, and follows `admin` in the configuration.

use std::{io::Write, path::Path, process::ExitCode};

use anyhow::Context;

use super::{USAGE, load, runtime};
use crate::admin;

pub(super) fn run(path: &Path, ready: bool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Some(config) = load(path) else { return Ok(ExitCode::from(USAGE)) };
    let address = config.admin.context("`admin` is off, so the daemon cannot be checked; set it to an address")?;
    let path = if ready { "/readyz" } else { "/healthz" };
    let (is_good, text) =
        runtime()?.block_on(admin::probe(address, path)).with_context(|| format!("no daemon answers at {address}"))?;
    writeln!(out, "{text}")?;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
