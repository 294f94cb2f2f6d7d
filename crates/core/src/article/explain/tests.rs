//! What is shown of a block's place is the place of that block.

use super::*;
use crate::article::Rules;
use crate::article::outline::{Tag, outline};

const PAGES: [&str; 4] = [
    include_str!("../../../../../tests/pages/local-station.html"),
    include_str!("../../../../../tests/pages/unclosed-tags.html"),
    include_str!("../../../../../tests/pages/table-layout-br.html"),
    "<p>a<svg><p>b</svg><noscript><p>c</noscript><table><tr>d<td>e<template><p>f</template><ul><li>g<frameset>h",
];

#[test]
fn places_and_elements_are_the_same_in_number_and_order() {
    for page in PAGES {
        let html = crate::article::tree::parse(page).html;
        let outline = outline(&html, &Default::default(), &mut Default::default());
        let rules = Rules::default();
        let places = places(&html, &rules.of(&"https://example.com/".parse().unwrap()));
        assert_eq!(places.len(), outline.elements.len(), "{page}");
        for (place, element) in places.iter().zip(&outline.elements) {
            let tag = place.name.split(['.', '#']).next().unwrap_or_default();
            let expected = match tag {
                "article" => Tag::Article,
                "body" => Tag::Body,
                "li" | "dd" | "dt" => Tag::Item,
                "ul" | "ol" | "dl" => Tag::List,
                "main" => Tag::Main,
                "p" => Tag::Paragraph,
                "tr" => Tag::Row,
                "table" => Tag::Table,
                "figure" => Tag::Figure,
                "td" | "th" => Tag::Cell,
                "section" => Tag::Section,
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Tag::Heading(tag.as_bytes()[1] - b'0'),
                _ => Tag::Other,
            };
            assert_eq!(element.tag, expected, "{tag} in {page}");
        }
    }
}
