//! Named points of a commit at which a test can kill the process. For tests only: without the cargo feature `faults`
//! a point compiles to nothing, and no release is built with it.
//!
//! `COPYDESK_FAULT=NAME:N` kills the process by SIGKILL as it passes the point NAME for the Nth time: no destructor
//! runs, nothing is flushed. `NAME:N:stop` freezes it by SIGSTOP instead, until it is sent SIGCONT. Both ledgers pass `before-begin`, `after-append` (local) or `after-produce` (Kafka: between
//! the records and the offsets that fence them), `before-commit` and `after-commit`.

#[cfg(feature = "faults")]
pub(crate) use armed::point;

/// Does nothing.
#[cfg(not(feature = "faults"))]
pub(crate) fn point(_name: &str) {}

#[cfg(feature = "faults")]
mod armed {
    use std::{
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering},
        },
        time::Duration,
    };

    use rustix::process::{Signal, getpid, kill_process};

    struct Fault {
        name: String,
        signal: Signal,
        passings_left: AtomicU64,
    }

    static FAULT: LazyLock<Option<Fault>> = LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "a switch of the test build, beside any configuration")]
        let text = std::env::var("COPYDESK_FAULT").ok()?;
        let fault = parse(&text);
        assert!(fault.is_some(), "COPYDESK_FAULT is `{text}`, not NAME:N or NAME:N:stop with N from 1");
        fault
    });

    /// Kills or stops the process if this is the passing that was asked for.
    pub(crate) fn point(name: &str) {
        let Some(fault) = FAULT.as_ref().filter(|fault| fault.name == name) else { return };
        if fault.passings_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // a failure to kill would let a test pass that proves nothing
            kill_process(getpid(), fault.signal).expect("a process may kill itself");
            // the signal is the process's: this thread would run on until the kernel has stopped all of them
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    fn parse(text: &str) -> Option<Fault> {
        let (name, passing) = text.split_once(':')?;
        let (passing, signal) = match passing.split_once(':') {
            None => (passing, Signal::KILL),
            Some((passing, "stop")) => (passing, Signal::STOP),
            Some(_) => return None,
        };
        let passing: u64 = passing.parse().ok().filter(|&n| n > 0)?;
        Some(Fault { name: name.to_owned(), signal, passings_left: AtomicU64::new(passing) })
    }
}
