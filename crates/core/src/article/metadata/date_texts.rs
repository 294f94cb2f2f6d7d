//! Dates among other words, in the order that the page's readers are used to.
//!
//! PURE. Texts that hold a date → the moment; what a text says that its date is of.

use std::borrow::Cow;

use chrono::Datelike;
use url::Url;

use super::calendars;
use super::language::canonical;
use crate::feed::{Moment, date};
use crate::text::is_wide;

/// Words before a date, or in the names of its element, that make it the date of an update. Lower case.
const UPDATES: &[&str] = &[
    "updat",
    "modif",
    "revised",
    "reviewed",
    "checked",
    "aktualisiert",
    "mis à jour",
    "mise à jour",
    "actualiz",
    "aggiorna",
    "atualiza",
    "bijgewerkt",
    "uppdatera",
    "oppdatert",
    "opdateret",
    "päivitetty",
    "aktualiz",
    "zaktualizowano",
    "frissítve",
    "обновлен",
    "оновлен",
    "güncelle",
    "ενημέρωση",
    "更新",
    "수정",
    "업데이트",
    "محدث",
    "تحديث",
    "עודכן",
];
/// Words before a date that make it that of the publication. Lower case.
const PUBLICATIONS: &[&str] = &[
    "publi",
    "posted",
    "issued",
    "released",
    "first seen",
    "veröffentlicht",
    "erschienen",
    "paru",
    "pubblicat",
    "gepubliceerd",
    "geplaatst",
    "publicerad",
    "opublikowan",
    "dodano",
    "vydáno",
    "közzét",
    "опубликован",
    "yayın",
    "发布",
    "发表",
    "公開",
    "掲載",
    "入力",
    "입력",
    "등록",
    "نشر",
    "פורסם",
];
/// Words before the date of a page, whichever date it is. Lower case.
const DATES: &[&str] = &["datum", "date", "stand:", "fecha", "data", "дата", "tarih", "日期", "时间", "تاريخ"];
/// Words next to a time whose hours and minutes a dot separates.
const CLOCKS: &[&str] = &["klo", "kl", "uhr", "um", "ore", "alle", "às", "godz", "h"];
/// Countries' domains that are used by anybody, and those of the countries that write the month first, or both.
const NO_COUNTRIES: &[&str] =
    &["us", "ph", "ca", "io", "co", "tv", "me", "ai", "cc", "fm", "ly", "to", "gg", "sh", "so"];

/// Most words of a date before its first figure, and most characters of scripts without spaces next to a date.
const LEADING: usize = 2;
const WIDE: usize = 12;

/// Which of day and month comes first in a date such as `3/9/2026`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    Unsaid,
    DayFirst,
    MonthFirst,
}

impl Order {
    /// As readers of a site are used to, by its country, or else by its language.
    pub(super) fn of(url: &Url, language: Option<&str>) -> Self {
        let country = url.host_str().and_then(|host| host.rsplit('.').next()).unwrap_or_default();
        let tag = language.and_then(canonical).unwrap_or_default();
        let mut parts = tag.split('-');
        match (parts.next().unwrap_or_default(), parts.next_back()) {
            ("zh" | "ja" | "ko", _) => Self::Unsaid,
            _ if country.len() == 2 && !NO_COUNTRIES.contains(&country) => Self::DayFirst,
            ("en", Some("US" | "PH")) => Self::MonthFirst,
            ("en", Some("GB" | "AU" | "NZ" | "IE" | "IN" | "ZA")) => Self::DayFirst,
            ("en" | "", _) => Self::Unsaid,
            _ => Self::DayFirst,
        }
    }

    /// A date in the years in which there were web pages; no clock here, so nothing is too late.
    pub(super) fn parse(self, text: &str) -> Option<Moment> {
        let is_prose = text.chars().filter(|&c| is_wide(c)).count() > WIDE;
        let moment = (!is_prose).then(|| date::parse(&self.normal(text))).flatten();
        moment.filter(|moment| (1990..2100).contains(&moment.at.year()))
    }

    /// A date among other words (`Published: 3 May 2024, 4 min read`): the longest run of words that reads as one.
    pub(super) fn in_text(self, text: &str) -> Option<Moment> {
        longest_run(&self.normal(text), has_day)
    }

    /// The same of a publication's date: what is said to be of an update does not count.
    pub(super) fn published_in(self, text: &str) -> Option<Moment> {
        of_publication(text).and_then(|text| self.in_text(text))
    }

    fn normal(self, text: &str) -> Cow<'_, str> {
        let text = calendars::normal(text);
        if self == Self::Unsaid && !text.contains('.') || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return text;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_clock =
            |at: usize| words.get(at).is_some_and(|word| CLOCKS.contains(&bare(word).to_lowercase().as_str()));
        let mut told: Vec<Cow<'_, str>> = Vec::with_capacity(words.len());
        for (at, word) in words.iter().enumerate() {
            let is_time = is_clock(at + 1) || at > 0 && is_clock(at - 1);
            let changed = if is_time { dotted_time(word) } else { self.in_figures(word) };
            told.push(changed.map_or(Cow::Borrowed(*word), Cow::Owned));
        }
        if told.iter().any(|word| matches!(word, Cow::Owned(_))) { Cow::Owned(told.join(" ")) } else { text }
    }

    /// `3/9/2026` with the day first and dots, which nobody reads otherwise.
    fn in_figures(self, word: &str) -> Option<String> {
        let start = word.find(|c: char| c.is_ascii_digit())?;
        let (day, rest) = figures(&word[start..])?;
        let (month, rest) = figures(rest.strip_prefix('/')?)?;
        let (year, rest) = figures(rest.strip_prefix('/')?)?;
        let is_either = |part: &str| part.len() < 3 && part.parse().is_ok_and(|part: u32| (1..=12).contains(&part));
        let (day, month) = match self {
            Self::DayFirst => (day, month),
            Self::MonthFirst => (month, day),
            Self::Unsaid => return None,
        };
        let fits = is_either(day) && is_either(month) && matches!(year.len(), 2 | 4) && !rest.starts_with('/');
        fits.then(|| format!("{}{day}.{month}.{year}{}", &word[..start], rest.replacen('-', " ", 1)))
    }
}

