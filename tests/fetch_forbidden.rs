//! No request reaches an address that it must not: hundreds of ways to name one, over a trap that counts connections.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "support/fetcher.rs"]
mod fetcher;
#[path = "support/host.rs"]
mod host;
#[path = "support/hostile.rs"]
mod hostile;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use copydesk::{
    config::Fetch,
    fetch::{Fetcher, Reason},
};
use fetcher::{config, feed, fetcher, page};
use host::{Answer, Host};
use hostile::{Behaviour::Says, Hostile};

const SECRET: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 6\r\n\r\nsecret";

/// Of this machine: a request that is let through to them ends in the trap.
const LOCAL: [&str; 4] = ["127.0.0.1", "127.0.0.3", "127.255.255.254", "0.0.0.0"];
const ELSEWHERE: [&str; 14] = [
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
];
const IPV6: [&str; 24] = [
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::7f00:1",
    "::ffff:0:127.0.0.1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:db8::1",
    "2606:2800:220:1:0:5efe:7f00:1",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::ffff:a9fe:a9fe",
];
/// Names that the resolver of the test has nothing but forbidden addresses for, and some spellings of [`LOCAL`].
const NAMES: [&str; 12] = [
    "localhost",
    "LOCALHOST.",
    "private.example",
    "mixed.example",
    "ipv6.example",
    "mapped.example",
    "%31%32%37.0.0.1",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "server.example@127.0.0.1",
    "server.example:80@127.0.0.1",
    "127.0.0.1.",
];

/// Ways to write an IPv4 address as the host of a URL.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let n = u32::from(address);
    let (low, short) = (n & 0xff_ffff, n & 0xffff);
    vec![
        format!("{a}.{b}.{c}.{d}"),
        format!("{n}"),
        format!("0x{n:x}"),
        format!("0{n:o}"),
        format!("0x{a:X}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{low}"),
        format!("0x{a:x}.{b}.{short}"),
        format!("user:secret@{a}.{b}.{c}.{d}"),
        format!("[::ffff:{a}.{b}.{c}.{d}]"),
        format!("[::ffff:{:x}:{short:x}]", n >> 16),
        format!("[::{a}.{b}.{c}.{d}]"),
        format!("[64:ff9b::{a}.{b}.{c}.{d}]"),
        format!("[2002:{:x}:{short:x}::1]", n >> 16),
    ]
}

fn forms() -> Vec<String> {
    let v4 = LOCAL.iter().chain(&ELSEWHERE).flat_map(|address| spellings(address.parse().unwrap()));
    let v6 = IPV6.iter().map(|address| format!("[{address}]"));
    v4.chain(v6).chain(NAMES.map(str::to_owned)).collect()
}

fn names(name: &str) -> Vec<IpAddr> {
    let addresses: &[&str] = match name.trim_end_matches('.') {
        "localhost" => &["127.0.0.1", "::1"],
        "private.example" => &["10.0.0.1"],
        "mixed.example" => &["127.0.0.3", "169.254.169.254", "fe80::1"],
        "ipv6.example" => &["::1", "fd00::1"],
        "mapped.example" => &["::ffff:127.0.0.1", "64:ff9b::7f00:1"],
        _ => &[],
    };
    addresses.iter().map(|address| address.parse().unwrap()).collect()
}

/// A trap on a port of every address of this machine, and a client that may use that port.
async fn trap(config: Fetch) -> (Hostile, Fetcher) {
    let trap = Hostile::start_at("::", Says(SECRET.into())).await;
    let ports = vec![80, 443, trap.address.port()];
    let fetcher = fetcher(&Fetch { ports, ..config }, names);
    (trap, fetcher)
}

#[tokio::test]
async fn no_form_of_a_forbidden_address_is_connected_to() {
    let (trap, fetcher) = trap(Fetch { allow_networks: vec![], ..config() }).await;
    let forms = forms();
    for form in &forms {
        for url in [format!("http://{form}:{}/", trap.address.port()), format!("https://{form}/")] {
            // what the URL standard refuses cannot be requested
            let Ok(parsed) = url::Url::parse(&url) else { continue };
            for request in [feed(parsed.as_str()), page(parsed.as_str())] {
                let failure = fetcher.get(request).await.unwrap_err();
                assert_eq!(failure.reason, Reason::Forbidden, "{url}: {failure}");
            }
        }
    }
    println!("{} forms, {} connections", forms.len(), trap.connections());
    assert!(forms.len() >= 200 && trap.connections() == 0, "{} forms, {}", forms.len(), trap.connections());
}

