//! What failed: what the caller does next, and the cause as data.

use std::{error::Error, io, path::PathBuf, sync::Arc};

use rdkafka::error::KafkaError;

use crate::Partition;

/// What failed, by what the caller does next.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The store cannot be reached, is full or slow: give the same batch again, later.
    #[error(transparent)]
    Retry(Cause),
    /// Ownership has changed: take the pending [`Event`](crate::Event)s, then give again what is still ours.
    #[error(transparent)]
    Fenced(Cause),
    /// A record, a reject or a state value can never be stored (larger than the topic accepts): put a smaller one in
    /// its place.
    #[error("`{key}` cannot be stored: {why}")]
    Unstorable {
        /// Its key. The key of a state value starts with its site, and a record's id is not a site.
        key: String,
        /// In words.
        why: String,
    },
    /// The ledger must be closed and opened again; memory must be dropped, state will be gained again.
    #[error(transparent)]
    Reopen(Cause),
    /// No retry can fix it: settings, permissions.
    #[error(transparent)]
    Fatal(Cause),
}

/// What it was that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Cause {
    /// A call on a file.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// A verb, as in "cannot write".
        doing: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The same, of what is a link or no file.
    #[error("cannot {doing} `{}`: it must be a regular file, not a link to one", path.display())]
    Link {
        /// A verb, as in "cannot open".
        doing: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// A link or a directory is where a file of the ledger has to be.
    #[error("`{}` is not a regular file; remove it", .0.display())]
    NotAFile(PathBuf),
    /// Another process has the directory.
    #[error("{0}")]
    InUse(String),
    /// The database is not where the next start looks for it.
    #[error(
        "`{}` was moved away, deleted or replaced while it was in use; put it back before the next start, which knows \
         nothing of what was published without it",
        .0.display()
    )]
    DatabaseMoved(PathBuf),
    /// The lock file is not there any more.
    #[error("the lock file was moved away or deleted; locking again")]
    LockMoved,
    /// A newer version wrote the database.
    #[error("state.db has version {found}, and this copydesk knows version {known}")]
    Version {
        /// The one that it has.
        found: i64,
        /// The newest one that is known here.
        known: i64,
    },
    /// A statement of SQLite.
    #[error("cannot {doing} state.db")]
    Sqlite {
        /// A verb, as in "cannot read".
        doing: String,
        /// What SQLite says.
        source: Arc<rusqlite::Error>,
    },
    /// A call of the Kafka client.
    #[error("cannot {doing}: {said}")]
    Kafka {
        /// Completes "cannot …".
        doing: String,
        /// What the client says, without values that may be secret.
        said: String,
        /// The error itself. It is not shown: it repeats values of settings.
        error: Box<KafkaError>,
    },
    /// A partition of the state belongs to another instance.
    #[error("partition {0} of the state is not ours")]
    NotOurs(Partition),
    /// The group has not taken this instance in yet.
    #[error("not a member of the group yet")]
    NotAMember,
    /// A thread of the ledger is gone.
    #[error("the thread `{0}` ended in the middle of its work")]
    ThreadEnded(String),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl LedgerError {
    /// All of it in one line: what failed, and why.
    pub fn whole(&self) -> String {
        whole(self)
    }
}

/// An error and its cause in one line.
pub(crate) fn whole(error: &dyn Error) -> String {
    let why = error.source().map(|source| format!(": {source}"));
    format!("{error}{}", why.unwrap_or_default())
}

impl From<String> for Cause {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        Self::Other(text.to_owned())
    }
}
