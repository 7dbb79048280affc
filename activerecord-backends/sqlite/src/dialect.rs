//! What SQLite's SQL needs from this side: the kind of a statement by its first word, and exact arithmetic on decimals.

mod decimal;

pub(crate) use decimal::{PREFIX, add_decimals};

/// What a statement does, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It changes rows, and SQLite counts them.
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
    if is(&["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]) {
        Verb::Change
    } else if is(&["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]) {
        Verb::Transaction
    } else {
        Verb::Other
    }
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
            ("  insert into t values (1)", Verb::Change),
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
