//! Text that every database can store. The text of an error comes from anywhere: a broker, another service, the user's
//! code. If it could not be stored, the outcome that it belongs to would not be stored either.

use std::future::Future;

use activerecord_core::Result;

use crate::verdict::Verdict;

/// The longest stored text, in bytes: less than the smallest limit of a statement that a server has by default.
const LONGEST: usize = 8 * 1024;

/// Returns the text without NUL characters, which PostgreSQL refuses, and cut off after 8 KiB.
pub(crate) fn storable(text: &str) -> String {
    let text = text.replace('\0', "\u{fffd}");
    if text.len() <= LONGEST {
        return text;
    }
    let end = text.floor_char_boundary(LONGEST);
    format!("{} .. (cut off: the text has {} bytes)", &text[..end], text.len())
}

/// Calls `write` with a storable form of the text. If the database refuses it, for example because its encoding has no such
/// character, calls `write` again with an ASCII form.
pub(crate) async fn store<T, F>(text: &str, write: impl Fn(String) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let text = storable(text);
    match write(text.clone()).await {
        Err(error) if !text.is_ascii() && Verdict::of(&error) == Verdict::Permanent => write(ascii(&text)).await,
        written => written,
    }
}

fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii() {
            true => ascii.push(c),
            false => ascii.extend(c.escape_unicode()),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;

    use activerecord_core::Error;

    use super::*;

    #[test]
    fn a_storable_text_has_no_nul_and_an_end() {
        assert_eq!(storable("upstream said \0"), "upstream said \u{fffd}");
        let long = storable(&"ä".repeat(LONGEST));
        assert!(long.len() < LONGEST + 64 && long.ends_with("(cut off: the text has 16384 bytes)"), "{}", long.len());
    }

    #[tokio::test]
    async fn a_refused_text_is_stored_as_ascii() -> Result<()> {
        let tried = RefCell::new(Vec::new());
        let write = |text: String| {
            tried.borrow_mut().push(text.clone());
            ready(if text.is_ascii() { Ok(()) } else { Err(Error::conversion("no such character")) })
        };
        store("schade ☹", write).await?;
        assert_eq!(tried.into_inner(), ["schade ☹", "schade \\u{2639}"]);
        Ok(())
    }
}
