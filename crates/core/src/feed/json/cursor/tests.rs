//! Broken JSON and its meaning; correct JSON, which is read as it is.

use proptest::prelude::*;

use super::*;

/// The value in strict JSON, with strings and words as strings.
fn shown(cursor: &mut Cursor<'_>) -> String {
    match cursor.peek() {
        Some(b'{') => {
            let mut all = Vec::new();
            cursor.members(|cursor, key| all.push(format!("{key}={}", shown(cursor))));
            format!("{{{}}}", all.join(" "))
        }
        Some(b'[') => {
            let mut all = Vec::new();
            cursor.elements(|cursor| all.push(shown(cursor)));
            format!("[{}]", all.join(" "))
        }
        Some(b'"' | b'\'' | b'-' | b'0'..=b'9') => cursor.text().unwrap_or_default(),
        _ => {
            cursor.skip();
            "-".to_owned()
        }
    }
}

#[test]
fn slips_leave_no_doubt_of_what_is_meant() {
    for (json, expected, slips) in [
        (r#"{"a": "b", "c": [1, -2.5e3, true, null, {}]}"#, "{a=b c=[1 -2.5e3 - - {}]}", 0),
        (r#"{"a": "x\"y\\z\/ \u00e9\ud83d\ude00\n"}"#, "{a=x\"y\\z/ é😀\n}", 0),
        (r#"{"a":["x",null],"b":["y",true,"z",1]}"#, "{a=[x -] b=[y - z 1]}", 0),
        ("{\"a\": \"one\n\ttwo\"}", "{a=one\n\ttwo}", 1),
        (r#"{"a": [1, 2,], "b": 3,}"#, "{a=[1 2] b=3}", 2),
        (r#"{"a": [1,,2]}"#, "{a=[1 2]}", 1),
        ("{\"a\": \"b\" \"c\": \"d\"}", "{a=b c=d}", 1),
        (r#"[{"a": 1} {"a": 2}]"#, "[{a=1} {a=2}]", 1),
        (r#"{"a": "it\'s"}"#, "{a=it's}", 1),
        (r#"{"a": "C:\dir \ud83d \uZZ"}"#, "{a=C:\\dir \u{fffd} \u{fffd}ZZ}", 1),
        (r#"{"a": "she said "no" twice", "b": 1}"#, "{a=she said \"no\" twice b=1}", 2),
        (r#"{"a": "she said "no", and left", "b": 1}"#, "{a=she said \"no\", and left b=1}", 2),
        (r#"{a: 'b', "c": 1}"#, "{a=b c=1}", 1),
        (r#"{"a": [{"b": 1}}, {"b": 2}], "c": 3}"#, "{a=[{b=1} {b=2}] c=3}", 1),
        (r#"{"a": [{"b": 1, {"b": 2}], "c": 3}"#, "{a=[{b=1} {b=2}] c=3}", 2),
        (r#"{"a": [{"b": [1, 2}, {"b": 2}], "c": 3}"#, "{a=[{b=[1 2]} {b=2}] c=3}", 1),
        ("/* by {hand} */ {\"a\": \"//b\", // c\n\"d\": 1 /* e */}", "{a=//b d=1}", 3),
        (r#"{"a": "<a href="//b">c</a>"}"#, "{a=<a href=\"//b\">c</a>}", 2),
        (r#"{"a": undefined, "b": }"#, "{a=- b=-}", 1),
        (r#"{"a": 1], "b": 2}"#, "{a=1 b=2}", 1),
    ] {
        let mut cursor = Cursor::new(json);
        assert_eq!(shown(&mut cursor), expected, "{json}");
        assert_eq!((cursor.slips, cursor.cut), (slips, false), "{json}: {}", cursor.first_slip);
    }
}

#[test]
fn a_text_that_ends_too_early_says_so() {
    for json in [r#"{"a": 1"#, r#"{"a": "b"#, r#"{"a": [1, 2"#, r#"{"a": {"b": 1}, "#, r#"{"a"#, r#"{"a": "b\"#, "{"] {
        let mut cursor = Cursor::new(json);
        shown(&mut cursor);
        assert!(cursor.cut, "{json}");
    }
}

#[test]
fn depth_is_bounded() {
    for json in ["[".repeat(200_000), "{\"a\":".repeat(200_000), "[{".repeat(100_000)] {
        let mut cursor = Cursor::new(&json);
        cursor.skip();
        assert!(cursor.cut);
    }
    let mut cursor = Cursor::new("x");
    cursor.members(|_, _| {});
    let deep = format!("{{\"a\": {}1{}, \"b\": 2}}", "[".repeat(100), "]".repeat(100));
    let (mut cursor, mut keys) = (Cursor::new(&deep), Vec::new());
    assert!(cursor.members(|_, key| keys.push(key.to_owned())));
    assert_eq!((keys.join(" ").as_str(), cursor.slips), ("a b", 0));
}

/// Values as serde_json writes them, pretty or not.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        "[ -~\n\t,:\"{}é😀\\\\\\[\\]]{0,20}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::vec(("[a-z\",: ]{0,6}", inner), 0..6)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn expected(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            let all: Vec<String> = members.iter().map(|(key, value)| format!("{key}={}", expected(value))).collect();
            format!("{{{}}}", all.join(" "))
        }
        serde_json::Value::Array(list) => format!("[{}]", list.iter().map(expected).collect::<Vec<_>>().join(" ")),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => "-".to_owned(),
    }
}

proptest! {
    #[test]
    fn what_is_right_is_read_as_it_is(value in any_json(), is_pretty in any::<bool>()) {
        let json = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let wrapped = format!("[{json}]");
        let mut cursor = Cursor::new(&wrapped);
        prop_assert_eq!(shown(&mut cursor), format!("[{}]", expected(&value)));
        prop_assert_eq!((cursor.slips, cursor.cut), (0, false), "{}", json);
    }

    #[test]
    fn nothing_is_too_odd(text in "[\\[\\]{}:,\"'a1\\\\ un\n]{0,60}") {
        Cursor::new(&text).skip();
    }
}
