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
/// Words that say of a unit beside them that it is so long ago.
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
/// Texts that say no more than that it was lately.
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
/// Numbers in words that stand before a unit.
const ONE: &[&str] = &["a", "an", "one", "ein", "eine", "einem", "einer", "un", "una", "une", "um", "uma", "een", "en"];
/// Longest text that can say no more than when it was, in words.
const SHORT: usize = 6;

/// The words in lower case, each character of scripts without spaces as one. Numbers and relative times are left out;
/// so is all of a short text that is left with nothing else.
pub(super) fn steady(text: &str) -> Vec<String> {
    let words = words(text);
    let words = without_relative_times(words);
    let said = || words.iter().map(|word| word.text.as_str()).collect::<String>();
    if words.len() <= SHORT && LATELY.contains(&said().as_str()) {
        return Vec::new();
    }
    words.into_iter().map(|word| word.text).filter(|text| !text.is_empty()).collect()
}

/// A word; `numbered` where a number stood right before it.
struct Word {
    text: String,
    numbered: bool,
}

fn words(text: &str) -> Vec<Word> {
    let lower = text.to_lowercase();
    let (mut words, mut word, mut numbered) = (Vec::new(), String::new(), false);
    let mut rest = lower.as_str();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c.is_numeric() {
            push(&mut words, &mut word, &mut numbered);
            rest = behind_number(rest);
            numbered = true;
        } else if is_wide(c) || is_unspaced(c) {
            push(&mut words, &mut word, &mut numbered);
            words.push(Word { text: c.to_string(), numbered: false });
            numbered = false;
        } else if c.is_alphabetic() || is_mark(c) {
            word.push(c);
        } else {
            push(&mut words, &mut word, &mut numbered);
            // signs are part of what was said, white space and marks around words are not
            if matches!(c, '?' | '!' | '"' | '“' | '”' | '«' | '»' | '€' | '$' | '£') {
                words.push(Word { text: c.to_string(), numbered: false });
            }
        }
    }
    push(&mut words, &mut word, &mut numbered);
    words
}

fn push(words: &mut Vec<Word>, word: &mut String, numbered: &mut bool) {
    if !word.is_empty() {
        words.push(Word { text: std::mem::take(word), numbered: std::mem::take(numbered) });
    }
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

fn without_relative_times(mut words: Vec<Word>) -> Vec<Word> {
    let is_ago = |word: Option<&Word>| word.is_some_and(|word| AGO.contains(&word.text.as_str()));
    let is_one = |word: Option<&Word>| word.is_some_and(|word| ONE.contains(&word.text.as_str()));
    let is_unit = |word: &Word| UNITS.iter().any(|unit| word.text.starts_with(unit)) && word.text.chars().count() <= 9;
    let mut gone = vec![false; words.len()];
    for at in 0..words.len() {
        if !is_unit(&words[at]) {
            continue;
        }
        let first = at - usize::from(at > 0 && !words[at].numbered && is_one(words.get(at - 1)));
        let counted = words[at].numbered || first < at;
        let (before, after) = (first.checked_sub(1), at + 1);
        if counted && is_ago(words.get(after)) {
            gone[first..=after].fill(true);
        } else if let Some(before) = before.filter(|&before| counted && is_ago(words.get(before))) {
            gone[before..=at].fill(true);
        }
    }
    let mut gone = gone.into_iter();
    words.retain(|_| !gone.next().unwrap_or_default());
    words
}
