//! What the name and the attributes of an element are, as written.

use scraper::node::Element as Markup;

use super::Tag;

/// An attribute's value. (scraper's own look-up makes an atom of the name each time.)
pub(in crate::article) fn attribute<'a>(markup: &'a Markup, name: &str) -> Option<&'a str> {
    markup.attrs().find(|(other, _)| *other == name).map(|(_, value)| value)
}

pub(super) fn tag(name: &str) -> Tag {
    match name {
        "article" => Tag::Article,
        "body" => Tag::Body,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Tag::Heading(name.as_bytes()[1] - b'0'),
        "figure" => Tag::Figure,
        "li" | "dd" | "dt" => Tag::Item,
        "ul" | "ol" | "dl" => Tag::List,
        "main" => Tag::Main,
        "p" => Tag::Paragraph,
        "section" => Tag::Section,
        "table" => Tag::Table,
        "td" | "th" => Tag::Cell,
        "tr" => Tag::Row,
        _ => Tag::Other,
    }
}
