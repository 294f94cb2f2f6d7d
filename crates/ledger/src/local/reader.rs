//! Reads what was committed, also while another process writes: never past a committed length.
//!
//! Changes by something else do not stop a reader: it reads what is left of a truncated file, and skips one that was
//! moved away.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension};

use super::{
    failure,
    journal::Stream,
    store::{self, open_for_reading},
};
use crate::{
    LedgerError, Start, State,
    threads::{self, Worker},
};

/// How often a reader that follows checks for new records.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How much is read ahead.
const READ_AHEAD: usize = 1 << 20;

/// Every state value of a directory, whether or not a process writes it.
pub async fn states(directory: &Path) -> Result<Vec<State>, LedgerError> {
    let directory = directory.to_owned();
    let read = move || store::states(&open_for_reading(&directory)?).map_err(|e| failure::sqlite("read", e));
    threads::once("ledger-reader", read).await
}

/// Committed records, in order.
#[derive(Debug)]
pub struct RecordReader {
    files: Worker<Files>,
    place: ReadPosition,
    lines: VecDeque<Vec<u8>>,
    follow: bool,
}

/// How far the files were read.
#[derive(Debug, Clone, Copy)]
struct ReadPosition {
    file: i64,
    offset: u64,
}

/// Whole lines, and the position after them.
#[derive(Debug)]
struct Lines {
    lines: VecDeque<Vec<u8>>,
    end: ReadPosition,
}

impl RecordReader {
    /// Reads the records of a directory. With `follow` it waits for more records at the end.
    pub async fn open(directory: &Path, start: Start, follow: bool) -> Result<RecordReader, LedgerError> {
        let directory = directory.to_owned();
        let (files, place) = threads::once("ledger-reader", move || {
            let files = Files { db: open_for_reading(&directory)?, directory };
            let place = match start {
                Start::Beginning => ReadPosition { file: 0, offset: 0 },
                Start::End => files.end().map_err(|e| failure::sqlite("read", e))?,
            };
            Ok((files, place))
        })
        .await?;
        Ok(RecordReader { files: Worker::start("ledger-reader", files)?, place, lines: VecDeque::new(), follow })
    }

    /// The next record's JSON, or `None` at the end if the reader does not follow. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, LedgerError> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Some(line));
            }
            let place = self.place;
            match self.files.run(move |files| files.read(place)).await? {
                Some(Lines { lines, end }) => (self.place, self.lines) = (end, lines),
                None if self.follow => tokio::time::sleep(LOOK_EVERY).await,
                None => return Ok(None),
            }
        }
    }
}

#[derive(Debug)]
struct Files {
    db: Connection,
    directory: PathBuf,
}

impl Files {
    /// The next lines, and their end position; `None` at the end.
    fn read(&self, mut place: ReadPosition) -> Result<Option<Lines>, LedgerError> {
        loop {
            let next = self.next_file(place).map_err(|e| failure::sqlite("read", e))?;
            let Some((file, path, committed)) = next else { return Ok(None) };
            let offset = if file == place.file { place.offset } else { 0 };
            match read_lines(&path, offset, committed) {
                Ok((lines, length)) if length > 0 => {
                    return Ok(Some(Lines { lines, end: ReadPosition { file, offset: offset + length } }));
                }
                Ok(_) => {
                    let missing = committed - offset;
                    tracing::warn!(path = %path.display(), "this file was truncated: its last {missing} bytes are missing");
                }
                // moved away by its owner: its content is read elsewhere
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(failure::io("read", &path, e)),
            }
            place = ReadPosition { file, offset: committed };
        }
    }

    /// The first file that has more than was read of it.
    fn next_file(&self, place: ReadPosition) -> rusqlite::Result<Option<(i64, PathBuf, u64)>> {
        let mut query = self.db.prepare_cached(
            "SELECT id, day, number, committed FROM file
             WHERE kind = ?1 AND ((id = ?2 AND committed > ?3) OR (id > ?2 AND committed > 0)) ORDER BY id LIMIT 1",
        )?;
        let kind = Stream::Records;
        query
            .query_row((kind.name(), place.file, place.offset.cast_signed()), |row| {
                let name = kind.file_name(&row.get::<_, String>(1)?, row.get(2)?);
                Ok((row.get(0)?, self.directory.join(name), row.get::<_, i64>(3)?.cast_unsigned()))
            })
            .optional()
    }

    fn end(&self) -> rusqlite::Result<ReadPosition> {
        let last = self
            .db
            .query_row(
                "SELECT id, committed FROM file WHERE kind = ?1 ORDER BY id DESC LIMIT 1",
                [Stream::Records.name()],
                |row| Ok(ReadPosition { file: row.get(0)?, offset: row.get::<_, i64>(1)?.cast_unsigned() }),
            )
            .optional()?;
        Ok(last.unwrap_or(ReadPosition { file: 0, offset: 0 }))
    }
}

/// Whole lines from `offset` on, not past `committed`, and how many bytes they are: none if the file ends before the
/// next line does.
fn read_lines(path: &Path, offset: u64, committed: u64) -> io::Result<(VecDeque<Vec<u8>>, u64)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut file = BufReader::new(file.take(committed - offset));
    let (mut lines, mut read) = (VecDeque::new(), 0);
    while read < READ_AHEAD {
        let mut line = Vec::new();
        let length = file.read_until(b'\n', &mut line)?;
        if line.pop_if(|last| *last == b'\n').is_none() {
            break;
        }
        read += length;
        lines.push_back(line);
    }
    Ok((lines, read as u64))
}
