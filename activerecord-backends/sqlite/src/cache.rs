//! A cache with texts as keys. It drops the least recently used entry.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Values by text, at most `capacity` of them.
#[derive(Debug)]
pub(crate) struct Cache<T> {
    entries: Vec<Entry<T>>,
    by_text: FxHashMap<Arc<str>, usize>,
    clock: u64,
    capacity: usize,
}

#[derive(Debug)]
struct Entry<T> {
    text: Arc<str>,
    value: T,
    used: u64,
}

/// The place of a value. It is valid until the next `insert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(usize);

impl<T> Cache<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: Vec::new(), by_text: FxHashMap::default(), clock: 0, capacity }
    }

    /// Finds the value of a text.
    #[inline]
    pub(crate) fn find(&mut self, text: &str) -> Option<Slot> {
        let slot = *self.by_text.get(text)?;
        self.clock += 1;
        self.entries[slot].used = self.clock;
        Some(Slot(slot))
    }

    /// Stores a value. A full cache drops its least recently used value.
    pub(crate) fn insert(&mut self, text: &str, value: T) -> Slot {
        self.clock += 1;
        let text: Arc<str> = text.into();
        let entry = Entry { text: Arc::clone(&text), value, used: self.clock };
        let slot = if self.entries.len() < self.capacity {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            let oldest = (0..self.entries.len()).min_by_key(|slot| self.entries[*slot].used).unwrap_or_default();
            self.by_text.remove(&self.entries[oldest].text);
            self.entries[oldest] = entry;
            oldest
        };
        self.by_text.insert(text, slot);
        Slot(slot)
    }

    /// Drops the value of a text with the next insert that needs its place.
    pub(crate) fn forget(&mut self, text: &str) {
        if let Some(slot) = self.by_text.remove(text) {
            self.entries[slot].used = 0;
            self.entries[slot].text = "".into();
        }
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

    #[test]
    fn the_least_recently_used_goes() {
        let mut cache = Cache::new(2);
        cache.insert("a", 1);
        cache.insert("b", 2);
        let a = cache.find("a").unwrap();
        assert_eq!(*cache.get_mut(a), 1);
        let c = cache.insert("c", 3);
        assert_eq!((cache.find("a"), cache.find("b"), cache.find("c")), (Some(a), None, Some(c)));
        assert_eq!(*cache.get_mut(c), 3);
        cache.forget("a");
        assert_eq!((cache.find("a"), cache.find("c")), (None, Some(c)));
        cache.insert("a", 4);
        assert_eq!(cache.find("c"), Some(c));
    }
}
