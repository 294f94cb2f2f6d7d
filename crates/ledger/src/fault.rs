//! What tests do to the process from inside. For tests only: without the cargo feature `faults` all of it compiles to
//! nothing, and no release is built with it.
//!
//! - `COPYDESK_FAULT=NAME:N` kills the process by SIGKILL as it passes the point NAME for the Nth time: no destructor
//!   runs, nothing is flushed. `NAME:N:stop` freezes it by SIGSTOP instead, until it gets SIGCONT; `NAME:N:spin` puts
//!   the passing thread into an endless loop. The coordinator passes `after-poll` once it has absorbed a feed; a worker
//!   passes `extracting` with a page; both ledgers pass `before-begin`, `after-append` (local) or `after-produce` (Kafka:
//!   between the records and the offsets that fence them), `before-commit` and `after-commit`.
//! - `COPYDESK_FAULT_CLOCK=SECONDS:MILLISECONDS` sets the wall clock this many seconds forward, or back, this many
//!   milliseconds after it was first read.
//! - `COPYDESK_FAULT_WITHOUT=fence` or `settling` leaves out a step on which exactly once depends, so that tests
//!   can show that they would notice.

#[cfg(feature = "faults")]
pub use armed::{clock_jump, is_left_out, point};

#[cfg(test)]
pub(crate) use disk::{disk, fail_disk};

/// A disk on which we cause no failure.
#[cfg(not(test))]
pub(crate) fn disk(_operation: &str) -> std::io::Result<()> {
    Ok(())
}

/// Does nothing.
#[cfg(not(feature = "faults"))]
pub fn point(_name: &str) {}

/// Never.
#[cfg(not(feature = "faults"))]
pub fn is_left_out(_what: &str) -> bool {
    false
}

/// None.
#[cfg(not(feature = "faults"))]
pub fn clock_jump() -> i64 {
    0
}

/// A full disk, for unit tests of code that runs on its own thread.
#[cfg(test)]
mod disk {
    use std::{cell::Cell, io};

    thread_local! {
        static FAILING: Cell<&'static [&'static str]> = const { Cell::new(&[]) };
    }

    /// From now on, these operations fail, and no others.
    pub(crate) fn fail_disk(operations: &'static [&'static str]) {
        FAILING.set(operations);
    }

    pub(crate) fn disk(operation: &str) -> io::Result<()> {
        match FAILING.get().contains(&operation) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

#[cfg(feature = "faults")]
mod armed {
    use std::{
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering},
        },
        time::{Duration, Instant},
    };

    use rustix::process::{Signal, getpid, kill_process};

    #[derive(Clone, Copy)]
    enum Action {
        Send(Signal),
        Spin,
    }

    struct Fault {
        name: String,
        action: Action,
        passings_left: AtomicU64,
    }

    static FAULT: LazyLock<Option<Fault>> = LazyLock::new(|| {
        let text = variable("COPYDESK_FAULT")?;
        let fault = parse(&text);
        assert!(fault.is_some(), "COPYDESK_FAULT is `{text}`, not NAME:N, NAME:N:stop or NAME:N:spin with N from 1");
        fault
    });

    static LEFT_OUT: LazyLock<Option<String>> = LazyLock::new(|| variable("COPYDESK_FAULT_WITHOUT"));

    /// Seconds, and the time from which they count.
    static CLOCK: LazyLock<Option<(i64, Instant)>> = LazyLock::new(|| {
        let text = variable("COPYDESK_FAULT_CLOCK")?;
        let jump = text.split_once(':').and_then(|(by, after)| Some((by.parse().ok()?, after.parse().ok()?)));
        let (by, after) = jump.expect("COPYDESK_FAULT_CLOCK is SECONDS:MILLISECONDS");
        Some((by, Instant::now() + Duration::from_millis(after)))
    });

    /// Whether a test leaves this out.
    pub fn is_left_out(what: &str) -> bool {
        LEFT_OUT.as_deref() == Some(what)
    }

    /// By how many seconds the wall clock is wrong now.
    pub fn clock_jump() -> i64 {
        CLOCK.filter(|(_, from)| Instant::now() >= *from).map_or(0, |(by, _)| by)
    }

    #[expect(clippy::disallowed_methods, reason = "a switch of the test build, outside the configuration")]
    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// Kills or stops the process, or loops, if this is the requested passing.
    pub fn point(name: &str) {
        let Some(fault) = FAULT.as_ref().filter(|fault| fault.name == name) else { return };
        if fault.passings_left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        match fault.action {
            Action::Send(signal) => {
                // a failure to kill would let a test pass that proves nothing
                kill_process(getpid(), signal).expect("a process may kill itself");
                // the signal is for the process: this thread would run on until the kernel has stopped all of them
                std::thread::sleep(Duration::from_secs(1));
            }
            Action::Spin => {
                tracing::warn!(point = name, "a fault for a test: this thread loops from now on");
                loop {
                    std::hint::spin_loop();
                }
            }
        }
    }

    fn parse(text: &str) -> Option<Fault> {
        let (name, passing) = text.split_once(':')?;
        let (passing, action) = match passing.split_once(':') {
            None => (passing, Action::Send(Signal::KILL)),
            Some((passing, "stop")) => (passing, Action::Send(Signal::STOP)),
            Some((passing, "spin")) => (passing, Action::Spin),
            Some(_) => return None,
        };
        let passing: u64 = passing.parse().ok().filter(|&n| n > 0)?;
        Some(Fault { name: name.to_owned(), action, passings_left: AtomicU64::new(passing) })
    }
}
