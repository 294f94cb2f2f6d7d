//! A text in a hundred bytes: whether a page is the one that was read before, and how much of a text is still there.
//!
//! PURE. A [`Print`] is taken of all text of a page before anything is judged, so that neither what was learned of the
//! site nor a better judgement changes it; another is taken of the story. Both are kept, so that what they are made of
//! must never change: letters, digits and signs in their order, white space apart.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

mod steady;

use super::outline::Outline;
use steady::steady;

/// How many parts of a set are compared.
const PARTS: usize = 32;

/// What all text of a page comes to. As a string it takes 107 characters.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Print {
    /// Hash of all text.
    whole: u64,
    /// The same without numbers and relative times.
    steady: u64,
    /// The blocks, without numbers and relative times.
    blocks: Sketch,
}

/// What two prints say of their pages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Likeness {
    /// The same text.
    Same,
    /// The same except for numbers and relative times: views, votes, `3 hours ago`.
    SameButForNumbers,
    /// Another text; the share of both texts' blocks that both have, 0 to 1.
    Other(f32),
}

impl Print {
    /// The print of a page.
    pub(super) fn of_page(outline: &Outline) -> Self {
        Self::of_blocks(outline.blocks.iter().map(|block| block.text.as_str()))
    }

    /// The print of text, a block a line: what a feed says of an entry.
    pub fn of_text(text: &str) -> Self {
        Self::of_blocks(text.lines().filter(|line| !line.trim().is_empty()))
    }

    fn of_blocks<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut whole, mut all_steady, mut blocks) = (Xxh3::new(), Xxh3::new(), Gathered::default());
        let mut joined = String::new();
        for text in texts {
            joined.clear();
            joined.extend(text.split_whitespace());
            whole.update(joined.as_bytes());
            joined.clear();
            steady(text, |words| joined.extend(words.iter().copied()));
            if !joined.is_empty() {
                all_steady.update(joined.as_bytes());
                blocks.add(xxh3_64(joined.as_bytes()));
            }
        }
        Self { whole: whole.digest(), steady: all_steady.digest(), blocks: blocks.sketch() }
    }

    /// What this print and a later one say of their pages.
    pub fn compare(&self, other: &Self) -> Likeness {
        if self.whole == other.whole {
            Likeness::Same
        } else if self.steady == other.steady {
            Likeness::SameButForNumbers
        } else {
            Likeness::Other(self.blocks.similarity(&other.blocks))
        }
    }
}

/// A set in 64 bytes (one permutation hashing): its hashes are dealt to parts by their first bits, and of each part the
/// least is kept. Two sets have as many of these in common as they have elements, in proportion.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sketch([u16; PARTS]);

impl Sketch {
    fn similarity(&self, other: &Self) -> f32 {
        let pairs = || self.0.iter().zip(&other.0).filter(|pair| pair != &(&0, &0));
        let (shared, all) = (pairs().filter(|(a, b)| a == b).count(), pairs().count());
        if all == 0 { 1.0 } else { shared as f32 / all as f32 }
    }
}

/// The least hash of each part.
#[derive(Default)]
struct Gathered([Option<u64>; PARTS]);

impl Gathered {
    fn add(&mut self, hash: u64) {
        let least = &mut self.0[(hash >> 59) as usize];
        *least = Some(least.map_or(hash, |least| least.min(hash)));
    }

    fn sketch(&self) -> Sketch {
        // 0 is an empty part
        Sketch(self.0.map(|least| least.map_or(0, |hash| (hash as u16).max(1))))
    }
}

/// A string that is no print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a print")]
pub struct NoPrint;

impl From<Print> for String {
    fn from(print: Print) -> Self {
        let hashes = print.whole.to_be_bytes().into_iter().chain(print.steady.to_be_bytes());
        let parts = print.blocks.0.into_iter().flat_map(u16::to_be_bytes);
        URL_SAFE_NO_PAD.encode(hashes.chain(parts).collect::<Vec<u8>>())
    }
}

impl TryFrom<String> for Print {
    type Error = NoPrint;

    fn try_from(text: String) -> Result<Self, NoPrint> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoPrint)?;
        let bytes: [u8; 16 + 2 * PARTS] = bytes.try_into().map_err(|_| NoPrint)?;
        let number = |at: usize| bytes[at..at + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let part = |n: usize| u16::from_be_bytes([bytes[16 + 2 * n], bytes[17 + 2 * n]]);
        Ok(Self { whole: number(0), steady: number(8), blocks: Sketch(std::array::from_fn(part)) })
    }
}

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from(*self))
    }
}

#[cfg(test)]
mod tests;
