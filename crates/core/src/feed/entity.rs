//! Entities: XML's five, HTML's two thousand, and those that a document declares for itself.
//!
//! What a document declares is text and stays text: replacements are not resolved in each other, and together write no
//! more than the document's own size, so that no document can grow by them (the "billion laughs").

use std::borrow::Cow;
use std::cell::Cell;

use html5ever::data::NAMED_ENTITIES;
use memchr::{memchr, memmem};

/// The longest name in HTML has 31 letters.
const MAX_NAME: usize = 32;
const MAX_DECLARED: usize = 64;
const MAX_REPLACEMENT: usize = 256;
/// Bytes that declared entities may write in a document of any size; beyond that, the document's own size.
const FREE_GROWTH: usize = 4096;

/// Entities that a document's DOCTYPE declares.
#[derive(Debug, Default)]
pub(super) struct Declared<'a> {
    entities: Vec<(&'a str, &'a str)>,
    growth: Cell<usize>,
}

impl<'a> Declared<'a> {
    /// None yet; `length` is the document's.
    pub(super) fn new(length: usize) -> Self {
        Self { entities: Vec::new(), growth: Cell::new(FREE_GROWTH + length) }
    }

    pub(super) fn read(&mut self, doctype: &'a str) {
        for declaration in doctype.split("<!ENTITY").skip(1).take(MAX_DECLARED) {
            let declaration = declaration.trim_start();
            let Some((name, value)) = declaration.split_once(char::is_whitespace) else { continue };
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some((value, _)) = value[1..].split_once(quote) else { continue };
            if value.len() <= MAX_REPLACEMENT && !value.contains(['<', '%']) {
                self.entities.push((name, value));
            }
        }
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.entities.iter().find(|(declared, _)| *declared == name)?;
        self.growth.set(self.growth.get().checked_sub(value.len())?);
        Some(value)
    }
}

/// Resolves the entities of a text and removes the characters that XML forbids. An `&` that starts no known entity
/// stays as it is; `bare` counts those.
pub(super) fn resolve<'a>(raw: &'a str, declared: &Declared<'_>, bare: &mut u32) -> Cow<'a, str> {
    if memchr(b'&', raw.as_bytes()).is_none() {
        return without_controls(raw);
    }
    let mut out = String::with_capacity(raw.len());
    resolve_into(raw, declared, bare, &mut out);
    Cow::Owned(out)
}

/// [`resolve`], appended to `out`.
pub(super) fn resolve_into(raw: &str, declared: &Declared<'_>, bare: &mut u32, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        out.push_str(&without_controls(&rest[..at]));
        rest = &rest[at + 1..];
        match entity(rest, declared, out) {
            Some(length) => rest = &rest[length..],
            None => {
                *bare = bare.saturating_add(1);
                out.push('&');
            }
        }
    }
    out.push_str(&without_controls(rest));
}

/// Resolves the entities of HTML text, once.
pub(super) fn resolve_html(text: &str) -> Cow<'_, str> {
    resolve(text, &Declared::default(), &mut 0)
}

/// Writes the text of an entity; returns its length without the `&`.
fn entity(text: &str, declared: &Declared<'_>, out: &mut String) -> Option<usize> {
    let window = &text.as_bytes()[..text.len().min(MAX_NAME + 1)];
    let end = memchr(b';', window)?;
    let name = &text[..end];
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        out.extend(character(code));
        return Some(end + 1);
    }
    if let Some(replacement) = declared.get(name) {
        resolve_into(replacement, &Declared::default(), &mut 0, out);
        return Some(end + 1);
    }
    let (first, second) = match name {
        "apos" => (u32::from('\''), 0),
        _ => {
            NAMED_ENTITIES.get(&text[..=end]).copied().filter(|&(first, _)| first != 0).or_else(|| upper_case(name))?
        }
    };
    out.extend(char::from_u32(first));
    out.extend(char::from_u32(second).filter(|&c| c != '\0'));
    Some(end + 1)
}

