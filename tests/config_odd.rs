//! No text makes the reader of configurations panic, hang or bloat.

use std::{path::Path, time::Duration};

use copydesk::config::{Faults, from_yaml};
use proptest::prelude::*;

fn read(yaml: &str) -> Result<(), Faults> {
    from_yaml(yaml, Path::new("c.yaml"), &|_| Some("value".to_owned())).map(|_| ())
}

/// What YAML and our keys are made of: random rows of it go deeper than random characters.
const PARTS: &[&str] = &[
    "feeds",
    "url",
    "ledger",
    "kafka",
    "headers",
    "include",
    "tags",
    "options",
    "basic_auth",
    "defaults",
    "file",
    "https://a.example/",
    "1h",
    "2 MiB",
    "true",
    "é",
    "${A}",
    "$$",
    "${",
    ": ",
    ":",
    "- ",
    "? ",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "#",
    "&a ",
    "*a",
    "!t ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\u{feff}",
    "\u{85}",
    "\\",
];

proptest! {
    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn no_yaml_is_too_odd(parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..60)) {
        let _ = read(&parts.concat());
    }
}

#[test]
fn no_text_takes_long() {
    const SIZE: usize = 200_000;
    let repeated = |part: &str| part.repeat(SIZE / part.len());
    let bomb = (1..30).fold("a0: &a0 x\n".to_owned(), |yaml, n| {
        format!("{yaml}a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","))
    });
    let texts = ["[", "{", "- ", "? ", "a: ", "\"", "'", "|", "!a ", "&a ", "\n ", "#", "a\n", "${", "{a: ", "[a, "];
    for text in texts.map(repeated).into_iter().chain([bomb, format!("feeds:\n{}", repeated("- x\n"))]) {
        let begun = std::time::Instant::now();
        assert!(read(&text).is_err());
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?} for {:?}…", text.chars().take(20).collect::<String>());
    }
}
