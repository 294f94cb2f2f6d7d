//! Zones by their names in the time zone database (`Europe/Lisbon`), which define the offsets of summer and winter.
//!
//! PURE: the database is part of the program. A name that it does not have is still not a date: `Europe/Decatur` is
//! removed from the text, so that nothing in it is read as a month.

use std::borrow::Cow;

use chrono::{FixedOffset, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::names;

/// A date without the zone that it names, and the zone.
pub(super) fn taken(text: &str) -> (Cow<'_, str>, Option<Tz>) {
    let (mut rest, mut zone) = (Cow::Borrowed(text), None);
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_alphabetic()).map(|offset| at + offset) {
        let length = text[start..].bytes().take_while(|byte| is_part(*byte)).count();
        let name = &text[start..start + length];
        at = start + length;
        let known = known(name, &text[..start]);
        zone = zone.or(known);
        let kept = match known {
            Some(_) => 0,
            None if is_like_a_zone(name) => abbreviation(name),
            None => continue,
        };
        rest.to_mut().replace_range(start + kept..at, &" ".repeat(length - kept));
    }
    (rest, zone)
}

/// The offset of a zone at a local time: if clocks show an hour twice, that of the first one; if they skip it, that of
/// the hours after it. In whole minutes, as in RFC 3339: before there were zones, clocks showed the local mean time to
/// the second.
pub(super) fn offset(zone: Tz, local: NaiveDateTime) -> FixedOffset {
    let found = zone.offset_from_local_datetime(&local).earliest();
    let offset = found.unwrap_or_else(|| zone.offset_from_utc_datetime(&local)).fix();
    let seconds = offset.local_minus_utc();
    FixedOffset::east_opt(seconds - seconds % 60).unwrap_or(offset)
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'-')
}

fn known(name: &str, before: &str) -> Option<Tz> {
    let name = ["posix/", "right/"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    let is_place = || is_behind_time(before) && names::zone(&name.to_ascii_lowercase()).is_none();
    if !name.contains('/') && !is_place() {
        return None;
    }
    name.parse().ok().or_else(|| {
        let any_case = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
        any_case.copied().filter(|_| name.len() > 1)
    })
}

/// A country or city alone (`Japan`, `EST5EDT`) is a zone only right after a time.
fn is_behind_time(before: &str) -> bool {
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '.' | ','));
    before.contains(':') && (before.ends_with(|c: char| c.is_ascii_digit()) || before.ends_with(['m', 'M']))
}

/// Words joined by slashes, which is never part of a date.
fn is_like_a_zone(name: &str) -> bool {
    name.contains('/') && name.split('/').all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Which part of `CET/CEST` is meant.
fn abbreviation(name: &str) -> usize {
    let first = name.split('/').next().unwrap_or_default();
    if names::zone(&first.to_ascii_lowercase()).is_some() { first.len() } else { 0 }
}
