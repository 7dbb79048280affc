//! What a statement does, by its first words.

use activerecord_core::MYSQL;
use activerecord_core::sql::scan::{TokenKind, scan};

/// What a statement does to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It begins or ends a transaction, or sets how one begins.
    Transaction,
    /// It commits whatever is open.
    Definition,
    /// It locks tables for the session, or unlocks them.
    Lock,
    /// It writes rows.
    Change,
    /// Anything else.
    Other,
}

/// Words that commit whatever is open, whatever follows them.
const DEFINITIONS: [&str; 16] = [
    "ALTER",
    "RENAME",
    "TRUNCATE",
    "GRANT",
    "REVOKE",
    "OPTIMIZE",
    "REPAIR",
    "CHECK",
    "CACHE",
    "FLUSH",
    "RESET",
    "INSTALL",
    "UNINSTALL",
    "IMPORT",
    "STOP",
    "CHANGE",
];

/// How many tokens at the start of a statement tell what it does.
const HEAD: usize = 12;

/// The start of one statement.
#[derive(Clone, Copy, Debug)]
struct Statement<'t> {
    /// Its first tokens, without space and comments; empty where there are fewer.
    head: [&'t str; HEAD],
    /// Whether `autocommit` is among its names.
    names_autocommit: bool,
}

