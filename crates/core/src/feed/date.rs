//! Dates as publishers write them.
//!
//! PURE. No grammar covers what is in use: RFC 822 and its successors with every mistake, W3C-DTF and its parts, the
//! customs of a dozen languages, numbers of seconds. So the text is cut into numbers, words and signs; what can only be
//! a time, a zone, a month or a weekday is taken as that, and the numbers that are left must then make exactly one
//! date. A date that could be read in two ways is not used: a wrong one does more harm in a record than none. Text
//! after a complete date that is not understood does not change it. There is no clock here, so nothing is ever "today".

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Weekday,
};
use chrono_tz::Tz;

use super::Moment;

mod names;
#[cfg(test)]
mod tests;
mod token;
mod zone;

use token::{Token, after_sign, after_space, after_word, any_number, fraction, half_of_day, number, sign};

/// No date in use is longer; longer text is prose.
const MAX_LENGTH: usize = 120;
const MAX_TOKENS: usize = 40;

/// Reads a date, with or without a time and a zone; `None` if the text has none, or more than one meaning.
pub fn parse(text: &str) -> Option<Moment> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_LENGTH {
        return None;
    }
    let (text, zone) = zone::taken(text);
    let tokens = token::cut(&text);
    if tokens.len() > MAX_TOKENS {
        return None;
    }
    let mut reading = Reading { zone, ..Reading::default() };
    let moment = epoch(&tokens).or_else(|| {
        reading.read(&tokens);
        reading.moment()
    });
    moment.filter(|moment| !is_zero(*moment))
}

/// What software writes if it has no date: the start of its calendar, in a zone that is given or not, or midnight of
/// that day. The calendars are those of Unix, Windows, databases, spreadsheets and old Macs.
fn is_zero(Moment { at, zoned }: Moment) -> bool {
    const FARTHEST_ZONE: i64 = 14 * 60 * 60;
    let first_days =
        [(1601, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1904, 1, 1), (1970, 1, 1)];
    let date = at.date_naive();
    let is_epoch = at.timestamp() == 0 || (!zoned && at.second() == 0 && at.timestamp().abs() <= FARTHEST_ZONE);
    is_epoch || (at.time() == NaiveTime::MIN && first_days.contains(&(date.year(), date.month(), date.day())))
}

/// Seconds, milliseconds or microseconds since 1970: the lengths that no calendar date has.
fn epoch(tokens: &[Token]) -> Option<Moment> {
    let (value, digits) = match tokens {
        [Token::Number { value, digits }] => (*value, *digits),
        [Token::Number { value, digits: digits @ 9..=10 }, Token::Sign('.'), Token::Number { .. }] => (*value, *digits),
        _ => return None,
    };
    let value = i64::try_from(value).ok()?;
    let at = match digits {
        9 | 10 => DateTime::from_timestamp(value, 0),
        13 => DateTime::from_timestamp_millis(value),
        16 => DateTime::from_timestamp_micros(value),
        _ => None,
    }?;
    Some(Moment { at: at.fixed_offset(), zoned: true })
}

/// What has been recognised so far.
#[derive(Debug, Default)]
struct Reading {
    time: Option<NaiveTime>,
    /// A time such as 24:00 is of the next day.
    next_day: bool,
    afternoon: Option<bool>,
    offset_minutes: Option<i32>,
    /// A zone of the time zone database, which counts if there is no offset.
    zone: Option<Tz>,
    /// The zone's name is also used in summer, an hour ahead (`ET`).
    american: bool,
    month: Option<u32>,
    weekday: Option<Weekday>,
    /// Numbers that are neither time nor zone, with their digits and the sign after them.
    numbers: Vec<(u64, usize, char)>,
    /// The date is written as joined numbers: no word is its month.
    joined: bool,
    /// There was a time that no clock shows.
    impossible: bool,
    /// What follows is about something else.
    prose: bool,
}

