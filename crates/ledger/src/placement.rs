//! Which partition of the state a site is in. This is part of what is stored: it may never change.

use crate::Partition;

/// The partition of the state that a site is in: Kafka's murmur2 of its bytes, made positive, modulo the number of
/// partitions. Java clients place a key the same way, so other tools can find a site's state.
pub fn partition(site: &str, partitions: Partition) -> Partition {
    (murmur2(site.as_bytes()) & 0x7fff_ffff).cast_signed() % partitions
}

/// MurmurHash2 (Austin Appleby) with the seed and the reading of the tail that Kafka's clients use.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ u32::try_from(data.len()).expect("a key is shorter than 4 GiB");
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (shift, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * shift);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kafkas_clients() {
        for (key, expected) in [
            ("", 275_646_681),
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), expected, "{key}");
        }
    }

    #[test]
    fn sites_stay_where_they_are() {
        for (site, expected) in [("example.com", 9), ("example.org", 1), ("news.example", 2)] {
            assert_eq!(partition(site, 16), expected, "{site}");
        }
    }
}
