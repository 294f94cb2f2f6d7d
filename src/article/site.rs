//! What a site repeats, learned page by page.
//!
//! PURE. A `Site` is evidence handed to the extractor; below a proven amount of it, it has no say.

use serde::{Deserialize, Serialize};

/// What was learned of one site; small, bounded, forgetting. Serialises to at most 16 KB.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {}
impl Site {
    /// l
    pub fn learn(&mut self, _l: &super::Lesson) {}
}
