//! Newspapers, instances, and the broker between whom everything fails.

use std::{
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::SmallRng};
use tokio::sync::{Mutex, MutexGuard};

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

/// Of the cluster: one may be away.
pub(crate) const NODES: u16 = 3;

/// Everything.
pub(crate) struct World {
    // dropped in this order: what needs the broker ends before it
    follower: Option<Follower>,
    pub(crate) instances: Vec<Instance>,
    /// From each place to each node.
    links: Vec<Vec<Link>>,
    pub(crate) press: Press,
    pub(crate) broker: Broker,
    /// Memory of the largest instance as it was last looked at, and at most.
    pub(crate) mib: u64,
    pub(crate) largest_mib: u64,
    /// One world at a time: two would take each other's processors, and faults would last longer than they are meant to.
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::const_new(());

impl World {
    pub(crate) async fn open(directory: &Path, seed: u64, nodes: u16, transaction: Duration) -> World {
        let turn = TURN.lock().await;
        let press = Press::open(SmallRng::seed_from_u64(seed)).await;
        let mut ports = Vec::new();
        let mut links = Vec::new();
        for _ in 0..PLACES {
            let to_nodes: Vec<u16> = (0..nodes).map(|_| free_port()).collect();
            let mut of_place = Vec::new();
            for port in &to_nodes {
                of_place.push(Link::to(*port).await);
            }
            ports.push(to_nodes);
            links.push(of_place);
        }
        let properties = |node| listeners(usize::from(node), &ports, &links);
        let broker = tokio::task::block_in_place(|| Broker::start_cluster(nodes, &properties));
        let feeds = press.feeds();
        let instance = |place: usize| {
            Instance::new(&directory.join(place.to_string()), &feeds, &sections(place, &links[place], transaction))
        };
        let instances = (0..PLACES).map(instance).collect();
        World { follower: None, instances, links, press, broker, mib: 0, largest_mib: 0, _turn: turn }
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

    /// Waits until a consumer has seen all of these stories; returns when the last was seen.
    pub(crate) fn wait_for(&mut self, slugs: &[String]) -> Instant {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let follower = self.follower.as_ref().expect("begun");
            if let Some(at) = follower.last_of(slugs) {
                return at;
            }
            assert!(Instant::now() < deadline, "{:?} never came\n{}", follower.unseen(slugs), self.logs());
            self.pause(Duration::from_millis(100));
        }
    }

    /// After a fault all is as it was: the cluster can do without another node, the usual instances run, nobody ended
    /// who should not have.
    pub(crate) fn check(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(180);
        while !topic::are_in_step(&self.broker.address(), NODES) {
            assert!(Instant::now() < deadline, "the nodes do not get in step");
            self.pause(Duration::from_millis(200));
        }
        self.mib = 0;
        for place in 0..PLACES {
            let instance = &mut self.instances[place];
            let ended = instance.is_running() && instance.has_ended();
            assert!(!ended, "instance {place} ended by itself:\n{}", instance.tail_of_log());
            self.mib = self.mib.max(instance.memory().unwrap_or(0));
        }
        self.largest_mib = self.largest_mib.max(self.mib);
    }

    pub(crate) fn cut(&self, place: usize, traffic: Traffic) {
        self.links[place].iter().for_each(|link| link.set(traffic));
    }

    /// The last words of every instance.
    pub(crate) fn logs(&self) -> String {
        let logs = self.instances.iter().enumerate();
        logs.map(|(place, instance)| format!("instance {place}:\n{}\n", instance.tail_of_log())).collect()
    }
}

pub(crate) const RECORDS: &str = "chaos.records";
pub(crate) const REJECTS: &str = "chaos.rejects";

/// One more listener for each instance: a broker tells its clients where to go on, and by its own listener
/// an instance stays on its links.
fn listeners(node: usize, ports: &[Vec<u16>], links: &[Vec<Link>]) -> String {
    let each = |line: &dyn Fn(usize) -> String| (0..ports.len()).map(line).collect::<String>();
    let listen = each(&|n| format!(",LINK{n}://127.0.0.1:{}", ports[n][node]));
    let advertise = each(&|n| format!(",LINK{n}://127.0.0.1:{}", links[n][node].port()));
    let plain = each(&|n| format!(",LINK{n}:PLAINTEXT"));
    format!(
        "listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CPORT@{listen}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@{advertise}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{plain}\n\
         broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n"
    )
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn sections(place: usize, links: &[Link], transaction: Duration) -> String {
    let brokers: Vec<String> = links.iter().map(|link| format!("\"127.0.0.1:{}\"", link.port())).collect();
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
  page_patience: 0s
  rechecks: [1s, 2s, 4s, 8s, 15s, 30s, 60s, 90s, 120s, 150s, 180s, 210s, 240s, 270s, 300s, 360s]
admin: off
commit:
  every: 50ms
ledger:
  kafka:
    brokers: [{}]
    topics: {{records: {RECORDS}, rejects: {REJECTS}, state: chaos.state}}
    group: chaos
{instance}    partitions: {PARTITIONS}
    replication: {}
    options: {{session.timeout.ms: {}, transaction.timeout.ms: {}}}
",
        brokers.join(", "),
        links.len(),
        SESSION.as_millis(),
        transaction.as_millis()
    )
}
