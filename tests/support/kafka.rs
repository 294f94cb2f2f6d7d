//! A real Kafka broker for tests: one a test program, or the one at `COPYDESK_TEST_KAFKA=HOST:PORT`.
//!
//! A test that finds neither Java nor a broker fails, since nothing else can prove what these tests are for.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::SystemTime,
};

use copydesk::config;

/// The address of the broker that all tests of this program share.
pub(crate) fn address() -> &'static str {
    static ADDRESS: LazyLock<(String, Option<Broker>)> = LazyLock::new(|| match env::var_os("COPYDESK_TEST_KAFKA") {
        Some(address) => (address.into_string().expect("COPYDESK_TEST_KAFKA is an address"), None),
        None => {
            let broker = Broker::start();
            (broker.address(), Some(broker))
        }
    });
    &ADDRESS.0
}

/// A ledger of the shared broker whose topics and group nobody else has.
pub(crate) fn ledger() -> config::KafkaLedger {
    ledger_at(address(), &unique())
}

/// A ledger of some broker, its topics and group named after `name`.
pub(crate) fn ledger_at(address: &str, name: &str) -> config::KafkaLedger {
    config::KafkaLedger {
        brokers: vec![address.to_owned()],
        records: format!("{name}.records"),
        rejects: format!("{name}.rejects"),
        state: format!("{name}.state"),
        group: name.to_owned(),
        instance: None,
        consumer_protocol: false,
        partitions: 4,
        replication: None,
        max_message_bytes: 1 << 20,
        security: config::KafkaSecurity::default(),
        options: BTreeMap::new(),
    }
}

/// A name that no other test has, in this run or another.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::UNIX_EPOCH.elapsed().expect("a clock past 1970").as_nanos();
    format!("test-{nanos:x}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A cluster of its own, of one node or more, which ends with this value or, at the latest, with the process.
pub(crate) struct Broker {
    port: u16,
    nodes: u16,
    properties: Vec<(String, String)>,
    directory: PathBuf,
    script: Child,
    // the script kills the broker when this end of its standard input is closed
    _lifeline: ChildStdin,
}

impl Broker {
    /// Starts a broker on free ports.
    pub(crate) fn start() -> Broker {
        Broker::start_with("")
    }

    /// The same with further properties.
    pub(crate) fn start_with(properties: &str) -> Broker {
        Broker::start_cluster(1, &|_| properties.to_owned())
    }

    /// Starts nodes, from 0, each with further properties. Three keep everything three times, and do with two.
    pub(crate) fn start_cluster(nodes: u16, properties: &dyn Fn(u16) -> String) -> Broker {
        run(Command::new(script()).arg("install").arg(libraries()));
        let port = free_ports(3 * nodes);
        let mut variables = vec![("KAFKA_NODES".to_owned(), nodes.to_string())];
        variables.extend((0..nodes).map(|node| (format!("KAFKA_PROPERTIES_{}", node + 1), properties(node))));
        let mut script = Command::new(script())
            .arg("serve")
            .arg(libraries())
            .arg(port.to_string())
            .envs(variables.clone())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/kafka/kafka.sh can be run");
        let lifeline = script.stdin.take().expect("piped");
        let mut line = String::new();
        BufReader::new(script.stdout.take().expect("piped")).read_line(&mut line).expect("output in UTF-8");
        let directory = line.trim().strip_prefix("ready ").expect("the broker starts; run scripts/setup test first");
        Broker { port, nodes, properties: variables, directory: directory.into(), script, _lifeline: lifeline }
    }

    /// Where its nodes listen.
    pub(crate) fn address(&self) -> String {
        let nodes: Vec<String> = (0..self.nodes).map(|node| format!("127.0.0.1:{}", self.port + 3 * node)).collect();
        nodes.join(",")
    }

    /// Where the listener of the properties given to [`Broker::start_with`] is, if they have one.
    pub(crate) fn second_address(&self) -> String {
        format!("127.0.0.1:{}", self.port + 2)
    }

    /// Runs one of Kafka's own tools against it.
    pub(crate) fn tool(&self, class: &str, arguments: &[&str]) {
        let mut command = Command::new(script());
        command.arg("tool").arg(libraries()).arg(class).args(["--bootstrap-server", &self.address()]);
        run(command.args(arguments).stdout(Stdio::null()));
    }

    /// Ends a node as a crash would.
    pub(crate) fn kill(&self, node: u16) {
        self.signal(node, "KILL");
    }

    /// Sends the process of a node a signal.
    pub(crate) fn signal(&self, node: u16, name: &str) {
        let file = self.directory.join((node + 1).to_string()).join("pid");
        let pid = fs::read_to_string(file).expect("a pid file");
        run(Command::new("kill").args(["-s", name, pid.trim()]));
    }

    /// Starts a node again after [`Broker::kill`], on the same port with the same data.
    pub(crate) fn restart(&self, node: u16) {
        let mut command = Command::new(script());
        command.arg("start").arg(libraries()).arg(self.port.to_string()).arg(&self.directory);
        run(command.arg((node + 1).to_string()).envs(self.properties.clone()));
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // nothing is waited for: the lifeline is closed right after this
        let _ = self.script.try_wait();
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kafka/kafka.sh")
}

fn libraries() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).join("kafka")
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status().expect("scripts/kafka/kafka.sh and kill can be run");
    assert!(status.success(), "{command:?} failed: run `scripts/setup test` first");
}

/// Free ports side by side: three a node, the broker's, its controller's, and one to spare.
fn free_ports(count: u16) -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = first.local_addr().expect("bound").port();
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if port < u16::MAX - count && (1..count).all(|next| is_free(port + next)) {
            return port;
        }
    }
}
