//! Whose site a host is: part of every id, every key of the state and the choice of the partition, and so to be the same
//! for years. It comes from the Public Suffix List, which grows each week: its version is pinned, and an update that
//! moves one of these hosts to another site fails here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use copydesk::link;
use url::Url;

#[test]
fn every_host_keeps_its_site() {
    let table = include_str!("sites.tsv");
    let mut lines = 0;
    let wrong: Vec<String> = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| {
            lines += 1;
            let (host, expected) = line.split_once('\t').unwrap_or_else(|| panic!("no tab in {line:?}"));
            let site = link::site(&Url::parse(&format!("https://{host}/feed.xml")).unwrap());
            (site != expected).then(|| format!("{host}: {site}, not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines > 150, "{lines}");
}
