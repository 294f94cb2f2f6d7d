//! The one place that reads the wall clock. Everything further in takes the time as an argument.

use chrono::{DateTime, Utc};

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the rim that the others are pointed to")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
