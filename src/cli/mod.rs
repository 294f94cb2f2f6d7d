//! The command line: flags → a command → an exit code.
//!
//! Only connects: the modules it calls do the work.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::{
    article::Rules,
    config::{self, Config},
};

mod ask;
pub mod check;
pub mod clean;
mod demo;
mod dry_run;
mod feeds;
mod health;
mod logs;
mod manifest;
pub mod parse;
mod run;
mod state;
mod status;
mod tail;

/// Reads news feeds, strips everything that is not the story, and publishes one clean record per article, exactly once.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: poll the feeds, follow their entries, publish records
    ///
    /// SIGTERM and SIGINT stop it within `stop_within`; SIGHUP reads the configuration again.
    Run {
        #[command(flatten)]
        config: ConfigFile,
        /// Poll what is due, finish every entry that can be finished now, and exit
        #[arg(long)]
        once: bool,
    },
    /// Validate a configuration; every fault is shown with its file, line and column
    Check {
        #[command(flatten)]
        config: ConfigFile,
        /// Also request every feed once, and show what it is, what was repaired in it, and where it has moved
        #[arg(long)]
        fetch: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Find the feeds of a site
    #[command(subcommand)]
    Feeds(FeedsCommand),
    /// Read feed documents and print what copydesk reads in them, as JSON
    Parse {
        #[command(flatten)]
        input: Input,
    },
    /// Extract the story from pages and print it, as JSON
    Clean {
        #[command(flatten)]
        input: Input,
        /// What the file contains
        #[arg(long, value_enum, default_value_t = clean::Format::Html)]
        format: clean::Format,
        /// With --manifest: do not learn from the other pages of a site what it repeats
        #[arg(long, requires = "manifest")]
        alone: bool,
        /// With --manifest: print every block of the pages instead, with the decision about it and the signs it was
        /// weighed by
        #[arg(long, requires = "manifest")]
        blocks: bool,
        /// A configuration whose `sites` are applied
        #[arg(short, long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Try one page: show the decision about each of its blocks and its reason, and what would be published
    ///
    /// The page is requested as the daemon does it, with the configuration's limits and politeness; nothing is stored.
    Try(dry_run::Arguments),
    /// Print the JSON Schema of records or rejects
    Schema {
        /// Which contract
        #[arg(value_enum, default_value_t = Contract::Record)]
        of: Contract,
    },
    /// Print records as they are committed
    Tail {
        #[command(flatten)]
        config: ConfigFile,
        /// Start with the first record that is kept, not with the next one
        #[arg(long)]
        from_start: bool,
        /// Print complete records, one JSON document per line
        #[arg(long)]
        json: bool,
        /// Stop at the end instead of waiting for more
        #[arg(long)]
        no_follow: bool,
    },
    /// Show feeds, due times, failures and pending entries
    ///
    /// Asks the running daemon; if none answers, reads the ledger.
    Status {
        #[command(flatten)]
        config: ConfigFile,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Only feeds that have a problem
        #[arg(long)]
        problems: bool,
    },
    /// Check the running daemon, for health checks of containers: exits with 0 if it answers, 1 if not
    ///
    /// Asks at the `admin` address of the configuration, as `/healthz` does.
    Health {
        #[command(flatten)]
        config: ConfigFile,
        /// Check that work is committed, as `/readyz` does
        #[arg(long)]
        ready: bool,
    },
    /// Move the state of a ledger to another ledger, another cluster or another number of partitions; or the state of a
    /// feed to its new URL
    #[command(subcommand)]
    State(StateCommand),
    /// See it work: a demo news site on loopback, a real daemon, a real ledger; nothing leaves this machine
    Demo {
        /// Where to put the ledger [default: a new temporary directory]
        #[arg(long, value_name = "DIR")]
        ledger: Option<PathBuf>,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one per command into a directory
    Man {
        /// Where to write them
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum FeedsCommand {
    /// List the feeds that a page announces; exits with 1 if there are none
    Discover(feeds::Discover),
}

#[derive(Debug, Subcommand)]
enum StateCommand {
    /// Write the state of the configured ledger, one JSON value per line. Records are not part of it
    ///
    /// Stop every instance first: an export does not contain what is published after it, and wherever it is imported,
    /// that would be published again.
    Export {
        /// A file, or `-` for standard output
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Commit the lines of an export to the configured ledger, which must be empty and not in use
    Import {
        /// A file, or `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Also into a ledger that is not empty: values of the file replace those of the same key, others stay
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Move the state of a feed to its new URL, so that nothing it had is published again
    ///
    /// Stop every instance first, and change the URL in the configuration as well.
    Rename {
        /// The URL that the feed had
        #[arg(value_name = "OLD-URL")]
        old: url::Url,
        /// The URL that it has now
        #[arg(value_name = "NEW-URL")]
        new: url::Url,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Where the configuration is.
#[derive(Debug, Args)]
struct ConfigFile {
    /// The configuration
    #[arg(short, long, value_name = "FILE", env = "COPYDESK_CONFIG", default_value = "copydesk.yaml")]
    config: PathBuf,
}

/// What is read.
#[derive(Debug, Args)]
struct Input {
    /// A file, or `-` for standard input
    #[arg(value_name = "FILE", default_value = "-", conflicts_with = "manifest")]
    file: PathBuf,
    /// The URL it came from: relative links resolve against it
    #[arg(long)]
    url: Option<url::Url>,
    /// Its `Content-Type` header
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Many files: one JSON line per file with id, file (relative to the manifest), url and content_type; prints one
    /// line per file, in the same order
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "content_type"])]
    manifest: Option<PathBuf>,
}

impl Input {
    fn read(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.file == Path::new("-") {
            io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        } else {
            bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        }
        Ok(bytes)
    }

    /// The URL that was given, or the file's own URL.
    fn url(&self) -> anyhow::Result<url::Url> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let path = std::path::absolute(&self.file).context("cannot find the current directory")?;
        url::Url::from_file_path(&path).map_err(|()| anyhow::anyhow!("{} makes no URL", path.display()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Contract {
    /// What is published
    Record,
    /// Entries that ended without a record
    Reject,
}

/// Exit code of bad usage and bad configuration.
const USAGE: u8 = 2;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let outcome = execute(Cli::parse().command);
    match outcome {
        Ok(code) => code,
        // the reader of a pipe has stopped reading
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // if even standard error is closed, there is nothing left to do
            let _ = writeln!(io::stderr(), "copydesk: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout().lock();
    match command {
        Command::Run { config, once } => run::run(&config.config, once),
        Command::Check { config, fetch, json } => {
            check::run(&config.config, &environment, &mut out, check::Options { json, fetch })
        }
        Command::Feeds(FeedsCommand::Discover(options)) => feeds::discover(&options, &mut out),
        Command::Parse { input } => parse(&input, &mut out),
        Command::Clean { input, format, alone, blocks, config } => {
            let Some(rules) = rules(config.as_deref()) else { return Ok(ExitCode::from(USAGE)) };
            clean(&input, format, clean::Options { alone, blocks }, &rules, &mut out)
        }
        Command::Try(arguments) => dry_run::run(&arguments, &mut out),
        Command::Schema { of } => schema(of, &mut out),
        Command::Tail { config, from_start, json, no_follow } => {
            tail::run(&config.config, tail::Options { from_start, json, follow: !no_follow }, &mut out)
        }
        Command::Status { config, json, problems } => {
            status::run(&config.config, status::Options { json, problems }, &mut out)
        }
        Command::Health { config, ready } => health::run(&config.config, ready, &mut out),
        Command::State(StateCommand::Export { file, config }) => state::export(&config.config, &file, &mut out),
        Command::State(StateCommand::Import { file, force, config }) => state::import(&config.config, &file, force),
        Command::State(StateCommand::Rename { old, new, config }) => state::rename(&config.config, &old, &new),
        Command::Demo { ledger } => demo::run(ledger, &mut out),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "copydesk", &mut out);
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { directory } => man(directory, &mut out),
    }
}

fn schema(of: Contract, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let schema = match of {
        Contract::Record => crate::record::record_schema(),
        Contract::Reject => crate::record::reject_schema(),
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&schema)?)?;
    Ok(ExitCode::SUCCESS)
}

fn man(directory: Option<PathBuf>, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match directory {
        Some(directory) => {
            std::fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
            clap_mangen::generate_to(Cli::command(), &directory)
                .with_context(|| format!("cannot write to {}", directory.display()))?;
        }
        None => clap_mangen::Man::new(Cli::command()).render(out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(input: &Input, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match &input.manifest {
        Some(manifest) => parse::run(manifest, out)?,
        None => parse::one(&input.read()?, &input.url()?, input.content_type.as_deref(), out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn clean(
    input: &Input,
    format: clean::Format,
    options: clean::Options,
    rules: &Rules,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    match &input.manifest {
        Some(manifest) => clean::manifest(manifest, options, rules, out)?,
        None => clean::one(&input.read()?, &input.url()?, input.content_type.as_deref(), format, rules, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The rules of a configuration, none without one; `None` if it has faults, which are printed.
fn rules(config: Option<&Path>) -> Option<Arc<Rules>> {
    config.map_or_else(|| Some(Arc::default()), |path| Some(load(path)?.sites))
}

/// The environment, for functions that take it as an argument.
#[expect(clippy::disallowed_methods, reason = "it is handed in from here")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The configuration; `None` if it has faults, which are printed.
fn load(path: &Path) -> Option<Config> {
    config::load(path, &environment).map_err(|faults| anstream::eprintln!("{faults}")).ok()
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the async runtime")
}

/// A count with its noun.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
