//! Which failures of the disk and of SQLite a retry may fix.

use std::{io, path::Path};

use rusqlite::ErrorCode;

use super::file::is_no_file;
use crate::LedgerError;

/// A failed call on a file: `doing` is a verb, as in "cannot write `…`".
pub(super) fn io(doing: &str, path: &Path, error: &io::Error) -> LedgerError {
    use io::ErrorKind::{
        AlreadyExists, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem,
    };
    let text = format!("cannot {doing} `{}`: {error}", path.display());
    if is_no_file(error) {
        return LedgerError::Fatal(format!("{text}: it must be a regular file, not a link to one"));
    }
    match error.kind() {
        AlreadyExists | InvalidInput | IsADirectory | NotADirectory | NotFound | PermissionDenied
        | ReadOnlyFilesystem => LedgerError::Fatal(text),
        // a full disk, a quota, a device that cannot be reached
        _ => LedgerError::Retry(text),
    }
}

/// A failed statement before COMMIT: nothing of the transaction has happened.
pub(super) fn sqlite(doing: &str, error: &rusqlite::Error) -> LedgerError {
    let text = format!("cannot {doing} state.db: {error}");
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::OutOfMemory
            | ErrorCode::SystemIoFailure,
        ) => LedgerError::Retry(text),
        _ => LedgerError::Fatal(text),
    }
}

/// A failed COMMIT. After an I/O error (a failed fsync of the log) nobody knows whether the transaction will be found
/// after a crash: only opening again shows it, and until then no file may be cut.
pub(super) fn commit(error: &rusqlite::Error) -> LedgerError {
    match sqlite("commit to", error) {
        LedgerError::Retry(text) if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) => {
            LedgerError::Reopen(text)
        }
        other => other,
    }
}
