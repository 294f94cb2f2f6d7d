//! Text constructs: whether a value is plain text, HTML or XHTML, whatever its label says.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::entity::{escape, resolve_html, without_marks};

/// What a value's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// RSS does not say: HTML if it looks like it.
    Unknown,
    /// Atom, if it does not say: text, or HTML if it looks like it.
    Default,
    /// Labelled as text: what looks like a tag in it is text.
    Text,
    Html,
    /// Markup written as elements: the content is kept as it is.
    Inline,
    Base64,
}

impl Style {
    /// By the `type` and `mode` of Atom 1.0 (RFC 4287, sections 3.1 and 4.1.3.3) and 0.3.
    pub(super) fn of(media_type: Option<&str>, mode: Option<&str>) -> Self {
        let media_type = media_type.map(|t| t.trim().to_ascii_lowercase());
        match mode.map(str::trim) {
            Some("base64") => return Self::Base64,
            Some("escaped") => {
                return match media_type.as_deref() {
                    None => Self::Unknown,
                    Some("text/plain") => Self::Text,
                    Some(_) => Self::Html,
                };
            }
            _ => {}
        }
        match media_type.as_deref() {
            None => Self::Unknown,
            Some("" | "text" | "plain" | "text/plain") => Self::Text,
            Some("html" | "text/html") => Self::Html,
            Some("xhtml") => Self::Inline,
            Some(other) if other.ends_with("+xml") || other.ends_with("/xml") => Self::Inline,
            Some(other) if other.contains('/') && !other.starts_with("text/") => Self::Base64,
            Some(_) => Self::Unknown,
        }
    }
}

/// A value as HTML.
pub(super) fn html(value: &str, style: Style) -> Option<String> {
    let unmarked = without_marks(value);
    let value = unmarked.as_deref().unwrap_or(value).trim();
    if value.is_empty() {
        return None;
    }
    match style {
        Style::Inline => Some(value.to_owned()),
        Style::Base64 => match from_base64(value) {
            Ok(bytes) => text_of(bytes).and_then(|text| html(&text, Style::Unknown)),
            Err(_) => html(value, Style::Unknown),
        },
        Style::Html => Some(once_escaped(value).into_owned()),
        Style::Unknown | Style::Default if looks_like_html(value) => Some(once_escaped(value).into_owned()),
        // if it contains a sign that might be a tag, nothing else is interpreted
        Style::Unknown if value.contains('<') => {
            let mut out = String::with_capacity(value.len() + 16);
            escape(value, &mut out);
            Some(out)
        }
        Style::Unknown | Style::Default => Some(of_text(value, "\n")),
        Style::Text => Some(of_text(value, "<br>\n")),
    }
}

/// Text as HTML: blank lines separate paragraphs; what a line feed inside a paragraph becomes is an argument.
fn of_text(value: &str, line_feed: &str) -> String {
    let mut out = String::with_capacity(value.len() + 16);
    let is_one = !value.lines().any(|line| line.trim().is_empty());
    let (mut is_open, mut is_first) = (false, true);
    for line in value.lines() {
        let is_blank = line.trim().is_empty();
        if is_open && is_blank {
            out.push_str("</p>\n");
            is_open = false;
        } else if !is_blank {
            if is_one && !is_first || is_open {
                out.push_str(line_feed);
            } else if !is_one {
                out.push_str("<p>");
                is_open = true;
            }
            is_first = false;
            escape(line, &mut out);
        }
    }
    if is_open {
        out.push_str("</p>");
    }
    out
}

/// A title as it was given, and whether it is to be read as HTML.
#[derive(Debug)]
pub(super) struct Title {
    pub(super) value: String,
    pub(super) is_html: bool,
}

/// A title, if it is one.
pub(super) fn title(value: String, style: Style) -> Option<Title> {
    let value =
        if style == Style::Base64 { from_base64(&value).ok().and_then(text_of).unwrap_or(value) } else { value };
    let value = without_marks(&value).unwrap_or(value);
    let is_html = match style {
        Style::Html | Style::Inline => true,
        Style::Text => false,
        Style::Unknown | Style::Default | Style::Base64 => looks_like_html(&value),
    };
    (!value.trim().is_empty()).then_some(Title { value, is_html })
}

/// HTML that was escaped once too often looks like text full of tags.
fn once_escaped(value: &str) -> Cow<'_, str> {
    let escaped = !value.contains('<')
        && value.contains("&gt;")
        && ["&lt;/", "&lt;br", "&lt;img ", "&lt;p&gt;"].iter().any(|tag| value.contains(tag));
    if escaped { resolve_html(value) } else { Cow::Borrowed(value) }
}

