//! What this backend adds to SQLite's SQL: the kind of a statement by its words, exact decimals, digests of rows, limits of
//! computed values, and the content of JSON.

mod decimal;
mod digest;
mod json;
mod range;

use activerecord_core::SQLITE;
use activerecord_core::sql::scan::{Token, TokenKind, scan};
use rusqlite::Connection;

/// Adds the collation and the functions of this library to a connection.
pub(crate) fn extend(connection: &Connection) -> rusqlite::Result<()> {
    decimal::add_decimals(connection)?;
    digest::add_digest(connection)?;
    range::add_range_check(connection)?;
    json::add_json(connection)
}

/// Returns true for the message of a function of this library that refuses a value.
pub(crate) fn refuses_value(message: &str) -> bool {
    [decimal::PREFIX, range::NAME, range::SINGLE].iter().any(|function| message.starts_with(function))
}

/// What a statement does, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It inserts the rows that it lists.
    Insert,
    /// It changes rows in another way. SQLite counts them, as for an INSERT.
    Change,
    /// It begins or ends a transaction.
    Transaction,
    /// Anything else.
    Other,
}

/// What the words of a statement say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) verb: Verb,
    /// Whether it says `'now'`, which functions of dates understand.
    pub(crate) now: bool,
    /// Whether it has a WHERE clause of its own, not in parentheses.
    pub(crate) filters: bool,
}

impl Words {
    pub(crate) fn of(statement: &str) -> Self {
        let mut tokens = scan(statement, &SQLITE)
            .filter(|token| !token.is_blank())
            .skip_while(|token| token.kind == TokenKind::Semicolon);
        let first = tokens.next();
        let (mut selects, mut now, mut filters, mut depth) = (false, false, false, 0_usize);
        for token in tokens {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                text => now |= text.eq_ignore_ascii_case("'now'"),
            }
            selects |= token.is_word("SELECT");
            filters |= depth == 0 && token.is_word("WHERE");
        }
        Self { verb: verb(first, selects), now, filters }
    }
}

fn verb(first: Option<Token<'_>>, selects: bool) -> Verb {
    let is = |words: &[&str]| first.is_some_and(|first| words.iter().any(|word| first.is_word(word)));
    if is(&["INSERT", "REPLACE"]) && !selects {
        Verb::Insert
    } else if is(&["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]) {
        Verb::Change
    } else if is(&["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]) {
        Verb::Transaction
    } else {
        Verb::Other
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
            ("/*/ SELECT */ COMMIT", Verb::Transaction),
            ("INSERT INTO t VALUES ('select', \"select\") -- SELECT", Verb::Insert),
        ] {
            assert_eq!(Words::of(text).verb, expected, "{text}");
        }
    }

    #[test]
    fn filters_and_now() {
        for (text, filters, now) in [
            ("DELETE FROM t", false, false),
            ("DELETE FROM t WHERE a", true, false),
            ("UPDATE t SET a = (SELECT b FROM u WHERE c)", false, false),
            ("UPDATE t SET a = (SELECT b FROM u WHERE c) where d", true, false),
            ("DELETE FROM \"anywhere\" -- WHERE", false, false),
            ("SELECT datetime('NOW')", false, true),
            ("SELECT 'not now'", false, false),
        ] {
            let words = Words::of(text);
            assert_eq!((words.filters, words.now), (filters, now), "{text}");
        }
    }
}