/// The figures that a text begins with, and what follows.
fn figures(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// `14.05` as `14:05`.
fn dotted_time(word: &str) -> Option<String> {
    let (hour, minute) = bare(word).split_once('.')?;
    let is_part = |part: &str, most: u32| part.parse().is_ok_and(|part: u32| part < most);
    (is_part(hour, 24) && minute.len() == 2 && is_part(minute, 60)).then(|| format!("{hour}:{minute}"))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Whether a line holds a date, even if it is only a month.
pub(in crate::article) fn has_date(line: &str) -> bool {
    longest_run(&calendars::normal(line), |_| true).is_some()
}

/// Whether a text may name a day: a year or a month alone does not.
pub(super) fn has_day(text: &str) -> bool {
    let is_figure = |c: char| c.is_numeric() || c.is_whitespace();
    if text.split('月').skip(1).any(|rest| !rest.starts_with(is_figure)) {
        return false;
    }
    calendars::normal(text).split(|c: char| !c.is_ascii_digit()).any(|digits| matches!(digits.len(), 1 | 2 | 8))
}

fn longest_run(text: &str, fits: impl Fn(&str) -> bool) -> Option<Moment> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) || !fits(text) {
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().take(24).collect();
    // what has no digit is no date; digits of other scripts are not ASCII
    let numeral = |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit() || !byte.is_ascii());
    (0..words.len()).find_map(|start| {
        let longest = words.len().min(start + 8);
        // a weekday and a month may come before the first figure, and other words would cost the time behind the date
        let first = start + words[start..longest].iter().position(numeral).filter(|&first| first <= LEADING)?;
        (first + 1..=longest).rev().find_map(|end| {
            let run = words[start..end].join(" ");
            let run = run.trim_matches(|c: char| "|•·—–-:,()".contains(c) || c.is_whitespace());
            let is_prose = run.chars().filter(|&c| is_wide(c)).count() > WIDE;
            let parsed = (!is_prose && fits(run)).then(|| date::parse(run)).flatten();
            parsed.filter(|moment| (1990..2100).contains(&moment.at.year()))
        })
    })
}

/// What a text says of the publication, where it speaks of an update too; nothing, where it speaks of that alone.
pub(super) fn of_publication(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    let first = |words: &[&str]| words.iter().filter_map(|word| lower.find(word)).min();
    let (Some(updated), published) = (first(UPDATES), first(PUBLICATIONS)) else { return Some(text) };
    match published {
        Some(published) if published > updated => text.get(published..),
        Some(_) => text.get(..updated),
        None => text.get(..updated).filter(|text| has_day(text)),
    }
}

/// Whether a text, in lower case, makes a date that of the publication, or says only that it is one.
pub(super) fn is_publication(text: &str) -> bool {
    PUBLICATIONS.iter().chain(DATES).any(|word| text.contains(word))
}

/// Whether a text, in lower case, makes a date that of an update.
pub(super) fn is_update(text: &str) -> bool {
    UPDATES.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_and_month_in_the_order_of_the_readers() {
        for (url, language, text, expected) in [
            ("https://a.example.gr/", None, "Πηγή: Γραφείο 07/12/11-16:44", Some("2011-12-07T16:44")),
            ("https://a.example/", Some("es"), "10/05/2022 05:22 pm", Some("2022-05-10T17:22")),
            ("https://a.example/", Some("en-US"), "10/05/2022", Some("2022-10-05T00:00")),
            ("https://a.example.co.uk/", Some("en-US"), "10/05/2022", Some("2022-05-10T00:00")),
            ("https://a.example/", Some("en"), "10/05/2022", None),
            ("https://a.example/", Some("fi"), "19.2.2020 klo 14.00", Some("2020-02-19T14:00")),
            ("https://a.example/", Some("de"), "19. Februar 2020, 14.05 Uhr", Some("2020-02-19T14:05")),
            ("https://a.example/", Some("de"), "Kai Muster, 01.12.2021", Some("2021-12-01T00:00")),
        ] {
            let order = Order::of(&Url::parse(url).unwrap(), language);
            let found = order.in_text(text).map(|moment| moment.at.format("%Y-%m-%dT%H:%M").to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn updates_are_no_publication() {
        for (text, expected) in [
            ("Updated January 8, 2026", None),
            ("3 May 2024", Some("3 May 2024")),
            ("3 May 2024, updated 4 May 2024", Some("3 May 2024, ")),
            ("Published: 3 May 2024 | Last modified: 4 May 2024", Some("Published: 3 May 2024 | Last ")),
            ("Aktualisiert: 4. Mai 2024. Veröffentlicht: 3. Mai 2024", Some("Veröffentlicht: 3. Mai 2024")),
        ] {
            assert_eq!(of_publication(text), expected, "{text}");
        }
    }
}
