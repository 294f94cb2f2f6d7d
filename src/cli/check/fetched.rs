//! `copydesk check --fetch`: requests every feed once, as politely as the daemon.

use std::{io::Write, process::ExitCode};

use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::super::{
    ask::{FeedReport, Outcome, ask},
    counted, runtime,
};
use crate::{
    config::Config,
    daemon::clock,
    fetch::{Fetcher, user_agent},
};

/// Requests every feed and shows each as soon as it and those before it have responded.
pub(super) fn run(config: &Config, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut sum = Sum::default();
    writeln!(out)?;
    each(config, |told| {
        sum.add(&told);
        show(&told, out)
    })?;
    writeln!(out, "\n{}", sum.in_words())?;
    Ok(sum.exit_code())
}

/// The same as values.
pub(super) fn collect(config: &Config) -> anyhow::Result<(Vec<FeedReport>, ExitCode)> {
    let (mut all, mut sum) = (Vec::new(), Sum::default());
    each(config, |told| {
        sum.add(&told);
        all.push(told);
        Ok(())
    })?;
    Ok((all, sum.exit_code()))
}

fn each(config: &Config, mut done: impl FnMut(FeedReport) -> std::io::Result<()>) -> anyhow::Result<()> {
    let contact = config.require_contact()?;
    let fetcher = Fetcher::new(&config.fetch, &user_agent(Some(contact)), clock::system)?;
    runtime()?.block_on(async {
        let asked = stream::iter(&config.feeds).map(|feed| ask(&fetcher, feed));
        let mut told = asked.buffered(config.fetch.in_flight.max(1));
        while let Some(told) = told.next().await {
            done(told)?;
        }
        Ok(())
    })
}

/// The sum over all of them.
#[derive(Debug, Default, Serialize)]
struct Sum {
    read: usize,
    with_problems: usize,
    failed: usize,
}

impl Sum {
    fn add(&mut self, told: &FeedReport) {
        match &told.outcome {
            Outcome::Feed { problems, .. } => {
                self.read += 1;
                self.with_problems += usize::from(!problems.is_empty());
            }
            Outcome::Failure { .. } => self.failed += 1,
        }
    }

    fn in_words(&self) -> String {
        let all = counted(self.read + self.failed, "feed", "feeds");
        format!("{all}: {} read, {} of them with problems; {} failed", self.read, self.with_problems, self.failed)
    }

    fn exit_code(&self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn show(told: &FeedReport, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}", told.url)?;
    match &told.outcome {
        Outcome::Feed { title, problems, .. } => {
            writeln!(out, "    {}", told.outcome.in_a_line())?;
            if let Some(title) = title {
                writeln!(out, "    title       {title}")?;
            }
            let validators = match told.validators.as_slice() {
                [] => "none: every poll transfers the whole document".to_owned(),
                some => some.join(", "),
            };
            writeln!(out, "    validators  {validators}")?;
            for problem in problems {
                writeln!(out, "    problem     {} × {}: {}", problem.kind, problem.count, problem.example)?;
            }
        }
        Outcome::Failure { .. } => writeln!(out, "    failed      {}", told.outcome.in_a_line())?,
    }
    match (&told.moved_to, &told.redirected_to) {
        (Some(moved), _) => writeln!(out, "    moved to    {moved} permanently; use this URL in the configuration"),
        (None, Some(url)) => writeln!(out, "    redirected  to {url}"),
        (None, None) => Ok(()),
    }
}
