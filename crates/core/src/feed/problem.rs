//! What was repaired or ignored in a document: counted by kind, the first of each kept in words.

use super::Problem;

/// The number of kinds of problems has no other limit; examples are cut to a line.
const MAX_EXAMPLE: usize = 120;

/// Collects problems, in the order in which they are first found.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn note(&mut self, kind: &'static str, example: impl FnOnce() -> String) {
        self.note_many(kind, 1, example);
    }

    pub(super) fn note_many(&mut self, kind: &'static str, count: u32, example: impl FnOnce() -> String) {
        if count == 0 {
            return;
        }
        if let Some(known) = self.0.iter_mut().find(|problem| problem.kind == kind) {
            known.count = known.count.saturating_add(count);
            return;
        }
        let example: String = example().chars().take(MAX_EXAMPLE).collect();
        self.0.push(Problem { kind, count, example });
    }

    pub(super) fn from(found: Vec<Problem>) -> Self {
        Self(found)
    }

    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}
