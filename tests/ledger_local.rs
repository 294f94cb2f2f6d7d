//! The local ledger through its public face, and across processes that are killed.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]
#![expect(clippy::print_stdout, reason = "so a child tells its parent why it ended")]

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use copydesk::{
    config,
    ledger::{
        Batch, Event, Ledger, LedgerError, LocalLedger, Message, Start, State,
        local::{RecordReader, states},
    },
};
use tokio::{sync::mpsc, time::timeout};

fn config(directory: &Path) -> config::LocalLedger {
    config::LocalLedger { directory: directory.to_owned(), rotate_bytes: 100, rotate_daily: false }
}

/// A story and the state that says it was handled.
fn story(number: u32) -> Batch {
    let record = Message {
        site: "example.com".to_owned(),
        key: number.to_string(),
        headers: vec![],
        payload: format!(r#"{{"story":{number}}}"#).into_bytes(),
    };
    let state = State { key: "example.com".to_owned(), value: number.to_string().into_bytes() };
    Batch { records: vec![record.clone()], rejects: vec![record], states: vec![state] }
}

async fn open(directory: &Path) -> (LocalLedger, mpsc::Receiver<Event>, u32) {
    let (ledger, mut events) = LocalLedger::open(&config(directory)).await.unwrap();
    let Some(Event::Gained { partition, states, awaited: 0 }) = events.recv().await else {
        panic!("no partition gained")
    };
    assert_eq!(partition, copydesk::ledger::partition("example.com", ledger.partitions()));
    (ledger, events, handled(&states))
}

fn handled(states: &[State]) -> u32 {
    states.first().map_or(0, |state| str::from_utf8(&state.value).unwrap().parse().unwrap())
}

async fn read(directory: &Path) -> Vec<String> {
    let mut reader = RecordReader::open(directory, Start::Beginning, false).await.unwrap();
    let mut records = Vec::new();
    while let Some(record) = reader.next().await.unwrap() {
        records.push(String::from_utf8(record).unwrap());
    }
    records
}

fn stories(count: u32) -> Vec<String> {
    (1..=count).map(|n| format!(r#"{{"story":{n}}}"#)).collect()
}

#[tokio::test]
async fn what_was_committed_is_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, mut events, _) = open(dir.path()).await;
    for number in 1..=20 {
        ledger.commit(&story(number)).await.unwrap();
    }
    assert!(timeout(Duration::from_millis(50), events.recv()).await.is_err(), "a second event, or none to wait for");
    assert_eq!(handled(&states(dir.path()).await.unwrap()), 20, "state beside the process that writes it");
    ledger.close().await.unwrap();
    assert_eq!(open(dir.path()).await.2, 20);
    assert_eq!(read(dir.path()).await, stories(20));
}

#[tokio::test]
async fn a_reader_follows_across_files() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _events, _) = open(dir.path()).await;
    ledger.commit(&story(1)).await.unwrap();
    let mut reader = RecordReader::open(dir.path(), Start::End, true).await.unwrap();
    for number in 2..=30 {
        ledger.commit(&story(number)).await.unwrap();
        let record = timeout(Duration::from_secs(10), reader.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(record, story(number).records[0].payload);
    }
}

/// The names of records files, the oldest first.
fn names(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("records-"));
    files.sort();
    files
}

#[tokio::test]
async fn a_reader_goes_on_behind_what_was_changed_from_outside() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _events, _) = open(dir.path()).await;
    // nine of the short ones fill a file, and seven of the others
    for number in 1..=23 {
        ledger.commit(&story(number)).await.unwrap();
    }
    let files = names(dir.path());
    assert_eq!(files.len(), 3);
    // two whole lines, and the beginning of a third
    std::fs::File::options().write(true).open(&files[0]).unwrap().set_len(30).unwrap();
    std::fs::remove_file(&files[1]).unwrap();
    let mut expected = stories(23);
    expected.drain(2..17);
    assert_eq!(read(dir.path()).await, expected);

    // one that has read all, and one that has read nothing yet
    let mut at_the_end = RecordReader::open(dir.path(), Start::End, true).await.unwrap();
    let mut behind = RecordReader::open(dir.path(), Start::Beginning, true).await.unwrap();
    std::fs::File::options().write(true).open(&files[2]).unwrap().set_len(0).unwrap();
    ledger.commit(&story(24)).await.unwrap();
    let within = Duration::from_secs(10);
    let last = story(24).records[0].payload.clone();
    assert_eq!(timeout(within, at_the_end.next()).await.unwrap().unwrap().unwrap(), last);
    for expected in [&story(1), &story(2), &story(24)] {
        let record = timeout(within, behind.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(record, expected.records[0].payload);
    }
}

