//! What this backend adds to SQLite's SQL: the kind of a statement by its words, exact decimals, digests of rows, and limits
//! of computed values.

mod decimal;
mod digest;
mod range;

use activerecord_core::SQLITE;
use activerecord_core::sql::scan::{Token, TokenKind, scan};
use rusqlite::Connection;

/// Adds the collation and the functions of this library to a connection.
pub(crate) fn extend(connection: &Connection) -> rusqlite::Result<()> {
    decimal::add_decimals(connection)?;
    digest::add_digest(connection)?;
    range::add_range_check(connection)
}

/// Returns true for the message of a function of this library that refuses a value.
pub(crate) fn refuses_value(message: &str) -> bool {
    message.starts_with(decimal::PREFIX) || message.starts_with(range::NAME)
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
    /// Whether its result may be different when it runs again on the same data. A random function inside a view is not
    /// noticed.
    pub(crate) random: bool,
    filters: bool,
    counts: bool,
}

impl Words {
    pub(crate) fn of(statement: &str) -> Self {
        let mut tokens = scan(statement, &SQLITE)
            .filter(|token| !token.is_blank())
            .skip_while(|token| token.kind == TokenKind::Semicolon);
        let first = tokens.next();
        let (mut selects, mut random, mut filters, mut counts) = (false, false, false, false);
        let mut after_count = false;
        for token in tokens {
            selects |= token.is_word("SELECT");
            filters |= token.is_word("WHERE");
            random |= token.is_name("RANDOM") || token.is_name("RANDOMBLOB");
            counts |= after_count && token.text == "(";
            after_count = token.is_name("COUNT");
        }
        Self { verb: verb(first, selects), random, filters, counts }
    }

    /// Whether one step of the statement may take any time and cannot be interrupted: SQLite counts or deletes all rows
    /// of a table in one instruction.
    pub(crate) fn is_unbounded(self, readonly: bool) -> bool {
        !self.filters && if readonly { self.counts } else { self.verb != Verb::Insert }
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
    fn random_and_unbounded() {
        for (text, random, unbounded) in [
            ("SELECT random()", true, false),
            ("SELECT \"randomBlob\"(1)", true, false),
            ("SELECT 'random', randomized -- random", false, false),
            ("SELECT COUNT(*) FROM t", false, true),
            ("SELECT [count] /* all */ (*) FROM t", false, true),
            ("SELECT COUNT(*) FROM t WHERE a", false, false),
            ("SELECT COUNT(*) FROM somewhere", false, true),
            ("SELECT count FROM t", false, false),
        ] {
            let words = Words::of(text);
            assert_eq!((words.random, words.is_unbounded(true)), (random, unbounded), "{text}");
        }
        assert!(
            Words::of("DELETE FROM t").is_unbounded(false)
                && !Words::of("INSERT INTO t VALUES (1)").is_unbounded(false)
        );
    }
}
