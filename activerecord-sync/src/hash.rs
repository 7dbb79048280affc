//! A hash that is part of names and rows in databases, so it must never change.

use std::fmt;

/// A hash of a text. Its text has 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hash(u128);

/// FNV-1a with 128 bits.
pub(crate) fn hash(text: &str) -> Hash {
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
    Hash(text.bytes().fold(START, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME)))
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // Vectors of the authors.
        assert_eq!(hash("").to_string(), "6c62272e07bb014262b821756295c58d");
        assert_eq!(hash("foobar").to_string(), "343e1662793c64bf6f0d3597ba446f18");
    }
}
