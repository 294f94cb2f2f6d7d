//! The last resort of a stop: a thread of its own, which ends the process where nothing else does in time.
//!
//! It hears the signal itself and shares no thread, runtime or lock with the daemon, so that whatever hangs or spins
//! there cannot keep it. A commit within its time is never cut off: the daemon is done with `stop_within` by then. What
//! is cut off was not committed, and is done again.

use std::{sync::Arc, thread, time::Duration};

use anyhow::Context;
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::watch;

use super::StopSignals;
use crate::config::Config;

/// Exit code of a process that had to be ended.
const OVERDUE: i32 = 3;
/// What is waited for beyond `stop_within`: the end of threads and of the process itself.
const GRACE: Duration = Duration::from_millis(750);
/// How long the last line of the log, and what runs at a process's exit, may take.
const LAST_WORD: Duration = Duration::from_millis(250);

/// Listens from now on. `config` tells, at the signal, how long a stop may take.
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

/// Ends the process, with a word in the log if that is to be had.
fn end(within: Duration) {
    let said = thread::Builder::new().spawn(move || {
        let stop_within_s = within.as_secs();
        tracing::error!(
            stop_within_s,
            "the stop took too long, and is cut short: what was not committed is done again"
        );
        std::process::exit(OVERDUE);
    });
    if said.is_ok() {
        thread::sleep(LAST_WORD);
    }
    // a log that nobody reads, or something that hangs at exit
    let _ = kill_process(getpid(), Signal::KILL);
}
