use super::*;

#[test]
fn what_was_written_is_read_as_it_was() {
    let states = [
        State {
            key: "a.example https://a.example/feed".into(),
            value: br#"{"title":"A \"b\" \u00e9","seen":[]}"#.into(),
        },
        State { key: "a.example".into(), value: br#"{"pages":3}"#.into() },
    ];
    let mut file = Vec::new();
    write(&states, &mut file).unwrap();
    assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2);
    assert_eq!(read(file.as_slice()).unwrap(), states);
}

fn of_bytes(sizes: &[usize]) -> Vec<State> {
    let state = |(n, size): (usize, &usize)| State { key: format!("{n:04}"), value: vec![b' '; size - 4] };
    sizes.iter().enumerate().map(state).collect()
}

#[test]
fn an_import_is_cut_into_commits_by_count_and_by_bytes() {
    const MIB: usize = 1 << 20;
    for (sizes, expected) in [
        (vec![], vec![]),
        (vec![100; 1201], vec![500, 500, 201]),
        (vec![MIB; 20], vec![8, 8, 4]),
        (vec![5 * MIB, 3 * MIB, 4], vec![2, 1]),
        (vec![4, 30 * MIB, 4, 4], vec![1, 1, 2]),
    ] {
        let states = of_bytes(&sizes);
        let commits = commits(&states);
        assert_eq!(commits.iter().map(|values| values.len()).collect::<Vec<_>>(), expected);
        assert_eq!(commits.concat(), states);
    }
}

#[test]
fn what_the_ledger_cannot_take_is_named_with_what_to_do() {
    let states = of_bytes(&[1000, 1001, 5000, 20]);
    ensure_fit(&states, None).unwrap();
    ensure_fit(&states, Some(5000)).unwrap();
    let refused = ensure_fit(&states, Some(1000)).unwrap_err().to_string();
    for said in ["2 of 4 values", "the 1000 bytes", "`0002` with 5000 bytes", "`max_message` of the ledger to `6 KiB`"]
    {
        assert!(refused.contains(said), "{said}: {refused}");
    }
}

#[test]
fn what_is_no_export_is_refused_by_its_line() {
    let line = r#"{"key":"a.example https://a.example/feed","value":{}}"#;
    for (text, expected) in [
        ("nothing", "line 1 is not a line of an export"),
        (r#"{"key":"a.example","value":{},"more":1}"#, "line 1 is not a line of an export"),
        (r#"{"key":"a.example"}"#, "line 1 is not a line of an export"),
        (r#"{"key":"a.example x","value":{"seen":["?"]}}"#, "line 1: copydesk cannot read the value of `a.example x`"),
        (r#"{"key":"a.example x","value":null}"#, "line 1: copydesk cannot read the value of `a.example x`"),
        (&format!("{line}\n\n{line}\n"), "line 3: `a.example https://a.example/feed` is also in line 1"),
    ] {
        let error = format!("{:#}", read(text.as_bytes()).unwrap_err());
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
    assert!(read(b"".as_slice()).unwrap().is_empty());
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn held(values: &[(&str, &str)]) -> Vec<State> {
    let state = |(key, value): &(&str, &str)| State { key: (*key).into(), value: (*value).into() };
    values.iter().map(state).collect()
}

const OLD: &str = "https://www.a.example/feed";
const ENTRY: &str = r#"{"v":2,"key":7,"names":"","entry":{"title":"A"},"carriers":[{"feed":"https://www.a.example/feed","digest":1}],"discovered_at":"2026-01-05T10:00:00Z","due":"2026-01-05T10:00:00Z"}"#;

#[test]
fn a_feed_takes_its_state_to_its_new_url() {
    let known = held(&[
        ("a.example https://www.a.example/feed", r#"{"v":2,"title":"A","schedule":{},"trouble":null}"#),
        ("a.example entry 0000000000000007", ENTRY),
        ("b.example https://b.example/feed", r#"{"v":2,"schedule":{}}"#),
    ]);
    for (new, pointer) in
        [("https://a.example/rss", None), ("https://c.example/rss", Some(("c.example", r#""kept_at":"a.example""#)))]
    {
        let (entries, feeds) = rename::values(&known, None, &url(OLD), &url(new)).unwrap();
        let [entry] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!(entry.key, "a.example entry 0000000000000007");
        assert!(String::from_utf8_lossy(&entry.value).contains(&format!(r#""feed":"{new}""#)));
        let of = |key: &str| {
            let state = feeds.iter().find(|state| state.key == key).unwrap_or_else(|| panic!("{key}: {feeds:?}"));
            String::from_utf8(state.value.clone()).unwrap()
        };
        assert_eq!(of("a.example https://www.a.example/feed"), "");
        assert!(of(&format!("a.example {new}")).contains(r#""title":"A""#));
        assert_eq!(feeds.len(), 2 + usize::from(pointer.is_some()));
        if let Some((site, says)) = pointer {
            assert!(of(&format!("{site} {new}")).contains(says));
        }
    }
    // and on to a third, which takes the pointer away
    let moved = held(&[
        ("a.example https://c.example/rss", r#"{"v":2,"schedule":{}}"#),
        ("c.example https://c.example/rss", r#"{"v":2,"schedule":{},"kept_at":"a.example"}"#),
    ]);
    let (_, feeds) =
        rename::values(&moved, None, &url("https://c.example/rss"), &url("https://a.example/new")).unwrap();
    let mut shown: Vec<(&str, bool)> = feeds.iter().map(|state| (state.key.as_str(), state.value.is_empty())).collect();
    shown.sort_unstable();
    let expected = [
        ("a.example https://a.example/new", false),
        ("a.example https://c.example/rss", true),
        ("c.example https://c.example/rss", true),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn what_cannot_be_renamed_is_refused_with_the_reason() {
    let known = held(&[
        ("a.example https://www.a.example/feed", r#"{"v":2,"schedule":{}}"#),
        ("b.example https://b.example/feed?key=hunter2", r#"{"v":2,"schedule":{}}"#),
    ]);
    for (states, old, new, expected) in [
        (&known[..], "https://www.a.example/fed", "https://a.example/rss", "similar URL is https://www.a.example/feed"),
        (
            &known[..],
            "https://b.example/feed?key=hunter3",
            "https://a.example/rss",
            "similar URL is https://b.example/feed?key=***",
        ),
        (&[], OLD, "https://a.example/rss", "nor about any other feed"),
        (&known[..1], OLD, OLD, "the same"),
        (&known[..], "https://b.example/feed?key=hunter2", OLD, "already has state, with the site a.example"),
    ] {
        let refused = rename::values(states, None, &url(old), &url(new)).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}
