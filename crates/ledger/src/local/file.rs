//! A file of a journal: appended to at its committed end, and only while it is as this ledger left it.
//!
//! Something else may move, delete, compress, replace, truncate or append to it at any time. This is checked before
//! each append. A changed file is left as it is: a file is never made longer to fit its committed length.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, Write},
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{fs::OFlags, io::Errno};

use crate::fault;

/// Flags for opening a file that must be a regular one: a link is refused, and a pipe is not waited for.
pub(super) const NOT_THROUGH_LINKS: i32 = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits().cast_signed();

/// What the database says about a file.
#[derive(Debug, Clone)]
pub(super) struct FileEntry {
    pub(super) id: i64,
    pub(super) day: String,
    pub(super) path: PathBuf,
    pub(super) committed: u64,
}

/// An open file that is appended to.
#[derive(Debug)]
pub(super) struct JournalFile {
    entry: FileEntry,
    file: File,
    /// The start of lines that were written, and are not committed or not yet.
    tail: Option<u64>,
    /// Its length once the running commit has succeeded.
    appended: Option<u64>,
}

/// What something else did to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Change {
    #[error("was moved away or deleted")]
    Gone,
    #[error("was replaced by another file or a link")]
    Replaced,
    #[error("was truncated: it has {length} bytes, and {committed} were committed")]
    Truncated { length: u64, committed: u64 },
    #[error("was appended to: it has {length} bytes, and {committed} were committed")]
    Appended { length: u64, committed: u64 },
    #[error("was written over: no line ends where the last committed one did")]
    Overwritten,
}

impl JournalFile {
    /// Creates the file of an entry. It must not exist, not even as a dangling link.
    pub(super) fn create(entry: FileEntry) -> io::Result<JournalFile> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(&entry.path)?;
        Ok(JournalFile { entry, file, tail: None, appended: None })
    }

    /// Opens the file of an entry again. After a crash, what is after its committed length belongs to an interrupted
    /// commit, and is ours to cut.
    pub(super) fn reopen(entry: FileEntry, crashed: bool) -> io::Result<Result<JournalFile, Change>> {
        let mut options = OpenOptions::new();
        let file = match options.read(true).append(true).custom_flags(NOT_THROUGH_LINKS).open(&entry.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Err(Change::Gone)),
            Err(e) if is_no_file(&e) => return Ok(Err(Change::Replaced)),
            Err(e) => return Err(e),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(Err(Change::Replaced));
        }
        let behind = metadata.len().saturating_sub(entry.committed);
        let mut opened = JournalFile { file, tail: None, appended: None, entry };
        // as with a file that was appended to, an overwritten file is not ours to cut
        if crashed && behind > 0 && opened.ends_a_line()? {
            opened.tail = Some(opened.entry.committed);
            opened.cut()?;
            tracing::info!(path = %opened.path().display(), bytes = behind, "cut what a crash left uncommitted");
        }
        Ok(match opened.change()? {
            Some(change) => Err(change),
            None => Ok(opened),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.entry.path
    }

    pub(super) fn day(&self) -> &str {
        &self.entry.day
    }

    pub(super) fn committed(&self) -> u64 {
        self.entry.committed
    }

    /// What something else did to it since it was last written. Only for a file without a tail.
    pub(super) fn change(&self) -> io::Result<Option<Change>> {
        let (ours, committed) = (self.file.metadata()?, self.entry.committed);
        let there = match fs::symlink_metadata(&self.entry.path) {
            Ok(there) => there,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Some(Change::Gone)),
            Err(e) => return Err(e),
        };
        let length = ours.len();
        Ok(if (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
            Some(Change::Replaced)
        } else if length < committed {
            Some(Change::Truncated { length, committed })
        } else if !self.ends_a_line()? {
            Some(Change::Overwritten)
        } else if length > committed {
            Some(Change::Appended { length, committed })
        } else {
            None
        })
    }

    fn ends_a_line(&self) -> io::Result<bool> {
        let Some(last) = self.entry.committed.checked_sub(1) else { return Ok(true) };
        let mut byte = [0];
        self.file.read_exact_at(&mut byte, last)?;
        Ok(byte == *b"\n")
    }

    /// Appends lines durably. They count only from [`JournalFile::settle`] on.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let length = self.entry.committed + lines.len() as u64;
        self.tail = Some(self.entry.committed);
        fault::disk("write")?;
        self.file.write_all(lines)?;
        // if it was truncated since the check, they start where it ended then
        let end = self.file.stream_position()?;
        if end != length {
            self.tail = end.checked_sub(lines.len() as u64);
            return Err(io::Error::other("it was changed from outside at the same moment"));
        }
        fault::disk("sync")?;
        self.file.sync_data()?;
        self.appended = Some(length);
        Ok(())
    }

    /// Its id and new length, for the transaction that commits it.
    pub(super) fn appended(&self) -> Option<(i64, u64)> {
        self.appended.map(|length| (self.entry.id, length))
    }

    /// What was appended is committed.
    pub(super) fn settle(&mut self) {
        if let Some(length) = self.appended.take() {
            self.entry.committed = length;
            self.tail = None;
        }
    }

    /// What was appended is not committed, and is cut off. May be repeated until it succeeds.
    pub(super) fn cut(&mut self) -> io::Result<()> {
        self.appended = None;
        let Some(start) = self.tail else { return Ok(()) };
        fault::disk("cut")?;
        if self.file.metadata()?.len() > start {
            self.file.set_len(start)?;
            // it must not come back after a loss of power: by then, another file may be the newest
            self.file.sync_all()?;
        }
        self.tail = None;
        Ok(())
    }

    /// Whether nothing uncommitted is in it.
    pub(super) fn is_clean(&self) -> bool {
        self.tail.is_none()
    }
}

/// Whether a name is that of a link, a directory, or a pipe.
pub(super) fn is_no_file(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::LOOP | Errno::ISDIR | Errno::NXIO))
}
