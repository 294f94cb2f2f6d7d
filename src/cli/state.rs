//! `copydesk state export` and `import`: the state of a ledger as JSON Lines, to move it to another ledger, another
//! cluster, or a topic with another number of partitions. Records are not moved. And `copydesk state rename`, for a
//! feed with a new URL.

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
use url::Url;

use super::{USAGE, load, runtime};
use crate::{
    config::{self, Config},
    ledger::{Batch, Event, KafkaLedger, Ledger, LocalLedger, State, kafka, local},
    link,
    state::{SiteState, feed_of},
};

mod rename;

/// Values per commit of an import.
const A_COMMIT: usize = 500;
/// Bytes per commit: a slow cluster has to accept one within the deadline of a commit.
const COMMIT_BYTES: usize = 8 << 20;
/// Sizes are rounded up to a multiple of this when a larger one is recommended.
const KIB: usize = 1 << 10;
/// How long an import or a rename waits to own the whole ledger: longer than the session of a crashed instance and its
/// last transaction.
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

/// Commits every value of a file to the configured ledger, which must be empty unless `force` is given.
pub(super) fn import(config: &Path, file: &Path, force: bool) -> anyhow::Result<ExitCode> {
    let Some(config) = load(config) else { return Ok(ExitCode::from(USAGE)) };
    let states = if file == Path::new("-") {
        read(io::stdin().lock()).context("standard input")?
    } else {
        let reader = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        read(BufReader::new(reader)).with_context(|| file.display().to_string())?
    };
    runtime()?.block_on(change(&config, &Change::Import { states: &states, force }))?;
    anstream::eprintln!("{} imported", count(&states));
    Ok(ExitCode::SUCCESS)
}

/// Moves the state of a feed to its new URL.
pub(super) fn rename(config: &Path, old: &Url, new: &Url) -> anyhow::Result<ExitCode> {
    let Some(config) = load(config) else { return Ok(ExitCode::from(USAGE)) };
    runtime()?.block_on(change(&config, &Change::Rename { old, new }))?;
    anstream::eprintln!("the state of {} is now that of {}", link::shown(old), link::shown(new));
    if config.feeds.iter().all(|feed| feed.url != *new) {
        anstream::eprintln!("the configuration does not have the new URL yet; change it before the next start");
    }
    Ok(ExitCode::SUCCESS)
}

fn write(states: &[State], out: &mut impl Write) -> anyhow::Result<()> {
    let mut out = BufWriter::new(out);
    for state in states {
        let value = shown(&state.value).with_context(|| format!("the value of `{}` is not JSON", state.key))?;
        serde_json::to_writer(&mut out, &Line { key: state.key.clone(), value })?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// A value as JSON. Memory is packed bytes, shown as a base64 string.
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

/// Reads all lines before any is written, and accepts only what a daemon can restore.
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
        let unreadable = || format!("line {number}: copydesk cannot read the value of `{key}`");
        let value = bytes(&value).with_context(unreadable)?;
        SiteState::new(State::site(&key)).restore(&key, &value).with_context(unreadable)?;
        if let Some(first) = known.insert(key.clone(), number) {
            bail!("line {number}: `{key}` is also in line {first}");
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

/// A change to a ledger that no other process owns.
#[derive(Debug)]
enum Change<'a> {
    Import { states: &'a [State], force: bool },
    Rename { old: &'a Url, new: &'a Url },
}

impl Change<'_> {
    /// How to repeat it after an interruption.
    fn again(&self) -> &'static str {
        match self {
            Self::Import { .. } => " with --force",
            Self::Rename { .. } => "",
        }
    }

    /// The values to commit, from what the ledger has, and those that must be committed together at the end.
    fn values(&self, held: &[State], largest: Option<usize>) -> anyhow::Result<(Vec<State>, Vec<State>)> {
        match self {
            Self::Import { states, force } => {
                let states = rewritten(states, largest)?;
                ensure_fit(&states, largest)?;
                ensure!(
                    *force || held.is_empty(),
                    "the ledger is not empty ({} values); --force replaces those that are also in the file, and keeps \
                     the others",
                    held.len()
                );
                Ok((states, Vec::new()))
            }
            Self::Rename { old, new } => rename::values(held, largest, old, new),
        }
    }
}

async fn change(config: &Config, change: &Change<'_>) -> anyhow::Result<()> {
    match &config.ledger {
        config::Ledger::Local(local) => put(LocalLedger::open(local).await?, change).await,
        config::Ledger::Kafka(kafka) => {
            // a running instance with the same name would be removed from the group
            let kafka = config::KafkaLedger { instance: None, ..*kafka.clone() };
            put(KafkaLedger::open(&kafka).await?, change).await
        }
    }
}

async fn put<L: Ledger>(
    (mut ledger, mut events): (L, mpsc::Receiver<Event>),
    change: &Change<'_>,
) -> anyhow::Result<()> {
    let result = put_open(&mut ledger, &mut events, change).await;
    let closed = ledger.close().await;
    result?;
    Ok(closed?)
}

async fn put_open<L: Ledger>(
    ledger: &mut L,
    events: &mut mpsc::Receiver<Event>,
    change: &Change<'_>,
) -> anyhow::Result<()> {
    let held = hold_all(ledger, events).await?;
    let (states, last) = change.values(&held, ledger.largest_state())?;
    let (mut done, all) = (0, states.len() + last.len());
    for values in commits(&states).into_iter().chain((!last.is_empty()).then_some(&*last)) {
        let batch = Batch { states: values.to_vec(), ..Batch::default() };
        ledger.commit(&batch).await.with_context(|| {
            format!(
                "stopped after {done} of {all} values; repeat the command{} before you start copydesk",
                change.again()
            )
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
    // more than the value, because a message has more parts
    let needed = size(most).div_ceil(KIB) + 1;
    bail!(
        "nothing was imported: {count} of {} values are larger than the {largest} bytes that this ledger accepts per key \
         and value. The largest is `{}` with {} bytes. Set `max_message` of the ledger to `{needed} KiB` or more, raise \
         `max.message.bytes` of its topics that exist already to as much, and import again",
        states.len(),
        most.key,
        size(most)
    )
}

/// The values in order, cut into commits by count and by bytes. A value larger than the limit has a commit to itself.
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

/// Waits until every partition is owned and no other instance can write; returns all values.
async fn hold_all<L: Ledger>(ledger: &L, events: &mut mpsc::Receiver<Event>) -> anyhow::Result<Vec<State>> {
    let deadline = Instant::now() + HOLD_WITHIN;
    let mut held = HashMap::new();
    while held.len() < usize::try_from(ledger.partitions())? {
        match timeout_at(deadline, events.recv()).await {
            Ok(Some(Event::Gained { partition, states, .. })) => _ = held.insert(partition, states),
            Ok(Some(Event::Lost { partition, dropped })) => {
                held.remove(&partition);
                // nothing of it is kept
                let _ = dropped.send(());
            }
            Ok(Some(Event::Failed(error))) => return Err(error.into()),
            Ok(None) => bail!("the ledger closed"),
            Err(_) => bail!("other instances own a part of the ledger; stop all of them first"),
        }
    }
    Ok(held.into_values().flatten().collect())
}

fn count(states: &[State]) -> String {
    let feeds = states.iter().filter(|state| feed_of(&state.key).is_some()).count();
    let sites: HashSet<&str> = states.iter().map(|state| State::site(&state.key)).collect();
    format!("state of {feeds} feeds and {} sites", sites.len())
}

#[cfg(test)]
mod tests;
