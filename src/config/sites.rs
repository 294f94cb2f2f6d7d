//! What the user knows better about some sites than copydesk can find out: parts of pages to keep and to drop.

use super::{
    leaf::{Leaf, Wrong},
    section::Decoder,
    yaml::Node,
};
use crate::article::{Rules, Selector};

/// More sites than anybody corrects by hand.
const MOST_SITES: usize = 10_000;

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Rules {
    let mut rules = Rules::default();
    let sites = decoder.free("`sites`", node);
    if sites.len() > MOST_SITES {
        decoder.fault(node.at, format!("`sites`: at most {MOST_SITES}"));
    }
    for (host, at, node) in sites {
        let (mut keep, mut drop) = (Vec::new(), Vec::new());
        let before = decoder.faults.len();
        decoder.section("a site", node, |s| {
            keep = s.list("keep", &selector()).unwrap_or_default();
            drop = s.list("drop", &selector()).unwrap_or_default();
            if s.at("keep").or(s.at("drop")).is_none() {
                s.missing("`keep` or `drop`");
            }
        });
        if decoder.faults.len() == before
            && let Err(bad) = rules.add(host, keep, drop)
        {
            decoder.fault(at, format!("`sites`: {bad}"));
        }
    }
    rules
}

fn selector() -> Leaf<impl Fn(&str) -> Result<Selector, Wrong>> {
    Leaf::new("a CSS selector such as .promo", |text| match Selector::parse(text) {
        Ok(selector) => Ok(selector),
        Err(bad) => Err(Wrong::Refused(bad.to_string())),
    })
}
