//! SQLite and the two journals, committed as one.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::{
    failure,
    journal::{Journal, Stream, sync_directory},
    lock::Lock,
};
use crate::{Batch, Cause, LedgerError, Message, State, config, fault};

const SCHEMA: &str = "
    CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE file (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        day TEXT NOT NULL,
        number INTEGER NOT NULL,
        committed INTEGER NOT NULL DEFAULT 0,
        UNIQUE (kind, day, number)
    ) STRICT;
    PRAGMA user_version = 1;";
const VERSION: i64 = 1;

/// A batch as it will be in the files.
#[derive(Debug)]
pub(super) struct Lines {
    records: Vec<u8>,
    rejects: Vec<u8>,
    states: Vec<State>,
}

impl Lines {
    pub(super) fn of(batch: &Batch) -> Lines {
        Lines { records: lines(&batch.records), rejects: lines(&batch.rejects), states: batch.states.clone() }
    }
}

fn lines(messages: &[Message]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(messages.iter().map(|m| m.payload.len() + 1).sum());
    for message in messages {
        debug_assert!(!message.payload.contains(&b'\n'), "a payload is one line");
        lines.extend_from_slice(&message.payload);
        lines.push(b'\n');
    }
    lines
}

/// Everything in the directory, open for writing.
#[derive(Debug)]
pub(super) struct Store {
    db: Connection,
    db_path: PathBuf,
    /// Device and inode of the database.
    db_file: (u64, u64),
    records: Journal,
    rejects: Journal,
    /// Set once the outcome of a commit is unknown: nothing is written from then on.
    broken: Option<LedgerError>,
    // last, so that it is released when everything else is closed
    lock: Lock,
}

impl Store {
    pub(super) fn open(config: &config::LocalLedger) -> Result<Store, LedgerError> {
        let directory = &config.directory;
        fs::create_dir_all(directory).map_err(|e| failure::io("create", directory, e))?;
        let lock = Lock::take(directory)?;
        let db = open_for_writing(directory).map_err(|e| failure::sqlite("open", e))?;
        check_version(&db)?;
        sync_directory(directory)?;
        let crashed = !lock.was_closed();
        let db_path = directory.join("state.db");
        let db_file = identity(&db_path).map_err(|e| failure::io("read", &db_path, e))?;
        let records = Journal::open(&db, Stream::Records, config, crashed)?;
        let rejects = Journal::open(&db, Stream::Rejects, config, crashed)?;
        Ok(Store { db, db_path, db_file, records, rejects, broken: None, lock })
    }

    pub(super) fn states(&self) -> Result<Vec<State>, LedgerError> {
        states(&self.db).map_err(|e| failure::sqlite("read", e))
    }

    /// Commits a batch. After an error the files are as they were, except after [`LedgerError::Reopen`], when only
    /// opening again can show what was committed.
    pub(super) fn commit(&mut self, lines: &Lines, now: DateTime<Utc>) -> Result<(), LedgerError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.ensure_in_place()?;
        fault::point("before-begin");
        let committed = self.append(lines, now).and_then(|()| self.seal(lines));
        match &committed {
            Ok(()) => {
                self.records.settle();
                self.rejects.settle();
                fault::point("after-commit");
            }
            Err(error @ LedgerError::Reopen(_)) => self.broken = Some(error.clone()),
            Err(_) => {
                self.records.cut();
                self.rejects.cut();
            }
        }
        committed
    }

    /// A database that is not where the next start looks for it would accept commits that nobody finds again.
    fn ensure_in_place(&self) -> Result<(), LedgerError> {
        if identity(&self.db_path).ok() != Some(self.db_file) {
            return Err(LedgerError::Fatal(Cause::DatabaseMoved(self.db_path.clone())));
        }
        if !self.lock.holds() {
            return Err(LedgerError::Reopen(Cause::LockMoved));
        }
        Ok(())
    }

    fn append(&mut self, lines: &Lines, now: DateTime<Utc>) -> Result<(), LedgerError> {
        let day = now.date_naive();
        self.records.append(&self.db, &lines.records, day)?;
        self.rejects.append(&self.db, &lines.rejects, day)?;
        fault::point("after-append");
        Ok(())
    }

    fn seal(&mut self, lines: &Lines) -> Result<(), LedgerError> {
        let lengths = [self.records.appended(), self.rejects.appended()];
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| failure::sqlite("write", e))?;
        write(&transaction, &lines.states, lengths.into_iter().flatten()).map_err(|e| failure::sqlite("write", e))?;
        fault::point("before-commit");
        transaction.commit().map_err(failure::commit)
    }

    /// Closes the database and releases the directory.
    pub(super) fn close(mut self) -> Result<(), LedgerError> {
        self.records.cut();
        self.rejects.cut();
        let clean = self.broken.is_none() && self.records.is_clean() && self.rejects.is_clean();
        self.db.close().map_err(|(_, e)| failure::sqlite("close", e))?;
        if clean { self.lock.close() } else { Ok(()) }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

fn write(db: &Connection, states: &[State], lengths: impl Iterator<Item = (i64, u64)>) -> rusqlite::Result<()> {
    let mut put = db.prepare_cached("INSERT OR REPLACE INTO state (key, value) VALUES (?1, ?2)")?;
    let mut remove = db.prepare_cached("DELETE FROM state WHERE key = ?1")?;
    for State { key, value } in states {
        if value.is_empty() {
            remove.execute(params![key])?
        } else {
            put.execute(params![key, value])?
        };
    }
    let mut lengthen = db.prepare_cached("UPDATE file SET committed = ?2 WHERE id = ?1")?;
    for (id, length) in lengths {
        lengthen.execute(params![id, length.cast_signed()])?;
    }
    Ok(())
}

fn open_for_writing(directory: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(directory.join("state.db"))?;
    db.busy_timeout(Duration::from_secs(5))?;
    // readers never block the writer; FULL makes a commit durable, not only consistent
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    if db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? == 0 {
        db.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;"))?;
    }
    Ok(db)
}

/// Opens a directory's state while another process writes it.
pub(super) fn open_for_reading(directory: &Path) -> Result<Connection, LedgerError> {
    let path = directory.join("state.db");
    fs::metadata(&path).map_err(|e| failure::io("read", &path, e))?;
    let db = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .and_then(|db| db.busy_timeout(Duration::from_secs(5)).map(|()| db))
        .map_err(|e| failure::sqlite("open", e))?;
    check_version(&db)?;
    Ok(db)
}

fn check_version(db: &Connection) -> Result<(), LedgerError> {
    let version: i64 =
        db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|e| failure::sqlite("read", e))?;
    if version == VERSION {
        return Ok(());
    }
    Err(LedgerError::Fatal(Cause::Version { found: version, known: VERSION }))
}

/// Every state value.
pub(super) fn states(db: &Connection) -> rusqlite::Result<Vec<State>> {
    db.prepare_cached("SELECT key, value FROM state")?
        .query_map([], |row| Ok(State { key: row.get(0)?, value: row.get(1)? }))?
        .collect()
}
