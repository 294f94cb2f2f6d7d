use std::{fs, path::Path};

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::store::{Lines, Store};
use crate::{Batch, Cause, LedgerError, Message, State, config, fault};

pub(super) const MONDAY: &str = "2026-02-02T23:59:59Z";
pub(super) const TUESDAY: &str = "2026-02-03T00:00:00Z";

pub(super) fn config(directory: &Path) -> config::LocalLedger {
    config::LocalLedger { directory: directory.to_owned(), rotate_bytes: 40, rotate_daily: true }
}

pub(super) fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

pub(super) fn batch(records: &[&str], states: &[(&str, &str)]) -> Lines {
    let message = |payload: &&str| Message {
        site: "example.com".to_owned(),
        key: "k".to_owned(),
        headers: vec![],
        payload: payload.as_bytes().to_vec(),
    };
    let state = |&(key, value): &(&str, &str)| State { key: key.to_owned(), value: value.as_bytes().to_vec() };
    Lines::of(&Batch {
        records: records.iter().map(message).collect(),
        rejects: vec![],
        states: states.iter().map(state).collect(),
    })
}

/// Names and contents of the records files.
fn files(directory: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

pub(super) fn check(directory: &Path, expected: &[(&str, &str)]) {
    let files = files(directory);
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(files, expected);
}

fn value(store: &Store, key: &str) -> Option<String> {
    let states = store.states().unwrap();
    states.into_iter().find(|s| s.key == key).map(|s| String::from_utf8(s.value).unwrap())
}

#[test]
fn files_rotate_by_size_and_by_day_and_not_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    let long = "x".repeat(40);
    for (time, record) in [(MONDAY, "1"), (TUESDAY, "2"), (MONDAY, &long), (TUESDAY, "4"), (TUESDAY, "5")] {
        store.commit(&batch(&[record], &[]), at(time)).unwrap();
    }
    check(
        dir.path(),
        &[
            ("records-20260202-0001.jsonl", "1\n"),
            ("records-20260203-0001.jsonl", &format!("2\n{long}\n")),
            ("records-20260203-0002.jsonl", "4\n5\n"),
        ],
    );
}

#[test]
fn what_was_not_committed_is_cut_at_opening() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap();
    // not closed, as after a crash
    drop(store);
    fs::write(dir.path().join("records-20260202-0001.jsonl"), "1\n{\"torn").unwrap();

    let mut store = Store::open(&config(dir.path())).unwrap();
    check(dir.path(), &[("records-20260202-0001.jsonl", "1\n")]);
    store.commit(&batch(&["2"], &[]), at(MONDAY)).unwrap();
    check(dir.path(), &[("records-20260202-0001.jsonl", "1\n2\n")]);
}

#[test]
fn files_of_others_are_neither_written_nor_cut() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("records-20260202-0001.jsonl"), "old\n").unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap();
    check(dir.path(), &[("records-20260202-0001.jsonl", "old\n"), ("records-20260202-0002.jsonl", "1\n")]);
}

#[test]
fn the_last_value_of_a_key_wins_and_an_empty_one_removes() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    store.commit(&batch(&[], &[("a", "1"), ("b", "1"), ("a", "2")]), at(MONDAY)).unwrap();
    store.commit(&batch(&[], &[("b", "")]), at(MONDAY)).unwrap();
    assert_eq!((value(&store, "a").as_deref(), value(&store, "b")), (Some("2"), None));
}

#[test]
fn a_full_disk_loses_nothing_and_is_got_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    let story = batch(&["1"], &[("a", "1")]);
    for failing in [&["write"], &["sync"]] {
        fault::fail_disk(failing);
        let error = store.commit(&story, at(MONDAY)).unwrap_err();
        assert!(matches!(&error, LedgerError::Retry(Cause::Io { doing, .. }) if doing == "write"), "{error}");
        assert_eq!(value(&store, "a"), None);
        check(dir.path(), &[("records-20260202-0001.jsonl", "")]);
    }
    fault::fail_disk(&[]);
    store.commit(&story, at(MONDAY)).unwrap();
    assert_eq!(value(&store, "a").as_deref(), Some("1"));
    check(dir.path(), &[("records-20260202-0001.jsonl", "1\n")]);
}

#[test]
fn a_failure_of_the_state_cuts_the_records_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap();
    let db = Connection::open(dir.path().join("state.db")).unwrap();
    db.execute_batch("CREATE TRIGGER t BEFORE INSERT ON state BEGIN SELECT raise(ABORT, 'no'); END").unwrap();
    store.commit(&batch(&["2"], &[("a", "1")]), at(MONDAY)).unwrap_err();
    check(dir.path(), &[("records-20260202-0001.jsonl", "1\n")]);
    db.execute_batch("DROP TRIGGER t").unwrap();
    store.commit(&batch(&["2"], &[("a", "1")]), at(MONDAY)).unwrap();
    check(dir.path(), &[("records-20260202-0001.jsonl", "1\n2\n")]);
}

#[test]
fn what_is_no_ledger_is_refused_in_words() {
    let refused = |prepare: fn(&Path), word: &str| {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let error = Store::open(&config(&dir.path().join("ledger"))).unwrap_err();
        assert!(matches!(&error, LedgerError::Fatal(_) if error.whole().contains(word)), "{error}");
    };
    refused(|dir| fs::write(dir.join("ledger"), "").unwrap(), "cannot create");
    let garbage = |dir: &Path| {
        fs::create_dir(dir.join("ledger")).unwrap();
        fs::write(dir.join("ledger/state.db"), "no database, whatever its name says".repeat(100)).unwrap();
    };
    refused(garbage, "not a database");
    let newer = |dir: &Path| {
        Store::open(&config(&dir.join("ledger"))).unwrap().close().unwrap();
        let db = Connection::open(dir.join("ledger/state.db")).unwrap();
        db.pragma_update(None, "user_version", 2).unwrap();
    };
    refused(newer, "version 2");
}
