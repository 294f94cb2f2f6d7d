use super::*;

const STORY: &str = "The harbour council voted on Tuesday to keep the old swing bridge open to walkers.\n\n\
    Engineers had warned that the iron deck needed repairs, and several members wanted a ferry landing.\n\n\
    Work on the deck is to begin in September, and the bridge will be closed on four weekends.";

fn of(blocks: &[&str]) -> Print {
    Print::of_text(&blocks.join("\n"))
}

#[test]
fn numbers_and_relative_times_are_no_other_text() {
    let same = Likeness::SameButForNumbers;
    for (one, other) in [
        ("Read 1,204 times", "Read 1,311 times"),
        ("Posted 3 hours ago by the coordinator", "Posted 2 days ago by the coordinator"),
        ("Posted an hour ago by the coordinator", "Posted 12 minutes ago by the coordinator"),
        ("vor 3 Stunden", "vor einem Tag"),
        ("hace 5 minutos", "hace 2 horas"),
        ("5分前", "2時間前"),
        ("3小时前 市议会决定重建港口", "2天前 市议会决定重建港口"),
        ("Just now", "yesterday"),
    ] {
        assert_eq!(of(&[one, STORY]).compare(&of(&[other, STORY])), same, "{one} | {other}");
    }
    for (one, other) in [
        ("The council voted", "The council has voted"),
        ("In an hour it was gone", "In a day it was gone"),
        ("It will open!", "It will open?"),
        ("市议会决定重建港口", "市议会决定不重建港口"),
    ] {
        assert!(matches!(of(&[one]).compare(&of(&[other])), Likeness::Other(_)), "{one} | {other}");
    }
}

#[test]
fn where_a_block_ends_is_no_text() {
    let apart = STORY.replace("warned that", "warned\nthat");
    assert_eq!(Print::of_text(STORY).compare(&Print::of_text(&apart)), Likeness::Same);
}

#[test]
fn pages_have_blocks_in_common() {
    let block = |n: usize| format!("Block {} of the page", "word ".repeat(n + 1));
    let page = |blocks: std::ops::Range<usize>| Print::of_text(&blocks.map(block).collect::<Vec<_>>().join("\n"));
    let shared = |a: std::ops::Range<usize>, b: std::ops::Range<usize>| match page(a).compare(&page(b)) {
        Likeness::Other(shared) => shared,
        _ => 1.0,
    };
    assert!(shared(0..100, 0..99) > 0.9);
    assert!((0.1..0.6).contains(&shared(0..100, 50..150)), "a third");
    assert!(shared(0..100, 100..200) < 0.1);
}

#[test]
fn prints_are_kept_as_short_strings() {
    let print = Print::of_text(STORY);
    let kept = serde_json::to_string(&print).unwrap();
    assert!(kept.len() <= 120, "{kept}");
    assert_eq!(serde_json::from_str::<Print>(&kept).unwrap(), print);
    for bad in ["\"\"", "\"x\"", "\"!!!!\""] {
        assert!(serde_json::from_str::<Print>(bad).is_err());
    }
}
