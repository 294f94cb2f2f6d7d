//! Files that something else changes.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::symlink,
    path::Path,
    sync::{Arc, Mutex},
};

use super::{
    file::{FileEntry, JournalFile},
    store::Store,
    tests::{MONDAY, TUESDAY, at, batch, check, config},
};
use crate::{Cause, LedgerError, fault};

const FIRST: &str = "records-20260202-0001.jsonl";

/// What exists under the names of records, each name with what it is.
fn shown(directory: &Path) -> Vec<(String, String)> {
    let mut shown: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("records-"))
        .map(|entry| {
            let kind = entry.file_type().unwrap();
            let what = match (kind.is_symlink(), kind.is_dir()) {
                (true, _) => format!("a link to {}", fs::read_link(entry.path()).unwrap().display()),
                (_, true) => "a directory".to_owned(),
                _ => fs::read_to_string(entry.path()).unwrap(),
            };
            (entry.file_name().into_string().unwrap(), what)
        })
        .collect();
    shown.sort();
    shown
}

/// What was logged meanwhile.
fn logged(work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

/// What something else does with a file.
type Outside = fn(&Path);

/// How a process ends before the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    Close,
    Crash,
}

/// Commits two lines, lets something else change the file, and commits two more: the changed file is as it was left,
/// and the new lines are complete in a new file.
fn check_change(between: Between, name: &str, said: &str, change: Outside) {
    let dir = tempfile::tempdir().unwrap();
    let first = dir.path().join(FIRST);
    let mut store = Store::open(&config(dir.path())).unwrap();
    store.commit(&batch(&["1", "2"], &[]), at(MONDAY)).unwrap();
    let mut store = match between {
        Between::Nothing => Some(store),
        Between::Close => store.close().map(|()| None).unwrap(),
        Between::Crash => {
            drop(store);
            None
        }
    };
    change(&first);
    let left = shown(dir.path());
    let log = logged(|| {
        for record in ["3", "4"] {
            let store = store.get_or_insert_with(|| Store::open(&config(dir.path())).unwrap());
            store.commit(&batch(&[record], &[]), at(MONDAY)).unwrap();
        }
    });
    let mut expected = left;
    expected.push(("records-20260202-0002.jsonl".to_owned(), "3\n4\n".to_owned()));
    assert_eq!(shown(dir.path()), expected, "{name}, {between:?}");
    assert!(log.contains(said) && log.contains(FIRST), "{name}, {between:?}: {log}");
    assert_eq!(log.matches(FIRST).count(), 1, "said once: {name}, {between:?}: {log}");
}

fn rename(file: &Path, new: &str) {
    fs::rename(file, file.with_file_name(new)).unwrap();
}

fn append(file: &Path, text: &str) {
    fs::OpenOptions::new().append(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn what_was_changed_from_outside_is_left_alone_and_a_new_file_begun() {
    let changes: [(&str, &str, Outside); 13] = [
        ("emptied", "was truncated: it has 0 bytes, and 4 were committed", |f| fs::write(f, "").unwrap()),
        ("cut in a line", "was truncated: it has 3 bytes", |f| fs::write(f, "1\n2").unwrap()),
        ("cut behind a line", "was truncated: it has 2 bytes", |f| fs::write(f, "1\n").unwrap()),
        ("deleted", "was moved away or deleted", |f| fs::remove_file(f).unwrap()),
        ("moved", "was moved away or deleted", |f| rename(f, "archive")),
        ("compressed", "was moved away or deleted", |f| rename(f, &format!("{FIRST}.gz"))),
        ("rotated, and made again", "replaced", |f| {
            rename(f, "archive");
            fs::write(f, "").unwrap();
        }),
        ("edited by an editor that renames", "replaced", |f| {
            rename(f, "archive");
            fs::write(f, "1\n2\n3\n").unwrap();
        }),
        ("moved, with a link left", "replaced", |f| {
            rename(f, "archive");
            symlink("archive", f).unwrap();
        }),
        ("a link to nowhere", "replaced", |f| {
            rename(f, "archive");
            symlink("nowhere", f).unwrap();
        }),
        ("a directory", "replaced", |f| {
            rename(f, "archive");
            fs::create_dir(f).unwrap();
        }),
        ("written over", "was written over", |f| fs::write(f, "1\n\0\0").unwrap()),
        ("emptied, and written by others", "was written over", |f| fs::write(f, "{\"theirs\":1}\n").unwrap()),
    ];
    for (name, said, change) in changes {
        for between in [Between::Nothing, Between::Close, Between::Crash] {
            // a process that was not there cannot tell one file from another
            let same_length = name.starts_with("rotated") || name.starts_with("edited");
            if !same_length || between == Between::Nothing {
                check_change(between, name, said, change);
            }
        }
    }
}

#[test]
fn what_was_appended_from_outside_is_left_alone() {
    for between in [Between::Nothing, Between::Close] {
        let said = "was appended to: it has 11 bytes, and 4 were committed";
        check_change(between, "appended", said, |f| append(f, "theirs\n"));
    }
}

#[test]
fn a_file_that_was_lost_before_anything_was_committed_to_it_is_not_spoken_of() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    fault::fail_disk(&["write"]);
    store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap_err();
    fault::fail_disk(&[]);
    store.close().unwrap();
    fs::remove_file(dir.path().join(FIRST)).unwrap();
    let log = logged(|| drop(Store::open(&config(dir.path())).unwrap()));
    assert_eq!(log, "");
}

#[test]
fn what_could_not_be_cut_does_not_stay_behind_when_a_new_file_is_begun() {
    let reasons: [(&str, &str, Outside); 3] = [
        (TUESDAY, FIRST, |_| {}),
        (MONDAY, "archive", |f| rename(f, "archive")),
        // the cut itself removes what others appended to our lines
        (TUESDAY, FIRST, |f| append(f, "theirs\n")),
    ];
    for (time, is_now, happens) in reasons {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&config(dir.path())).unwrap();
        store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap();
        fault::fail_disk(&["sync", "cut"]);
        store.commit(&batch(&["2"], &[]), at(MONDAY)).unwrap_err();
        check(dir.path(), &[(FIRST, "1\n2\n")]);
        happens(&dir.path().join(FIRST));
        fault::fail_disk(&["cut"]);
        let error = store.commit(&batch(&["2"], &[]), at(time)).unwrap_err();
        assert!(matches!(&error, LedgerError::Retry(Cause::Io { doing, .. }) if doing == "cut"), "{error}");
        fault::fail_disk(&[]);
        store.commit(&batch(&["2"], &[]), at(time)).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join(is_now)).unwrap(), "1\n", "{time}, {is_now}");
        assert_eq!(shown(dir.path()).last().unwrap().1, "2\n");
    }
}

