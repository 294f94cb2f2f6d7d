//! The harness can fail: without what the promise rests on, it finds what was published twice.
//!
//! An instance has to freeze at one instant of one commit while another takes over, which a busy machine does not always
//! bring about at the first attempt. No node fails here, so that one is enough.

use std::time::{Duration, Instant};

use crate::{
    look, topic,
    world::{RECORDS, World},
};

/// Longer than it takes for another instance to take over, so that a transaction can outlive its owner's place.
const TRANSACTION: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn without_the_fence_stories_come_twice() {
    check("before-begin", "fence").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_waiting_for_open_transactions_stories_come_twice() {
    check("before-commit", "settling").await;
}

/// The instance may have frozen in a commit of states alone, which shows nothing.
const ATTEMPTS: usize = 6;

async fn check(point: &str, left_out: &str) {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::open(directory.path(), 1, 1, TRANSACTION).await;
    tokio::task::block_in_place(|| {
        let without = ("COPYDESK_FAULT_WITHOUT", left_out);
        world.begin(&[1], &[without]);
        let found = (0..ATTEMPTS).any(|_| comes_twice(&mut world, point, without));
        assert!(found, "no story came twice\n{}", world.logs());
    });
}

/// An instance freezes in the middle of a commit, another takes over and publishes the same, the first one wakes.
fn comes_twice(world: &mut World, point: &str, without: (&str, &str)) -> bool {
    world.instances[1].stop();
    world.instances[1].start(&[without, ("COPYDESK_FAULT", &format!("{point}:5:stop"))]);
    within_a_minute(world, "a commit to freeze in", |world| {
        world.press.print_everywhere();
        world.instances[1].is_frozen()
    });
    let stories = world.press.print_everywhere();
    world.instances[3].start(&[without]);
    // a read_committed consumer may have to wait for the transaction of the frozen one
    within_a_minute(world, "another instance to take over", |world| {
        let seen = topic::read(&world.broker.address(), RECORDS, "read_uncommitted");
        stories.iter().all(|slug| seen.iter().any(|seen| seen.slug == *slug))
    });
    world.instances[1].signal("CONT");
    world.pause(Duration::from_secs(8));
    let found = !look(world).twice().is_empty();
    world.instances[3].stop();
    found
}

fn within_a_minute(world: &mut World, what: &str, mut done: impl FnMut(&mut World) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done(world) {
        assert!(Instant::now() < deadline, "waited in vain for {what}\n{}", world.logs());
        world.pause(Duration::from_millis(200));
    }
}
