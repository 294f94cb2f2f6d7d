//! A document of a feed as it is taken in, and what one pass over it finds out.
//!
//! PURE.

use crate::feed::{Feed, identity::EntryNames};

/// The strength of a claim on an article that the document itself introduced.
pub(super) const BEGUN: u32 = u32::MAX;

/// A feed document with the names of its entries.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document.
    pub feed: Feed,
    /// One for each entry.
    pub names: Vec<EntryNames>,
    /// Hash of what the feed says about each entry.
    pub digests: Vec<u32>,
}

/// What one pass over a document finds out about its feed.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) guids_right: usize,
    pub(super) guids_wrong: usize,
    pub(super) with_link: usize,
    pub(super) other_link: usize,
}