/// Also between the check of a file and the write.
#[test]
fn a_truncation_at_the_moment_of_a_write_leaves_no_gap_and_no_line() {
    for (length, left) in [(0, ""), (2, "1\n"), (3, "1\n2")] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut file =
            JournalFile::create(FileEntry { id: 1, day: String::new(), path: path.clone(), committed: 0 }).unwrap();
        file.append(b"1\n2\n").unwrap();
        file.settle();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let error = file.append(b"3\n").unwrap_err();
        assert!(error.to_string().contains("from outside"), "{error}");
        file.cut().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), left);
        assert!(file.change().unwrap().is_some());
    }
}

#[test]
fn a_new_file_is_not_made_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    let elsewhere = dir.path().join("elsewhere");
    symlink(&elsewhere, dir.path().join(FIRST)).unwrap();
    store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap();
    assert!(!elsewhere.exists());
    assert_eq!(fs::read_to_string(dir.path().join("records-20260202-0002.jsonl")).unwrap(), "1\n");
}

#[test]
fn the_lock_is_no_link_and_no_directory() {
    for target in ["elsewhere", "nowhere"] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("elsewhere"), "precious").unwrap();
        symlink(dir.path().join(target), dir.path().join("lock")).unwrap();
        let error = Store::open(&config(dir.path())).unwrap_err();
        assert!(
            matches!(&error, LedgerError::Fatal(Cause::Link { .. } | Cause::NotAFile(_) | Cause::Io { .. })),
            "{error}"
        );
        assert_eq!(fs::read_to_string(dir.path().join("elsewhere")).unwrap(), "precious");
        assert!(!dir.path().join("nowhere").exists());
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("lock")).unwrap();
    let error = Store::open(&config(dir.path())).unwrap_err();
    assert!(
        matches!(&error, LedgerError::Fatal(Cause::Link { .. } | Cause::NotAFile(_) | Cause::Io { .. })),
        "{error}"
    );
}

#[test]
fn a_database_that_is_gone_takes_no_commit() {
    let changes: [Outside; 3] = [
        |db| fs::remove_file(db).unwrap(),
        |db| rename(db, "elsewhere.db"),
        |db| {
            rename(db, "elsewhere.db");
            fs::copy(db.with_file_name("elsewhere.db"), db).unwrap();
        },
    ];
    for change in changes {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&config(dir.path())).unwrap();
        store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap();
        change(&dir.path().join("state.db"));
        let error = store.commit(&batch(&["2"], &[]), at(MONDAY)).unwrap_err();
        assert!(matches!(&error, LedgerError::Fatal(Cause::DatabaseMoved(_))), "{error}");
        check(dir.path(), &[(FIRST, "1\n")]);
    }
}

#[test]
fn a_lock_that_is_gone_is_taken_again_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&config(dir.path())).unwrap();
    store.commit(&batch(&["1"], &[]), at(MONDAY)).unwrap();
    fs::remove_file(dir.path().join("lock")).unwrap();
    let other = Store::open(&config(dir.path())).unwrap();
    let error = store.commit(&batch(&["2"], &[]), at(MONDAY)).unwrap_err();
    assert!(matches!(&error, LedgerError::Reopen(Cause::LockMoved)), "{error}");
    store.close().unwrap();
    let error = Store::open(&config(dir.path())).unwrap_err();
    assert!(matches!(&error, LedgerError::Fatal(Cause::InUse(_))), "{error}");
    drop(other);
    Store::open(&config(dir.path())).unwrap().commit(&batch(&["2"], &[]), at(MONDAY)).unwrap();
    check(dir.path(), &[(FIRST, "1\n2\n")]);
}