#[tokio::test]
async fn a_start_after_a_truncation_goes_on_in_a_new_file() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _events, _) = open(dir.path()).await;
    ledger.commit(&story(1)).await.unwrap();
    ledger.close().await.unwrap();
    std::fs::write(&names(dir.path())[0], "").unwrap();
    let (mut ledger, _events, handled) = open(dir.path()).await;
    assert_eq!(handled, 1, "the state says that the story was published");
    ledger.commit(&story(2)).await.unwrap();
    let texts: Vec<String> = names(dir.path()).iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
    assert_eq!(texts, ["", "{\"story\":2}\n"]);
    assert_eq!(read(dir.path()).await, [r#"{"story":2}"#]);
}

/// The runtime's blocking threads are shared with name resolution and with the reading of documents.
#[test]
fn a_ledger_needs_no_blocking_thread_of_the_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (free, until_free) = std::sync::mpsc::sync_channel::<()>(0);
    runtime.block_on(async {
        tokio::task::spawn_blocking(move || until_free.recv());
        let queued = tokio::task::spawn_blocking(|| ());
        let worked = timeout(Duration::from_secs(20), async {
            let (mut ledger, _events, _) = open(dir.path()).await;
            ledger.commit(&story(1)).await.unwrap();
            assert_eq!(read(dir.path()).await, stories(1));
            assert_eq!(handled(&states(dir.path()).await.unwrap()), 1);
            ledger.close().await.unwrap();
        })
        .await;
        assert!(!queued.is_finished(), "the pool was taken all the time");
        // else the runtime would wait for its thread
        drop(free);
        worked.unwrap();
    });
}

#[tokio::test]
async fn a_second_process_is_refused_with_the_pid_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _events, _) = open(dir.path()).await;
    let output = child(dir.path(), None);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(&format!("is in use by process {}", std::process::id())), "{text}");
    ledger.close().await.unwrap();
    let output = child(dir.path(), None);
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_kill_at_any_point_of_a_commit_loses_and_doubles_nothing() {
    if let Some(directory) = std::env::var_os("COPYDESK_TEST_DIRECTORY") {
        return as_a_child(Path::new(&directory)).await;
    }
    for (point, committed) in [("before-begin", 2), ("after-append", 2), ("before-commit", 2), ("after-commit", 3)] {
        let dir = tempfile::tempdir().unwrap();
        let output = child(dir.path(), Some(&format!("{point}:3")));
        assert_eq!(output.status.signal(), Some(9), "{point}: {output:?}");
        assert_eq!(read(dir.path()).await, stories(committed), "read after a kill at {point}");
        let (ledger, _events, handled) = open(dir.path()).await;
        assert_eq!(handled, committed, "state after a kill at {point}");
        ledger.close().await.unwrap();

        // the successor goes on from its state, and the files themselves tell the same
        assert!(child(dir.path(), None).status.success());
        assert_eq!(read(dir.path()).await, stories(5), "after a kill at {point}");
        for kind in ["records", "rejects"] {
            assert_eq!(lines(dir.path(), kind), stories(5), "{kind} after a kill at {point}");
        }
    }
}

fn lines(directory: &Path, kind: &str) -> Vec<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind));
    files.sort();
    files
        .iter()
        .flat_map(|f| std::fs::read_to_string(f).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Runs [`as_a_child`] in a process of its own.
fn child(directory: &Path, fault: Option<&str>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let anchor = "a_kill_at_any_point_of_a_commit_loses_and_doubles_nothing";
    command.args(["--exact", anchor, "--nocapture"]).env("COPYDESK_TEST_DIRECTORY", directory);
    if let Some(fault) = fault {
        command.env("COPYDESK_FAULT", fault);
    }
    command.output().unwrap()
}

/// Commits the stories up to the fifth that the ledger does not have yet.
async fn as_a_child(directory: &Path) {
    let (mut ledger, mut events) = match LocalLedger::open(&config(directory)).await {
        Ok(opened) => opened,
        Err(error @ LedgerError::Fatal(_)) => {
            println!("{}", error.whole());
            return;
        }
        Err(e) => panic!("{e}"),
    };
    let Some(Event::Gained { states, .. }) = events.recv().await else { panic!("no partition gained") };
    for number in handled(&states) + 1..=5 {
        ledger.commit(&story(number)).await.unwrap();
    }
}
