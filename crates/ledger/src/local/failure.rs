//! Which failures of the disk and of SQLite a retry may fix.

use std::{io, path::Path, sync::Arc};

use rusqlite::ErrorCode;

use super::file::is_no_file;
use crate::{Cause, LedgerError};

/// A failed call on a file: `doing` is a verb, as in "cannot write `…`".
pub(super) fn io(doing: &str, path: &Path, error: io::Error) -> LedgerError {
    use io::ErrorKind::{
        AlreadyExists, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem,
    };
    let (kind, is_no_file) = (error.kind(), is_no_file(&error));
    let (doing, path, source) = (doing.to_owned(), path.to_owned(), Arc::new(error));
    if is_no_file {
        return LedgerError::Fatal(Cause::Link { doing, path, source });
    }
    let cause = Cause::Io { doing, path, source };
    match kind {
        AlreadyExists | InvalidInput | IsADirectory | NotADirectory | NotFound | PermissionDenied
        | ReadOnlyFilesystem => LedgerError::Fatal(cause),
        // a full disk, a quota, a device that cannot be reached
        _ => LedgerError::Retry(cause),
    }
}

/// A failed statement before COMMIT: nothing of the transaction has happened.
pub(super) fn sqlite(doing: &str, error: rusqlite::Error) -> LedgerError {
    let code = error.sqlite_error_code();
    let cause = Cause::Sqlite { doing: doing.to_owned(), source: Arc::new(error) };
    match code {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::OutOfMemory
            | ErrorCode::SystemIoFailure,
        ) => LedgerError::Retry(cause),
        _ => LedgerError::Fatal(cause),
    }
}

/// A failed COMMIT. After an I/O error (a failed fsync of the log) nobody knows whether the transaction will be found
/// after a crash: only opening again shows it, and until then no file may be cut.
pub(super) fn commit(error: rusqlite::Error) -> LedgerError {
    let is_unclear = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
    match sqlite("commit to", error) {
        LedgerError::Retry(cause) if is_unclear => LedgerError::Reopen(cause),
        other => other,
    }
}
