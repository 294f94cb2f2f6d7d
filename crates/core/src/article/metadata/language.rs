//! The language, from the page's claim and from the text itself.

use whatlang::{Detector, Lang};

/// How much of a text is looked at, in characters: more changes nothing and takes longer.
const SAMPLE: usize = 600;
/// Least text that says anything of its language.
const LEAST: usize = 120;

/// The language that the text itself shows, where that is certain and another than is claimed.
///
/// A claim that agrees with the text is better than what is seen, since it may name a region as well.
pub(in crate::article) fn seen(text: &str, claim: Option<&str>) -> Option<&'static str> {
    let sample: String = text.chars().take(SAMPLE).collect();
    let seen = Detector::new().detect(&sample).filter(|seen| seen.is_reliable() && sample.chars().count() >= LEAST)?;
    // a language that cannot be guessed cannot be guessed wrong
    let agrees = claim.is_some_and(|claim| agrees(seen.lang(), claim) || !is_known(claim));
    (!agrees && (seen.confidence() > 0.9 || claim.is_none())).then(|| tag(seen.lang()))
}

/// A claim as a BCP 47 tag in its usual case (RFC 5646, section 2.1.1), if it can be one.
pub(in crate::article) fn canonical(claim: &str) -> Option<String> {
    let claim = claim.split([',', ';']).next()?.trim().replace('_', "-");
    let mut parts = claim.split('-').filter(|part| !part.is_empty());
    let primary = parts.next()?.to_lowercase();
    // `english`, and codes of three letters where there is one of two
    let is_called = |lang: &&Lang| {
        lang.code() == primary || lang.eng_name().to_lowercase() == primary || lang.name().to_lowercase() == primary
    };
    let called = Lang::all().iter().filter(|_| primary.len() > 2).find(is_called).map(|&lang| tag(lang).to_owned());
    let primary = called.unwrap_or(primary);
    if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|b| b.is_ascii_lowercase()) || primary == "und" {
        return None;
    }
    let mut tag = primary;
    for part in parts.take(2).filter(|part| part.bytes().all(|b| b.is_ascii_alphanumeric())) {
        match part.len() {
            2 => tag = format!("{tag}-{}", part.to_ascii_uppercase()),
            4 => tag = format!("{tag}-{}{}", part[..1].to_ascii_uppercase(), part[1..].to_ascii_lowercase()),
            _ => {}
        }
    }
    Some(tag)
}

fn agrees(seen: Lang, claim: &str) -> bool {
    let primary = claim.split('-').next().unwrap_or(claim);
    let same = tag(seen) == primary || seen.code() == primary;
    // the detector knows one Norwegian, one Chinese, and no borders between close relatives
    let kin: &[&[&str]] = &[
        &["nb", "no", "nn", "da"],
        &["zh", "yue"],
        &["hr", "sr", "bs", "sh"],
        &["id", "ms"],
        &["hi", "mr", "ne"],
        &["fa", "prs"],
        &["pt", "gl", "es"],
        &["ru", "be", "bg", "uk", "mk"],
        &["cs", "sk"],
        &["he", "iw", "yi"],
        &["tl", "fil"],
        &["af", "nl"],
    ];
    same || kin.iter().any(|kin| kin.contains(&tag(seen)) && kin.contains(&primary))
}

/// Whether the detector knows the language of a claim.
fn is_known(claim: &str) -> bool {
    const OTHER_NAMES: &[&str] = &["no", "nn", "yue", "bs", "sh", "ms", "prs", "iw", "fil", "gl"];
    let primary = claim.split('-').next().unwrap_or(claim);
    OTHER_NAMES.contains(&primary) || Lang::all().iter().any(|&lang| tag(lang) == primary || lang.code() == primary)
}

/// The shortest code of a language (ISO 639-1 where it has one), as BCP 47 requires it.
fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_put_in_form() {
        for (claim, expected) in [
            ("EN_us", Some("en-US")),
            ("de", Some("de")),
            ("zh-hant-tw", Some("zh-Hant-TW")),
            ("english", Some("en")),
            ("Deutsch", Some("de")),
            ("eng", Some("en")),
            ("zh-hans-cn", Some("zh-Hans-CN")),
            ("en_US", Some("en-US")),
            ("gsw", Some("gsw")),
            ("nonsense", None),
            ("", None),
            ("fr-FR,fr;q=0.9", Some("fr-FR")),
        ] {
            assert_eq!(canonical(claim).as_deref(), expected, "{claim}");
        }
    }

    #[test]
    fn the_text_is_believed_before_the_page() {
        let german =
            "Der Bürgermeister sagte am Montag, die Stadt werde die Brücke noch in diesem Jahr erneuern. ".repeat(3);
        assert_eq!(seen(&german, Some("en-US")), Some("de"));
        assert_eq!(seen(&german, None), Some("de"));
        assert_eq!(seen(&german, Some("de-AT")), None, "the claim is kept");
        assert_eq!(seen("Zu kurz.", Some("en")), None);
        assert_eq!(seen("", None), None);
    }
}
