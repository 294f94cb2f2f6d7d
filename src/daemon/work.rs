//! CPU-heavy work off the async threads, where a panic or a deadline is an outcome.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::Instant};

/// As many threads for parsing and extraction as there are cores.
#[derive(Debug, Clone)]
pub(super) struct Cpu {
    permits: Arc<Semaphore>,
    /// No document may take more processor time than this. The work itself has limits that end it far earlier; a thread
    /// that overran its deadline ends by them, and holds its permit until then.
    within: Duration,
}

/// Why work has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum CpuFailure {
    /// It panicked: a defect of copydesk.
    #[error("the parser failed on this document (a defect of copydesk: please report it)")]
    Panicked,
    /// It overran its deadline.
    #[error("reading the document took longer than `documents.within`")]
    TooSlow,
}

impl CpuFailure {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "parser_failed",
            Self::TooSlow => "parser_timeout",
        }
    }
}

impl Cpu {
    pub(super) fn new(within: Duration) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { permits: Arc::new(Semaphore::new(cores)), within }
    }

    /// From now on, documents have this long.
    pub(super) fn set_deadline(&mut self, within: Duration) {
        self.within = within;
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CpuFailure> {
        self.run_within(&mut self.within.clone(), work).await
    }

    /// As much time as one document has.
    pub(super) fn deadline(&self) -> Duration {
        self.within
    }

    /// Does one of several pieces of work that share this much time; what it takes is subtracted.
    pub(super) async fn run_within<T: Send + 'static>(
        &self,
        left: &mut Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CpuFailure> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("this semaphore is never closed");
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        let begun = Instant::now();
        let ended = tokio::time::timeout(*left, task).await;
        *left = left.saturating_sub(begun.elapsed());
        match ended {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(CpuFailure::Panicked),
            Err(_) => Err(CpuFailure::TooSlow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_and_a_deadline_are_outcomes() {
        let mut cpu = Cpu::new(Duration::from_secs(60));
        assert_eq!(cpu.run(|| -> u8 { panic!("expected by this test") }).await, Err(CpuFailure::Panicked));
        cpu.set_deadline(Duration::from_millis(1));
        let (end, ended) = std::sync::mpsc::sync_channel::<()>(0);
        assert_eq!(cpu.run(move || ended.recv().is_err()).await, Err(CpuFailure::TooSlow));
        drop(end);
        cpu.set_deadline(Duration::from_secs(60));
        assert_eq!(cpu.run(|| 7).await, Ok(7), "and permits are given back");
    }

    #[tokio::test]
    async fn pieces_of_work_share_their_time() {
        let cpu = Cpu::new(Duration::from_secs(60));
        let mut left = Duration::from_millis(400);
        let pause = || std::thread::sleep(Duration::from_millis(150));
        let ended = [cpu.run_within(&mut left, pause).await, cpu.run_within(&mut left, pause).await];
        assert_eq!(ended, [Ok(()), Ok(())]);
        assert_eq!(cpu.run_within(&mut left, pause).await, Err(CpuFailure::TooSlow));
        assert_eq!((left, cpu.run(|| 7).await), (Duration::ZERO, Ok(7)), "a document's own time is not touched");
    }
}
