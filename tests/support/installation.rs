//! The real binary over a newspaper on loopback, and the comparison of what was printed with what was recorded.

#![allow(dead_code, reason = "each test binary uses its part of it")]
#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use copydesk::{
    demo::{FEEDS, NewsSite},
    record::{Record, Reject},
};

/// A configuration file in its own directory.
pub(crate) struct Installation {
    directory: PathBuf,
    /// How far the clocks of its processes are ahead.
    ahead: Duration,
}

impl Installation {
    /// Writes a configuration: all feeds of the site, and `sections` (YAML) in addition to what every test needs.
    pub(crate) fn new(directory: &Path, site: &NewsSite, sections: &str) -> Self {
        let urls: Vec<String> = FEEDS.iter().map(|(path, ..)| site.url(path).to_string()).collect();
        Self::with_feeds(directory, &urls, sections)
    }

    /// The same with other feeds.
    pub(crate) fn with_feeds(directory: &Path, urls: &[String], sections: &str) -> Self {
        let feeds: String = urls.iter().map(|url| format!("  - {url}\n")).collect();
        let yaml = format!("contact: tests@example.com\nfeeds:\n{feeds}{sections}");
        std::fs::write(directory.join("copydesk.yaml"), yaml).unwrap();
        Self { directory: directory.to_owned(), ahead: Duration::ZERO }
    }

    /// The same so much later: what is started from here has a clock that is ahead, and nobody has to wait.
    pub(crate) fn later(&self, by: Duration) -> Self {
        Self { directory: self.directory.clone(), ahead: self.ahead + by }
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.directory.join("copydesk.yaml")
    }

    /// Where a local ledger of this configuration is.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.directory.join("ledger")
    }

    /// A command of the binary on this configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
        command.args(arguments).arg("-c").arg(self.config()).env_remove("COPYDESK_FAULT");
        if !self.ahead.is_zero() {
            command.env("COPYDESK_FAULT_CLOCK", format!("{}:0", self.ahead.as_secs()));
        }
        command
    }

    /// Starts the daemon; what it logs goes to `daemon.log`.
    pub(crate) fn start(&self, fault: Option<&str>) -> Child {
        let log = std::fs::File::options().create(true).append(true).open(self.directory.join("daemon.log")).unwrap();
        let mut command = self.command(&["run"]);
        if let Some(fault) = fault {
            command.env("COPYDESK_FAULT", fault);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// What the daemons logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("daemon.log")).unwrap_or_default()
    }

    /// Runs a command to its end.
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Every committed record, in order, as `copydesk tail` shows them.
    pub(crate) fn records(&self) -> Vec<Record> {
        let output = self.output(&["tail", "--from-start", "--no-follow", "--json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Every reject of a local ledger that was stopped cleanly.
    pub(crate) fn rejects(&self) -> Vec<Reject> {
        let files = std::fs::read_dir(self.ledger()).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("rejects-")).collect();
        files.sort();
        let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
        texts
            .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Reject>>())
            .collect()
    }
}

/// What every test on loopback needs: short intervals, no gaps, the loopback network allowed, no admin port.
pub(crate) const ON_LOOPBACK: &str = "
fetch:
  host_gap: 0ms
  per_host: 8
  allow_networks: [127.0.0.0/8]
schedule:
  min_interval: 100ms
  interval: 200ms
  max_interval: 300ms
  page_attempts: 1
  page_patience: 0s
  rechecks: [1s, 2s, 3s, 5s, 8s, 13s, 20s, 30s, 45s, 60s, 80s, 100s, 130s, 160s, 200s, 240s]
admin: off
commit:
  every: 20ms
";

/// The section for a local ledger next to the configuration.
pub(crate) const LOCAL: &str = "ledger: {local: {directory: ledger}}\n";

/// What is wrong; empty if nothing is.
///
/// Every revision of every article once, revisions without gaps, every story that was printed under one id, and its
/// last text the one that the paper has now.
pub(crate) fn faults(records: &[Record], site: &NewsSite) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    let mut by_slug: HashMap<String, BTreeSet<&str>> = HashMap::new();
    let mut newest: BTreeMap<&str, &Record> = BTreeMap::new();
    for record in records {
        if !seen.insert((record.id.as_str(), record.revision)) {
            faults.push(format!("twice: {} revision {}", record.id, record.revision));
        }
        let slug = record.url.as_deref().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
        by_slug.entry(slug.split('?').next().unwrap_or_default().to_owned()).or_default().insert(&record.id);
        let last = newest.insert(&record.id, record);
        let expected = last.map_or(1, |last| last.revision + 1);
        if record.revision != expected {
            faults.push(format!("{} revision {} where {expected} comes next", record.id, record.revision));
        }
        if last.is_some_and(|last| last.text == record.text && last.title == record.title) {
            faults.push(format!("{} revision {} has nothing new", record.id, record.revision));
        }
    }
    let paper = site.paper();
    for story in paper.stories.iter().filter(|story| !paper.missing.contains(&story.slug)) {
        match by_slug.get(&story.slug).map(|ids| ids.iter().copied().collect::<Vec<_>>()).as_deref() {
            None => faults.push(format!("missing: {}", story.slug)),
            Some([id]) if newest[id].text == story.text() => {}
            Some([id]) => {
                faults.push(format!("{}: revision {} is not what the paper has now", story.slug, newest[id].revision));
            }
            Some(ids) => faults.push(format!("{} has {} ids", story.slug, ids.len())),
        }
    }
    faults
}

/// Kills, and waits until it is gone.
pub(crate) fn kill(mut child: Child) {
    // it may have ended by a fault of its own
    let _ = child.kill();
    child.wait().unwrap();
}

/// Asks it to stop, and waits until it has.
pub(crate) fn stop(mut child: Child) {
    let told = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(told.success() && child.wait().unwrap().success(), "it did not stop as it should");
}

/// A test's own clock.
#[expect(clippy::disallowed_methods, reason = "tests read the clock themselves")]
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

/// A number that a test takes from the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    variable(name).map_or(default, |text| text.parse().expect("a number"))
}

/// A text that a test takes from the environment.
#[expect(clippy::disallowed_methods, reason = "tests read the clock themselves")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
