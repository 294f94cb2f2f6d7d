//! `copydesk state export` and `import`: the state of a ledger as JSON Lines, to move it to another ledger, another
//! cluster, or a topic with another number of partitions. Records stay where they are.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{USAGE, load, runtime};
use crate::{
    config::{self, Config},
    ledger::{Batch, Event, KafkaLedger, Ledger, LocalLedger, State, kafka, local},
    state::{SiteState, feed_of},
};

/// Values in a commit of an import.
const A_COMMIT: usize = 500;
/// Bytes of them: a slow cluster has to take one within the time that a commit has.
const COMMIT_BYTES: usize = 8 << 20;
/// What a size is rounded up to where a larger one is advised.
const KIB: usize = 1 << 10;
/// How long an import waits to hold the whole ledger: more than a session of a crashed instance and its last
/// transaction.
const HOLD_WITHIN: Duration = Duration::from_secs(60);

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    value: Box<RawValue>,
}

/// Writes every committed value of the configured ledger.
pub(super) fn export(config: &Path, file: &Path, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Some(config) = load(config) else { return Ok(ExitCode::from(USAGE)) };
    let mut states = runtime()?.block_on(async {
        match &config.ledger {
            config::Ledger::Local(ledger) => local::states(&ledger.directory).await,
            config::Ledger::Kafka(ledger) => kafka::settled_states(ledger, HOLD_WITHIN).await,
        }
    })?;
    // the same state gives the same file
    states.sort_by(|a, b| a.key.cmp(&b.key));
    if file == Path::new("-") {
        write(&states, out)?;
    } else {
        let mut out = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
        write(&states, &mut out)
            .and_then(|()| Ok(out.sync_all()?))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    anstream::eprintln!("{} exported", count(&states));
    Ok(ExitCode::SUCCESS)
}

/// Commits every value of a file to the configured ledger, which has to be empty unless `force` is given.
pub(super) fn import(config: &Path, file: &Path, force: bool) -> anyhow::Result<ExitCode> {
    let Some(config) = load(config) else { return Ok(ExitCode::from(USAGE)) };
    let states = if file == Path::new("-") {
        read(io::stdin().lock()).context("standard input")?
    } else {
        let reader = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        read(BufReader::new(reader)).with_context(|| file.display().to_string())?
    };
    runtime()?.block_on(commit(&config, &states, force))?;
    anstream::eprintln!("{} imported", count(&states));
    Ok(ExitCode::SUCCESS)
}

fn write(states: &[State], out: &mut impl Write) -> anyhow::Result<()> {
    let mut out = BufWriter::new(out);
    for state in states {
        let value = shown(&state.value).with_context(|| format!("the value of `{}` is no JSON", state.key))?;
        serde_json::to_writer(&mut out, &Line { key: state.key.clone(), value })?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// A value as JSON. What is remembered is packed bytes, which are shown as a string in base64.
fn shown(value: &[u8]) -> serde_json::Result<Box<RawValue>> {
    match value.first() {
        Some(b'{') => serde_json::from_slice(value),
        _ => serde_json::value::to_raw_value(&STANDARD.encode(value)),
    }
}

fn bytes(value: &RawValue) -> anyhow::Result<Vec<u8>> {
    match value.get().starts_with('"') {
        true => Ok(STANDARD.decode(serde_json::from_str::<String>(value.get())?)?),
        false => Ok(value.get().as_bytes().to_vec()),
    }
}

/// Reads all lines before any is written, and nothing that a daemon could not restore.
fn read(lines: impl BufRead) -> anyhow::Result<Vec<State>> {
    let mut states = Vec::new();
    let mut known = HashMap::new();
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let Line { key, value } =
            serde_json::from_str(&line).with_context(|| format!("line {number} is not a line of an export"))?;
        let unreadable = || format!("line {number}: the value of `{key}` is not one that copydesk can read");
        let value = bytes(&value).with_context(unreadable)?;
        SiteState::new(State::site(&key)).restore(&key, &value).with_context(unreadable)?;
        if let Some(first) = known.insert(key.clone(), number) {
            bail!("line {number}: `{key}` stands in line {first}, too");
        }
        states.push(State { key, value });
    }
    Ok(states)
}

/// The same state as this version writes it, in values that are small enough for any ledger.
fn rewritten(states: &[State], largest: Option<usize>) -> anyhow::Result<Vec<State>> {
    let mut sites: BTreeMap<&str, SiteState> = BTreeMap::new();
    for state in states {
        let name = State::site(&state.key);
        let site = sites.entry(name).or_insert_with(|| SiteState::new(name).within(largest));
        site.restore(&state.key, &state.value)?;
    }
    Ok(sites.into_values().flat_map(|mut site| site.everything()).collect())
}

async fn commit(config: &Config, states: &[State], force: bool) -> anyhow::Result<()> {
    match &config.ledger {
        config::Ledger::Local(local) => put(LocalLedger::open(local).await?, states, force).await,
        config::Ledger::Kafka(kafka) => {
            // under its name, a running instance would be thrown out of the group
            let kafka = config::KafkaLedger { instance: None, ..*kafka.clone() };
            put(KafkaLedger::open(&kafka).await?, states, force).await
        }
    }
}

async fn put<L: Ledger>(
    (mut ledger, events): (L, mpsc::Receiver<Event>),
    states: &[State],
    force: bool,
) -> anyhow::Result<()> {
    let result = put_open(&mut ledger, events, states, force).await;
    let closed = ledger.close().await;
    result?;
    Ok(closed?)
}

async fn put_open<L: Ledger>(
    ledger: &mut L,
    mut events: mpsc::Receiver<Event>,
    states: &[State],
    force: bool,
) -> anyhow::Result<()> {
    let states = &rewritten(states, ledger.largest_state())?;
    ensure_fit(states, ledger.largest_state())?;
    let held = hold_all(ledger, &mut events).await?;
    ensure!(
        force || held == 0,
        "the ledger is not empty ({held} values): --force replaces those that are in the file, too, and keeps the others"
    );
    let mut done = 0;
    for values in commits(states) {
        let batch = Batch { states: values.to_vec(), ..Batch::default() };
        ledger.commit(&batch).await.with_context(|| {
            format!("stopped after {done} of {} values; do not start copydesk before an import --force", states.len())
        })?;
        done += values.len();
    }
    Ok(())
}

/// Bytes of a value as a ledger counts them.
fn size(state: &State) -> usize {
    state.key.len() + state.value.len()
}

/// Refuses what the ledger cannot store before anything is written.
fn ensure_fit(states: &[State], largest: Option<usize>) -> anyhow::Result<()> {
    let Some(largest) = largest else { return Ok(()) };
    let too_large = states.iter().filter(|state| size(state) > largest);
    let (count, Some(most)) = (too_large.clone().count(), too_large.max_by_key(|state| size(state))) else {
        return Ok(());
    };
    // more than the value, for what a message has beside it
    let needed = size(most).div_ceil(KIB) + 1;
    bail!(
        "nothing was imported: {count} of {} values are larger than the {largest} bytes that this ledger takes with a key. \
         The largest is that of `{}` with {} bytes. Set `max_message` of the ledger to `{needed} KiB` or more, raise \
         `max.message.bytes` of its topics that exist already to as much, and import again",
        states.len(),
        most.key,
        size(most)
    )
}

/// The values in order, cut into commits by count and by bytes. One that is larger than a commit has one to itself.
fn commits(states: &[State]) -> Vec<&[State]> {
    let mut commits = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, state) in states.iter().enumerate() {
        if at > from && (at - from == A_COMMIT || bytes + size(state) > COMMIT_BYTES) {
            commits.push(&states[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += size(state);
    }
    commits.extend((from < states.len()).then(|| &states[from..]));
    commits
}

/// Waits until every partition is held, and no other instance can write; tells how many values there are.
async fn hold_all<L: Ledger>(ledger: &L, events: &mut mpsc::Receiver<Event>) -> anyhow::Result<usize> {
    let deadline = Instant::now() + HOLD_WITHIN;
    let mut held = HashMap::new();
    while held.len() < usize::try_from(ledger.partitions())? {
        match timeout_at(deadline, events.recv()).await {
            Ok(Some(Event::Gained { partition, states, .. })) => _ = held.insert(partition, states.len()),
            Ok(Some(Event::Lost { partition, dropped })) => {
                held.remove(&partition);
                // nothing is held of it
                let _ = dropped.send(());
            }
            Ok(Some(Event::Failed(error))) => return Err(error.into()),
            Ok(None) => bail!("the ledger closed"),
            Err(_) => bail!("other instances hold a part of the ledger: stop all of them first"),
        }
    }
    Ok(held.values().sum())
}

fn count(states: &[State]) -> String {
    let feeds = states.iter().filter(|state| feed_of(&state.key).is_some()).count();
    let sites: HashSet<&str> = states.iter().map(|state| State::site(&state.key)).collect();
    format!("state of {feeds} feeds and {} sites", sites.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_as_it_was() {
        let states = [
            State {
                key: "a.example https://a.example/feed".into(),
                value: br#"{"title":"A \"b\" \u00e9","seen":[]}"#.into(),
            },
            State { key: "a.example".into(), value: br#"{"pages":3}"#.into() },
        ];
        let mut file = Vec::new();
        write(&states, &mut file).unwrap();
        assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2);
        assert_eq!(read(file.as_slice()).unwrap(), states);
    }

    fn of_bytes(sizes: &[usize]) -> Vec<State> {
        let state = |(n, size): (usize, &usize)| State { key: format!("{n:04}"), value: vec![b' '; size - 4] };
        sizes.iter().enumerate().map(state).collect()
    }

    #[test]
    fn an_import_is_cut_into_commits_by_count_and_by_bytes() {
        const MIB: usize = 1 << 20;
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![100; 1201], vec![500, 500, 201]),
            (vec![MIB; 20], vec![8, 8, 4]),
            (vec![5 * MIB, 3 * MIB, 4], vec![2, 1]),
            (vec![4, 30 * MIB, 4, 4], vec![1, 1, 2]),
        ] {
            let states = of_bytes(&sizes);
            let commits = commits(&states);
            assert_eq!(commits.iter().map(|values| values.len()).collect::<Vec<_>>(), expected);
            assert_eq!(commits.concat(), states);
        }
    }

    #[test]
    fn what_the_ledger_cannot_take_is_named_with_what_to_do() {
        let states = of_bytes(&[1000, 1001, 5000, 20]);
        ensure_fit(&states, None).unwrap();
        ensure_fit(&states, Some(5000)).unwrap();
        let refused = ensure_fit(&states, Some(1000)).unwrap_err().to_string();
        for said in
            ["2 of 4 values", "the 1000 bytes", "`0002` with 5000 bytes", "`max_message` of the ledger to `6 KiB`"]
        {
            assert!(refused.contains(said), "{said}: {refused}");
        }
    }

    #[test]
    fn what_is_no_export_is_refused_by_its_line() {
        let line = r#"{"key":"a.example https://a.example/feed","value":{}}"#;
        for (text, expected) in [
            ("nothing", "line 1 is not a line of an export"),
            (r#"{"key":"a.example","value":{},"more":1}"#, "line 1 is not a line of an export"),
            (r#"{"key":"a.example"}"#, "line 1 is not a line of an export"),
            (r#"{"key":"a.example x","value":{"seen":["?"]}}"#, "line 1: the value of `a.example x`"),
            (r#"{"key":"a.example x","value":null}"#, "line 1: the value of `a.example x`"),
            (&format!("{line}\n\n{line}\n"), "line 3: `a.example https://a.example/feed` stands in line 1, too"),
        ] {
            let error = format!("{:#}", read(text.as_bytes()).unwrap_err());
            assert!(error.starts_with(expected), "{text}\n{error}");
        }
        assert!(read(b"".as_slice()).unwrap().is_empty());
    }
}
