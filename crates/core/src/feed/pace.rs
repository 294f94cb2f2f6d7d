//! What a feed says about its own rhythm: `ttl`, `skipHours` and `skipDays` of RSS, and the syndication module.

use super::Pace;
use super::names::Field;

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// Reads one field of it. The update period is kept in seconds; a frequency divides it, in either order.
pub(super) fn told(pace: &mut Pace, field: Field, value: &str) {
    match field {
        Field::Ttl => pace.ttl_minutes = value.parse().ok(),
        Field::UpdatePeriod => {
            let period = period(value);
            // a frequency that came first has divided the default, one day
            let frequency = pace.update_seconds.map_or(1, |seconds| DAY / seconds.max(1));
            pace.update_seconds = period.map(|seconds| seconds / frequency.max(1)).or(pace.update_seconds);
        }
        Field::UpdateFrequency => {
            if let Some(frequency) = value.parse::<u32>().ok().filter(|&frequency| frequency > 0) {
                pace.update_seconds = Some(pace.update_seconds.unwrap_or(DAY) / frequency).filter(|&s| s > 0);
            }
        }
        Field::SkipHour => {
            // midnight is written as 24 too
            let hour = value.parse::<u8>().ok().filter(|&hour| hour <= 24).map(|hour| hour % 24);
            pace.skip_hours.extend(hour.filter(|hour| !pace.skip_hours.contains(hour)));
        }
        Field::SkipDay => {
            let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
            let day = (0..).zip(days).find(|(_, name)| name.eq_ignore_ascii_case(value)).map(|(day, _)| day);
            pace.skip_days.extend(day.filter(|day| !pace.skip_days.contains(day)));
        }
        _ => {}
    }
}

fn period(value: &str) -> Option<u32> {
    Some(match value.to_ascii_lowercase().as_str() {
        "hourly" => HOUR,
        "daily" => DAY,
        "weekly" => 7 * DAY,
        "monthly" => 30 * DAY,
        "yearly" => 365 * DAY,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_what_the_fields_say_together() {
        let mut pace = Pace::default();
        for (field, value) in [
            (Field::Ttl, "60"),
            (Field::UpdatePeriod, "Hourly"),
            (Field::UpdateFrequency, "2"),
            (Field::SkipHour, "24"),
            (Field::SkipHour, "0"),
            (Field::SkipHour, "25"),
            (Field::SkipDay, "sunday"),
            (Field::SkipDay, "someday"),
        ] {
            told(&mut pace, field, value);
        }
        let expected =
            Pace { ttl_minutes: Some(60), update_seconds: Some(1800), skip_hours: vec![0], skip_days: vec![6] };
        assert_eq!(pace, expected);
        let mut other_order = Pace::default();
        told(&mut other_order, Field::UpdateFrequency, "4");
        told(&mut other_order, Field::UpdatePeriod, "hourly");
        assert_eq!(other_order.update_seconds, Some(900));
    }
}
