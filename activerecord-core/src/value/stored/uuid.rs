//! UUIDs as text.

use uuid::Uuid;
use uuid::fmt::{Braced, Hyphenated, Simple};

/// How a UUID is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UuidForm {
    pub(super) hyphens: bool,
    pub(super) upper: bool,
    pub(super) braces: bool,
}

impl UuidForm {
    pub(super) const CANONICAL: Self = Self { hyphens: true, upper: false, braces: false };

    pub(super) fn write(self, uuid: Uuid) -> String {
        self.encode(uuid, &mut [0; Braced::LENGTH]).to_owned()
    }

    /// Reads a text of exactly this form.
    #[inline]
    pub(super) fn read(self, text: &str) -> Option<Uuid> {
        let is_wrong_case = |byte: &u8| if self.upper { byte.is_ascii_lowercase() } else { byte.is_ascii_uppercase() };
        if text.len() != self.length() || text.as_bytes().iter().any(is_wrong_case) {
            return None;
        }
        // Each length has one form.
        Uuid::try_parse(text).ok()
    }

    /// The number of characters.
    pub(super) const fn length(self) -> usize {
        match self {
            Self { braces: true, .. } => Braced::LENGTH,
            Self { hyphens: true, .. } => Hyphenated::LENGTH,
            _ => Simple::LENGTH,
        }
    }

    fn encode(self, uuid: Uuid, buffer: &mut [u8]) -> &str {
        match self {
            Self { braces: true, upper: true, .. } => uuid.braced().encode_upper(buffer),
            Self { braces: true, .. } => uuid.braced().encode_lower(buffer),
            Self { hyphens: true, upper: true, .. } => uuid.hyphenated().encode_upper(buffer),
            Self { hyphens: true, .. } => uuid.hyphenated().encode_lower(buffer),
            Self { upper: true, .. } => uuid.simple().encode_upper(buffer),
            Self { .. } => uuid.simple().encode_lower(buffer),
        }
    }
}
