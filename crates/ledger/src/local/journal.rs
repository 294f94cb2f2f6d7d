//! One kind of JSON Lines files: which one is appended to, when a new one is started, and what something else did to
//! one.
//!
//! Only files that this ledger has entered in its database are ever written or cut. A file that something else has
//! changed in any way ([`Change`]) is left alone, and a new one is started.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use chrono::{Datelike, NaiveDate};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    failure,
    file::{Change, FileEntry, JournalFile},
};
use crate::{LedgerError, config};

/// What the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Records,
    Rejects,
}

impl Stream {
    pub(super) fn name(self) -> &'static str {
        match self {
            Stream::Records => "records",
            Stream::Rejects => "rejects",
        }
    }

    pub(super) fn file_name(self, day: &str, number: u32) -> String {
        format!("{}-{day}-{number:04}.jsonl", self.name())
    }
}

#[derive(Debug)]
pub(super) struct Journal {
    kind: Stream,
    directory: PathBuf,
    rotate_bytes: u64,
    rotate_daily: bool,
    /// The file that is appended to.
    current: Option<JournalFile>,
}

impl Journal {
    /// Continues with the last file. `crashed`: the last process did not close the ledger, and may have left lines that
    /// were not committed.
    pub(super) fn open(
        db: &Connection,
        kind: Stream,
        config: &config::LocalLedger,
        crashed: bool,
    ) -> Result<Journal, LedgerError> {
        let mut journal = Journal {
            kind,
            directory: config.directory.clone(),
            rotate_bytes: config.rotate_bytes,
            rotate_daily: config.rotate_daily,
            current: None,
        };
        let last = journal.last(db).map_err(|e| failure::sqlite("read", e))?;
        if let Some(entry) = last {
            let (path, never_written) = (entry.path.clone(), entry.committed == 0);
            match JournalFile::reopen(entry, crashed).map_err(|e| failure::io("open", &path, e))? {
                Ok(file) => journal.current = Some(file),
                // entered, but not created before a crash
                Err(Change::Gone) if never_written => {}
                Err(change) => report(&path, change),
            }
        }
        Ok(journal)
    }

    fn last(&self, db: &Connection) -> rusqlite::Result<Option<FileEntry>> {
        let entry = |row: &rusqlite::Row<'_>| {
            let day: String = row.get(1)?;
            let path = self.directory.join(self.kind.file_name(&day, row.get(2)?));
            Ok(FileEntry { id: row.get(0)?, path, day, committed: row.get::<_, i64>(3)?.cast_unsigned() })
        };
        db.query_row(
            "SELECT id, day, number, committed FROM file WHERE kind = ?1 ORDER BY id DESC LIMIT 1",
            [self.kind.name()],
            entry,
        )
        .optional()
    }

    /// Appends lines durably. They count only from [`Journal::settle`] on.
    pub(super) fn append(&mut self, db: &Connection, lines: &[u8], day: NaiveDate) -> Result<(), LedgerError> {
        if lines.is_empty() {
            return Ok(());
        }
        let day = format!("{:04}{:02}{:02}", day.year(), day.month(), day.day());
        self.leave_what_is_over(&day)?;
        let current = match &mut self.current {
            Some(current) => current,
            none => none.insert(begin(db, self.kind, &self.directory, &day)?),
        };
        current.append(lines).map_err(|e| failure::io("write", current.path(), e))
    }

    /// The file appended to and its new length, for the transaction that commits it.
    pub(super) fn appended(&self) -> Option<(i64, u64)> {
        self.current.as_ref().and_then(JournalFile::appended)
    }

    /// What was appended is committed.
    pub(super) fn settle(&mut self) {
        if let Some(current) = &mut self.current {
            current.settle();
        }
    }

    /// What was appended is not committed. Best effort, for readers that do not ask for the committed length: the next
    /// append tries again before anything else, and so does the next opening.
    pub(super) fn cut(&mut self) {
        if let Some(current) = &mut self.current
            && let Err(e) = current.cut()
        {
            tracing::warn!(path = %current.path().display(), "cannot cut what was not committed: {e}");
        }
    }

    /// Whether no file has anything uncommitted.
    pub(super) fn is_clean(&self) -> bool {
        self.current.as_ref().is_none_or(JournalFile::is_clean)
    }

    fn leave_what_is_over(&mut self, day: &str) -> Result<(), LedgerError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let path = current.path().to_owned();
        // what could not be cut before must not remain, wherever the file is by now
        current.cut().map_err(|e| failure::io("cut", &path, e))?;
        let change = current.change().map_err(|e| failure::io("read", &path, e))?;
        // days compare as text; a clock set back does not start a file of the past
        let over = current.committed() >= self.rotate_bytes || (self.rotate_daily && day > current.day());
        if let Some(change) = change {
            report(&path, change);
        }
        if over || change.is_some() {
            self.current = None;
        }
        Ok(())
    }
}

/// Enters a new file in the database, and creates it: in this order, so that a crash leaves no file that is not
/// entered.
fn begin(db: &Connection, kind: Stream, directory: &Path, day: &str) -> Result<JournalFile, LedgerError> {
    let entry = enter(db, kind, directory, day).map_err(|e| failure::sqlite("write", e))?;
    let (id, path) = (entry.id, entry.path.clone());
    let created = JournalFile::create(entry).map_err(|e| failure::io("create", &path, e));
    let made = created.and_then(|file| sync_directory(directory).map(|()| file));
    if made.is_err() {
        // an entry without a file does no harm, but each retry would add one
        let _ = db.execute("DELETE FROM file WHERE id = ?1", [id]);
    }
    made
}

fn enter(db: &Connection, kind: Stream, directory: &Path, day: &str) -> rusqlite::Result<FileEntry> {
    let last: u32 = db.query_row(
        "SELECT coalesce(max(number), 0) FROM file WHERE kind = ?1 AND day = ?2",
        params![kind.name(), day],
        |row| row.get(0),
    )?;
    let path = |number| directory.join(kind.file_name(day, number));
    let mut number = last + 1;
    // one of somebody else, or of a database that was removed; a dangling link is one, too
    while fs::symlink_metadata(path(number)).is_ok() {
        number += 1;
    }
    db.execute("INSERT INTO file (kind, day, number) VALUES (?1, ?2, ?3)", params![kind.name(), day, number])?;
    Ok(FileEntry { id: db.last_insert_rowid(), day: day.to_owned(), path: path(number), committed: 0 })
}

/// Reports once what something else did to a file, and what to do about it.
fn report(path: &Path, change: Change) {
    let lost = match change {
        Change::Truncated { .. } | Change::Overwritten => "; the lines that are gone are not written again",
        Change::Gone | Change::Replaced | Change::Appended { .. } => "",
    };
    tracing::warn!(
        path = %path.display(),
        "this file {change}; it is left as it is, and a new file is started{lost}. To rotate, leave it to copydesk, and move \
         files away only by renaming them (logrotate: never `copytruncate`)"
    );
}

/// Makes the creation of a file in a directory durable.
pub(super) fn sync_directory(directory: &Path) -> Result<(), LedgerError> {
    File::open(directory).and_then(|d| d.sync_all()).map_err(|e| failure::io("sync", directory, e))
}
