//! One process per directory: an advisory lock that the kernel releases when its holder ends in any way.
//!
//! The text of the lock file is the holder's process id, and after a clean end `closed`. So the next holder knows
//! whether bytes after a committed length can belong to an interrupted commit.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{failure, file::NOT_THROUGH_LINKS};
use crate::{Cause, LedgerError};

const CLOSED: &str = "closed";

/// Held for as long as the ledger is open.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
    was_closed: bool,
}

impl Lock {
    /// Takes the lock of a directory, or returns who has it.
    pub(super) fn take(directory: &Path) -> Result<Lock, LedgerError> {
        let path = directory.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).custom_flags(NOT_THROUGH_LINKS);
        let mut file = options.open(&path).map_err(|e| failure::io("open", &path, e))?;
        if !file.metadata().map_err(|e| failure::io("read", &path, e))?.is_file() {
            return Err(LedgerError::Fatal(Cause::NotAFile(path)));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LedgerError::Fatal(Cause::InUse(in_use(&mut file, directory))));
            }
            Err(TryLockError::Error(e)) => return Err(failure::io("lock", &path, e)),
        }
        let mut lock = Lock { was_closed: text(&mut file) == CLOSED, path, file };
        // durable before anything is written: after a loss of power, nothing may say that this holder closed
        lock.write(&std::process::id().to_string())
            .and_then(|()| lock.file.sync_all())
            .map_err(|e| failure::io("write", &lock.path, e))?;
        Ok(lock)
    }

    /// Whether the last holder closed the ledger, and left nothing uncommitted.
    pub(super) fn was_closed(&self) -> bool {
        self.was_closed
    }

    /// Whether it still keeps others out: a process that finds no file there would create one, and lock that.
    pub(super) fn holds(&self) -> bool {
        let identity = |metadata: &Metadata| (metadata.dev(), metadata.ino());
        match (self.file.metadata(), fs::symlink_metadata(&self.path)) {
            (Ok(ours), Ok(there)) => identity(&ours) == identity(&there),
            _ => false,
        }
    }

    /// Gives the lock up after a clean end.
    pub(super) fn close(mut self) -> Result<(), LedgerError> {
        self.write(CLOSED).map_err(|e| failure::io("write", &self.path, e))
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

fn in_use(file: &mut File, directory: &Path) -> String {
    match text(file).parse::<u32>() {
        Ok(pid) => format!("`{}` is in use by process {pid}", directory.display()),
        Err(_) => format!("`{}` is in use by another process", directory.display()),
    }
}

/// What can be read of it: it is not needed for the lock.
fn text(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.take(32).read_to_string(&mut text);
    text
}
