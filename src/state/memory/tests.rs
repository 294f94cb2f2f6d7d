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

/// With and without a second feed, a title, a date, and the name that they are together.
#[test]
fn what_is_packed_is_unpacked() {
    let outcomes =
        [Outcome::Legacy, Outcome::Published, Outcome::Rejected, Outcome::TooOld, Outcome::PublishedFeedText];
    let mut all = Vec::new();
    for (n, outcome) in (0..).zip(outcomes) {
        for (more, title, date, named) in [(0, 5, 6, true), (100, 5, 0, false), (200, 0, 6, true), (300, 0, 0, false)] {
            let mut one = resolved(n + more, 77);
            one.article = Article { outcome, title, date, revision: 3, ..one.article };
            one.names.truncate(2);
            let hash = u64::from(title) << 32 | u64::from(date);
            if named {
                one.names.push(Name { kind: NameKind::TitleAndDate, hash });
            }
            all.push(one);
        }
    }
    let packed = Frozen::pack(&all);
    assert_eq!(packed.bytes().len(), packed_len(&all));
    let read = Frozen::read(packed.bytes()).unwrap();
    assert_eq!((read.articles(), read.number_of(1)), (20, None));
    for Resolved { article, mut names } in all {
        let hash = u64::from(article.title) << 32 | u64::from(article.date);
        let title = Name { kind: NameKind::TitleAndDate, hash };
        if hash != 0 && !names.contains(&title) {
            names.push(title);
        }
        names.sort_by_key(|name| name.hash);
        assert_eq!(read.article(read.number_of(article.key).unwrap()), article);
        assert_eq!(read.names_of(article.key), names);
        assert!(names.iter().all(|name| read.kind_of(article.key, name.hash) == Some(name.kind)));
    }
}

/// The first bucket is as large as the ledger allows at most, and is then left as it is.
#[test]
fn the_newest_bucket_is_frozen_in_time() {
    let mut memory = Memory::default();
    let mut numbers = Vec::new();
    for n in 0..17 {
        memory.add(resolved(n, 1), usize::MAX, HORIZON);
        numbers.extend(memory.changes().into_iter().map(|(number, _)| number));
    }
    assert_eq!(numbers, [[0; 16].as_slice(), &[1]].concat(), "sixteen articles, and then a new one");
    assert!(!memory.is_changed() && memory.changes().is_empty());
    // half of what a value may have: an article takes 55 bytes or more
    let mut memory = Memory::default();
    let frozen = (0..4).map(|n| {
        memory.add(resolved(n, 1), 400, HORIZON);
        memory.frozen.len()
    });
    assert_eq!(
        frozen.collect::<Vec<_>>(),
        [0, 0, 0, 1],
        "5 + 3 × 55 + 8 bytes are less than 200, one article more is not"
    );
}

/// Four buckets of a size become one; those of a longer time than a sixth of the horizon stay apart.
#[test]
fn buckets_of_a_size_and_time_are_merged() {
    for (what, days_between, expected) in [
        ("a day", 0, vec![(3, 64)]),
        ("a month", 10, vec![(3, 64)]),
        ("longer", 11, vec![(0, 16), (1, 16), (2, 16), (3, 16)]),
    ] {
        let mut memory = Memory::default();
        for n in 0..64_u16 {
            memory.add(resolved(n.into(), 100 + n / 16 * days_between), usize::MAX, HORIZON);
        }
        let buckets = memory.frozen.iter().map(|bucket| (bucket.number, bucket.frozen.articles()));
        assert_eq!(buckets.collect::<Vec<_>>(), expected, "{what}");
    }
    // the next larger ones, too; four small ones are not merged with a large one
    let mut memory = Memory::default();
    (0..256).for_each(|n| memory.add(resolved(n, 1), usize::MAX, HORIZON));
    assert_eq!(memory.frozen.iter().map(|bucket| bucket.frozen.articles()).collect::<Vec<_>>(), [256]);
    (256..304).for_each(|n| memory.add(resolved(n, 1), usize::MAX, HORIZON));
    assert_eq!(memory.frozen.iter().map(|bucket| bucket.frozen.articles()).collect::<Vec<_>>(), [256, 16, 16, 16]);
}

/// A ledger gives back what it has in any order, and the next bucket is a new one.
#[test]
fn buckets_are_sorted_when_they_are_read_back() {
    let value = |n| Frozen::pack(&[resolved(n, 1)]).bytes().to_vec();
    let mut memory = Memory::default();
    for number in [4, 9, 2] {
        assert!(memory.restore(number, &value(number.into())));
    }
    assert_eq!(memory.frozen.iter().map(|bucket| bucket.number).collect::<Vec<_>>(), [2, 4, 9]);
    memory.add(resolved(50, 1), usize::MAX, HORIZON);
    assert!(memory.is_changed());
    assert_eq!(memory.changes().iter().map(|(number, _)| *number).collect::<Vec<_>>(), [10]);
    assert!(!memory.is_changed());
    memory.forget_before(1);
    assert!(!memory.is_changed(), "nothing is that old");
    memory.forget_before(2);
    assert!(memory.is_changed() && memory.is_empty());
    let mut numbers: Vec<u32> = memory.changes().into_iter().map(|(number, _)| number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 4, 9, 10], "each of them is deleted");
}

/// Everything that reading a bucket relies on: two articles, each with three names and a second feed.
#[test]
fn bytes_that_contradict_each_other_are_refused() {
    let whole = Frozen::pack(&[resolved(0, 1), resolved(5, 1)]).bytes().to_vec();
    let (owners, articles) = (5 + 6 * 8, 5 + 6 * 10);
    let seconds = articles + 2 * 25;
    assert_eq!(whole.len(), seconds + 2 * 8);
    let check = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        assert_eq!(Frozen::read(&bytes).is_some(), what.is_empty(), "{what}");
    };
    check("", &|_| {});
    check("names out of order", &|bytes| bytes[5..13].fill(0xff));
    check("a name of a third article", &|bytes| bytes[owners] = 2);
    check("a name of no kind", &|bytes| bytes[owners + 1] |= 0xe0);
    check("one key twice", &|bytes| bytes.copy_within(articles..articles + 8, articles + 25));
    check("a seventh name as a title", &|bytes| bytes[articles + 16..articles + 18].copy_from_slice(&[6, 0]));
    check("two second feeds of one article", &|bytes| bytes.copy_within(seconds..seconds + 2, seconds + 8));
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
