//! Limits for reading one document, a feed or a page.

use std::time::Duration;

use super::{
    leaf::count,
    quantity::{duration, size},
    section::Decoder,
    yaml::Node,
};
use crate::article::Limits;

/// Limits of parsing and extraction, so that one document does not take the time of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Documents {
    /// Processor time for one document.
    pub within: Duration,
    /// Where reading a page stops.
    pub limits: Limits,
}

impl Default for Documents {
    fn default() -> Self {
        Self { within: Duration::from_secs(10), limits: Limits::default() }
    }
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Documents {
    let mut documents = Documents::default();
    decoder.section("`documents`", node, |s| {
        s.set("within", &mut documents.within, &duration(Duration::from_millis(100)..=Duration::from_secs(60)));
        // the time for the tree grows with the square of the depth
        s.set("max_depth", &mut documents.limits.depth, &count(32..=2048));
        s.set("max_elements", &mut documents.limits.elements, &count(1000..=1_000_000));
        s.set("max_markup", &mut documents.limits.markup, &size(64 << 10..=16 << 20));
    });
    documents
}
