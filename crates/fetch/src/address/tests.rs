use super::*;

/// First and last address, or one inside, of every network that must not be reached.
const PRIVATE_V4: &[&str] = &[
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
];

/// The neighbours of those networks, and some that everyone knows.
const PUBLIC_V4: &[&str] = &[
    "1.0.0.0",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
];

/// Every way to write an IPv4 address as the host of a URL.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let n = u32::from(address);
    let low = n & 0xff_ffff;
    let short = n & 0xffff;
    vec![
        format!("{a}.{b}.{c}.{d}"),
        format!("{a}.{b}.{c}.{d}."),
        format!("{n}"),
        format!("0x{n:x}"),
        format!("0{n:o}"),
        format!("0x{a:X}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{low}"),
        format!("0x{a:x}.{b}.{short}"),
        format!("%3{}{}", char::from(b'0' + a / 100 % 10), percent_tail(address)),
        format!("[::ffff:{a}.{b}.{c}.{d}]"),
        format!("[::ffff:{:x}:{:x}]", n >> 16, short),
        format!("[0:0:0:0:0:FFFF:{a}.{b}.{c}.{d}]"),
        format!("[64:ff9b::{a}.{b}.{c}.{d}]"),
        format!("[2002:{:x}:{:x}::1]", n >> 16, short),
    ]
}

/// The address with three digits to each part except for the first digit, full-width dots between: `%3` and the digit
/// stand before it. An octal part would be read as such, so this is for parts of three digits.
fn percent_tail(address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    match a >= 100 {
        true => format!("{:02}\u{3002}{b}\u{ff0e}{c}\u{ff61}{d}", a % 100),
        // a digit before it would change the number: a hexadecimal number of any length is the same
        false => format!("x{:08x}", u32::from(address)),
    }
}

fn check(guard: &Guard, url: &str, allowed: bool) {
    let verdict = Url::parse(url).map(|url| guard.check_url(&url));
    match verdict {
        Ok(verdict) => assert_eq!(verdict.is_ok(), allowed, "{url}: {verdict:?}"),
        // what the URL standard does not accept as a host is never requested
        Err(error) => assert!(!allowed, "{url}: {error}"),
    }
}

#[test]
fn no_spelling_of_a_special_purpose_address_passes() {
    let guard = Guard::new(&[80, 443], &[], None);
    let mut forms = 0;
    for address in PRIVATE_V4 {
        for host in spellings(address.parse().unwrap()) {
            for url in [format!("http://{host}/"), format!("https://user:secret@{host}:443/a?b")] {
                check(&guard, &url, false);
                forms += 1;
            }
        }
    }
    assert!(forms >= 200, "{forms} forms");
}

#[test]
fn every_spelling_of_a_public_address_is_understood() {
    let guard = Guard::new(&[80, 443], &[], None);
    for address in PUBLIC_V4 {
        for host in spellings(address.parse().unwrap()) {
            check(&guard, &format!("http://{host}/"), true);
        }
    }
}