/// An entity, or a tag as a publisher writes it.
fn looks_like_html(value: &str) -> bool {
    let entity = value.match_indices('&').take(16).any(|(at, _)| {
        let name = value[at + 1..].split(';').next().unwrap_or_default();
        let number = name.strip_prefix('#').unwrap_or(name);
        (2..=10).contains(&name.len())
            && at + 1 + name.len() < value.len()
            && number.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    entity || value.match_indices('<').take(64).any(|(at, _)| is_tag(&value[at + 1..]))
}

/// A tag whose name HTML knows. Without attributes, it may be what a text is about, if its element has an end tag: then
/// only the end tag shows that it is markup.
fn is_tag(after: &str) -> bool {
    let (after, is_end) = after.strip_prefix('/').map_or((after, false), |after| (after, true));
    let length = after.bytes().take_while(u8::is_ascii_alphanumeric).take(12).count();
    let (name, after) = after.split_at(length);
    let is_known = |tags: &str| tags.split(' ').any(|tag| tag.eq_ignore_ascii_case(name));
    if !matches!(after.as_bytes().first(), Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r')) || !is_known(TAGS) {
        return false;
    }
    let has_attributes = || after.split('>').next().is_some_and(|tag| tag.contains('='));
    is_end || is_known(WITHOUT_END) || has_attributes()
}

/// Elements that are often or always written without an end tag.
const WITHOUT_END: &str = "br dd dt hr img li p td th tr wbr";

const TAGS: &str = "a abbr article aside audio b big blockquote br caption center cite code dd del div dl dt em embed \
                    figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i iframe img ins kbd li main mark nav \
                    object ol p pre q s samp script section small span strike strong style sub sup table tbody td tfoot \
                    th thead time tr tt u ul var video wbr";

fn from_base64(value: &str) -> Result<Vec<u8>, base64::DecodeError> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let compact: Vec<u8> = value.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    engine.decode(compact)
}

/// The content of Base64, if it is text; pictures are not used here.
fn text_of(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().map(|text| super::entity::without_controls(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_becomes_html() {
        for (value, style, expected) in [
            ("a < b & c", Style::Unknown, "a &lt; b &amp; c"),
            ("AT&amp;T", Style::Unknown, "AT&amp;T"),
            ("<p>x</p>", Style::Text, "&lt;p&gt;x&lt;/p&gt;"),
            ("use <T> & go &amp; <b>", Style::Text, "use &lt;T&gt; &amp; go &amp;amp; &lt;b&gt;"),
            ("why <a> is not <area>", Style::Unknown, "why &lt;a&gt; is not &lt;area&gt;"),
            ("<b>x</b>", Style::Unknown, "<b>x</b>"),
            ("one<br>two", Style::Unknown, "one<br>two"),
            ("<img src=a>", Style::Unknown, "<img src=a>"),
            ("one\n two", Style::Unknown, "one\n two"),
            ("one\r\n\r\ntwo\nthree", Style::Unknown, "<p>one</p>\n<p>two\nthree</p>"),
            ("one\n\ntwo\n- three\n \n\nfour", Style::Text, "<p>one</p>\n<p>two<br>\n- three</p>\n<p>four</p>"),
            ("a < b\n\nc", Style::Unknown, "a &lt; b\n\nc"),
            ("a < b\n\nwrite <b>\nc", Style::Default, "<p>a &lt; b</p>\n<p>write &lt;b&gt;\nc</p>"),
            ("<b>x</b>\n\ny", Style::Default, "<b>x</b>\n\ny"),
            ("- one\n- two", Style::Text, "- one<br>\n- two"),
            ("&lt;p&gt;x&lt;/p&gt;", Style::Html, "<p>x</p>"),
            ("write <b>&lt;/p&gt;</b>", Style::Html, "write <b>&lt;/p&gt;</b>"),
            ("PHA+ZMOpasOgPC9w\n Pg", Style::Base64, "<p>déjà</p>"),
        ] {
            assert_eq!(html(value, style).as_deref(), Some(expected), "{value}");
        }
        assert_eq!(html(" \n", Style::Unknown), None);
    }

    #[test]
    fn the_label_decides_where_it_can() {
        for (media_type, mode, expected) in [
            (None, None, Style::Unknown),
            (Some("text"), None, Style::Text),
            (Some("HTML"), None, Style::Html),
            (Some("xhtml"), None, Style::Inline),
            (Some("application/xhtml+xml"), Some("xml"), Style::Inline),
            (Some("application/xhtml+xml"), Some("escaped"), Style::Html),
            (None, Some("escaped"), Style::Unknown),
            (Some("text/html"), Some("base64"), Style::Base64),
            (Some("application/octet-stream"), None, Style::Base64),
        ] {
            assert_eq!(Style::of(media_type, mode), expected, "{media_type:?} {mode:?}");
        }
    }
}
