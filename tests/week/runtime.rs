//! A runtime whose time passes only while no socket has anything to read.
//!
//! A paused clock moves on to the next timer whenever all tasks wait, even for a socket that has something for them:
//! requests would run into their deadlines. So the sockets are asked again and again first. What is sent over loopback
//! is there at once, and a request with its answer is a handful of such rounds.

use std::{
    cell::Cell,
    future::Future,
    sync::{Arc, OnceLock},
};

use tokio::runtime::{Builder, Handle};

/// Rounds in which nothing may happen before time passes.
const ROUNDS: u32 = 24;

thread_local! {
    static QUIET: Cell<u32> = const { Cell::new(0) };
}

/// Runs a future on such a runtime, its clock paused.
pub(crate) fn with_all_polled_before_time_passes(future: impl Future<Output = ()>) {
    let handle: Arc<OnceLock<Handle>> = Arc::default();
    let of_runtime = Arc::clone(&handle);
    // whenever a task runs, the sockets are checked; while one has something, time does not pass
    let another_round = move || {
        let quiet = QUIET.get();
        QUIET.set(if quiet < ROUNDS { quiet + 1 } else { 0 });
        if let Some(handle) = of_runtime.get().filter(|_| quiet < ROUNDS) {
            drop(handle.spawn(async {}));
        }
    };
    let mut builder = Builder::new_current_thread();
    let runtime =
        builder.enable_all().start_paused(true).event_interval(1).on_thread_park(another_round).build().unwrap();
    handle.set(runtime.handle().clone()).unwrap();
    runtime.block_on(future);
}
