//! Several instances that are killed and frozen at random, while each site's state counts its stories.
//!
//! The oracle is the state itself: a site whose state says N must have the stories 1 to N, each once.

use std::{
    io::Write,
    ops::Range,
    process::{Child, Command, Stdio},
    time::Instant,
};

use rand::{Rng, RngExt, SeedableRng, rngs::SmallRng, seq::SliceRandom};

use super::*;

const SITES: u32 = 12;
const POINTS: [&str; 4] = ["before-begin", "after-produce", "before-commit", "after-commit"];

/// `COPYDESK_TEST_FAULTS` sets the number of faults, for a longer run than every test run can afford, and
/// `COPYDESK_TEST_SEED` another course of events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_lose_and_double_nothing() {
    if let Some(group) = variable("COPYDESK_TEST_WORKER") {
        return as_a_worker(&group).await;
    }
    let number = |name, usual| variable(name).map_or(usual, |text| text.parse().unwrap());
    let (faults, seed) = (number("COPYDESK_TEST_FAULTS", 6), number("COPYDESK_TEST_SEED", 20_260_117));
    println!("{faults} faults, seed {seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let config = kafka::ledger();
    Installation::open_all(&config).await.close().await;
    // two that come back under their names, and one that comes back as a stranger
    let names = [Some("desk-0"), Some("desk-1"), None];
    let mut workers = names.map(|name| Worker::start(&config, name, None));
    // each kind once in six, in any order
    let mut kinds: Vec<u32> = Vec::new();
    for _ in 0..faults {
        if kinds.is_empty() {
            kinds.extend(0..6);
            kinds.shuffle(&mut random);
        }
        sleep(&mut random, 100..2500).await;
        let at = random.random_range(0..names.len());
        let point = POINTS[random.random_range(0..POINTS.len())];
        let passing = random.random_range(1..6);
        let kind = kinds.pop().unwrap();
        match kind {
            0 => workers[at] = Worker::start(&config, names[at], None),
            1 | 2 => workers[at] = Worker::start(&config, names[at], Some(&format!("{point}:{passing}"))),
            3 => {
                workers[at].signal("-STOP");
                sleep(&mut random, 100..9000).await;
                workers[at].signal("-CONT");
            }
            // wakes when its session is over, and its transaction is not: what it goes on with has to be refused if it
            // has not sent its offsets yet, and waited for by its successor if it has
            _ => {
                // where nothing but the fence tells that it is out of date, and anywhere
                let point = if kind == 4 { "before-begin" } else { point };
                workers[at] = Worker::start(&config, names[at], Some(&format!("{point}:{passing}:stop")));
                sleep(&mut random, 13000..16000).await;
                workers[at].signal("-CONT");
            }
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop(workers);

    let installation = Installation::open_all(&config).await;
    let mut expected = Vec::new();
    for site in sites() {
        let count = installation.state(&site).map_or(0, |state| state.parse().unwrap());
        expected.extend((1..=count).map(|number| format!("{site} {number}")));
    }
    expected.sort();
    let found = published(&config).await;
    let doubled: Vec<_> = found.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    let missing: Vec<_> = expected.iter().filter(|story| found.binary_search(story).is_err()).collect();
    assert!(doubled.is_empty() && missing.is_empty(), "doubled {doubled:?}, missing {missing:?}");
    assert_eq!(found, expected, "stories that no state tells of");
    assert!(found.len() > 50, "only {} stories, which proves little", found.len());
    println!("{} stories once each after {faults} faults", found.len());
    installation.close().await;
}

async fn sleep(random: &mut impl Rng, milliseconds: Range<u64>) {
    tokio::time::sleep(Duration::from_millis(random.random_range(milliseconds))).await;
}

fn sites() -> impl Iterator<Item = String> {
    (0..SITES).map(|n| format!("site{n}.example"))
}

/// [`as_a_worker`] in a process of its own, killed when it is dropped.
struct Worker(Child);

impl Worker {
    fn start(config: &config::KafkaLedger, instance: Option<&str>, fault: Option<&str>) -> Worker {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "chaos::random_faults_lose_and_double_nothing", "--nocapture"]);
        command.env("COPYDESK_TEST_WORKER", &config.group).env("COPYDESK_TEST_KAFKA", &config.brokers[0]);
        command.env("COPYDESK_TEST_INSTANCE", instance.unwrap_or_default());
        command.envs(fault.map(|fault| ("COPYDESK_FAULT", fault)));
        Worker(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        // it may be dead already, as it was told to be
        let _ = Command::new("kill").args([signal, &self.0.id().to_string()]).stderr(Stdio::null()).status();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Publishes story after story of every site it holds, until it is killed.
async fn as_a_worker(group: &str) {
    let mut config = kafka::ledger_at(kafka::address(), group);
    config.instance = variable("COPYDESK_TEST_INSTANCE");
    // an orphan must not go on working
    let deadline = Instant::now() + Duration::from_secs(600);
    while Instant::now() < deadline {
        let Ok((ledger, events)) = KafkaLedger::open(&config).await else { continue };
        let mut installation = Installation { ledger, events, states: BTreeMap::new() };
        let error = work(&mut installation).await;
        let _ = writeln!(std::io::stdout(), "opened anew: {error}");
        let _ = installation.ledger.close().await;
    }
}

/// Works until the ledger has to be opened again.
async fn work(installation: &mut Installation) -> LedgerError {
    loop {
        // whatever is to be told, before it is committed on
        while let Ok(event) = timeout(Duration::from_millis(10), installation.events.recv()).await {
            match event {
                Some(Event::Failed(error)) => return error,
                Some(event) => installation.apply(event),
                None => return LedgerError::Reopen("no more events".into()),
            }
        }
        let mut batch = Batch::default();
        for site in sites() {
            let Some(known) =
                installation.states.get(&copydesk::ledger::partition(&site, installation.ledger.partitions()))
            else {
                continue;
            };
            let number = known.get(&site).map_or(0, |state| state.parse::<u32>().unwrap()) + 1;
            let mut story = story(&site, &format!("{site} {number}"));
            story.states[0].value = number.to_string().into_bytes();
            batch.records.extend(story.records);
            batch.states.extend(story.states);
        }
        match installation.ledger.commit(&batch).await {
            Ok(()) => {
                for State { key, value } in batch.states {
                    let of_partition = installation
                        .states
                        .get_mut(&copydesk::ledger::partition(&key, installation.ledger.partitions()))
                        .unwrap();
                    of_partition.insert(key, String::from_utf8(value).unwrap());
                }
            }
            // memory is as it was; the events tell what to do
            Err(LedgerError::Fenced(_) | LedgerError::Retry(_)) => {}
            Err(error) => return error,
        }
    }
}
