//! One kind of JSON Lines files: appended to, made durable, rotated; cut back to what was committed.
//!
//! Only files that this ledger has entered in its database are ever written or cut. A file that was moved away (to be
//! archived, say) is left alone, and a new one begun.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};

use chrono::{Datelike, NaiveDate};
use rusqlite::{Connection, OptionalExtension, params};

use super::failure;
use crate::{config, ledger::LedgerError};

/// What the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Records,
    Rejects,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Records => "records",
            Kind::Rejects => "rejects",
        }
    }

    pub(super) fn file_name(self, day: &str, number: u32) -> String {
        format!("{}-{day}-{number:04}.jsonl", self.name())
    }
}

#[derive(Debug)]
pub(super) struct Journal {
    kind: Kind,
    directory: PathBuf,
    rotate_bytes: u64,
    rotate_daily: bool,
    current: Option<Current>,
}

/// The file that is appended to.
#[derive(Debug)]
struct Current {
    id: i64,
    path: PathBuf,
    day: String,
    file: File,
    committed: u64,
    /// Its length once the commit under way has succeeded.
    appended: Option<u64>,
}

impl Journal {
    /// Goes on with the last file, cut to its committed length.
    pub(super) fn open(db: &Connection, kind: Kind, config: &config::LocalLedger) -> Result<Journal, LedgerError> {
        let mut journal = Journal {
            kind,
            directory: config.directory.clone(),
            rotate_bytes: config.rotate_bytes,
            rotate_daily: config.rotate_daily,
            current: None,
        };
        let last = db
            .query_row(
                "SELECT id, day, number, committed FROM file WHERE kind = ?1 ORDER BY id DESC LIMIT 1",
                [kind.name()],
                |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, i64>(3)?)),
            )
            .optional()
            .map_err(|e| failure::sqlite("read", &e))?;
        if let Some((id, day, number, committed)) = last {
            let path = journal.directory.join(kind.file_name(&day, number));
            journal.current = reopen(id, path, day, committed.cast_unsigned())?;
        }
        Ok(journal)
    }

    /// Appends lines durably. They count only from [`Journal::settle`] on.
    pub(super) fn append(&mut self, db: &Connection, lines: &[u8], day: NaiveDate) -> Result<(), LedgerError> {
        if lines.is_empty() {
            return Ok(());
        }
        let day = format!("{:04}{:02}{:02}", day.year(), day.month(), day.day());
        let current = match self.current.take().filter(|current| self.goes_on(current, &day)) {
            Some(current) => self.current.insert(current),
            None => {
                let begun = self.begin(db, day)?;
                self.current.insert(begun)
            }
        };
        current.append(lines).map_err(|e| failure::io("write", &current.path, &e))
    }

    /// The file appended to and its new length, for the transaction that commits it.
    pub(super) fn appended(&self) -> Option<(i64, u64)> {
        self.current.as_ref().and_then(|current| current.appended.map(|length| (current.id, length)))
    }

    /// What was appended is committed.
    pub(super) fn settle(&mut self) {
        if let Some(current) = &mut self.current
            && let Some(length) = current.appended.take()
        {
            current.committed = length;
        }
    }

    /// What was appended is not committed. Best effort, for those who read the file without asking for its committed
    /// length: the next append and the next opening cut again.
    pub(super) fn cut(&mut self) {
        if let Some(current) = &mut self.current {
            current.appended = None;
            if let Err(e) = current.cut() {
                tracing::warn!(path = %current.path.display(), "cannot cut what was not committed: {e}");
            }
        }
    }

    fn goes_on(&self, current: &Current, day: &str) -> bool {
        // days compare as text; a clock set back does not begin a file of the past
        let over = current.committed >= self.rotate_bytes || (self.rotate_daily && day > current.day.as_str());
        !over && current.is_in_place()
    }

    fn begin(&self, db: &Connection, day: String) -> Result<Current, LedgerError> {
        let (id, path) = self.enter(db, &day).map_err(|e| failure::sqlite("write", &e))?;
        let created = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let created = created.map_err(|e| failure::io("create", &path, &e));
        match created.and_then(|file| sync_directory(&self.directory).map(|()| file)) {
            Ok(file) => Ok(Current { id, path, day, file, committed: 0, appended: None }),
            Err(e) => {
                // an entry without a file does no harm, but each retry would add one
                let _ = db.execute("DELETE FROM file WHERE id = ?1", [id]);
                Err(e)
            }
        }
    }

    /// Enters a new file in the database before it exists, so that a crash leaves no file that nobody knows of.
    fn enter(&self, db: &Connection, day: &str) -> rusqlite::Result<(i64, PathBuf)> {
        let last: u32 = db.query_row(
            "SELECT coalesce(max(number), 0) FROM file WHERE kind = ?1 AND day = ?2",
            params![self.kind.name(), day],
            |row| row.get(0),
        )?;
        let path = |number| self.directory.join(self.kind.file_name(day, number));
        let mut number = last + 1;
        // a file of somebody else, or of a database that was removed
        while path(number).exists() {
            number += 1;
        }
        db.execute("INSERT INTO file (kind, day, number) VALUES (?1, ?2, ?3)", params![self.kind.name(), day, number])?;
        Ok((db.last_insert_rowid(), path(number)))
    }
}

impl Current {
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.cut()?;
        self.file.write_all_at(lines, self.committed)?;
        self.file.sync_data()?;
        self.appended = Some(self.committed + lines.len() as u64);
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        if self.file.metadata()?.len() == self.committed {
            return Ok(());
        }
        self.file.set_len(self.committed)
    }

    fn is_in_place(&self) -> bool {
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }
}

fn reopen(id: i64, path: PathBuf, day: String, committed: u64) -> Result<Option<Current>, LedgerError> {
    let file = match OpenOptions::new().write(true).open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failure::io("open", &path, &e)),
    };
    let length = file.metadata().map_err(|e| failure::io("read", &path, &e))?.len();
    if length < committed {
        return Err(LedgerError::Fatal(format!(
            "`{}` has {length} bytes, but {committed} were committed: restore the file, or move it away to go on without",
            path.display()
        )));
    }
    if length > committed {
        tracing::info!(path = %path.display(), bytes = length - committed, "cut what a crash left uncommitted");
    }
    let mut current = Current { id, path, day, file, committed, appended: None };
    current.cut().map_err(|e| failure::io("cut", &current.path, &e))?;
    Ok(Some(current))
}

/// Makes the creation of a file in a directory durable.
pub(super) fn sync_directory(directory: &Path) -> Result<(), LedgerError> {
    File::open(directory).and_then(|d| d.sync_all()).map_err(|e| failure::io("sync", directory, &e))
}
