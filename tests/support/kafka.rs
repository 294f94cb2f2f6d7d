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

/// A broker of its own, which ends with this value or, at the latest, with the process.
pub(crate) struct Broker {
    port: u16,
    properties: String,
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
        run(Command::new(script()).arg("install").arg(libraries()));
        let port = free_ports();
        let mut script = Command::new(script())
            .arg("serve")
            .arg(libraries())
            .arg(port.to_string())
            .env("KAFKA_PROPERTIES", properties)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/kafka/kafka.sh can be run");
        let lifeline = script.stdin.take().expect("piped");
        let mut line = String::new();
        BufReader::new(script.stdout.take().expect("piped")).read_line(&mut line).expect("output in UTF-8");
        let directory = line.trim().strip_prefix("ready ").expect("the broker starts; run scripts/setup test first");
        Broker { port, properties: properties.to_owned(), directory: directory.into(), script, _lifeline: lifeline }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
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

    /// The same; gives what the tool prints.
    pub(crate) fn asked_by_tool(&self, class: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(script());
        command.arg("tool").arg(libraries()).arg(class).args(["--bootstrap-server", &self.address()]);
        let output = command.args(arguments).stdin(Stdio::null()).output().expect("scripts/kafka/kafka.sh can be run");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&self) {
        self.signal("KILL");
    }

    /// Sends its process a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = fs::read_to_string(self.directory.join("pid")).expect("a pid file");
        run(Command::new("kill").args(["-s", name, pid.trim()]));
    }

    /// Starts it again after [`Broker::kill`], on the same port with the same data.
    pub(crate) fn restart(&self) {
        let mut command = Command::new(script());
        command.arg("start").arg(libraries()).arg(self.port.to_string()).arg(&self.directory);
        run(command.env("KAFKA_PROPERTIES", &self.properties));
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

/// Three ports side by side: the broker's, its controller's, and one to spare.
fn free_ports() -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = first.local_addr().expect("bound").port();
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if port < u16::MAX - 2 && is_free(port + 1) && is_free(port + 2) {
            return port;
        }
    }
}
