//! One table: what is written → what it means.

use proptest::prelude::*;

use super::parse;

/// `expected` is RFC 3339, with `~` in front where the text names no zone; empty where there is no date.
fn check(text: &str, expected: &str) {
    let found = parse(text).map_or_else(String::new, |moment| {
        let at = moment.at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        if moment.zoned { at } else { format!("~{at}") }
    });
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn every_form_has_its_meaning() {
    let table = include_str!("tests.tsv");
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (text, expected) = line.split_once('\t').unwrap_or_else(|| panic!("no tab in {line:?}"));
        check(text, expected);
    }
}

#[test]
fn white_space_and_comments_are_no_obstacle() {
    check(" Thu,\n 09 Feb 2006\n 23:59:45 +0000\n", "2006-02-09T23:59:45Z");
    check("Thu , \t 09  Feb\t2006  23:59:45\t +0000", "2006-02-09T23:59:45Z");
    check("Thu(so(nested) it \\) is), 9(th) Feb(ruary) 2006()23:59:45 +0000(zone)", "2006-02-09T23:59:45Z");
}

#[test]
fn offsets_have_whole_minutes() {
    let moment = parse("1062-01-01 12:00:00 Europe/Paris").unwrap();
    assert_eq!(moment.at.to_rfc3339(), "1062-01-01T12:00:00+00:09");
    assert_eq!(moment.at.offset().local_minus_utc(), 9 * 60);
}

/// Some begin like the month of some language (Dublin, Dubai, Martinique), or like a zone (West, Eastern).
#[test]
fn no_zone_or_place_changes_the_date() {
    let local = "2026-07-15T08:00:00".parse().unwrap();
    for zone in chrono_tz::TZ_VARIANTS {
        let place = zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
        for text in [
            format!("2026-07-15 08:00:00 {}", zone.name()),
            format!("Wed, 15 Jul 2026 08:00:00 {}", zone.name().to_lowercase()),
            format!("15 July 2026 08:00 {place}"),
            format!("July 15, 2026, {place}, 8:00 am"),
        ] {
            assert_eq!(parse(&text).map(|moment| moment.at.naive_local()), Some(local), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,60}") {
        parse(&text);
    }

    #[test]
    fn nothing_like_a_date_is_too_odd(text in "[0-9TZ:+./ -]{0,30}( (mar|PM|GMT|年|h|Sept))?[0-9+:]{0,6}") {
        parse(&text);
    }

    #[test]
    fn what_was_written_is_read(seconds in 86_400i64..4_000_000_000, hours in -12i32..14) {
        let offset = chrono::FixedOffset::east_opt(hours * 3600).unwrap();
        let at = chrono::DateTime::from_timestamp(seconds, 0).unwrap().with_timezone(&offset);
        for text in [at.to_rfc3339(), at.to_rfc2822(), at.format("%a %b %d %H:%M:%S %z %Y").to_string()] {
            prop_assert_eq!(parse(&text).map(|moment| moment.at), Some(at), "{}", text);
        }
    }
}
