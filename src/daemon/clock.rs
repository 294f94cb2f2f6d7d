//! The one place that reads the wall clock. Everything further in takes the time as an argument.

use std::time::SystemTime;

use chrono::{DateTime, Utc};

/// Now.
pub fn now() -> DateTime<Utc> {
    system().into()
}

/// Now, as the standard library counts it.
#[expect(clippy::disallowed_methods, reason = "this is the rim that the others are pointed to")]
pub fn system() -> SystemTime {
    SystemTime::now()
}
