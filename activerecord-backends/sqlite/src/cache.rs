//! A cache with texts as keys. It drops the least recently used entries.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Values by text.
#[derive(Debug)]
pub(crate) struct Cache<T> {
    entries: Vec<Entry<T>>,
    by_text: FxHashMap<Arc<str>, usize>,
    clock: u64,
    capacity: Capacity,
    /// The bytes of all values.
    bytes: usize,
}

/// What a cache keeps. It always keeps the value that was stored last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// How many values.
    pub(crate) entries: usize,
    /// The bytes of all values together.
    pub(crate) bytes: usize,
    /// The bytes of a value that is long. At most one of these is kept, so that they do not displace the others.
    pub(crate) longest: usize,
}

#[derive(Debug)]
struct Entry<T> {
    text: Arc<str>,
    value: T,
    used: u64,
    bytes: usize,
}

/// The place of a value. It is valid until the next `insert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(usize);

impl<T> Cache<T> {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self { entries: Vec::new(), by_text: FxHashMap::default(), clock: 0, capacity, bytes: 0 }
    }

    /// Finds the value of a text.
    #[inline]
    pub(crate) fn find(&mut self, text: &str) -> Option<Slot> {
        let slot = *self.by_text.get(text)?;
        self.clock += 1;
        self.entries[slot].used = self.clock;
        Some(Slot(slot))
    }

    /// Stores a value that needs these bytes. A full cache drops its least recently used values.
    pub(crate) fn insert(&mut self, text: &str, value: T, bytes: usize) -> Slot {
        if bytes > self.capacity.longest
            && let Some(long) = self.entries.iter().position(|entry| entry.bytes > self.capacity.longest)
        {
            self.remove(long);
        }
        while self.entries.len() >= self.capacity.entries || self.bytes + bytes > self.capacity.bytes {
            let Some(oldest) = (0..self.entries.len()).min_by_key(|slot| self.entries[*slot].used) else { break };
            self.remove(oldest);
        }
        self.clock += 1;
        self.bytes += bytes;
        let text: Arc<str> = text.into();
        self.by_text.insert(Arc::clone(&text), self.entries.len());
        self.entries.push(Entry { text, value, used: self.clock, bytes });
        Slot(self.entries.len() - 1)
    }

    fn remove(&mut self, slot: usize) {
        let removed = self.entries.swap_remove(slot);
        self.bytes -= removed.bytes;
        self.by_text.remove(&removed.text);
        if let Some(moved) = self.entries.get(slot).and_then(|moved| self.by_text.get_mut(&moved.text)) {
            *moved = slot;
        }
    }

    /// Drops the value of a text with the next insert that needs its place.
    pub(crate) fn forget(&mut self, text: &str) {
        if let Some(slot) = self.by_text.remove(text) {
            self.entries[slot].used = 0;
            self.entries[slot].text = "".into();
        }
    }

    /// The bytes of all values.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The value in a slot.
    #[inline]
    pub(crate) fn get_mut(&mut self, slot: Slot) -> &mut T {
        &mut self.entries[slot.0].value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Capacity = Capacity { entries: 2, bytes: 100, longest: 40 };

    #[test]
    fn the_least_recently_used_goes() {
        let mut cache = Cache::new(SMALL);
        cache.insert("a", 1, 1);
        cache.insert("b", 2, 1);
        let a = cache.find("a").unwrap();
        assert_eq!(*cache.get_mut(a), 1);
        cache.insert("c", 3, 1);
        assert_eq!(kept(&mut cache, ["a", "b", "c"]), [Some(1), None, Some(3)]);
        cache.forget("a");
        assert_eq!(kept(&mut cache, ["a", "b", "c"]), [None, None, Some(3)]);
        cache.insert("a", 4, 1);
        assert_eq!(kept(&mut cache, ["a", "b", "c"]), [Some(4), None, Some(3)]);
    }

    #[test]
    fn the_bytes_of_all_values_are_limited() {
        let mut cache = Cache::new(Capacity { entries: 10, ..SMALL });
        for (text, value) in [("a", 1), ("b", 2), ("c", 3)] {
            cache.insert(text, value, 30);
        }
        cache.find("a");
        cache.insert("d", 4, 30);
        assert_eq!(kept(&mut cache, ["a", "b", "c", "d"]), [Some(1), None, Some(3), Some(4)]);
        cache.insert("e", 5, 1_000);
        assert_eq!(kept(&mut cache, ["a", "c", "d", "e"]), [None, None, None, Some(5)]);
        cache.insert("f", 6, 1);
        assert_eq!((kept(&mut cache, ["e", "f"]), cache.bytes), ([None, Some(6)], 1));
    }

    #[test]
    fn one_long_value_is_kept() {
        let mut cache = Cache::new(Capacity { entries: 10, ..SMALL });
        cache.insert("a", 1, 20);
        cache.insert("b", 2, 41);
        cache.insert("c", 3, 20);
        cache.insert("d", 4, 41);
        assert_eq!(kept(&mut cache, ["a", "b", "c", "d"]), [Some(1), None, Some(3), Some(4)]);
    }

    fn kept<const N: usize>(cache: &mut Cache<i32>, texts: [&str; N]) -> [Option<i32>; N] {
        texts.map(|text| cache.find(text).map(|slot| *cache.get_mut(slot)))
    }
}
