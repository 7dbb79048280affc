//! The long texts among the prepared statements of a connection.
//!
//! A driver counts the statements that it keeps, not their size. The server keeps a plan for each, which needs up to a
//! hundred times the bytes of its text: a few hundred long INSERTs of different lengths would need gigabytes.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

/// A text with fewer bytes is short: the driver's limit by number is enough.
const LONG: usize = 4 * 1024;

/// How many bytes of long texts are prepared at once.
const MOST_BYTES: usize = 512 * 1024;

/// The long texts that were prepared since the driver's statements were cleared last.
#[derive(Debug, Default)]
pub struct LongTexts {
    hasher: RandomState,
    hashes: HashSet<u64>,
    bytes: usize,
}

impl LongTexts {
    /// Notes a text that is about to be prepared. Returns true if the driver must clear its statements before: with this
    /// text they would need too much memory.
    pub fn note(&mut self, text: &str) -> bool {
        if text.len() < LONG {
            return false;
        }
        let hash = self.hasher.hash_one(text);
        let is_new = self.hashes.insert(hash);
        if !is_new {
            return false;
        }
        self.bytes += text.len();
        let is_too_much = self.bytes > MOST_BYTES && self.hashes.len() > 1;
        if is_too_much {
            self.hashes = HashSet::from([hash]);
            self.bytes = text.len();
        }
        is_too_much
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_long_texts_count() {
        let mut texts = LongTexts::default();
        let long = |number: usize| format!("{number} {}", "x".repeat(100_000));
        for _ in 0..10_000 {
            assert!(!texts.note("SELECT 1"));
        }
        let cleared: Vec<_> = (0..12).map(|number| texts.note(&long(number))).collect();
        // Five of these texts fit.
        assert_eq!(
            cleared,
            [5, 10].iter().fold(vec![false; 12], |mut all, at| {
                all[*at] = true;
                all
            })
        );
        for _ in 0..100 {
            assert!(!texts.note(&long(11)));
        }
        assert!(!LongTexts::default().note(&"x".repeat(10 * MOST_BYTES)), "there is nothing to clear");
    }
}