#[tokio::test]
async fn no_redirect_leads_to_a_forbidden_address() {
    // only the server that redirects is excepted
    let (trap, fetcher) = trap(Fetch { allow_networks: vec!["127.0.0.2/32".parse().unwrap()], ..config() }).await;
    let (forms, port) = (forms(), trap.address.port());
    let locations: Vec<String> = forms.iter().map(|form| format!("http://{form}:{port}/")).collect();
    let count = locations.len();
    let server = Host::open_at(Ipv4Addr::new(127, 0, 0, 2), move |_, asked| {
        let nth: usize = asked.uri.trim_start_matches('/').parse().unwrap();
        Answer::status(302).with("location", &locations[nth])
    })
    .await;
    for (nth, form) in forms.iter().enumerate() {
        for request in [feed(&server.url(&format!("/{nth}"))), page(&server.url(&format!("/{nth}")))] {
            let failure = fetcher.get(request).await.unwrap_err();
            assert_eq!(failure.reason, Reason::Redirect, "{form}: {failure}");
        }
    }
    println!("{count} redirects, {} connections", trap.connections());
    assert_eq!((server.asked().len(), trap.connections()), (2 * count, 0));
}

#[tokio::test]
async fn the_trap_catches_what_is_let_through() {
    let everything = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
    let (trap, fetcher) = trap(Fetch { allow_networks: everything, ..config() }).await;
    let v4 = LOCAL.iter().flat_map(|address| spellings(address.parse().unwrap()).into_iter().take(11));
    let forms: Vec<String> = v4.chain(["[::1]", "[::]", "localhost", "①②⑦.0.0.1"].map(str::to_owned)).collect();
    for form in &forms {
        let response = fetcher.get(feed(&format!("http://{form}:{}/", trap.address.port()))).await;
        assert_eq!(response.unwrap().body, "secret", "{form}");
    }
    assert_eq!(trap.connections(), forms.len());
}

/// Two servers on one port: requests may reach the first, and the other is the trap.
async fn honest_and_trap() -> (Hostile, Hostile) {
    let honest = || Hostile::start_at("127.0.0.2", Says(SECRET.replace("secret", "public").into_bytes()));
    loop {
        let honest = honest().await;
        // somebody else may have the port
        if let Ok(trap) = Hostile::listen(("127.0.0.1", honest.address.port()), Says(SECRET.into())).await {
            return (honest, trap);
        }
    }
}

/// What rebinding would need: allowed when it is checked, and forbidden when it is connected to.
#[tokio::test]
async fn a_name_whose_addresses_change_is_looked_up_once_a_connection() {
    let (honest, trap) = honest_and_trap().await;
    let allow_networks = vec!["127.0.0.2/32".parse().unwrap()];
    let config = Fetch { allow_networks, ports: vec![trap.address.port()], ..config() };
    let (allowed, private): (IpAddr, IpAddr) = (honest.address.ip(), trap.address.ip());
    // (addresses of each look-up in turn, whether one of the first is allowed)
    for (answers, passes) in [
        (vec![vec![private], vec![allowed]], false),
        (vec![vec![private, "10.0.0.1".parse().unwrap()], vec![allowed]], false),
        (vec![vec![allowed], vec![private]], true),
        (vec![vec![private, allowed], vec![private]], true),
    ] {
        let look_ups = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&look_ups);
        let fetcher = fetcher(&config, move |_| {
            let nth = counter.fetch_add(1, SeqCst);
            answers[nth.min(answers.len() - 1)].clone()
        });
        // the connection is closed after each answer, so the next request looks the name up again
        for (nth, passes) in [passes, !passes].into_iter().enumerate() {
            let url = format!("http://rebinding.example:{}/", trap.address.port());
            let answer = fetcher.get(feed(&url)).await.map(|response| response.body).map_err(|failure| failure.reason);
            assert_eq!(answer, if passes { Ok("public".into()) } else { Err(Reason::Forbidden) });
            assert_eq!(look_ups.load(SeqCst), nth + 1, "one look-up a request");
        }
    }
    assert_eq!((honest.connections(), trap.connections()), (4, 0));
}