impl Reading {
    fn read(&mut self, tokens: &[Token]) {
        let mut rest = tokens;
        while let Some((token, tail)) = rest.split_first() {
            rest = match token {
                _ if self.prose => return,
                Token::Number { value, digits } => match self.time(rest).or_else(|| self.joined(rest)) {
                    Some(after) => after,
                    None if self.is_complete() => tail,
                    None => {
                        self.numbers.push((*value, *digits, sign(tail)));
                        tail
                    }
                },
                Token::Word(word) => self.word(word, tail),
                Token::Sign(_) => tail,
            };
        }
    }

    /// Whether the numbers and words so far make a date.
    fn is_complete(&self) -> bool {
        match *self.numbers.as_slice() {
            [(_, 7 | 8 | 12 | 14, _)] => true,
            [(_, 4, '-'), (_, 3, _)] => true,
            [_, _, ..] if self.month.is_some() => true,
            [_, _, _, ..] => true,
            _ => false,
        }
    }

    /// `2026-07-01`, `1/7/2026`, `1.7.26`: a month name before it was part of something else.
    fn joined<'a>(&mut self, tokens: &'a [Token]) -> Option<&'a [Token]> {
        use Token::{Number, Sign};
        if self.joined || self.is_complete() {
            return None;
        }
        let [
            Number { value: a, digits: d @ (1 | 2 | 4) },
            Sign(s),
            Number { value: b, digits: e @ (1 | 2) },
            Sign(t),
            rest @ ..,
        ] = tokens
        else {
            return None;
        };
        let [Number { value: c, digits: f @ (1 | 2 | 4) }, rest @ ..] = rest else { return None };
        if s != t || !matches!(s, '-' | '/' | '.') {
            return None;
        }
        (self.numbers, self.month, self.joined) = (vec![(*a, *d, *s), (*b, *e, *t), (*c, *f, sign(rest))], None, true);
        Some(rest)
    }

    /// `h:mm`, `h:mm:ss.fff`, `14h05`, `3 pm`, `15時04分`; returns what follows it.
    fn time<'a>(&mut self, tokens: &'a [Token]) -> Option<&'a [Token]> {
        if self.time.is_some() {
            return None;
        }
        let (hour, rest) = number(tokens, 2)?;
        let (minute, second, nanos, rest) = if let Some(rest) = after_sign(rest, ':') {
            let (minute, rest) = number(rest, 2)?;
            match after_sign(rest, ':').and_then(|rest| number(rest, 2)) {
                Some((second, rest)) => {
                    let (nanos, rest) = fraction(rest);
                    (minute, second, nanos, rest)
                }
                None => (minute, 0, 0, rest),
            }
        } else if let Some(rest) = after_word(rest, names::HOUR_MARKS) {
            let minute = number(after_space(rest), 2);
            let (minute, rest) = minute.unwrap_or((0, rest));
            (minute, 0, 0, rest)
        } else if half_of_day(after_space(rest)).is_some() {
            (0, 0, 0, rest)
        } else {
            return None;
        };
        let rest = match half_of_day(after_space(rest)) {
            Some((afternoon, after)) => {
                self.afternoon = Some(afternoon);
                after
            }
            None => rest,
        };
        self.set_time(hour, minute, second, nanos);
        Some(self.zone(rest))
    }

    fn set_time(&mut self, hour: u32, minute: u32, second: u32, nanos: u32) {
        let hour = match self.afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        self.next_day = hour == 24 && minute == 0 && second == 0;
        // a leap second has no place of its own in Unix time
        self.time = NaiveTime::from_hms_nano_opt(if self.next_day { 0 } else { hour }, minute, second.min(59), nanos);
        self.impossible |= self.time.is_none() || second > 60;
    }

    /// An offset right after a time or a name for UTC.
    fn zone<'a>(&mut self, tokens: &'a [Token]) -> &'a [Token] {
        let rest = after_space(tokens);
        let (negative, rest) = match rest {
            [Token::Sign(sign @ ('+' | '-')), rest @ ..] => (*sign == '-', rest),
            _ => return tokens,
        };
        let Some((value, digits, rest)) = any_number(rest) else { return tokens };
        let (hours, minutes, rest) = match digits {
            1 | 2 => match after_sign(rest, ':').and_then(|rest| number(rest, 2)) {
                Some((minutes, rest)) => (value, u64::from(minutes), rest),
                None => (value, 0, rest),
            },
            3 | 4 => (value / 100, value % 100, rest),
            _ => return tokens,
        };
        if hours <= 15 && minutes < 60 {
            let minutes = i32::try_from(hours * 60 + minutes).unwrap_or(0);
            self.offset_minutes = Some(if negative { -minutes } else { minutes });
        }
        rest
    }

    fn word<'a>(&mut self, word: &str, rest: &'a [Token]) -> &'a [Token] {
        if word == "t" && !self.numbers.is_empty() {
            return self.compact_time(rest);
        }
        if let Some(afternoon) = names::half_of_day(word) {
            self.afternoon = Some(afternoon);
            return rest;
        }
        let is_last = rest.iter().all(|token| matches!(token, Token::Sign(_)));
        if let Some(minutes) = names::zone(word).filter(|_| self.time.is_some() || is_last) {
            self.american |= self.offset_minutes.is_none() && names::is_american_zone(word);
            self.offset_minutes.get_or_insert(minutes);
            return if minutes == 0 { self.zone(rest) } else { rest };
        }
        match names::day_or_month(word) {
            // if a word means both (`mar`: March, and Tuesday in three languages), the weekday comes first
            Some(names::Named::Month(month)) if !self.is_complete() => self.month = Some(month),
            Some(names::Named::Weekday(weekday)) => self.weekday = Some(weekday),
            _ => self.prose = self.is_complete() && self.time.is_some() && !names::TIME_MARKS.contains(&word),
        }
        rest
    }

    /// `T192030`, ISO 8601 without its colons.
    fn compact_time<'a>(&mut self, tokens: &'a [Token]) -> &'a [Token] {
        let tokens = after_space(tokens);
        let Some((value, digits @ (4 | 6), rest)) = any_number(tokens) else { return tokens };
        let value = u32::try_from(if digits == 4 { value * 100 } else { value }).unwrap_or(u32::MAX);
        let (nanos, rest) = fraction(rest);
        self.set_time(value / 10_000, value / 100 % 100, value % 100, nanos);
        self.zone(rest)
    }

    fn moment(&self) -> Option<Moment> {
        if self.impossible {
            return None;
        }
        let date = match self.month {
            Some(month) => self.date_with_month(month),
            None => self.date_of_numbers(),
        }?;
        let date = if self.next_day { date.succ_opt()? } else { date };
        let local = NaiveDateTime::new(date, self.time.unwrap_or_default());
        let summer = if self.american && is_american_summer(local) { 60 } else { 0 };
        let offset = match (self.offset_minutes, self.zone) {
            (None, Some(zone)) => zone::offset(zone, local),
            (minutes, _) => FixedOffset::east_opt((minutes.unwrap_or(0) + summer) * 60)?,
        };
        // near either end of chrono's calendar an offset can lead out of it
        local.checked_sub_signed(TimeDelta::seconds(i64::from(offset.local_minus_utc())))?;
        let at = offset.from_local_datetime(&local).single()?;
        Some(Moment { at, zoned: self.offset_minutes.is_some() || self.zone.is_some() })
    }

    fn date_with_month(&self, month: u32) -> Option<NaiveDate> {
        let &(first, digits, _) = self.numbers.first()?;
        match self.numbers.get(1) {
            Some(&(day, ..)) if digits > 2 => date(year(first, digits)?, month, day),
            Some(&(second, digits, _)) => date(year(second, digits)?, month, first),
            None if digits == 4 => date(year(first, digits)?, month, 1),
            None => None,
        }
    }

    fn date_of_numbers(&self) -> Option<NaiveDate> {
        match *self.numbers.as_slice() {
            [(number, digits, _)] => compact_date(number, digits),
            [(y, 4, '-'), (day, 3, _)] => NaiveDate::from_yo_opt(year(y, 4)?, u32::try_from(day).ok()?),
            [(y, 4, _), (month, 1 | 2, _)] => date(year(y, 4)?, u32::try_from(month).ok()?, 1),
            [(y, 4, _), (month, ..), (day, ..), ..] => date(year(y, 4)?, u32::try_from(month).ok()?, day),
            [(y, 2, '-'), (month, 2, '-'), (day, 2, _), ..] => date(year(y, 2)?, u32::try_from(month).ok()?, day),
            [(a, 1 | 2, sign), (b, 1 | 2, _), (y, digits @ (2 | 4), _), ..] => {
                self.day_and_month(a, b, sign, year(y, digits)?)
            }
            _ => None,
        }
    }

    /// `a` and `b` are day and month in either order. What decides: a number above 12, the weekday, the sign (dots and
    /// hyphens put the day first everywhere), or a clock of twelve hours, which goes with the American order.
    fn day_and_month(&self, a: u64, b: u64, sign: char, year: i32) -> Option<NaiveDate> {
        let month = |m: u64| u32::try_from(m).ok();
        let day_first = date(year, month(b)?, a);
        let month_first = date(year, month(a)?, b);
        let (Some(one), Some(other)) = (day_first, month_first) else { return day_first.or(month_first) };
        if one == other || matches!(sign, '.' | '-') {
            return Some(one);
        }
        match (one.weekday(), other.weekday(), self.weekday) {
            (first, second, Some(told)) if first == told && second != told => Some(one),
            (first, second, Some(told)) if second == told && first != told => Some(other),
            _ => self.afternoon.map(|_| other),
        }
    }
}

