//! Durations and sizes as people write them: `15m`, `1h 30m`, `500ms`; `2 MiB`, `1.5 GB`.
//!
//! A number without a unit is refused: nobody remembers whether a setting is in seconds or milliseconds.

use std::{ops::RangeInclusive, time::Duration};

use super::leaf::{Leaf, Wrong};

/// The spellings of a unit, in lower case, and its size in the smallest unit; largest first.
type Unit = (&'static [&'static str], u64);

/// In milliseconds.
const TIMES: &[Unit] = &[
    (&["w", "week", "weeks"], 7 * 86_400_000),
    (&["d", "day", "days"], 86_400_000),
    (&["h", "hr", "hour", "hours"], 3_600_000),
    (&["m", "min", "minute", "minutes"], 60_000),
    (&["s", "sec", "second", "seconds"], 1000),
    (&["ms", "millisecond", "milliseconds"], 1),
];

/// In bytes. `K`, `M` and `G` alone are refused: half of all readers take them for powers of two.
const SIZES: &[Unit] = &[
    (&["tib"], 1 << 40),
    (&["tb"], 1_000_000_000_000),
    (&["gib"], 1 << 30),
    (&["gb"], 1_000_000_000),
    (&["mib"], 1 << 20),
    (&["mb"], 1_000_000),
    (&["kib"], 1 << 10),
    (&["kb"], 1000),
    (&["b", "byte", "bytes"], 1),
];

/// A duration within a range.
pub(super) fn duration(range: RangeInclusive<Duration>) -> Leaf<impl Fn(&str) -> Result<Duration, Wrong>> {
    Leaf::new("a duration such as 15m", move |text| {
        let found = parse(text, TIMES).ok_or(Wrong::Kind).map_err(|wrong| unit_missing(text, "15m", wrong))?;
        let found = Duration::from_millis(found);
        if range.contains(&found) {
            Ok(found)
        } else {
            Err(Wrong::Expected(format!("{} to {}", shown(*range.start()), shown(*range.end()))))
        }
    })
}

/// A number of bytes within a range.
pub(super) fn size<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> Leaf<impl Fn(&str) -> Result<T, Wrong>> {
    Leaf::new("a size such as 2 MiB", move |text| {
        let found = parse(text, SIZES).ok_or(Wrong::Kind).map_err(|wrong| unit_missing(text, "2 MiB", wrong))?;
        let expected = || format!("{} to {}", shown_size(*range.start()), shown_size(*range.end()));
        if !range.contains(&found) {
            return Err(Wrong::Expected(expected()));
        }
        T::try_from(found).map_err(|_| Wrong::Expected(expected()))
    })
}

/// `1h 30m`: a duration as text, exact to the millisecond.
pub(super) fn shown(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut parts = Vec::new();
    for (names, scale) in TIMES.iter().skip(1) {
        if rest >= *scale {
            parts.push(format!("{}{}", rest / scale, names[0]));
            rest %= scale;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

fn shown_size(bytes: u64) -> String {
    for (name, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] {
        if bytes >= 1 << shift && bytes.is_multiple_of(1 << shift) {
            return format!("{} {name}", bytes >> shift);
        }
    }
    format!("{bytes} B")
}

fn unit_missing(text: &str, example: &str, otherwise: Wrong) -> Wrong {
    let number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if number { Wrong::Expected(format!("a number and its unit, such as {example}")) } else { otherwise }
}

/// The sum of `number unit` pairs, each unit smaller than the one before; saturating, so that the range check refuses
/// it.
fn parse(text: &str, units: &[Unit]) -> Option<u64> {
    let mut rest = text.trim();
    let mut units = units.iter();
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split(after.trim_start(), |c| c.is_alphabetic());
        let unit = unit.to_ascii_lowercase();
        let (_, scale) = units.find(|(names, _)| names.contains(&unit.as_str()))?;
        sum = sum.saturating_add(scaled(number, *scale)?);
        rest = after.trim_start();
    }
    (!text.trim().is_empty()).then_some(sum)
}

fn split(text: &str, within: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !within(c)).unwrap_or(text.len()))
}

fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.is_empty() || fraction.len() > 9 || fraction.contains('.') {
        return None;
    }
    let digits = |text: &str| text.bytes().fold(0_u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')));
    let whole = (!whole.is_empty()).then(|| digits(whole).saturating_mul(scale))?;
    let part = u128::from(digits(fraction)) * u128::from(scale) / 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    Some(whole.saturating_add(u64::try_from(part).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(units: &[Unit], text: &str, expected: Option<u64>) {
        assert_eq!(parse(text, units), expected, "{text:?}");
    }

    #[test]
    fn durations_and_sizes_are_read_as_written() {
        for (text, expected) in [
            ("15m", Some(900_000)),
            ("1h 30m", Some(5_400_000)),
            ("1h30min", Some(5_400_000)),
            (" 500 ms ", Some(500)),
            ("1.5h", Some(5_400_000)),
            ("7d", Some(604_800_000)),
            ("2 Weeks", Some(1_209_600_000)),
            ("0s", Some(0)),
            ("99999999999999999999d", Some(u64::MAX)),
            ("", None),
            ("15", None),
            ("m", None),
            ("-5m", None),
            ("1.m", None),
            (".5m", None),
            ("1.2.3m", None),
            ("5m 5m", None),
            ("30m 1h", None),
            ("5 lightyears", None),
            ("5m?", None),
        ] {
            check(TIMES, text, expected);
        }
        for (text, expected) in [
            ("2 MiB", Some(2 << 20)),
            ("2mib", Some(2 << 20)),
            ("1.5 kB", Some(1500)),
            ("10 B", Some(10)),
            ("1 TiB", Some(1 << 40)),
            ("2M", None),
            ("2", None),
            ("MiB", None),
        ] {
            check(SIZES, text, expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(millis in 0_u64..10_000_000_000, bytes in any::<u64>()) {
            prop_assert_eq!(parse(&shown(Duration::from_millis(millis)), TIMES), Some(millis));
            prop_assert_eq!(parse(&shown_size(bytes), SIZES), Some(bytes));
        }

        #[test]
        fn no_text_is_too_odd(text in "[0-9.]{0,30}[a-zA-Zµ ]{0,4}.{0,10}") {
            let _ = parse(&text, TIMES);
            let _ = parse(&text, SIZES);
        }
    }
}
