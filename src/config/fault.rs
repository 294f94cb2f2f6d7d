//! What is wrong with a configuration, and where.

use std::{fmt, path::Path, sync::Arc};

use serde::{Serialize, Serializer};

/// Everything that is wrong with a configuration, in the order of files and lines.
///
/// Shown as `file:line:column: message`, one per line: the form that compilers and `grep -n` use, so that editors and
/// terminals can open the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Faults(Vec<Fault>);

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The file, as it was named or found.
    #[serde(serialize_with = "as_text")]
    pub file: Arc<Path>,
    /// The place in it; `None` if the file as a whole could not be read.
    #[serde(flatten)]
    pub at: Option<Position>,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A place in a file, both counted from 1; columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Faults {
    pub(super) fn new(mut found: Vec<Fault>) -> Self {
        found.sort();
        Self(found)
    }

    /// Each fault, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Position { line, column }) => write!(f, "{}:{line}:{column}: {}", self.file.display(), self.message),
            None => write!(f, "{}: {}", self.file.display(), self.message),
        }
    }
}

fn as_text<S: Serializer>(path: &Arc<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