/// `&QUOT;` and similar, which HTML knows in a few spellings only.
fn upper_case(name: &str) -> Option<(u32, u32)> {
    ["amp", "lt", "gt", "quot", "nbsp"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .and_then(|known| NAMED_ENTITIES.get(format!("{known};").as_str()).copied())
}

/// A numbered character. 128 to 159 mean Windows-1252, or a part of a character that was encoded twice: the whole value
/// shows which of the two ([`super::encoding`]).
fn character(code: u32) -> Option<char> {
    char::from_u32(code).filter(|&c| !forbidden(c as u32))
}

fn forbidden(code: u32) -> bool {
    matches!(code, 0..=8 | 11 | 12 | 14..=31 | 0xFFFE | 0xFFFF)
}

/// The text without the control characters that XML does not allow.
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| matches!(b, 0..=8 | 11 | 12 | 14..=31)) {
        Cow::Owned(text.chars().filter(|&c| !forbidden(c as u32)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Text without the marks of CDATA sections, which are in it if it went through a generator twice; `None` if there are
/// none. Marks that are escaped once more are removed only around the whole: inside, they are an example of code.
pub(super) fn without_marks(text: &str) -> Option<String> {
    const MARKS: [(&str, &str); 2] = [("<![CDATA[", "]]>"), ("&lt;![CDATA[", "]]&gt;")];
    memmem::find(text.as_bytes(), b"]]").or_else(|| memmem::find(text.as_bytes(), b"![CDATA["))?;
    let [(open, close), (escaped_open, escaped_close)] = MARKS;
    let opened = text.matches(open).count();
    let mut out = text.replace(open, "").replacen(close, "", opened);
    for (open, close) in [(open, close), (escaped_open, escaped_close)] {
        let inner = out.trim();
        let begins = inner.starts_with(open);
        let inner = inner.strip_prefix(open).unwrap_or(inner);
        if begins || !inner.contains(open) {
            out = inner.strip_suffix(close).unwrap_or(inner).to_owned();
        }
    }
    (out != text.trim() && has_words(&out)).then_some(out)
}

/// Whether there is a word outside of tags. Marks around markup alone are an example of code, too.
fn has_words(text: &str) -> bool {
    let mut in_tag = false;
    text.chars().any(|c| {
        in_tag = (in_tag || c == '<') && c != '>';
        !in_tag && c.is_alphanumeric()
    })
}

/// Writes text into XML or HTML.
pub(super) fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_resolved_once() {
        let mut declared = Declared::new(0);
        declared
            .read(" rss [<!ENTITY me 'R&amp;D'><!ENTITY lol '&me;&me;'><!ENTITY % p 'x'><!ENTITY x SYSTEM 'file:/'>");
        for (raw, expected) in [
            ("AT&amp;T &lt;b&gt; &quot;&apos;", "AT&T <b> \"'"),
            ("&eacute;&nbsp;&hellip;", "é\u{a0}…"),
            ("&#233;&#xE9;&#XE9;", "ééé"),
            ("&amp;amp;", "&amp;"),
            ("a & b &unknown; &copy 1 &", "a & b &unknown; &copy 1 &"),
            ("&QUOT;&LT;", "\"<"),
            ("&#0;&#55296;&#x110000;&#99999999999;|\u{1}|", "&#99999999999;||"),
            ("&me;", "R&D"),
            ("&lol;&x;", "&me;&me;&x;"),
        ] {
            assert_eq!(resolve(raw, &declared, &mut 0), expected, "{raw}");
        }
    }

    #[test]
    fn marks_of_cdata_are_no_words() {
        for (text, expected) in [
            ("<![CDATA[Mill]]>", Some("Mill")),
            (" <![CDATA[ a ]]> and <![CDATA[b]]>\n", Some("a  and b")),
            ("<![CDATA[<p>Mill</p>", Some("<p>Mill</p>")),
            ("Mill]]>", Some("Mill")),
            ("<![CDATA[<![CDATA[Mill]]>]]>", Some("Mill")),
            ("&lt;![CDATA[Mill]]&gt;", Some("Mill")),
            ("<p>Mill</p>]]&gt;", Some("<p>Mill</p>")),
            ("<pre>&lt;![CDATA[x]]&gt;</pre>", None),
            ("<pre>if (a[b[0]]>1) c</pre>", None),
            ("<![CDATA[<script></script>]]>", None),
            ("see [[Mill]]", None),
            ("Mill", None),
        ] {
            assert_eq!(without_marks(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_escaped_comes_back() {
        let mut out = String::new();
        escape("a<b>&\"c\"", &mut out);
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;c&quot;");
        assert_eq!(resolve(&out, &Declared::default(), &mut 0), "a<b>&\"c\"");
    }
}