/// Whether daylight saving time is in force in the United States: from the second Sunday of March to the first of
/// November, at two in the morning (15 U.S.C. 260a; in force since 2007, assumed for earlier years as well).
fn is_american_summer(local: NaiveDateTime) -> bool {
    let at_two =
        |month, nth| NaiveDate::from_weekday_of_month_opt(local.year(), month, Weekday::Sun, nth)?.and_hms_opt(2, 0, 0);
    at_two(3, 2).zip(at_two(11, 1)).is_some_and(|(start, end)| start <= local && local < end)
}

/// `20021231`, `2003185` (day of the year), `200212`, `2003`, and `YYYYMMDDhhmm[ss]`, of which only the date is taken.
fn compact_date(number: u64, digits: usize) -> Option<NaiveDate> {
    let part = |skip: u32, take: u32| number / 10u64.pow(skip) % 10u64.pow(take);
    match digits {
        4 => date(year(number, 4)?, 1, 1),
        6 => date(year(part(2, 4), 4)?, u32::try_from(part(0, 2)).ok()?, 1),
        7 => NaiveDate::from_yo_opt(year(part(3, 4), 4)?, u32::try_from(part(0, 3)).ok()?),
        8 => date(year(part(4, 4), 4)?, u32::try_from(part(2, 2)).ok()?, part(0, 2)),
        12 => compact_date(part(4, 8), 8),
        14 => compact_date(part(6, 8), 8),
        _ => None,
    }
}

fn date(year: i32, month: u32, day: u64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, u32::try_from(day).ok()?)
}

/// Years of two and three digits as in RFC 5322, section 4.3. Some software writes year 1 for "none".
fn year(value: u64, digits: usize) -> Option<i32> {
    let year = match digits {
        2 if value < 50 => value + 2000,
        2 | 3 => value + 1900,
        4 if value > 1000 => value,
        _ => return None,
    };
    i32::try_from(year).ok()
}