#[test]
fn ipv6() {
    let guard = Guard::new(&[80, 443], &[], None);
    for (host, allowed) in [
        ("::", false),
        ("::1", false),
        ("0:0:0:0:0:0:0:1", false),
        ("::7f00:1", false),
        ("::127.0.0.1", false),
        ("::8.8.8.8", false),
        ("::ffff:0:127.0.0.1", false),
        ("::ffff:0:8.8.8.8", false),
        ("::fffe:127.0.0.1", false),
        ("64:ff9b::7f00:1", false),
        ("64:ff9b::808:808", true),
        ("64:ff9b:1::808:808", false),
        ("64:ff9b:1:ffff::a00:1", false),
        ("64:ff9b:2::1", false),
        ("100::1", false),
        ("100:0:0:1::1", false),
        ("2001::1", false),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", false),
        ("2001:2::1", false),
        ("2001:10::1", false),
        ("2001:20::1", false),
        ("2001:1ff:ffff::1", false),
        ("2001:200::1", true),
        ("2001:db8::1", false),
        ("2001:4860:4860::8888", true),
        ("2002:7f00:1::", false),
        ("2002:a9fe:a9fe::1", false),
        ("2002:808:808::1", true),
        ("2606:2800:220:1::1", true),
        ("2606:2800:220:1:0:5efe:7f00:1", false),
        ("2606:2800:220:1:200:5efe:808:808", false),
        ("2620:4f:8000::1", false),
        ("2a00:1450:4001::1", true),
        ("3fff::1", false),
        ("3fff:fff:ffff::1", false),
        ("4000::1", false),
        ("5f00::1", false),
        ("fc00::1", false),
        ("fd00:ec2::254", false),
        ("fdff:ffff::1", false),
        ("fe80::1", false),
        ("febf::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("fe80::1%25eth0", false),
        ("::ffff:127.0.0.256", false),
    ] {
        check(&guard, &format!("http://[{host}]/"), allowed);
    }
}

#[test]
fn schemes_ports_and_hosts() {
    let guard = Guard::new(&[80, 443, 8080], &[], Some(&Url::parse("http://proxy.internal:3128").unwrap()));
    for (url, allowed) in [
        ("http://example.com/", true),
        ("HTTPS://EXAMPLE.com:443/", true),
        ("https://example.com:8080/", true),
        ("http://example.com:22/", false),
        ("http://example.com:0/", false),
        ("http://example.com:65535/", false),
        ("http://8.8.8.8:22/", false),
        ("http://8.8.8.8:8080/", true),
        ("ftp://example.com/", false),
        ("file:///etc/passwd", false),
        ("gopher://example.com:80/", false),
        ("data:text/html,a", false),
        ("javascript:alert(1)", false),
        ("ws://example.com/", false),
        ("unix:/var/run/docker.sock", false),
        ("http://proxy.internal/", false),
        ("http://127.0.0.1:8080/", false),
        ("http://example.com@127.0.0.1/", false),
        ("http://127.0.0.1#@example.com/", false),
        ("http://127.0.0.1\\@example.com/", false),
        ("http:127.0.0.1/", false),
        ("http:/127.0.0.1/", false),
        ("http:\\\\127.0.0.1/", false),
        ("http://１２７.０.０.１/", false),
        ("http://①②⑦.⓪.⓪.①/", false),
        ("http://127。0。0。1/", false),
        ("http://1\t27.0.0.1/", false),
        ("http://256.256.256.256/", false),
        ("http://127.0.0.1.2.3/", false),
        ("http://0x/", false),
        ("http:///", false),
    ] {
        check(&guard, url, allowed);
    }
}

#[test]
fn an_exception_opens_its_network_at_any_port_and_nothing_else() {
    let networks = ["10.1.0.0/16".parse().unwrap(), "fd12::/16".parse().unwrap()];
    let guard = Guard::new(&[80], &networks, None);
    for (url, allowed) in [
        ("http://10.1.2.3/", true),
        ("http://10.1.2.3:9999/", true),
        ("http://[::ffff:10.1.2.3]:9999/", true),
        ("http://[64:ff9b::10.1.2.3]/", true),
        ("http://[fd12::1]:1/", true),
        ("http://10.2.0.1/", false),
        ("http://127.0.0.1/", false),
        ("http://[fd13::1]/", false),
        ("http://8.8.8.8/", true),
        ("http://8.8.8.8:9999/", false),
        ("ftp://10.1.2.3/", false),
    ] {
        check(&guard, url, allowed);
    }
    // a name at a port that is not listed may only be in the excepted networks
    let allowed = guard.check_url(&Url::parse("http://intranet:9999/").unwrap()).unwrap();
    assert_eq!(allowed, AllowedAddresses::Exceptions);
    assert!(guard.check_address("10.1.2.3".parse().unwrap(), allowed).is_ok());
    assert!(guard.check_address("8.8.8.8".parse().unwrap(), allowed).is_err());
    assert!(guard.check_address("10.2.0.1".parse().unwrap(), allowed).is_err());
}

#[test]
fn a_proxy_that_looks_names_up_widens_nothing() {
    let networks = ["10.1.0.0/16".parse().unwrap()];
    for (proxy, sees) in [("http", false), ("https", false), ("socks5h", false), ("socks5", true)] {
        let proxy = Url::parse(&format!("{proxy}://proxy.internal:3128")).unwrap();
        let guard = Guard::new(&[80], &networks, Some(&proxy));
        // only a look-up shows whether it is in an excepted network
        check(&guard, "http://intranet:9999/", sees);
        check(&guard, "http://intranet/", true);
        check(&guard, "http://10.1.2.3:9999/", true);
        check(&guard, "http://10.2.0.1/", false);
        check(&guard, "http://proxy.internal/", false);
    }
}

#[test]
fn a_url_has_at_most_8_kib() {
    let guard = Guard::new(&[80], &[], None);
    let of = |bytes: usize| format!("http://example.com/{}", "a".repeat(bytes - "http://example.com/".len()));
    check(&guard, &of(8_192), true);
    check(&guard, &of(8_193), false);
}

#[test]
fn a_refusal_says_why() {
    let guard = Guard::new(&[80], &[], None);
    for (url, words) in [
        (format!("http://a/{}", "b".repeat(9000)).as_str(), "a URL of 9009 bytes"),
        ("http://127.0.0.1/", "127.0.0.1 is loopback"),
        ("http://127.0.0.1:22/", "127.0.0.1 is loopback"),
        ("http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1 is private use"),
        ("http://8.8.8.8:22/", "port 22 is not among the allowed ports"),
        ("ftp://example.com/", "scheme ftp is not http or https"),
    ] {
        assert_eq!(guard.check_url(&Url::parse(url).unwrap()).unwrap_err().to_string(), words);
    }
}

proptest::proptest! {
    #[test]
    fn translated_forms_are_judged_as_what_they_carry(bits: u32, tail: u64) {
        let inner = Ipv4Addr::from(bits);
        let expected = special_purpose(IpAddr::V4(inner));
        let mapped = inner.to_ipv6_mapped();
        let nat64 = Ipv6Addr::from((0x64_ff9b_u128 << 96) | u128::from(bits));
        let six_to_four = Ipv6Addr::from((0x2002_u128 << 112) | (u128::from(bits) << 80) | u128::from(tail));
        for form in [mapped, nat64, six_to_four] {
            proptest::prop_assert_eq!(special_purpose(IpAddr::V6(form)), expected, "{}", form);
        }
    }

    #[test]
    fn nothing_outside_global_unicast_passes(bits: u128) {
        let address = Ipv6Addr::from(bits);
        let global = GLOBAL_UNICAST.contains(&address) || translated(IpAddr::V6(address)).is_some();
        proptest::prop_assert!(global || special_purpose(IpAddr::V6(address)).is_some());
    }
}

#[test]
fn an_address_behind_a_configured_translator_is_judged_by_what_it_carries() {
    let prefixes =
        ["2a00:1::/32", "2a00:2:100::/40", "2a00:3:1::/48", "2a00:4:1:100::/56", "2a00:5:1:1::/64", "64:ff9b:1::/96"];
    let prefixes = prefixes.map(|prefix| prefix.parse().unwrap());
    let guard = Guard::new(&[80], &[], None).with_nat64(&prefixes);
    // the table of RFC 6052 section 2.4, with 8.9.10.11 and with 10.9.8.7
    for (address, allowed) in [
        ("2a00:1:809:a0b::", true),
        ("2a00:1:a09:807::", false),
        ("2a00:2:108:90a:b::", true),
        ("2a00:2:10a:908:7::", false),
        ("2a00:3:1:809:a:b00::", true),
        ("2a00:3:1:a09:8:700::", false),
        ("2a00:4:1:108:9:a0b::", true),
        ("2a00:4:1:10a:9:807::", false),
        ("2a00:5:1:1:8:90a:b00:0", true),
        ("2a00:5:1:1:a:908:700:0", false),
        ("64:ff9b:1::809:a0b", true),
        ("64:ff9b:1::a09:807", false),
        ("64:ff9b:1::7f00:1", false),
        // the rest of the local-use network is unassigned
        ("64:ff9b:1:1::809:a0b", false),
        ("64:ff9b::a09:807", false),
        ("2a00:9::a09:807", true),
    ] {
        let judged = guard.check_address(address.parse().unwrap(), AllowedAddresses::Public);
        assert_eq!(judged.is_ok(), allowed, "{address}: {judged:?}");
    }
    let networks = ["10.0.0.0/8".parse().unwrap()];
    let guard = Guard::new(&[80], &networks, None).with_nat64(&prefixes);
    let behind = "64:ff9b:1::a09:807".parse().unwrap();
    assert_eq!(guard.check_address(behind, AllowedAddresses::Exceptions), Ok(()), "excepted is what it carries");
}

#[test]
fn a_proxy_has_no_second_name() {
    for proxy in ["http://proxy.internal:3128", "http://proxy.internal.:3128"] {
        let guard = Guard::new(&[80], &[], Some(&Url::parse(proxy).unwrap()));
        for host in ["proxy.internal", "proxy.internal.", "PROXY.Internal."] {
            let url = Url::parse(&format!("http://{host}/")).unwrap();
            assert!(matches!(guard.check_url(&url), Err(Refusal::Host(_))), "{host} by {proxy}");
        }
    }
}
