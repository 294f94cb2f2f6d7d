//! What an element's attributes say of it.

use scraper::node::Element as Markup;

use super::tag::{attribute, tag};
use super::{Names, Signs, Tag};
use crate::article::rules;

pub(super) fn own_signs(markup: &Markup, name: &str, names: &mut Names) -> Signs {
    let by_tag = match name {
        "nav" => Signs::NAVIGATION,
        "footer" => Signs::FOOTER,
        "header" => Signs::HEADER,
        "aside" => Signs::ASIDE,
        "figure" | "picture" => Signs::MEDIA,
        "figcaption" | "caption" => Signs::CAPTION,
        "blockquote" | "q" => Signs::QUOTE,
        "form" | "fieldset" => Signs::FORM,
        "table" => Signs::TABLE,
        "ul" | "ol" | "dl" => Signs::LIST,
        "dialog" => Signs::OVERLAY,
        "time" => Signs::DATE,
        "address" => Signs::BYLINE,
        "menu" | "search" => Signs::NAVIGATION,
        _ => Signs::NONE,
    };
    // a heading's id is its text made a link's target (`id="sponsorship-deals"`): it says nothing of its role
    let named = matches!(tag(name), Tag::Heading(_));
    let attributes = markup.attrs().filter(|(name, _)| !(named && *name == "id"));
    let signs = attributes.fold(by_tag, |signs, (name, value)| signs | attribute_signs(name, value, names));
    if signs.any(Signs::HIDDEN) && attribute(markup, "class").is_some_and(is_folded) {
        return signs.without(Signs::HIDDEN);
    }
    signs
}

/// Whether classes say that an element is folded away, for the reader to open.
fn is_folded(classes: &str) -> bool {
    ["accordion", "collaps", "faq", "expand"].iter().any(|word| classes.contains(word))
}

fn attribute_signs(name: &str, value: &str, names: &mut Names) -> Signs {
    match name {
        "class" => names.of_classes(value),
        "id" => names.signs(value),
        "hidden" => Signs::HIDDEN,
        "style" if hides(value) => Signs::HIDDEN,
        "role" => match value {
            "navigation" | "menu" | "menubar" => Signs::NAVIGATION,
            "complementary" => Signs::ASIDE,
            "contentinfo" => Signs::FOOTER,
            "banner" => Signs::HEADER,
            "dialog" | "alertdialog" => Signs::OVERLAY,
            "search" => Signs::FORM,
            "tooltip" => Signs::HIDDEN,
            _ => Signs::NONE,
        },
        "itemprop" => match value {
            "articleBody" => Signs::BODY.and(Signs::STATED),
            "author" => Signs::BYLINE,
            "datePublished" | "dateModified" => Signs::DATE,
            "headline" => Signs::HEADLINE,
            "caption" => Signs::CAPTION,
            "description" | "alternativeHeadline" => Signs::DECK,
            "keywords" => Signs::TAGS,
            _ => Signs::NONE,
        },
        rules::ATTRIBUTE => {
            if value.starts_with("keep") {
                Signs::RULED_IN
            } else {
                Signs::RULED_OUT
            }
        }
        "rel" if value == "author" => Signs::BYLINE,
        "rel" if value == "tag" || value == "category tag" => Signs::TAGS,
        _ => Signs::NONE,
    }
}

fn hides(style: &str) -> bool {
    let mut style = style.to_ascii_lowercase();
    style.retain(|c| !c.is_whitespace());
    let is_dot = style.contains("width:1px") && style.contains("height:1px");
    let is_away = ["left:-", "top:-", "text-indent:-"].iter().any(|side| {
        let distance = style.split_once(side).map(|(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        distance.is_some_and(|digits| digits > 2)
    });
    let is_clipped = ["clip:rect(0", "clip:rect(1px", "clip-path:inset(50%", "clip-path:inset(100%"];
    ["display:none", "visibility:hidden"].iter().chain(&is_clipped).any(|hides| style.contains(hides))
        || is_dot
        || is_away
}

/// A hash of tag and classes (FNV-1a: it is kept, so it must never change); digits are left out, since they are ids of
/// stories more often than of styles.
pub(super) fn label(markup: &Markup) -> u64 {
    let classes = attribute(markup, "class").unwrap_or_default().bytes().filter(|byte| !byte.is_ascii_digit());
    markup
        .name()
        .bytes()
        .chain([b'.'])
        .chain(classes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_hide_and_classes_that_do_not() {
        let hidden = |classes: &str| {
            let html = scraper::Html::parse_fragment(&format!("<div class=\"{classes}\" style='display: block'>"));
            let div = html.tree.values().filter_map(|node| node.as_element()).find(|element| element.name() == "div");
            let div = div.expect("it was written");
            own_signs(div, "div", &mut Names::default()).any(Signs::HIDDEN)
        };
        for classes in [
            "hidden",
            "box is-hidden",
            "d-none",
            "md:hidden",
            "hidden-lg",
            "menu--hidden",
            "sr-only",
            "hidden print:block",
            "has-media hidden",
        ] {
            assert!(hidden(classes), "{classes}");
        }
        for classes in [
            "overflow-hidden",
            "field--label-hidden",
            "hidden md:block",
            "d-none d-lg-flex",
            "hidden-xs",
            "faq-accordion hidden",
            "collapse d-none",
            "no-hidden",
        ] {
            assert!(!hidden(classes), "{classes}");
        }
    }

    #[test]
    fn what_stands_beside_an_element_says_nothing_of_it() {
        let signs = |class: &str| attribute_signs("class", class, &mut Names::default());
        assert_eq!(signs("story has-sidebar tag-newsletter sidebar-enabled--false"), Signs::NONE);
        assert_eq!(signs("has-sidebar sidebar"), Signs::ASIDE);
    }
}
