//! The words of a text without what changes by itself: numbers, and how long ago something was.

use crate::text::is_wide;

/// Units of time by their beginnings, in lower case.
const UNITS: &[&str] = &[
    "sec",
    "min",
    "hour",
    "hr",
    "day",
    "week",
    "month",
    "year",
    "sekund",
    "stund",
    "std",
    "tag",
    "woche",
    "monat",
    "jahr",
    "heure",
    "jour",
    "semaine",
    "mois",
    "an",
    "segundo",
    "hora",
    "día",
    "dia",
    "semana",
    "mes",
    "mês",
    "año",
    "ano",
    "ore",
    "ora",
    "giorn",
    "settiman",
    "mese",
    "mesi",
    "anni",
    "uur",
    "uren",
    "dag",
    "weken",
    "maand",
    "jaar",
    "timm",
    "time",
    "timer",
    "dygn",
    "veck",
    "uge",
    "uke",
    "år",
    "godzin",
    "dni",
    "tygod",
    "miesi",
    "hodin",
    "den",
    "týd",
    "сек",
    "мин",
    "час",
    "день",
    "дня",
    "дней",
    "недел",
    "месяц",
    "год",
    "лет",
    "годин",
    "днів",
    "saat",
    "dakika",
    "gün",
    "hafta",
    "ay",
    "jam",
    "menit",
    "hari",
    "giờ",
    "phút",
    "ngày",
    "दिन",
    "घंट",
    "मिनट",
    "دقيق",
    "ساع",
    "يوم",
    "أيام",
];
/// Words next to a unit that say that it is so long ago.
const AGO: &[&str] = &[
    "ago",
    "vor",
    "il y a",
    "hace",
    "há",
    "atrás",
    "fa",
    "geleden",
    "sedan",
    "siden",
    "sitten",
    "temu",
    "před",
    "назад",
    "тому",
    "önce",
    "lalu",
    "yang lalu",
    "trước",
    "पहले",
    "منذ",
    "لפני",
    "לפני",
    "πριν",
];
/// The same as one, behind a number, in scripts that write no spaces.
const AGO_BEHIND: &[&str] = &[
    "秒前",
    "分前",
    "分钟前",
    "分鐘前",
    "時間前",
    "小时前",
    "小時前",
    "日前",
    "天前",
    "か月前",
    "ヶ月前",
    "年前",
    "초 전",
    "분 전",
    "시간 전",
    "일 전",
    "초전",
    "분전",
    "시간전",
    "일전",
];
/// Texts that say only that it was lately.
const LATELY: &[&str] = &[
    "justnow",
    "now",
    "today",
    "yesterday",
    "anhourago",
    "aminuteago",
    "adayago",
    "heute",
    "gestern",
    "geradeeben",
    "aujourdhui",
    "hier",
    "hoy",
    "ayer",
    "oggi",
    "ieri",
    "hoje",
    "ontem",
    "vandaag",
    "gisteren",
    "idag",
    "igår",
    "сегодня",
    "вчера",
    "今日",
    "昨日",
    "今天",
    "昨天",
    "刚刚",
    "오늘",
    "어제",
    "اليوم",
    "أمس",
];
/// Numbers in words before a unit.
const ONE: &[&str] = &["a", "an", "one", "ein", "eine", "einem", "einer", "un", "una", "une", "um", "uma", "een", "en"];
/// Signs that are part of what is said.
const SIGNS: [char; 10] = ['?', '!', '"', '“', '”', '«', '»', '€', '$', '£'];
/// Longest text that can say only when it was, in words.
const SHORT: usize = 6;

/// Looks at the words in lower case, each character of scripts without spaces as one. Numbers and relative times are
/// left out; so is all of a short text that is left with nothing else.
pub(super) fn steady<T>(text: &str, look: impl FnOnce(&[&str]) -> T) -> T {
    let lower = if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() };
    let Words { mut words, numbered } = words(&lower);
    drop_relative_times(&mut words, &numbered);
    let is_lately = || LATELY.contains(&words.concat().as_str());
    if words.len() <= SHORT && is_lately() { look(&[]) } else { look(&words) }
}

/// The words of a text, and which of them are right behind a number.
struct Words<'a> {
    words: Vec<&'a str>,
    numbered: Vec<usize>,
}

fn words(lower: &str) -> Words<'_> {
    let mut all = Words { words: Vec::with_capacity(lower.len() / 6 + 1), numbered: Vec::new() };
    let (mut start, mut at, mut numbered) = (0, 0, false);
    let mut end_word = |from: usize, to: usize, numbered: &mut bool| {
        if from < to {
            if std::mem::take(numbered) {
                all.numbered.push(all.words.len());
            }
            all.words.push(&lower[from..to]);
        }
    };
    while let Some(&byte) = lower.as_bytes().get(at) {
        // most of all text
        if byte.is_ascii_lowercase() {
            at += 1;
            continue;
        }
        if byte == b' ' {
            end_word(start, at, &mut numbered);
            (start, at) = (at + 1, at + 1);
            continue;
        }
        let Some(c) = lower[at..].chars().next() else { break };
        let next = at + c.len_utf8();
        if c.is_alphabetic() && !is_wide(c) && !is_unspaced(c) || is_mark(c) {
            at = next;
            continue;
        }
        end_word(start, at, &mut numbered);
        (start, at) = (next, next);
        if c.is_numeric() {
            at = lower.len() - behind_number(&lower[next..]).len();
            (start, numbered) = (at, true);
        } else if is_wide(c) || is_unspaced(c) || SIGNS.contains(&c) {
            // signs are part of what was said, white space and other marks are not
            end_word(next - c.len_utf8(), next, &mut false);
            numbered &= SIGNS.contains(&c);
        }
    }
    end_word(start, lower.len(), &mut numbered);
    all
}

/// What follows a number of which the first digit was read: its other digits, and how long ago it says something was.
fn behind_number(rest: &str) -> &str {
    let rest = rest.trim_start_matches(|c: char| c.is_numeric() || matches!(c, ',' | '.' | ':' | '\u{a0}'));
    let behind = rest.trim_start();
    AGO_BEHIND.iter().find_map(|ago| behind.strip_prefix(ago)).unwrap_or(rest)
}

/// Scripts other than the East Asian ones that part no words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Signs that combine with the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{200c}' | '\u{200d}')
}

fn drop_relative_times(words: &mut Vec<&str>, numbered: &[usize]) {
    let is_ago = |at: Option<usize>| at.and_then(|at| words.get(at)).is_some_and(|word| AGO.contains(word));
    let is_unit = |at: usize| words[at].len() <= 30 && UNITS.iter().any(|unit| words[at].starts_with(unit));
    let is_one = |at: usize| words[at].len() <= 5 && ONE.contains(&words[at]);
    let in_words = (1..words.len()).filter(|&at| is_one(at - 1) && numbered.binary_search(&at).is_err());
    let counted = numbered.iter().map(|&at| (at, at)).chain(in_words.map(|at| (at - 1, at)));
    let told = |&(first, at): &(usize, usize)| {
        if is_ago(Some(at + 1)) {
            Some((first, at + 1))
        } else {
            first.checked_sub(1).filter(|&before| is_ago(Some(before))).map(|before| (before, at))
        }
    };
    let gone: Vec<_> = counted.filter_map(|span| told(&span).filter(|_| is_unit(span.1))).collect();
    if !gone.is_empty() {
        let mut at = 0..;
        words.retain(|_| at.next().is_some_and(|at| !gone.iter().any(|&(first, last)| (first..=last).contains(&at))));
    }
}
