//! What reading one document, a feed or a page, may take.

use std::time::Duration;

use super::{
    leaf::count,
    quantity::{duration, size},
    section::Decoder,
    yaml::Node,
};

/// Limits of parsing and extraction, which keep one document from costing the others their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Documents {
    /// Time of a core for one document.
    pub within: Duration,
    /// Deepest element of a page that is read.
    pub max_depth: usize,
    /// Most elements of a page that are read.
    pub max_elements: usize,
    /// Most bytes of a page's markup that are read, scripts and styles apart.
    pub max_markup_bytes: usize,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            within: Duration::from_secs(10),
            // where browsers stop nesting
            max_depth: 512,
            // some thirty times those of a large news page
            max_elements: 100_000,
            max_markup_bytes: 4 << 20,
        }
    }
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Documents {
    let mut documents = Documents::default();
    decoder.section("`documents`", node, |s| {
        s.set("within", &mut documents.within, &duration(Duration::from_millis(100)..=Duration::from_secs(60)));
        // the time that the tree takes grows with the square of the depth
        s.set("max_depth", &mut documents.max_depth, &count(32..=2048));
        s.set("max_elements", &mut documents.max_elements, &count(1000..=1_000_000));
        s.set("max_markup", &mut documents.max_markup_bytes, &size(64 << 10..=16 << 20));
    });
    documents
}
