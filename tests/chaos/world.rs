//! Newspapers, instances, and the broker between whom everything fails.

use std::{
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::SmallRng};

use crate::{
    instance::Instance,
    kafka::Broker,
    link::{Link, Traffic},
    press::Press,
    topic::{self, Follower, PARTITIONS},
};

/// Places for instances. The even ones are static members of the group, by their name, the odd ones are not.
pub(crate) const PLACES: usize = 4;
/// Places that are taken while nothing fails: one of each kind.
pub(crate) const USUAL: [usize; 2] = [0, 1];

/// Short, so that faults that outlast them do not take long.
pub(crate) const SESSION: Duration = Duration::from_secs(4);
pub(crate) const TRANSACTION: Duration = Duration::from_secs(8);

/// Longer than any fault holds things up.
const CALL_AN_OPERATOR: Duration = Duration::from_secs(50);

/// Everything.
pub(crate) struct World {
    // dropped in this order: whoever needs the broker ends before it
    follower: Option<Follower>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) links: Vec<Link>,
    pub(crate) press: Press,
    pub(crate) broker: Broker,
    pub(crate) largest_mib: u64,
    /// Transactions that had to be ended by hand.
    pub(crate) hanging: usize,
}

impl World {
    pub(crate) async fn open(directory: &Path, seed: u64, transaction: Duration) -> World {
        let press = Press::open(SmallRng::seed_from_u64(seed)).await;
        let ports: Vec<u16> = (0..PLACES).map(|_| free_port()).collect();
        let mut links = Vec::new();
        for port in &ports {
            links.push(Link::to(*port).await);
        }
        let properties = listeners(&ports, &links);
        let broker = tokio::task::block_in_place(|| Broker::start_with(&properties));
        let feeds = press.feeds();
        let instance = |place: usize| {
            Instance::new(
                &directory.join(place.to_string()),
                &feeds,
                &sections(place, links[place].port(), transaction),
            )
        };
        let instances = (0..PLACES).map(instance).collect();
        World { follower: None, instances, links, press, broker, largest_mib: 0, hanging: 0 }
    }

    /// Starts instances, and waits until they publish.
    pub(crate) fn begin(&mut self, places: &[usize], faults: &[(&str, &str)]) {
        places.iter().for_each(|place| self.instances[*place].start(faults));
        let first = self.press.print_everywhere();
        // the first instance makes the topics
        let deadline = Instant::now() + Duration::from_secs(60);
        while !topic::exists(&self.broker.address(), RECORDS) {
            assert!(Instant::now() < deadline, "no topics:\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
        self.follower = Some(Follower::start(&self.broker.address(), RECORDS));
        self.wait_for(&first);
    }

    /// Lets time pass, in which the newspapers work.
    pub(crate) fn pause(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.press.work();
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until all of these stories were seen by a consumer; tells when the last was.
    pub(crate) fn wait_for(&mut self, slugs: &[String]) -> Instant {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut operator = Instant::now() + CALL_AN_OPERATOR;
        loop {
            let follower = self.follower.as_ref().expect("begun");
            if let Some(at) = follower.last_of(slugs) {
                return at;
            }
            if Instant::now() > operator {
                self.end_hanging();
                operator = Instant::now() + CALL_AN_OPERATOR;
            }
            let follower = self.follower.as_ref().expect("begun");
            assert!(Instant::now() < deadline, "{:?} never came\n{}", follower.unseen(slugs), self.logs());
            self.pause(Duration::from_millis(100));
        }
    }

    /// Does what docs/operating.md tells an operator to do where a crashed broker has left a transaction open of which its
    /// coordinator knows no more (seen with Kafka 4.3.1 on one node): nobody reads past it before it is ended by hand.
    fn end_hanging(&mut self) {
        const TOOL: &str = "org.apache.kafka.tools.TransactionsCommand";
        let found =
            self.broker.asked_by_tool(TOOL, &["find-hanging", "--broker-id", "1", "--max-transaction-timeout", "0"]);
        for line in found.lines().skip(1) {
            // topic, partition, producer's id and epoch, coordinator's epoch, start offset, last timestamp, duration
            let columns: Vec<&str> = line.split_whitespace().collect();
            let [topic, partition, .., start, _, _] = columns[..] else { continue };
            println!("     the broker left a transaction hanging: {line}");
            let place = ["abort", "--topic", topic, "--partition", partition, "--start-offset", start];
            self.broker.asked_by_tool(TOOL, &place);
            self.hanging += 1;
        }
    }

    /// After a fault all is as it was: the usual instances run, nobody ended who should not have.
    pub(crate) fn check_instances(&mut self) {
        for place in 0..PLACES {
            let instance = &mut self.instances[place];
            let ended = instance.is_running() && instance.has_ended();
            assert!(!ended, "instance {place} ended by itself:\n{}", instance.tail_of_log());
            self.largest_mib = self.largest_mib.max(instance.memory().unwrap_or(0));
        }
    }

    pub(crate) fn cut(&self, place: usize, traffic: Traffic) {
        self.links[place].set(traffic);
    }

    /// The last words of every instance.
    pub(crate) fn logs(&self) -> String {
        let logs = self.instances.iter().enumerate();
        logs.map(|(place, instance)| format!("instance {place}:\n{}\n", instance.tail_of_log())).collect()
    }
}

pub(crate) const RECORDS: &str = "chaos.records";
pub(crate) const REJECTS: &str = "chaos.rejects";

/// A listener for each instance beside the usual one: a broker tells its clients where to go on, and by its own listener
/// an instance stays on its link.
fn listeners(ports: &[u16], links: &[Link]) -> String {
    let each = |line: &dyn Fn(usize) -> String| (0..ports.len()).map(line).collect::<String>();
    let listen = each(&|n| format!(",LINK{n}://127.0.0.1:{}", ports[n]));
    let advertise = each(&|n| format!(",LINK{n}://127.0.0.1:{}", links[n].port()));
    let plain = each(&|n| format!(",LINK{n}:PLAINTEXT"));
    format!(
        "listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CPORT@{listen}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@{advertise}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{plain}\n"
    )
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn sections(place: usize, broker: u16, transaction: Duration) -> String {
    let instance = if place.is_multiple_of(2) { format!("    instance: desk-{place}\n") } else { String::new() };
    format!(
        "\
fetch:
  host_gap: 0ms
  per_host: 8
  allow_networks: [127.0.0.0/8]
schedule:
  min_interval: 200ms
  interval: 500ms
  max_interval: 1s
  page_attempts: 1
  rechecks: [1s, 2s, 4s, 8s, 15s, 30s, 60s, 120s, 480s]
admin: off
commit:
  every: 50ms
ledger:
  kafka:
    brokers: [\"127.0.0.1:{broker}\"]
    topics: {{records: {RECORDS}, rejects: {REJECTS}, state: chaos.state}}
    group: chaos
{instance}    partitions: {PARTITIONS}
    replication: 1
    options: {{session.timeout.ms: {}, transaction.timeout.ms: {}}}
",
        SESSION.as_millis(),
        transaction.as_millis()
    )
}
