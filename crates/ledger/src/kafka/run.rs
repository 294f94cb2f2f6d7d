//! One run of an instance, however often it opens its ledger.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// If another process displaces us this often within [`WITHIN`], the run ends.
const USURPED: usize = 3;
const WITHIN: Duration = Duration::from_secs(60);

/// What an instance keeps from one ledger to the next.
#[derive(Debug)]
pub struct Run {
    /// Part of the transactional id if the instance has no name: the next producer ends what the last one left open.
    pub(super) id: u64,
    fenced: Mutex<Vec<Instant>>,
}

impl Default for Run {
    fn default() -> Self {
        Self { id: rand::random(), fenced: Mutex::default() }
    }
}

impl Run {
    /// Notes that somebody joined the group with our name. Returns whether that was another process: a delayed request
    /// of our own has the same effect, but not again and again.
    pub(super) fn fenced(&self, now: Instant) -> bool {
        let mut fenced = self.fenced.lock().unwrap_or_else(PoisonError::into_inner);
        fenced.retain(|at| now.saturating_duration_since(*at) < WITHIN);
        fenced.push(now);
        fenced.len() >= USURPED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_thrown_out_again_and_again_has_a_rival() {
        let (run, start) = (Run::default(), Instant::now());
        let after = |seconds| run.fenced(start + Duration::from_secs(seconds));
        assert!(!after(0) && !after(10) && after(59));
        assert!(!after(200) && !after(250) && !after(270) && after(271));
    }
}
