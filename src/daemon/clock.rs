//! The one place that reads the wall clock. All other code takes the time as an argument.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use crate::ledger::fault;

/// Now.
pub fn now() -> DateTime<Utc> {
    system().into()
}

/// Now, in the standard library's type.
#[expect(clippy::disallowed_methods, reason = "everything else uses this one")]
pub fn system() -> SystemTime {
    #[cfg(feature = "faults")]
    if let Some(now) = runtime::now() {
        return now;
    }
    let jump = fault::clock_jump();
    let by = Duration::from_secs(jump.unsigned_abs());
    if jump < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
}

/// For tests only: a clock that is the runtime's, which can be paused, so that a week passes in a minute.
#[cfg(feature = "faults")]
mod runtime {
    use std::{sync::OnceLock, time::SystemTime};

    use tokio::time::Instant;

    static START: OnceLock<(SystemTime, Instant)> = OnceLock::new();

    /// From now on, the clock of this process is the runtime's, and it is `start` now.
    pub fn follow(start: SystemTime) {
        START.set((start, Instant::now())).expect("it is told once");
    }

    pub(super) fn now() -> Option<SystemTime> {
        START.get().map(|(start, at)| *start + at.elapsed())
    }
}

#[cfg(feature = "faults")]
pub use runtime::follow as follow_runtime;