impl Statement<'_> {
    fn verb(&self) -> Verb {
        let [first, second, ..] = self.head;
        let is = |word: &str| word.eq_ignore_ascii_case(first);
        let is_before = |words: &[&str]| is_one_of(second, words);
        if is_one_of(first, &["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT"]) {
            Verb::Transaction
        } else if is_one_of(first, &["INSERT", "REPLACE", "UPDATE", "DELETE"]) {
            Verb::Change
        } else if is("LOCK") || is("UNLOCK") {
            Verb::Lock
        } else if is("START") {
            // Or a replica, which commits.
            if is_before(&["TRANSACTION"]) { Verb::Transaction } else { Verb::Definition }
        } else if is("RELEASE") || (is("XA") && !is_before(&["RECOVER"])) {
            Verb::Transaction
        } else if is("SET") {
            self.verb_of_set()
        } else if is("CREATE") || is("DROP") {
            let temporary = self.head[1..4].iter().any(|word| word.eq_ignore_ascii_case("TEMPORARY"));
            if temporary { Verb::Other } else { Verb::Definition }
        } else if is_one_of(first, &DEFINITIONS)
            || (is("ANALYZE") && is_before(&["TABLE", "LOCAL", "NO_WRITE_TO_BINLOG"]))
            || (is("LOAD") && is_before(&["INDEX"]))
        {
            Verb::Definition
        } else {
            Verb::Other
        }
    }

    fn verb_of_set(&self) -> Verb {
        let second = self.head[1];
        if self.names_autocommit || is_one_of(second, &["TRANSACTION"]) {
            Verb::Transaction
        } else if is_one_of(second, &["PASSWORD", "DEFAULT"]) {
            Verb::Definition
        } else {
            Verb::Other
        }
    }

    fn defines_routine(&self) -> bool {
        self.head[0].eq_ignore_ascii_case("CREATE")
            && self.head[1..]
                .iter()
                .any(|word| is_one_of(word, &["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"]))
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The verbs of a text's statements. It ends with the definition of a routine: what follows may be its body.
pub(crate) fn verbs(text: &str) -> impl Iterator<Item = Verb> {
    let mut in_routine = false;
    statements(text)
        .take_while(move |statement| !std::mem::replace(&mut in_routine, statement.defines_routine()))
        .map(|statement| statement.verb())
}

/// Whether a text has more than one statement. The body of a routine counts as several, which does no harm.
pub(crate) fn is_script(text: &str) -> bool {
    text.contains(';') && statements(text).nth(1).is_some()
}

/// The statements of a text. Empty ones are left out.
fn statements(text: &str) -> impl Iterator<Item = Statement<'_>> {
    let mut tokens = scan(text, &MYSQL).filter(|token| !token.is_blank());
    std::iter::from_fn(move || {
        let first = tokens.find(|token| token.kind != TokenKind::Semicolon)?;
        let rest = tokens.by_ref().take_while(|token| token.kind != TokenKind::Semicolon);
        let mut statement = Statement { head: [""; HEAD], names_autocommit: false };
        for (index, token) in std::iter::once(first).chain(rest).enumerate() {
            if let Some(place) = statement.head.get_mut(index) {
                *place = token.text;
            }
            statement.names_autocommit |= token.is_name("autocommit");
        }
        Some(statement)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_of_statements() {
        for (text, expected) in [
            ("SELECT 1", Verb::Other),
            ("insert into t values (1)", Verb::Change),
            ("", Verb::Other),
            ("begin", Verb::Transaction),
            ("START TRANSACTION READ ONLY", Verb::Transaction),
            ("start replica", Verb::Definition),
            ("/* a */ -- b\n# c\n COMMIT", Verb::Transaction),
            ("--commit", Verb::Other),
            ("RELEASE SAVEPOINT a", Verb::Transaction),
            ("XA START 'a'", Verb::Transaction),
            ("XA RECOVER", Verb::Other),
            ("SET @@session.autocommit = 0", Verb::Transaction),
            ("SET TRANSACTION READ ONLY", Verb::Transaction),
            ("SET `autocommit` = 0", Verb::Transaction),
            ("/*!40000 SET autocommit = 0 */", Verb::Transaction),
            ("SET @a = 1", Verb::Other),
            ("SET @a = 'autocommit'", Verb::Other),
            ("CREATE TABLE t (a INT)", Verb::Definition),
            ("create /* x */ temporary table t (a INT)", Verb::Other),
            ("CREATE OR REPLACE TEMPORARY TABLE t (a INT)", Verb::Other),
            ("DROP TABLE temporary_t", Verb::Definition),
            ("/*/ SELECT */ DROP TABLE t", Verb::Definition),
            ("/*!40000 ALTER TABLE t DISABLE KEYS */", Verb::Definition),
            ("TRUNCATE t", Verb::Definition),
            ("ANALYZE SELECT 1", Verb::Other),
            ("ANALYZE TABLE t", Verb::Definition),
            ("lock tables t READ", Verb::Lock),
            ("(SELECT 1)", Verb::Other),
            ("/* never closed", Verb::Other),
        ] {
            assert_eq!(verbs(text).next().unwrap_or(Verb::Other), expected, "{text}");
        }
    }

    #[test]
    fn statements_of_texts() {
        for (text, count) in [
            ("", 0),
            ("SELECT 1", 1),
            ("SELECT 1;", 1),
            ("SELECT 1; -- the end\n ; /* really */", 1),
            ("SELECT ';'; SELECT 2", 2),
            (r"SELECT 'a\';'; SELECT `a;b`", 2),
            ("SELECT 'it''s; one'", 1),
            ("SELECT 1 # ; no\n; SELECT \"a;\"", 2),
            ("SELECT 1 -- ; no\n", 1),
            ("SELECT 3--1; SELECT 2", 2),
            ("SELECT 'never closed; x", 1),
            ("SELECT 'ü;ß'; SELECT 'é'", 2),
            ("SELECT /*! '*/; ' */ 1", 1),
            ("/*! SELECT 1; */ SELECT 2", 2),
        ] {
            assert_eq!(statements(text).count(), count, "{text}");
        }
    }

    #[test]
    fn the_body_of_a_routine_is_not_judged() {
        let text = "INSERT INTO t VALUES (1); CREATE DEFINER = `a`@`b` PROCEDURE p() BEGIN COMMIT; END; COMMIT";
        assert_eq!(verbs(text).collect::<Vec<_>>(), [Verb::Change, Verb::Definition]);
    }
}
