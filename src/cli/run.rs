//! `copydesk run`: creates all parts of a daemon, and handles its signals.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, oneshot, watch},
};
use tokio_util::sync::CancellationToken;

use super::{USAGE, environment, load, logs, runtime};
use crate::{
    admin::{self, Health, Metrics, Question, View},
    config::{self, Config, Ledger},
    daemon::{self, Ended, Parts, clock},
    fetch::{Fetcher, user_agent},
    ledger::{KafkaLedger, LedgerError, LocalLedger},
};

mod watchdog;

/// How long to wait for threads once everything is committed and closed.
const THREADS_WITHIN: Duration = Duration::from_millis(250);

pub(super) fn run(path: &Path, once: bool) -> anyhow::Result<ExitCode> {
    let Some(config) = load(path) else { return Ok(ExitCode::from(USAGE)) };
    config.require_contact()?;
    logs::start(&config.log)?;
    let runtime = runtime()?;
    let ended = runtime.block_on(supervise(path, config, once));
    // nobody waits for the results of threads that still extract
    runtime.shutdown_timeout(THREADS_WITHIN);
    let ended = ended?;
    tracing::info!(pending = ended.pending, cut_off = ended.cut_off, "stopped");
    Ok(ExitCode::SUCCESS)
}

async fn supervise(path: &Path, config: Config, once: bool) -> anyhow::Result<Ended> {
    // first of all: a signal that comes before the handler is there ends the process
    let (mut signals, hangup) = (StopSignals::new()?, listen(SignalKind::hangup())?);
    let (version, feeds) = (env!("CARGO_PKG_VERSION"), config.feeds.len());
    tracing::info!(version, feeds, ledger = place(&config.ledger), "starting");
    let stop = CancellationToken::new();
    let fetcher = Fetcher::new(&config.fetch, &user_agent(config.contact.as_deref()), clock::system)?;
    let metrics = Arc::new(Metrics::default());
    let (health, health_seen) = watch::channel(Health::Starting);
    let (ask, questions) = mpsc::channel(16);
    let ledger = config.ledger.clone();
    let (admin, names) = (config.admin.filter(|_| !once), config.admin_names.clone());
    let (new_config, config) = watch::channel(Arc::new(config));
    watchdog::start(new_config.subscribe())?;
    if let Some(address) = admin {
        let listener =
            admin::bind(address).await.with_context(|| format!("the admin address {address} cannot be used"))?;
        let view = View { metrics: Arc::clone(&metrics), health: health_seen.clone(), questions: ask.clone() };
        let stop = stop.child_token();
        tokio::spawn(async move { admin::serve(listener, &names, view, stop).await });
    }
    tokio::spawn(tell_systemd(health_seen, ask, stop.child_token()));
    tokio::spawn(reload_on(hangup, path.to_owned(), new_config));
    let parts = Parts { config, fetcher, metrics, health, questions, watcher: None, stop: stop.clone(), once };
    let mut daemon = std::pin::pin!(start(ledger, parts));
    loop {
        tokio::select! {
            ended = &mut daemon => return Ok(ended?),
            () = signals.next() => {
                if stop.is_cancelled() {
                    anyhow::bail!("stopped by a second signal; interrupted work is pending");
                }
                stop.cancel();
            }
        }
    }
}

/// The kind and place of a ledger, in a word or two.
fn place(ledger: &Ledger) -> String {
    match ledger {
        Ledger::Local(local) => local.directory.display().to_string(),
        Ledger::Kafka(kafka) => format!("kafka {}", kafka.brokers.join(",")),
    }
}

async fn start(ledger: Ledger, parts: Parts) -> Result<Ended, LedgerError> {
    match ledger {
        Ledger::Local(local) => daemon::run(parts, async || LocalLedger::open(&local).await).await,
        Ledger::Kafka(kafka) => {
            let run = Arc::default();
            daemon::run(parts, async || KafkaLedger::open_in(&kafka, &run).await).await
        }
    }
}

/// Reads the configuration again at each such signal, as long as somebody uses it.
async fn reload_on(mut hangup: Signal, path: PathBuf, config: watch::Sender<Arc<Config>>) {
    while hangup.recv().await.is_some() {
        let path = path.clone();
        // there may be many files, or a disk that hangs
        match tokio::task::spawn_blocking(move || config::load(&path, &environment)).await {
            Ok(Ok(new)) => take_over(new, &config),
            Ok(Err(faults)) => {
                for fault in faults.iter() {
                    tracing::error!(%fault, "the configuration has a fault and is not applied");
                }
            }
            Err(error) => tracing::error!(%error, "the configuration cannot be read"),
        }
    }
}

fn take_over(new: Config, config: &watch::Sender<Arc<Config>>) {
    let old = config.borrow().clone();
    let fixed = [
        ("contact", old.contact != new.contact),
        ("ledger", old.ledger != new.ledger),
        ("fetch", old.fetch != new.fetch),
        ("admin", old.admin != new.admin),
        ("admin_names", old.admin_names != new.admin_names),
        ("log", old.log != new.log),
    ];
    for (section, _) in fixed.iter().filter(|(_, changed)| *changed) {
        tracing::warn!(section, "this section has changed; the change takes effect at the next start");
    }
    config.send_replace(Arc::new(new));
}

/// The signals that request a stop.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn listen(kind: SignalKind) -> anyhow::Result<Signal> {
    signal(kind).context("cannot listen for signals")
}

/// Reports readiness and stop to systemd (`Type=notify`), and resets its watchdog as long as the coordinator answers.
async fn tell_systemd(mut health: watch::Receiver<Health>, ask: mpsc::Sender<Question>, stop: CancellationToken) {
    let watchdog = sd_notify::watchdog_enabled().map(|within| within / 3);
    let mut beat = tokio::time::interval(watchdog.unwrap_or(Duration::from_secs(3600)));
    let mut ready = false;
    loop {
        tokio::select! {
            changed = health.changed() => if changed.is_err() { return },
            _ = beat.tick() => if watchdog.is_some() && answers(&ask).await { notify(sd_notify::NotifyState::Watchdog) },
            () = stop.cancelled() => return notify(sd_notify::NotifyState::Stopping),
        }
        let (state, text) = match &*health.borrow_and_update() {
            Health::Ready => (true, "committing".to_owned()),
            Health::Starting => (false, "waiting for the ledger".to_owned()),
            Health::Stalled(why) => (false, format!("stalled: {why}")),
            Health::Stopping => (false, "stopping".to_owned()),
        };
        notify(sd_notify::NotifyState::Status(&text));
        if state && !std::mem::replace(&mut ready, true) {
            notify(sd_notify::NotifyState::Ready);
        }
    }
}

async fn answers(ask: &mpsc::Sender<Question>) -> bool {
    let (reply, answer) = oneshot::channel();
    let answered = async { ask.send(Question::Alive(reply)).await.is_ok() && answer.await.is_ok() };
    tokio::time::timeout(Duration::from_secs(5), answered).await.unwrap_or(false)
}

fn notify(state: sd_notify::NotifyState<'_>) {
    // not started by systemd
    let _ = sd_notify::notify(&[state]);
}
