//! Flags → a command → an exit code.

pub mod clean;
