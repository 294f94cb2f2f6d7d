//! The last resort of a stop: a separate thread, which ends the process if nothing else does in time.
//!
//! It receives the signal itself and shares no thread, runtime or lock with the daemon, so nothing that hangs or loops
//! there can stop it. A commit within its deadline is never interrupted: the daemon has finished by `stop_within`. What
//! is interrupted was not committed, and is done again.

use std::{sync::Arc, thread, time::Duration};

use anyhow::Context;
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::watch;

use super::StopSignals;
use crate::config::Config;

/// Exit code of a process that had to be ended.
const OVERDUE: i32 = 3;
/// How long to wait beyond `stop_within`, for the end of threads and of the process itself.
const GRACE: Duration = Duration::from_millis(750);
/// How long the last line of the log, and exit handlers of the process, may take.
const LAST_WORD: Duration = Duration::from_millis(250);

/// Starts listening. At the signal, `config` gives the time that a stop may take.
pub(super) fn start(config: watch::Receiver<Arc<Config>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the watchdog")?;
    let mut signals = {
        let _within = runtime.enter();
        StopSignals::new()?
    };
    let wait = async move {
        signals.next().await;
        let within = config.borrow().stop_within;
        tokio::time::sleep(within + GRACE).await;
        within
    };
    thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(move || end(runtime.block_on(wait)))
        .context("cannot start the watchdog")?;
    Ok(())
}

/// Ends the process, with a log line if possible.
fn end(within: Duration) {
    let said = thread::Builder::new().spawn(move || {
        let stop_within_s = within.as_secs();
        tracing::error!(stop_within_s, "the stop took too long and is cut short; what was not committed is done again");
        std::process::exit(OVERDUE);
    });
    if said.is_ok() {
        thread::sleep(LAST_WORD);
    }
    // nobody reads the log, or an exit handler hangs
    let _ = kill_process(getpid(), Signal::KILL);
}
