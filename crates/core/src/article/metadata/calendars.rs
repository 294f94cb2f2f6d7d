//! Dates in other digits and by other calendars, rewritten as numbers that any reader of dates understands.
//!
//! PURE. Thai years are of the Buddhist era, Iran counts by the sun from another new year, Japan by eras.

use std::borrow::Cow;

use chrono::NaiveDate;

/// The first digits of the scripts that have their own.
const ZEROS: &[char] = &[
    '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}', '\u{ce6}',
    '\u{d66}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{17e0}', '\u{1810}', '\u{ff10}',
];
/// Eras of Japan and Taiwan, and the year before their first.
const ERAS: &[(&str, i32)] = &[("令和", 2018), ("平成", 1988), ("昭和", 1925), ("民國", 1911), ("民国", 1911)];
/// How many years the Buddhist era is ahead.
const BUDDHIST: i32 = 543;
/// Months of calendars that begin with January, by their beginnings; spaces separate several names of one month.
const MONTHS: &[[&str; 12]] = &[
    [
        "มกราคม ม.ค.",
        "กุมภาพันธ์ ก.พ.",
        "มีนาคม มี.ค.",
        "เมษายน เม.ย.",
        "พฤษภาคม พ.ค.",
        "มิถุนายน มิ.ย.",
        "กรกฎาคม ก.ค.",
        "สิงหาคม ส.ค.",
        "กันยายน ก.ย.",
        "ตุลาคม ต.ค.",
        "พฤศจิกายน พ.ย.",
        "ธันวาคม ธ.ค.",
    ],
    [
        "يناير كانون-الثاني جانفي",
        "فبراير شباط فيفري",
        "مارس آذار",
        "أبريل ابريل إبريل نيسان أفريل",
        "مايو أيار ماي",
        "يونيو يونيه حزيران جوان",
        "يوليو يوليه تموز جويلية",
        "أغسطس اغسطس آب أوت",
        "سبتمبر أيلول",
        "أكتوبر اكتوبر تشرين-الأول",
        "نوفمبر تشرين-الثاني",
        "ديسمبر كانون-الأول",
    ],
    [
        "जनवरी",
        "फरवरी फ़रवरी",
        "मार्च",
        "अप्रैल",
        "मई",
        "जून",
        "जुलाई",
        "अगस्त",
        "सितंबर सितम्बर",
        "अक्टूबर अक्तूबर",
        "नवंबर नवम्बर",
        "दिसंबर दिसम्बर",
    ],
    ["জানুয়ারি", "ফেব্রুয়ারি", "মার্চ", "এপ্রিল", "মে", "জুন", "জুলাই", "আগস্ট", "সেপ্টেম্বর", "অক্টোবর", "নভেম্বর", "ডিসেম্বর"],
    [
        "ינואר בינואר",
        "פברואר בפברואר",
        "מרץ במרץ",
        "אפריל באפריל",
        "מאי במאי",
        "יוני ביוני",
        "יולי ביולי",
        "אוגוסט באוגוסט",
        "ספטמבר בספטמבר",
        "אוקטובר באוקטובר",
        "נובמבר בנובמבר",
        "דצמבר בדצמבר",
    ],
    [
        "جنوری ژانویه",
        "فروری فوریه",
        "مارچ",
        "اپریل آوریل",
        "مئی مه",
        "جون ژوئن",
        "جولائی ژوئیه",
        "اگست اوت",
        "ستمبر سپتامبر",
        "اکتوبر اکتبر",
        "نومبر نوامبر",
        "دسمبر دسامبر",
    ],
];
/// The months of the Iranian calendar.
const SOLAR: [&str; 12] =
    ["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"];

/// The same text with its date in ASCII digits by the Gregorian calendar; as it was, where it has none of another.
pub(super) fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(char::is_numeric) {
        return Cow::Borrowed(text);
    }
    let digits: String = text.chars().map(ascii_digit).collect();
    match in_words(&digits).or_else(|| by_era(&digits)).or_else(|| in_numbers(&digits, digits != text)) {
        Some((date, rest)) => Cow::Owned(format!("{date}{}", time(&rest))),
        None if digits == text => Cow::Borrowed(text),
        None => Cow::Owned(digits),
    }
}

fn ascii_digit(c: char) -> char {
    let value = ZEROS.iter().map(|&zero| u32::from(c).wrapping_sub(u32::from(zero))).find(|value| *value < 10);
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// A day, a month in words, and a year; with what else the text says.
fn in_words(text: &str) -> Option<(NaiveDate, String)> {
    let joined = text.replace("كانون الثاني", "كانون-الثاني").replace("كانون الأول", "كانون-الأول");
    let joined = joined.replace("تشرين الثاني", "تشرين-الثاني").replace("تشرين الأول", "تشرين-الأول");
    let words: Vec<&str> = joined
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '،' | '/' | '|'))
        .filter(|word| !word.is_empty())
        .collect();
    let (at, month, is_solar) = words.iter().enumerate().find_map(|(at, word)| {
        let (month, is_solar) = month(word)?;
        Some((at, month, is_solar))
    })?;
    let number =
        |at: usize| words.get(at).and_then(|word| word.trim_matches(|c: char| !c.is_ascii_digit()).parse::<i32>().ok());
    let day = at.checked_sub(1).and_then(number).filter(|day| (1..=31).contains(day))?;
    let mut behind = (at + 1..words.len().min(at + 4)).filter_map(|at| Some((at, number(at)?)));
    let (place, year) = behind.find(|(_, year)| (1000..3000).contains(year))?;
    let rest = words[place + 1..].join(" ");
    let day = u32::try_from(day).ok()?;
    let date = if is_solar { solar(year, month, day)? } else { NaiveDate::from_ymd_opt(gregorian(year), month, day)? };
    Some((date, rest))
}

