//! Tables for the rules, properties for what must be true for any input.

use proptest::prelude::*;

use super::{from_html, line, paragraphs};

#[test]
fn lines() {
    let cases = [
        ("  Two\u{a0}words \t\n here ", "Two words here"),
        ("cafe\u{301}", "café"),
        ("soft\u{ad}hyphen, zero\u{200b}width, \u{202e}bidi\u{202c}", "softhyphen, zerowidth, bidi"),
        ("\u{feff}BOM\0 and\u{7} bell", "BOM and bell"),
        ("tags\u{e0041}\u{e007f} and \u{fdd0}\u{1fffe}noncharacters", "tags and noncharacters"),
        ("👩\u{200d}👩\u{200d}👧 and می\u{200c}خواهم", "👩\u{200d}👩\u{200d}👧 and می\u{200c}خواهم"),
        ("क्\u{200d}ष", "क्\u{200d}ष"),
        ("日本語の\n文章", "日本語の文章"),
        ("한국어\n문장", "한국어 문장"),
        ("か\n\u{3099}", "か \u{3099}"),
        ("日本語 と English\nの 文", "日本語 と English の 文"),
        ("“Quotes” — ‘as’ written…", "“Quotes” — ‘as’ written…"),
        ("\u{93}C1\u{94} read as windows-1252", "“C1” read as windows-1252"),
        ("AT&amp;T stays as it is", "AT&amp;T stays as it is"),
    ];
    check(line, &cases);
}

#[test]
fn mojibake_is_repaired_only_when_certain() {
    let cases = [
        ("donâ€™t", "don’t"),
        ("â€œQuotedâ€\u{9d}", "“Quoted”"),
        ("cafÃ©s in SÃ£o Paulo", "cafés in São Paulo"),
        ("twice: donÃ¢â‚¬â„¢t", "twice: don’t"),
        ("MANHÃ\u{a0}e tarde, café", "MANHÃ e tarde, café"),
        ("SÃO PAULO", "SÃO PAULO"),
        ("Â£5 alone", "Â£5 alone"),
        ("ðŸ˜€", "😀"),
        ("Прощай", "Прощай"),
    ];
    check(line, &cases);
}

#[test]
fn whole_paragraphs() {
    let cases = [
        ("one\ntwo\n\n\n three \r\n four\r\n\r\nfive", "one\ntwo\n\nthree\nfour\n\nfive"),
        ("a\u{2029}b\u{2028}c", "a\n\nb\nc"),
        ("\n\n \u{3000}全角の字下げ\n\n", "全角の字下げ"),
        ("", ""),
    ];
    check(paragraphs, &cases);
}

#[test]
fn html_fragments() {
    let cases = [
        ("plain", "plain"),
        ("<p>One &amp; two</p><p>three<br>four</p>", "One & two\n\nthree\nfour"),
        ("&amp;lt;b&gt; once", "&lt;b> once"),
        ("a<script>var x = '<p>no</p>';</script>b<style>p{}</style>c", "abc"),
        ("source\nlines <b>fold</b>\n\ninto one", "source lines fold into one"),
        ("<b>東京</b>\n都", "東京都"),
        ("no markup:\nlines stay", "no markup:\nlines stay"),
        ("<pre>two\nlines</pre>", "two\nlines"),
        ("<ul><li>first<li>second</ul>", "first\n\nsecond"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("unclosed <b", "unclosed"),
        ("5 < 6 & 7", "5 < 6 & 7"),
    ];
    check(from_html, &cases);
}

#[test]
fn depth_costs_nothing() {
    assert_eq!(from_html(&("<div>".repeat(200_000) + "deep")), "deep");
}

fn check(f: fn(&str) -> String, cases: &[(&str, &str)]) {
    for (input, expected) in cases {
        assert_eq!(&f(input), expected, "from {input:?}");
    }
}

/// Strings from the characters that the rules treat, mixed with arbitrary ones.
fn tricky() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "â",
        "€",
        "™",
        "\u{80}",
        "\u{99}",
        "Ã",
        "©",
        "\u{ad}",
        "\u{200b}",
        "\u{200d}",
        "\n",
        "\r",
        " ",
        "\u{a0}",
        "字",
        "e",
        "\u{301}",
        "Â",
        "ƒ",
        "\u{9d}",
        "\u{e0041}",
        "ð",
        "Ÿ",
        "\u{2028}",
        "\u{2029}",
        "か",
        "\u{3099}",
    ]);
    prop::collection::vec(prop_oneof![3 => odd.prop_map(str::to_owned), 1 => any::<String>()], 0..24)
        .prop_map(|parts| parts.concat())
}

#[test]
fn a_mark_behind_a_line_break_stays_apart() {
    // joined, the two would be composed when the text is read again, so the result would not be the normal form
    for raw in ["か\n\u{3099}", "か\u{200b}\n\u{3099}", "か\n\u{200b}\u{3099}"] {
        for form in [line, paragraphs] {
            assert_eq!(form(&form(raw)), form(raw), "{raw:?}");
        }
    }
}

proptest! {
    #[test]
    fn normal_form_is_a_fixed_point(raw in tricky()) {
        let once = paragraphs(&raw);
        prop_assert_eq!(paragraphs(&once), once);
        let once = line(&raw);
        prop_assert_eq!(line(&once), once);
    }

    #[test]
    fn nothing_that_is_no_text_comes_out(raw in any::<String>()) {
        for text in [paragraphs(&raw), from_html(&raw)] {
            prop_assert!(!text.chars().any(super::chars::is_junk));
            prop_assert!(!text.contains("\n\n\n") && !text.contains("  ") && text.trim() == text);
        }
    }
}
