use std::collections::BTreeMap;

use super::*;

const HORIZON: Day = 180;

fn find(memory: &Memory, hash: u64) -> Option<Article> {
    memory.named(hash, 1).first().copied()
}

fn resolved(n: u64, day: Day) -> Resolved {
    let article = Article {
        key: n.wrapping_mul(0x9E37_79B9_7F4A_7C15),
        outcome: Outcome::Published,
        revision: 1,
        content: n as u32,
        day,
        title: n as u32 + 1,
        date: n as u32 + 2,
        feeds: [(7, n as u32), if n.is_multiple_of(5) { (9, 1) } else { (0, 0) }],
    };
    let name = |kind, salt: u64| Name { kind, hash: (n + 1).wrapping_mul(salt) };
    let titled = u64::from(article.title) << 32 | u64::from(article.date);
    let names = vec![
        name(NameKind::Guid, 0xC2B2_AE3D_27D4_EB4F),
        name(NameKind::Link, 0x1656_67B1_9E37_79F9),
        Name { kind: NameKind::TitleAndDate, hash: titled },
    ];
    Resolved { article, names }
}

/// The store, as a ledger keeps it.
fn store(memory: &mut Memory, store: &mut BTreeMap<u32, Vec<u8>>) -> usize {
    let changes = memory.changes();
    let written = changes.iter().map(|(_, bytes)| bytes.len()).sum();
    for (number, bytes) in changes {
        if bytes.is_empty() {
            store.remove(&number)
        } else {
            store.insert(number, bytes)
        };
    }
    written
}

fn restored(store: &BTreeMap<u32, Vec<u8>>) -> Memory {
    let mut memory = Memory::default();
    // in any order: a ledger promises none
    assert!(store.iter().rev().all(|(number, bytes)| memory.restore(*number, bytes)));
    memory
}

#[test]
fn half_a_year_of_a_busy_site_is_remembered_and_little_is_written() {
    let (mut memory, mut stored, mut written) = (Memory::default(), BTreeMap::new(), 0);
    let (a_day, days) = (150, 180);
    for day in 0..days {
        for n in 0..a_day {
            memory.add(resolved(u64::from(day) * a_day + n, 20_000 + day), usize::MAX, HORIZON);
            written += store(&mut memory, &mut stored);
        }
        memory.forget_before((20_000 + day).saturating_sub(HORIZON));
        assert!(stored.values().all(|bytes| bytes.len() <= LARGEST));
    }
    let articles = a_day * u64::from(days);
    let memory = restored(&stored);
    for n in 0..articles {
        let expected = resolved(n, 0);
        for name in &expected.names {
            assert_eq!(find(&memory, name.hash).unwrap().key, expected.article.key, "article {n}");
        }
    }
    assert!(find(&memory, 12_345).is_none());
    let kept: usize = stored.values().map(Vec::len).sum();
    println!("{articles} articles: {kept} bytes kept, {} an article written", written / articles as usize);
    assert!(kept / (articles as usize) < 58, "{kept}");
    assert!(written / (articles as usize) < 1_000, "{written}");
}

#[test]
fn the_newest_is_right_wherever_it_lies() {
    let mut memory = Memory::default();
    for n in 0..500 {
        memory.add(resolved(n, 100), usize::MAX, HORIZON);
    }
    let mut again = resolved(3, 101);
    again.article.revision = 2;
    // it lost one of its names meanwhile: the old bucket still has that name
    let lost = again.names.remove(0);
    memory.add(again, usize::MAX, HORIZON);
    for more in [0, 20, 2_000] {
        (1_000..1_000 + more).for_each(|n| memory.add(resolved(n, 101), usize::MAX, HORIZON));
        assert_eq!(find(&memory, lost.hash).map(|article| article.revision), Some(2), "after {more} more");
        assert_eq!(memory.names(resolved(3, 0).article.key).len(), 3);
    }
}

#[test]
fn what_is_over_is_forgotten_with_its_bucket() {
    let (mut memory, mut stored) = (Memory::default(), BTreeMap::new());
    for day in 0..400 {
        memory.add(resolved(u64::from(day), day), usize::MAX, HORIZON);
        memory.forget_before(day.saturating_sub(HORIZON));
        store(&mut memory, &mut stored);
        let oldest = day.saturating_sub(HORIZON);
        assert!(find(&memory, resolved(u64::from(oldest), 0).names[0].hash).is_some(), "day {day}");
    }
    assert!(find(&memory, resolved(100, 0).names[0].hash).is_none());
    assert!(memory.len() < 230, "{}", memory.len());
    assert_eq!(restored(&stored).len(), memory.len());
}

#[test]
fn small_values_stay_small() {
    let mut memory = Memory::default();
    (0..5_000).for_each(|n| memory.add(resolved(n, 1), 16 * 1024, HORIZON));
    assert!(memory.changes().iter().all(|(_, bytes)| bytes.len() <= 16 * 1024));
}

#[test]
fn damaged_bytes_are_refused() {
    let whole = Frozen::pack(&[resolved(1, 1), resolved(2, 1)]).bytes().to_vec();
    assert!(Frozen::read(&whole).is_some());
    for at in 0..whole.len() {
        assert!(Frozen::read(&whole[..at]).is_none(), "cut at {at}");
    }
    let mut other = whole;
    other[0] = 2;
    assert!(Frozen::read(&other).is_none(), "another format");
}
