//! The words in dates: months, weekdays, halves of the day and zones, in the languages that feeds are written in.

use std::sync::LazyLock;

use chrono::Weekday;

/// Signs between hour and minute in place of a colon.
pub(super) const HOUR_MARKS: &[&str] = &["h", "시", "時", "时", "点", "點"];

/// Words after a time that only say that it is one.
pub(super) const TIME_MARKS: &[&str] = &[
    "uhr", "hrs", "hr", "hours", "h", "min", "s", "local", "time", "분", "초", "秒", "分", "noon", "o", "clock", "ч",
    "ore",
];

/// What a word in a date names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Month(u32),
    Weekday(Weekday),
}

/// The month or weekday that a word starts like; of several stems the longest, and a month before a weekday.
pub(super) fn day_or_month(word: &str) -> Option<Named> {
    if let Some(named) = english(word) {
        return Some(named);
    }
    // of the longest, the last is taken, so the last is the first
    let fits = STEMS.iter().rev().filter(|(stem, _)| word.starts_with(stem));
    fits.max_by_key(|(stem, _)| stem.len()).map(|(_, named)| *named)
}

/// Every stem and what it names: the months, then the weekdays.
static STEMS: LazyLock<Vec<(&str, Named)>> = LazyLock::new(|| {
    let months = (1..).zip(MONTHS).map(|(number, stems)| (stems, Named::Month(number)));
    let days = std::iter::successors(Some(Weekday::Mon), |day| Some(day.succ()));
    let days = WEEKDAYS.into_iter().zip(days).map(|(stems, day)| (stems, Named::Weekday(day)));
    months.chain(days).flat_map(|(stems, named)| stems.split(' ').map(move |stem| (stem, named))).collect()
});

/// The short names of RFC 822, which are nearly all that occur.
fn english(word: &str) -> Option<Named> {
    Some(match word {
        "jan" => Named::Month(1),
        "feb" => Named::Month(2),
        "apr" => Named::Month(4),
        "may" => Named::Month(5),
        "jun" => Named::Month(6),
        "jul" => Named::Month(7),
        "aug" => Named::Month(8),
        "sep" => Named::Month(9),
        "oct" => Named::Month(10),
        "nov" => Named::Month(11),
        "dec" => Named::Month(12),
        "mon" => Named::Weekday(Weekday::Mon),
        "tue" => Named::Weekday(Weekday::Tue),
        "wed" => Named::Weekday(Weekday::Wed),
        "thu" => Named::Weekday(Weekday::Thu),
        "fri" => Named::Weekday(Weekday::Fri),
        "sat" => Named::Weekday(Weekday::Sat),
        "sun" => Named::Weekday(Weekday::Sun),
        _ => return None,
    })
}

/// Whether a word says "before noon" (`false`) or "after noon" (`true`). Chinese, Japanese and Korean put it before the
/// time, often without a space.
pub(super) fn half_of_day(word: &str) -> Option<bool> {
    match word {
        "am" => Some(false),
        "pm" => Some(true),
        _ if ["上午", "午前", "오전"].iter().any(|mark| word.ends_with(mark)) => Some(false),
        _ if ["下午", "午後", "오후"].iter().any(|mark| word.ends_with(mark)) => Some(true),
        _ => None,
    }
}

/// The offset of a named zone in minutes. Names that several zones share have the meaning that is usual in feeds; the
/// military letters of RFC 822 say nothing (RFC 5322, section 4.3), except `Z`.
pub(super) fn zone(word: &str) -> Option<i32> {
    let minutes = match word {
        "z" | "ut" | "utc" | "gmt" | "wet" | "zulu" => 0,
        "bst" | "cet" | "mez" | "wat" | "west" | "met" => 60,
        "cest" | "mesz" | "mest" | "eet" | "sast" | "cat" => 120,
        "eest" | "msk" | "eat" | "trt" | "мск" => 180,
        "msd" | "gst" | "samt" => 240,
        "irst" => 210,
        "pkt" | "yekt" => 300,
        "ist" => 330,
        "npt" => 345,
        "bdt" => 360,
        "ict" | "wib" | "krat" => 420,
        "hkt" | "sgt" | "awst" | "myt" | "pht" | "wita" | "irkt" => 480,
        "jst" | "kst" | "wit" => 540,
        "acst" => 570,
        "aest" | "vlat" => 600,
        "acdt" => 630,
        "aedt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        "ndt" => -150,
        "nst" => -210,
        "adt" | "brt" | "art" | "clst" => -180,
        "ast" | "edt" | "clt" => -240,
        "est" | "et" | "cdt" | "pet" | "cot" => -300,
        "cst" | "ct" | "mdt" => -360,
        "mst" | "mt" | "pdt" => -420,
        "pst" | "pt" | "akdt" => -480,
        "akst" => -540,
        "hst" => -600,
        _ => return None,
    };
    Some(minutes)
}

/// Whether a zone's name says nothing about summer or winter: those of the United States without their middle letter.
pub(super) fn is_american_zone(word: &str) -> bool {
    matches!(word, "et" | "ct" | "mt" | "pt")
}

/// Stems of the months from January on: English, German, French, Spanish, Portuguese, Italian, Dutch, the
/// Scandinavian languages, Finnish, Polish, Czech, Hungarian, Romanian, Turkish, Russian, Ukrainian, Greek, Arabic,
/// Hindi, Indonesian.
const MONTHS: [&str; 12] = [
    "jan jän ene gen ian tammi sty led oca янв січ ιαν يناير जन",
    "feb fév fev helmi lut úno şub фев лют φεβ فبراير फर",
    "mar mär mrz maa már bře břez march март бер μάρ μαρ mart مارس मार्च",
    "apr avr abr huhti kwi dub ápr nis апр квіт απρ أبريل ابريل अप्र",
    "may mai maj mei mag mayo maio touko máj kvě май мая трав μάι μαΐ μαι مايو मई",
    "jun juin giu kesä cze červen červn jún iun haz июн черв ιουν ιούν يونيو जून",
    "jul juil lug heinä lip červenec července júl iul tem июл лип ιουλ ιούλ يوليو जुल",
    "aug aoû aou ago elo sie srp ağu авг серп αύγ αυγ أغسطس अग",
    "sep set syys wrz zář eyl szep сен вер σεπ سبتمبر सित सितं",
    "oct okt out ott loka paź říj eki окт жовт οκτ أكتوبر اكتوبر अक्ट",
    "nov marras lis kas noi ноя лист νοέ νοε نوفمبر नव",
    "dec dez dic déc des joulu gru pro ara дек груд δεκ ديسمبر दिस",
];

/// Stems of the weekdays from Monday on, in the same languages as far as their words are not a month's.
const WEEKDAYS: [&str; 7] = [
    "mon lun seg mån man maan pon hét pzt пон пн понед δευ",
    "tue die tirs tis mardi martes marted marţ marț ter tii wto úte sal вт вів τρι",
    "wed mit mer mié mie qua ons woe kesk śro stř sze çar ср сер τετ",
    "thu don jeu jue gio qui tors joi torst czw čtv csüt per чет чт πεμ",
    "fri fre ven vie vri sex perj pią pią pát pén vin cum пят пт παρ",
    "sat sam sáb sab lør lör zat lau sob szo сб суб σάβ σαβ",
    "sun son dim dom søn sön zon sunn nie ned vas dum paz вос вс нед κυρ",
];
