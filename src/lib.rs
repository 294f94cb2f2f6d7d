//! copydesk reads news feeds, follows each new entry to its article, strips everything that is not the story,
//! and publishes one clean record an article, exactly once.
//!
//! The modules in the order in which the data meets them:
//!
//! ```text
//!  config ─▶ schedule ──feed due──▶ fetch ──bytes──▶ feed ──entries──▶ state: pending ─┐
//!               ▲                    │ (one governor a host)                           │
//!               └───── outcome ──────┘                                                 ▼
//!                                                      fetch ◀──────page wanted──── daemon
//!                                                        │
//!                                                      page ─▶ article ─▶ record ─▶ ledger: commit
//!                                                                                    ├─▶ Kafka: one transaction
//!                                                                                    └─▶ local: SQLite + JSON Lines
//! ```
//!
//! `ARCHITECTURE.md` is the map; `tests/tidy.rs` holds each module to what it may touch.

pub mod config;
pub mod schedule;

pub mod fetch;

pub mod link;
pub mod text;

pub mod feed;

pub mod article;

pub mod record;
pub mod state;

pub mod ledger;

pub mod admin;
pub mod daemon;

pub mod demo;

pub mod cli;
