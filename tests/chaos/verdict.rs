//! The comparison of what was printed with what consumers see.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use crate::{
    press::{Fate, Press},
    topic::Seen,
};

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Stories printed that had to become records, and of those, and the withdrawn ones, records seen once.
    stories: usize,
    once: usize,
    rejected: usize,
    twice: Vec<String>,
    missing: Vec<String>,
    /// Rejects that should not be, records of stories without a page, gaps between revisions.
    wrong: Vec<String>,
}

impl Verdict {
    pub(crate) fn of(press: &Press, records: &[Seen], rejects: &[Seen]) -> Verdict {
        let mut verdict = Verdict::default();
        let mut of_story: HashMap<&str, Vec<&Seen>> = HashMap::new();
        let mut counts: BTreeMap<(&str, u64), usize> = BTreeMap::new();
        for record in records {
            of_story.entry(&record.slug).or_default().push(record);
            *counts.entry((&record.id, record.revision)).or_default() += 1;
        }
        for ((id, revision), count) in counts {
            match count {
                1 => verdict.once += 1,
                _ => verdict.twice.push(format!("{id} revision {revision}: {count} times")),
            }
        }
        let mut rejects_of: HashMap<&str, usize> = HashMap::new();
        rejects.iter().for_each(|reject| *rejects_of.entry(&reject.slug).or_default() += 1);
        verdict.rejected = rejects.len();
        let texts = press.texts();
        for print in &press.prints {
            let records = of_story.remove(print.slug.as_str()).unwrap_or_default();
            let rejects = rejects_of.remove(print.slug.as_str()).unwrap_or(0);
            verdict.stories += usize::from(must_appear(print.fate));
            verdict.judge(&print.slug, print.fate, &records, rejects, &texts[&print.slug]);
        }
        verdict
            .wrong
            .extend(of_story.into_keys().chain(rejects_of.into_keys()).map(|slug| format!("unheard of: {slug}")));
        verdict
    }

    fn judge(&mut self, slug: &str, fate: Fate, records: &[&Seen], rejects: usize, text: &str) {
        if rejects > 1 {
            self.twice.push(format!("{slug}: {rejects} rejects"));
        }
        match (fate, records.len(), rejects) {
            (Fate::Printed | Fate::Awaited, 0, _) => self.missing.push(slug.to_owned()),
            (Fate::Missing, 0, 0) => self.missing.push(format!("the reject of {slug}")),
            (Fate::Withdrawn, 0, 0) => self.missing.push(format!("record or reject of {slug}")),
            (Fate::Printed | Fate::Awaited, _, 1..) | (Fate::Missing, 1.., _) | (Fate::Withdrawn, 1.., 1..) => {
                self.wrong.push(format!("{slug} ({fate:?}): {} records and {rejects} rejects", records.len()));
            }
            _ => {}
        }
        let revisions: Vec<u64> = records.iter().map(|record| record.revision).collect();
        let mut expected: Vec<u64> = revisions.clone();
        expected.sort_unstable();
        expected.dedup();
        if revisions != expected || expected.last().is_some_and(|last| *last != expected.len() as u64) {
            self.wrong.push(format!("{slug} has the revisions {revisions:?}"));
        }
        if records.iter().any(|record| record.id != records[0].id) {
            self.wrong.push(format!("{slug} has more than one id"));
        }
        if must_appear(fate) && records.last().is_some_and(|last| last.text != text) {
            self.missing.push(format!("the last edit of {slug}"));
        }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.twice.is_empty() && self.missing.is_empty() && self.wrong.is_empty()
    }

    /// What was seen more than once.
    pub(crate) fn twice(&self) -> &[String] {
        &self.twice
    }
}

fn must_appear(fate: Fate) -> bool {
    matches!(fate, Fate::Printed | Fate::Awaited)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "stories that must be published {}; records seen once {}, twice {}, missing {}, rejected {}, wrong {}",
            self.stories,
            self.once,
            self.twice.len(),
            self.missing.len(),
            self.rejected,
            self.wrong.len()
        )?;
        let faults = [("twice", &self.twice), ("missing", &self.missing), ("wrong", &self.wrong)];
        for (what, list) in faults {
            list.iter().take(20).try_for_each(|one| writeln!(f, "  {what}: {one}"))?;
        }
        Ok(())
    }
}
