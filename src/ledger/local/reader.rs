//! Reads what was committed, also while another process writes: never past a committed length.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension};

use super::{
    blocking, failure,
    journal::Kind,
    store::{self, open_for_reading},
};
use crate::ledger::{LedgerError, Start, State};

/// How often a reader that follows looks for new records.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How much is read ahead.
const READ_AHEAD: usize = 1 << 20;

/// Every state value of a directory, whether or not a process writes it.
pub async fn states(directory: &Path) -> Result<Vec<State>, LedgerError> {
    let directory = directory.to_owned();
    blocking(move || store::states(&open_for_reading(&directory)?).map_err(|e| failure::sqlite("read", &e))).await
}

/// Committed records, in order.
#[derive(Debug)]
pub struct Reader {
    cursor: Arc<Mutex<Cursor>>,
    follow: bool,
}

impl Reader {
    /// Reads the records of a directory. With `follow` it waits for further ones at the end.
    pub async fn open(directory: &Path, start: Start, follow: bool) -> Result<Reader, LedgerError> {
        let directory = directory.to_owned();
        let cursor = blocking(move || Cursor::open(directory, start)).await?;
        Ok(Reader { cursor: Arc::new(Mutex::new(cursor)), follow })
    }

    /// The next record's JSON, or `None` at the end if the reader does not follow. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, LedgerError> {
        loop {
            let cursor = Arc::clone(&self.cursor);
            let line = blocking(move || match cursor.lock() {
                Ok(mut cursor) => cursor.next(),
                Err(_) => Err(LedgerError::Reopen("the reader's thread panicked".to_owned())),
            })
            .await?;
            if line.is_some() || !self.follow {
                return Ok(line);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

#[derive(Debug)]
struct Cursor {
    db: Connection,
    directory: PathBuf,
    /// The file that is read, by its id, and how far.
    file: i64,
    offset: u64,
    lines: VecDeque<Vec<u8>>,
}

impl Cursor {
    fn open(directory: PathBuf, start: Start) -> Result<Cursor, LedgerError> {
        let db = open_for_reading(&directory)?;
        let (file, offset) = match start {
            Start::Beginning => (0, 0),
            Start::End => end(&db).map_err(|e| failure::sqlite("read", &e))?,
        };
        Ok(Cursor { db, directory, file, offset, lines: VecDeque::new() })
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, LedgerError> {
        while self.lines.is_empty() {
            let next = self.next_file().map_err(|e| failure::sqlite("read", &e))?;
            let Some((file, path, committed)) = next else { return Ok(None) };
            if file != self.file {
                (self.file, self.offset) = (file, 0);
            }
            match self.read(&path, committed) {
                Ok(()) => {}
                // moved away by its owner: what it held is read elsewhere
                Err(e) if e.kind() == io::ErrorKind::NotFound => self.offset = committed,
                Err(e) => return Err(failure::io("read", &path, &e)),
            }
        }
        Ok(self.lines.pop_front())
    }

    /// The first file that has more than was read of it.
    fn next_file(&self) -> rusqlite::Result<Option<(i64, PathBuf, u64)>> {
        let mut query = self.db.prepare_cached(
            "SELECT id, day, number, committed FROM file
             WHERE kind = ?1 AND ((id = ?2 AND committed > ?3) OR (id > ?2 AND committed > 0)) ORDER BY id LIMIT 1",
        )?;
        let kind = Kind::Records;
        query
            .query_row((kind.name(), self.file, self.offset.cast_signed()), |row| {
                let name = kind.file_name(&row.get::<_, String>(1)?, row.get(2)?);
                Ok((row.get(0)?, self.directory.join(name), row.get::<_, i64>(3)?.cast_unsigned()))
            })
            .optional()
    }

    fn read(&mut self, path: &Path, committed: u64) -> io::Result<()> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut file = BufReader::new(file.take(committed - self.offset));
        let mut read = 0;
        while read < READ_AHEAD {
            let mut line = Vec::new();
            let length = file.read_until(b'\n', &mut line)?;
            if line.pop_if(|last| *last == b'\n').is_none() {
                break;
            }
            read += length;
            self.lines.push_back(line);
        }
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than what was committed"));
        }
        self.offset += read as u64;
        Ok(())
    }
}

fn end(db: &Connection) -> rusqlite::Result<(i64, u64)> {
    let last = db
        .query_row(
            "SELECT id, committed FROM file WHERE kind = ?1 ORDER BY id DESC LIMIT 1",
            [Kind::Records.name()],
            |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())),
        )
        .optional()?;
    Ok(last.unwrap_or((0, 0)))
}
