//! Encodes any text as a name that NATS accepts.

use std::fmt::Write as _;

/// Keeps ASCII letters, digits and `_`, and writes every other byte as `-` and two hexadecimal digits.
pub(crate) fn encoded(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "-{byte:02x}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_for_different_texts() {
        assert_eq!(encoded("user_events"), "user_events");
        assert_eq!(encoded("user.events"), "user-2eevents");
        assert_ne!(encoded("user-2eevents"), encoded("user.events"));
        assert_eq!(encoded("ü>"), "-c3-bc-3e");
    }
}
