//! What is said of a configuration with faults.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::path::Path;

use copydesk::config::{Faults, from_yaml};

fn env(name: &str) -> Option<String> {
    match name {
        "SECRET" => Some("hunter2".to_owned()),
        "INJECTION" => Some("x]\nfeeds: [https://evil.example/]".to_owned()),
        _ => None,
    }
}

pub(crate) fn faults(yaml: &str) -> Result<(), Faults> {
    from_yaml(yaml, Path::new("c.yaml"), &env).map(|_| ())
}

/// What is said of a text, each line without the name of the file.
pub(crate) fn check(yaml: &str, expected: &[&str]) {
    let said = faults(yaml).err().map(|faults| faults.to_string()).unwrap_or_default();
    let said: Vec<_> = said.lines().map(|line| line.strip_prefix("c.yaml:").unwrap_or(line)).collect();
    assert_eq!(said, expected, "of:\n{yaml}");
}

/// The same for settings next to a feed without faults; they begin in line 2.
pub(crate) fn check_settings(yaml: &str, expected: &[&str]) {
    check(&format!("feeds: [https://example.com/feed]\n{yaml}"), expected);
}
