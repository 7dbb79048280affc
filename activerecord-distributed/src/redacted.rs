//! Values that `Debug` does not show, because they can be secret: payloads, headers, keys.

use std::fmt;

/// The length of a text instead of the text.
pub(crate) struct Redacted(usize);

impl Redacted {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.len())
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}
