//! One process a directory: an advisory lock that the kernel drops with its holder, however that one ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use crate::ledger::LedgerError;

use super::failure;

/// Held for as long as the ledger is open.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a directory, or tells who has it.
    pub(super) fn take(directory: &Path) -> Result<Lock, LedgerError> {
        let path = directory.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| failure::io("open", &path, &e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::Fatal(in_use(&mut file, directory))),
            Err(TryLockError::Error(e)) => return Err(failure::io("lock", &path, &e)),
        }
        // the pid only serves the message of a second process; the lock itself is the kernel's
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()))
            .map_err(|e| failure::io("write", &path, &e))?;
        Ok(Lock { _file: file })
    }
}

fn in_use(file: &mut File, directory: &Path) -> String {
    let mut pid = String::new();
    match file.read_to_string(&mut pid) {
        Ok(_) if !pid.is_empty() => format!("`{}` is in use by process {pid}", directory.display()),
        _ => format!("`{}` is in use by another process", directory.display()),
    }
}
