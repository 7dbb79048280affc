//! What SQLite's SQL needs from this side: the kind of a statement by its first word, and exact arithmetic on decimals.

mod decimal;
mod digest;

pub(crate) use decimal::{PREFIX, add_decimals};
pub(crate) use digest::add_digest;

/// What a statement does, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It inserts the rows that it lists.
    Insert,
    /// It changes rows in another way. SQLite counts them, as it does for an insert.
    Change,
    /// It begins or ends a transaction.
    Transaction,
    /// Anything else.
    Other,
}

/// The verb of a statement.
pub(crate) fn verb(text: &str) -> Verb {
    let text = skip_space(text);
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(&text[..end]));
    if is(&["INSERT", "REPLACE"]) && !has_word(text, "SELECT") {
        Verb::Insert
    } else if is(&["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]) {
        Verb::Change
    } else if is(&["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]) {
        Verb::Transaction
    } else {
        Verb::Other
    }
}

/// Whether the result of a statement may differ when it is run again on the same data. A view that hides such a function is
/// not seen through.
pub(crate) fn is_random(text: &str) -> bool {
    has_word(text, "RANDOM")
}

/// Whether one step of a statement may take any time without a look at whether it should stop: SQLite counts the rows of a
/// table, or deletes all of them, in one instruction.
pub(crate) fn is_unbounded(text: &str, readonly: bool) -> bool {
    if has_word(text, "WHERE") {
        return false;
    }
    if readonly { has_word(text, "COUNT(") || has_word(text, "COUNT (") } else { verb(text) != Verb::Insert }
}

/// Whether a text has these letters, in either case.
fn has_word(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// Skips what may stand before a statement: space, comments and semicolons.
fn skip_space(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '\u{feff}');
        text = if let Some(comment) = text.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = text.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return text;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs() {
        for (text, expected) in [
            ("SELECT 1", Verb::Other),
            ("", Verb::Other),
            ("  insert into t values (1)", Verb::Insert),
            ("INSERT INTO t SELECT * FROM u", Verb::Change),
            ("-- one\n/* two */ ; UPDATE t SET a = 1", Verb::Change),
            ("WITH x AS (SELECT 1) DELETE FROM t", Verb::Change),
            ("commit", Verb::Transaction),
            ("BEGIN;", Verb::Transaction),
            ("BEGINNING", Verb::Other),
            ("/* never closed", Verb::Other),
        ] {
            assert_eq!(verb(text), expected, "{text}");
        }
    }
}
