//! The hash that turns a key into its place in the hash space.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The 64-bit hash of a key: XXH3-64 with a seed. A different seed is a different, independent hash.
///
/// Cost: about 2 ns for 16 bytes, then O(length). Source: the xxHash specification, by way of the
/// `xxhash-rust` crate.
///
/// ```
/// use scalelab::algorithms::hash::key_hash;
/// assert_eq!(key_hash(0, b"abc"), 0x78af_5f94_892f_3950);
/// assert_ne!(key_hash(0, b"abc"), key_hash(1, b"abc"));
/// ```
#[must_use]
#[inline]
pub fn key_hash(seed: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, seed)
}

#[cfg(test)]
mod tests {
    use super::key_hash;

    #[test]
    fn agrees_with_the_specification() {
        assert_eq!(key_hash(0, b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(key_hash(0, b"a"), 0xe6c6_32b6_1e96_4e1f);
        assert_eq!(key_hash(0, b"abc"), 0x78af_5f94_892f_3950);
    }
}
