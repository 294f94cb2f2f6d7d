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
    let jump = fault::clock_jump();
    let by = Duration::from_secs(jump.unsigned_abs());
    if jump < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
}
