use super::*;

/// A clock that is very wrong: the date in a response must take precedence over it.
const NOW: SystemTime = SystemTime::UNIX_EPOCH;
const NAMES: [&str; 8] =
    ["etag", "last-modified", "retry-after", "cache-control", "expires", "age", "x-robots-tag", "tdm-policy"];
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn answer(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

#[test]
fn when_to_come_again() {
    let now = httpdate::parse_http_date(DATE).unwrap();
    for (value, expected) in [
        ("0", Some(0)),
        ("120", Some(120)),
        (" 120 ", Some(120)),
        ("604800", Some(604_800)),
        ("99999999999999999999999999", Some(LONGEST)),
        ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
        ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
        ("Sun Nov  6 08:50:37 1994", Some(60)),
        ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(LONGEST)),
        ("-1", None),
        ("+5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("\u{e9}", None),
    ] {
        assert_eq!(
            retry_after(&answer(&[("retry-after", value)]), now),
            expected.map(Duration::from_secs),
            "{value:?}"
        );
    }
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
    let dated = answer(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), ("date", DATE)]);
    assert_eq!(retry_after(&dated, NOW), Some(Duration::from_secs(60)), "the answer's own date goes first");
}

#[test]
fn how_long_an_answer_is_fresh() {
    let check = |lines: &[(&'static str, &str)], expected: Option<u64>| {
        assert_eq!(fresh_for(&answer(lines), NOW), expected.map(Duration::from_secs), "{lines:?}");
    };
    check(&[], None);
    check(&[("cache-control", "max-age=300")], Some(300));
    check(&[("cache-control", "public, Max-Age=300")], Some(300));
    check(&[("cache-control", "max-age=\"300\"")], Some(300));
    check(&[("cache-control", "max-age = 300")], Some(300));
    check(&[("cache-control", "max-age=0")], Some(0));
    check(&[("cache-control", "max-age=300, max-age=600")], Some(300));
    check(&[("cache-control", "s-maxage=900, max-age=300")], Some(300));
    check(&[("cache-control", "s-maxage=900")], None);
    check(&[("cache-control", "no-cache, max-age=300")], None);
    check(&[("cache-control", "no-store"), ("cache-control", "max-age=300")], None);
    check(&[("cache-control", "private, no-cache=\"set-cookie, x\", max-age=300")], Some(300));
    check(&[("cache-control", "ext=\"max-age=5, b\", max-age=300")], Some(300));
    check(&[("cache-control", "max-age=-1")], Some(0));
    check(&[("cache-control", "max-age=a")], Some(0));
    check(&[("cache-control", "max-age=99999999999999999999")], Some(LONGEST));
    check(&[("cache-control", "max-age=300"), ("age", "100")], Some(200));
    check(&[("cache-control", "max-age=300"), ("age", "900")], Some(0));
    check(&[("cache-control", "max-age=300"), ("age", "x")], Some(300));
    let later = "Sun, 06 Nov 1994 08:54:37 GMT";
    check(&[("expires", later), ("date", DATE)], Some(300));
    check(&[("expires", later), ("date", DATE), ("age", "60")], Some(240));
    check(&[("expires", later), ("date", DATE), ("cache-control", "max-age=60")], Some(60));
    check(&[("expires", DATE), ("date", later)], Some(0));
    check(&[("expires", "0")], Some(0));
    check(&[("expires", "-1"), ("date", DATE)], Some(0));
    check(&[("expires", later)], Some(LONGEST));
}

#[test]
fn what_the_publisher_forbids() {
    let check = |lines: &[(&'static str, &str)], expected: &[&str]| {
        assert_eq!(restrictions(&answer(lines)), expected, "{lines:?}");
    };
    check(&[], &[]);
    check(&[("x-robots-tag", "NoArchive, nosnippet")], &["noarchive", "nosnippet"]);
    check(&[("x-robots-tag", "noarchive"), ("x-robots-tag", "noarchive, noindex")], &["noarchive", "noindex"]);
    check(&[("x-robots-tag", "googlebot: noindex, nofollow")], &[]);
    check(&[("x-robots-tag", "copydesk: noindex, nofollow")], &["noindex", "nofollow"]);
    check(&[("x-robots-tag", "noarchive, otherbot: noindex, copydesk: none")], &["noarchive", "none"]);
    check(&[("x-robots-tag", "max-snippet: 20, *: noindex")], &["max-snippet: 20", "noindex"]);
    check(&[("x-robots-tag", "unavailable_after: 2030-01-01")], &["unavailable_after: 2030-01-01"]);
    check(&[("tdm-reservation", "1")], &["tdm-reservation"]);
    check(&[("tdm-reservation", "0"), ("tdm-policy", "https://a.example/p")], &[]);
    check(
        &[("tdm-reservation", "1"), ("tdm-policy", "https://a.example/p.json")],
        &["tdm-reservation", "tdm-policy: https://a.example/p.json"],
    );
    let many: Vec<String> = (0..100).map(|n| format!("d{n}")).collect();
    assert_eq!(restrictions(&answer(&[("x-robots-tag", &many.join(","))])).len(), 32);
}

#[test]
fn validators_go_back_byte_for_byte() {
    for etag in [&b"\"abc\""[..], b"W/\"abc\"", b"abc", b"\"a\\\"b\"", b"\"\xe9\xff\x80\"", "\"é\"".as_bytes()] {
        let came = HeaderMap::from_iter([
            (header::ETAG, HeaderValue::from_bytes(etag).unwrap()),
            (header::LAST_MODIFIED, HeaderValue::from_static("yesterday, I think")),
        ]);
        let stored = serde_json::to_string(&validators(&came)).unwrap();
        let mut sent = HeaderMap::new();
        assert!(make_conditional(&mut sent, &serde_json::from_str(&stored).unwrap()));
        assert_eq!(sent[header::IF_NONE_MATCH].as_bytes(), etag);
        assert_eq!(sent[header::IF_MODIFIED_SINCE], "yesterday, I think");
    }
}

#[test]
fn what_cannot_be_a_validator_is_not_sent() {
    let mut sent = HeaderMap::new();
    for etag in ["\u{20ac}", "a\nb: c"] {
        let stored = Validators { etag: Some(etag.to_owned()), ..Validators::default() };
        assert!(!make_conditional(&mut sent, &stored), "{etag:?}");
    }
    assert!(sent.is_empty());
    assert!(validators(&answer(&[("etag", &"a".repeat(2000))])).is_empty());
    assert!(validators(&answer(&[("etag", "")])).is_empty());
}

proptest::proptest! {
    /// Whatever bytes a server sends: no panic, and nothing out of bounds.
    #[test]
    fn any_header_is_survived(name in 0..NAMES.len(), value: Vec<u8>) {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let answer = HeaderMap::from_iter([(HeaderName::from_static(NAMES[name]), value)]);
            let longest = Duration::from_secs(LONGEST);
            proptest::prop_assert!(retry_after(&answer, NOW).is_none_or(|time| time <= longest));
            proptest::prop_assert!(fresh_for(&answer, NOW).is_none_or(|time| time <= longest));
            proptest::prop_assert!(restrictions(&answer).iter().all(|found| found.len() <= 200));
            let mut sent = HeaderMap::new();
            make_conditional(&mut sent, &validators(&answer));
            proptest::prop_assert!(sent.get(header::IF_NONE_MATCH).is_none_or(|sent| sent == answer[header::ETAG]));
        }
    }
}