/// The month that a word names, and whether it is one of Iran's.
fn month(word: &str) -> Option<(u32, bool)> {
    let of = |months: &[&str; 12]| {
        let is = |names: &str| names.split(' ').any(|name| name == word);
        months.iter().position(|names| is(names)).and_then(|at| u32::try_from(at + 1).ok())
    };
    MONTHS.iter().find_map(of).map(|month| (month, false)).or_else(|| of(&SOLAR).map(|month| (month, true)))
}

/// `令和5年6月4日`.
fn by_era(text: &str) -> Option<(NaiveDate, String)> {
    let (before, rest) = ERAS.iter().find_map(|(era, before)| Some((*before, text.split_once(era)?.1)))?;
    let (year, rest) = rest.split_once('年')?;
    let year = if year.trim() == "元" { 1 } else { year.trim().parse().ok()? };
    let (month, rest) = rest.split_once('月')?;
    let (day, rest) = rest.split_once('日')?;
    let date = NaiveDate::from_ymd_opt(before + year, month.trim().parse().ok()?, day.trim().parse().ok()?)?;
    Some((date, rest.to_owned()))
}

/// `۱۴۰۲/۰۳/۱۴`, or `6/6/2566` in Thai: a year of another calendar, in a text of another script.
fn in_numbers(text: &str, was_other: bool) -> Option<(NaiveDate, String)> {
    let word = text.split_whitespace().find(|word| word.matches(['/', '-']).count() == 2)?;
    let numbers: Vec<i32> = word.split(['/', '-']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, c] = numbers[..] else { return None };
    let part = |value: i32| u32::try_from(value).ok();
    let date = match (a, c) {
        (1300..1500, _) if was_other => solar(a, part(b)?, part(c)?)?,
        (_, 2400..2700) => NaiveDate::from_ymd_opt(c - BUDDHIST, part(b)?, part(a)?)?,
        _ => return None,
    };
    Some((date, text.replace(word, "")))
}

fn gregorian(year: i32) -> i32 {
    if year > 2400 { year - BUDDHIST } else { year }
}

/// A date of the Iranian calendar (by its cycle of 33 years, right from 1799 to 2256).
fn solar(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    if !(1200..1600).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let month = i32::try_from(month).ok()?;
    let before = if month < 7 { (month - 1) * 31 } else { (month - 7) * 30 + 186 };
    let since = year + 1595;
    let days = -355_668 + 365 * since + since / 33 * 8 + (since % 33 + 3) / 4 + i32::try_from(day).ok()? + before;
    // the cycle counts from the first day of the year 0, which was a leap year
    NaiveDate::from_num_days_from_ce_opt(days - 365)
}

/// The time of day in what is left of a text.
fn time(rest: &str) -> String {
    let is_time = |word: &&str| {
        word.split_once(':').is_some_and(|(hour, rest)| {
            hour.len() <= 2
                && !hour.is_empty()
                && rest.len() >= 2
                && (hour.to_owned() + rest).bytes().all(|b| b.is_ascii_digit() || b == b':')
        })
    };
    rest.split_whitespace().find(is_time).map_or_else(String::new, |time| format!(" {time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_other_calendars_and_digits() {
        for (text, expected) in [
            ("6 มิถุนายน 2566", "2023-06-06"),
            ("๖ มิ.ย. ๒๕๖๖ 10:30", "2023-06-06 10:30"),
            ("۱۴ خرداد ۱۴۰۲", "2023-06-04"),
            ("۱۴۰۲/۰۳/۱۴ - ۱۰:۲۰", "2023-06-04 10:20"),
            ("۳۰ اسفند ۱۳۹۹", "2021-03-20"),
            ("۱ فروردین ۱۴۰۰", "2021-03-21"),
            ("令和5年6月4日", "2023-06-04"),
            ("平成元年1月8日", "1989-01-08"),
            ("民國112年6月4日", "2023-06-04"),
            ("४ जून २०२३", "2023-06-04"),
            ("٤ يونيو ٢٠٢٣", "2023-06-04"),
            ("الثلاثاء ٤ تشرين الأول ٢٠٢٢", "2022-10-04"),
            ("4 ביוני 2023", "2023-06-04"),
            ("4 June 2023", "4 June 2023"),
            ("4. März 2023", "4. März 2023"),
        ] {
            assert_eq!(normal(text), expected, "{text}");
        }
    }
}
