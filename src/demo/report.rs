//! What the demo shows: each decision as it is committed, then a summary.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Write,
    path::Path,
    time::Duration,
};

use anstyle::{AnsiColor, Style};

use super::{FEEDS, NewsSite};
use crate::{
    article::Dropped,
    daemon::{Notice, PollNotice},
    record::{Record, Reject},
};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
/// Characters of a text that are shown.
const SHOWN: usize = 96;
/// How many removed blocks are shown per record.
const MOST_DROPPED: usize = 16;

pub(super) struct Report<'a, W> {
    out: &'a mut W,
    polls: BTreeMap<&'static str, usize>,
    entries: (usize, usize),
    /// The newest text by slug.
    recorded: HashMap<String, String>,
    records: usize,
    revisions: usize,
    rejects: Vec<Reject>,
    seen: BTreeSet<(String, u32)>,
    twice: usize,
    delays: Vec<Duration>,
}

impl<'a, W: Write> Report<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Self {
        Self {
            out,
            polls: BTreeMap::new(),
            entries: (0, 0),
            recorded: HashMap::new(),
            records: 0,
            revisions: 0,
            rejects: Vec::new(),
            seen: BTreeSet::new(),
            twice: 0,
            delays: Vec::new(),
        }
    }

    pub(super) fn greet(&mut self, site: &NewsSite, directory: &Path) -> std::io::Result<()> {
        writeln!(self.out, "{BOLD}copydesk demo{BOLD:#}: a demo newspaper at {}", site.url("/"))?;
        writeln!(
            self.out,
            "feeds in {} formats, a real daemon, a real ledger in {}",
            FEEDS.len(),
            directory.display()
        )?;
        writeln!(self.out)
    }

    pub(super) fn late_edition(&mut self) -> std::io::Result<()> {
        writeln!(
            self.out,
            "{DIM}-- the newspaper prints a late story, and an editor changes one that is published --{DIM:#}\n"
        )
    }

    pub(super) fn show(&mut self, notice: &Notice) -> std::io::Result<()> {
        match notice {
            Notice::Polled { feed, outcome } => self.polled(feed, outcome),
            Notice::Recorded { record, dropped, delay } => {
                self.delays.extend(delay.filter(|_| record.revision == 1));
                self.record(record, dropped)
            }
            Notice::Rejected { reject } => self.reject(reject),
            Notice::Unchanged { .. } | Notice::Postponed { .. } | Notice::Merged { .. } => Ok(()),
        }
    }

    fn polled(&mut self, feed: &str, outcome: &PollNotice) -> std::io::Result<()> {
        let (name, detail) = match outcome {
            PollNotice::NotModified => ("304", None),
            PollNotice::SameBody => ("same body", None),
            PollNotice::Read { new, known, .. } => {
                self.entries.0 += new;
                self.entries.1 += known;
                ("read", Some(format!("{new} new entries, {known} known")))
            }
            PollNotice::Failed { detail, .. } => ("failed", Some(detail.clone())),
        };
        *self.polls.entry(name).or_default() += 1;
        match detail {
            Some(detail) => writeln!(self.out, "{DIM}feed{DIM:#}    {feed}  {detail}\n"),
            None => Ok(()),
        }
    }

    fn record(&mut self, record: &Record, dropped: &[Dropped]) -> std::io::Result<()> {
        self.twice += usize::from(!self.seen.insert((record.id.clone(), record.revision)));
        self.records += 1;
        self.revisions += usize::from(record.revision > 1);
        if let Some(slug) = record.url.as_deref().and_then(slug) {
            self.recorded.insert(slug.to_owned(), record.text.clone());
        }
        let title = record.title.as_deref().unwrap_or("(no title)");
        writeln!(self.out, "{GOOD}record{GOOD:#}  {BOLD}{title}{BOLD:#}  revision {}", record.revision)?;
        let paragraphs = record.text.split("\n\n").count();
        let words = record.text.split_whitespace().count();
        writeln!(self.out, "        {}", cut(&record.text))?;
        let credits = if record.credits.is_empty() {
            String::new()
        } else {
            format!(" · credits: {}", record.credits.join(", "))
        };
        let by = record.authors.join(", ");
        writeln!(self.out, "        {DIM}{paragraphs} paragraphs, {words} words · by {by}{credits}{DIM:#}")?;
        for part in dropped.iter().take(MOST_DROPPED) {
            writeln!(self.out, "        {BAD}- {:<16}{BAD:#} {DIM}{}{DIM:#}", part.reason, cut(&part.text))?;
        }
        writeln!(self.out)
    }

    fn reject(&mut self, reject: &Reject) -> std::io::Result<()> {
        let title = reject.entry.title.as_deref().unwrap_or("(no title)");
        writeln!(
            self.out,
            "{BAD}reject{BAD:#}  {BOLD}{title}{BOLD:#}\n        {}: {}\n",
            reject.reason, reject.detail
        )?;
        self.rejects.push(reject.clone());
        Ok(())
    }

    /// Whether everything that was printed is recorded, with the edit, and a feed has answered 304.
    pub(super) fn is_complete(&self, site: &NewsSite) -> bool {
        let paper = site.paper();
        let recorded = paper
            .stories
            .iter()
            .filter(|story| !paper.missing.contains(&story.slug))
            .all(|story| self.recorded.contains_key(&story.slug));
        recorded && self.revisions > 0 && self.rejects.len() >= paper.missing.len() && self.polls.contains_key("304")
    }

    pub(super) fn sum_up(mut self, site: &NewsSite, directory: &Path) -> anyhow::Result<bool> {
        let (asked, wrong) = {
            let paper = site.paper();
            let differs = |slug: &str, text: &str| self.recorded.get(slug).is_none_or(|recorded| recorded != text);
            let printed = paper.stories.iter().filter(|story| !paper.missing.contains(&story.slug));
            let wrong: Vec<String> =
                printed.filter(|story| differs(&story.slug, &story.text())).map(|story| story.slug.clone()).collect();
            (paper.asked, wrong)
        };
        let complete = self.is_complete(site);
        self.delays.sort();
        let out = &mut self.out;
        writeln!(out, "{BOLD}summary{BOLD:#}")?;
        let requests = asked.feeds + asked.pages + asked.robots;
        writeln!(out, "  feeds      {}", FEEDS.len())?;
        writeln!(
            out,
            "  requests   {requests}: {} for feeds ({} answered 304), {} for pages, {} for robots.txt",
            asked.feeds, asked.not_modified, asked.pages, asked.robots
        )?;
        writeln!(out, "  entries    {} new, {} seen again", self.entries.0, self.entries.1)?;
        writeln!(
            out,
            "  records    {}, of these {} later revisions; {} twice",
            self.records, self.revisions, self.twice
        )?;
        for reject in &self.rejects {
            writeln!(out, "  reject     {} ({})", reject.reason, reject.url.as_deref().unwrap_or(&reject.id))?;
        }
        if let (Some(median), Some(longest)) = (self.delays.get(self.delays.len() / 2), self.delays.last()) {
            let (median, longest) = (median.as_secs_f64(), longest.as_secs_f64());
            writeln!(out, "  delay      from publication to record: median {median:.0} s, longest {longest:.0} s")?;
            let fresh = self.delays.first().map_or(0.0, Duration::as_secs_f64);
            writeln!(out, "             {fresh:.1} s for the story that was printed while the demo ran")?;
        }
        for slug in &wrong {
            writeln!(out, "  {BAD}differs{BAD:#}    {slug}: the text recorded is not the text that was printed")?;
        }
        if !complete {
            writeln!(out, "  {BAD}missing{BAD:#}    not everything that was printed was recorded in time")?;
        }
        let good = complete && wrong.is_empty() && self.twice == 0;
        if good {
            writeln!(out, "  {GOOD}every text is exactly what the newspaper printed{GOOD:#}")?;
        }
        go_on(out, directory)?;
        Ok(good)
    }
}

fn go_on(out: &mut impl Write, directory: &Path) -> std::io::Result<()> {
    writeln!(out, "\nThe ledger is in {}; its records are one JSON document per line.", directory.display())?;
    writeln!(out, "To continue, save this as copydesk.yaml and start `copydesk run`:\n")?;
    writeln!(out, "contact: you@example.com          # part of the User-Agent: a site must be able to reach you")?;
    writeln!(
        out,
        "feeds:\n  - https://example.com/rss.xml\n  - url: https://example.org/atom.xml\n    tags: [city]\n    interval: 10m"
    )?;
    writeln!(out, "ledger:\n  local:\n    directory: ./copydesk-ledger")
}

fn slug(url: &str) -> Option<&str> {
    url.rsplit_once("/news/").map(|(_, slug)| slug.split(['?', '#']).next().unwrap_or(slug))
}

fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
