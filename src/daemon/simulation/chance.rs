//! Random numbers from a seed, and words made of numbers.
//!
//! PURE.

/// SplitMix64 (Steele, Lea, Flood 2014): one state word, and any seed is a good one.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A number from `from` to below `to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below(to.abs_diff(from)) as i64
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number that is always the same for the same numbers.
pub(super) fn mixed(parts: &[u64]) -> u64 {
    parts.iter().fold(0x5151, |hash, part| mix(hash ^ mix(part.wrapping_add(0x9E37_79B9_7F4A_7C15))))
}

const ONSETS: [&str; 16] = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "br", "st", "tr"];
const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ou", "ea"];

/// This many words, always the same for a number.
pub(super) fn words(seed: u64, count: usize) -> String {
    let mut text = String::with_capacity(count * 8);
    let mut chance = Chance::new(seed);
    for at in 0..count {
        if at > 0 {
            text.push(' ');
        }
        let mut bits = chance.next() as usize;
        for _ in 0..3 {
            text.push_str(ONSETS[bits % ONSETS.len()]);
            text.push_str(VOWELS[bits / ONSETS.len() % VOWELS.len()]);
            bits /= ONSETS.len() * VOWELS.len();
        }
    }
    text
}
