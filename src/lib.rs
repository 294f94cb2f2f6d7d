//! copydesk reads news feeds, follows each new entry to its article, removes everything that is not the story, and
//! publishes one clean record per article, exactly once.
//!
//! The modules in the order in which the data passes through them:
//!
//! ```text
//!  config ─▶ schedule ──feed due──▶ fetch ──bytes──▶ feed ──entries──▶ state: pending ─┐
//!               ▲                    │ (one governor per host)                         │
//!               └───── outcome ──────┘                                                 ▼
//!                                                      fetch ◀──────page wanted──── daemon
//!                                                        │
//!                                                      page ─▶ article ─▶ record ─▶ ledger: commit
//!                                                                                    ├─▶ Kafka: one transaction
//!                                                                                    └─▶ local: SQLite + JSON Lines
//! ```
//!
//! `ARCHITECTURE.md` is the map; `tests/tidy.rs` checks that each module uses only what it may.

pub use copydesk_core::{article, feed, link, record, schedule, text};
pub use copydesk_fetch as fetch;
pub use copydesk_ledger as ledger;

pub mod config;

pub mod state;

pub mod admin;
pub mod daemon;

pub mod demo;

pub mod cli;
