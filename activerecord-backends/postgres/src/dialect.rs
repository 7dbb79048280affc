//! What has to be known of a text before it is sent: how many statements it has, and what each of them is by its first
//! words. PostgreSQL would tell, but in an open transaction its answer would be the end of the transaction.

use activerecord_core::POSTGRESQL;
use activerecord_core::sql::scan::{Token, TokenKind, Tokens, scan};

/// What a statement does, by its first words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It only reads, unless a function in it writes.
    Read,
    /// It changes rows, and tells how many.
    Change,
    /// It reads, and a table of its WITH changes rows.
    ReadAndChange,
    /// It begins or ends a transaction.
    Transaction,
    /// It asks for notifications.
    Listen,
    /// It copies from or to the client.
    Copy,
    /// Anything else.
    Other,
}

/// One statement of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) verb: Verb,
    /// The number of the last placeholder.
    pub(crate) placeholders: usize,
}

/// The statements of a text, in their order. Empty ones are left out.
pub(crate) fn statements(text: &str) -> impl Iterator<Item = Statement> {
    let mut tokens = scan(text, &POSTGRESQL);
    std::iter::from_fn(move || {
        loop {
            let mut words = Words::default();
            let more = words.read(&mut tokens);
            if words.tokens > 0 {
                return Some(Statement { verb: words.verb(), placeholders: words.placeholders });
            }
            if !more {
                return None;
            }
        }
    })
}

/// The verb of one statement that this library has written, by its first word.
pub(crate) fn leading_verb(text: &str) -> Verb {
    match scan(text, &POSTGRESQL).find(|token| !token.is_blank()) {
        Some(Token { kind: TokenKind::Word, text, .. }) => verb(text),
        _ => Verb::Other,
    }
}

/// What is noted of a statement while it is read.
#[derive(Default)]
struct Words<'t> {
    first: &'t str,
    second: &'t str,
    /// The verb after the tables of a WITH.
    main: Option<&'t str>,
    /// Whether something in it changes rows.
    changes: bool,
    /// Whether it is a COPY from or to the client.
    copies: bool,
    tokens: usize,
    placeholders: usize,
    /// The parentheses that are open, and the bodies of BEGIN ATOMIC .. END: a semicolon inside ends nothing.
    depth: usize,
    bodies: usize,
}

impl<'t> Words<'t> {
    /// Reads to the end of a statement; false at the end of the text.
    fn read(&mut self, tokens: &mut Tokens<'t>) -> bool {
        for token in tokens.filter(|token| !token.is_blank()) {
            match (token.kind, token.text) {
                (TokenKind::Semicolon, _) if self.depth == 0 && self.bodies == 0 => return true,
                (TokenKind::Word, word) => self.word(word),
                (TokenKind::NumberedPlaceholder, number) => {
                    // A number that is too large is one that no statement has.
                    let number = number[1..].parse().unwrap_or(usize::MAX);
                    self.placeholders = self.placeholders.max(number);
                }
                (TokenKind::Other, "(") => self.depth += 1,
                (TokenKind::Other, ")") => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.tokens += 1;
        }
        false
    }

    fn word(&mut self, word: &'t str) {
        match self.tokens {
            0 => self.first = word,
            1 => self.second = word,
            _ => {}
        }
        if self.main.is_none() && self.depth == 0 && matches!(verb(word), Verb::Read | Verb::Change) {
            self.main = Some(word);
        }
        self.changes |= verb(word) == Verb::Change;
        let of_client = word.eq_ignore_ascii_case("STDIN") || word.eq_ignore_ascii_case("STDOUT");
        self.copies |= of_client && self.first.eq_ignore_ascii_case("COPY");
        if word.eq_ignore_ascii_case("ATOMIC") || (self.bodies > 0 && word.eq_ignore_ascii_case("CASE")) {
            self.bodies += 1;
        } else if self.bodies > 0 && word.eq_ignore_ascii_case("END") {
            self.bodies -= 1;
        }
    }

    fn verb(&self) -> Verb {
        let is = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected);
        let (first, second) = (self.first, self.second);
        if is(first, "WITH") {
            return match self.main.map_or(Verb::Other, verb) {
                Verb::Read if self.changes => Verb::ReadAndChange,
                verb => verb,
            };
        }
        if self.copies {
            return Verb::Copy;
        }
        let of_transaction = match first {
            // These end a transaction that was prepared, and which no session has any more.
            _ if is(first, "COMMIT") || is(first, "ROLLBACK") => !is(second, "PREPARED"),
            _ if is(first, "PREPARE") || is(first, "START") || is(first, "SET") => is(second, "TRANSACTION"),
            _ => ["BEGIN", "END", "ABORT", "SAVEPOINT", "RELEASE"].iter().any(|word| is(first, word)),
        };
        if of_transaction { Verb::Transaction } else { verb(first) }
    }
}

fn verb(word: &str) -> Verb {
    let is = |words: &[&str]| words.iter().any(|expected| expected.eq_ignore_ascii_case(word));
    if is(&["SELECT", "VALUES", "TABLE", "SHOW"]) {
        Verb::Read
    } else if is(&["INSERT", "UPDATE", "DELETE", "MERGE"]) {
        Verb::Change
    } else if is(&["LISTEN"]) {
        Verb::Listen
    } else {
        Verb::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verbs(text: &str) -> Vec<Verb> {
        statements(text).map(|statement| statement.verb).collect()
    }

    #[test]
    fn one_statement() {
        for (text, expected) in [
            ("SELECT 1", Verb::Read),
            ("(SELECT 1) UNION SELECT 2;", Verb::Other),
            ("  insert into t values (1) ; -- the end; \n", Verb::Change),
            ("/* a /* nested; */ one */ UPDATE t SET a = ';'", Verb::Change),
            ("WITH x AS (SELECT 1) DELETE FROM t", Verb::Change),
            ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", Verb::ReadAndChange),
            ("WITH RECURSIVE \"a;b\" (n) AS MATERIALIZED (VALUES (1)) INSERT INTO t TABLE \"a;b\"", Verb::Change),
            ("CREATE TABLE t (a int)", Verb::Other),
            ("DO $body$ BEGIN PERFORM 1; END; $body$", Verb::Other),
            ("SELECT E'it\\'s; one', 'x''y;', $$ ; $$, $a$ $$ ; $a$", Verb::Read),
            ("CREATE RULE r AS ON INSERT TO t DO (DELETE FROM u; DELETE FROM v)", Verb::Other),
            (
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END",
                Verb::Other,
            ),
            ("commit", Verb::Transaction),
            ("START TRANSACTION", Verb::Transaction),
            ("Set Transaction READ ONLY", Verb::Transaction),
            ("PREPARE TRANSACTION 'x'", Verb::Transaction),
            ("PREPARE p AS SELECT 1", Verb::Other),
            ("COMMIT PREPARED 'x'", Verb::Other),
            ("SET search_path = a", Verb::Other),
            ("BEGINNING", Verb::Other),
            ("LISTEN news", Verb::Listen),
            ("COPY t (a) FROM stdin WITH (FORMAT csv)", Verb::Copy),
            ("COPY t TO '/data/stdout'", Verb::Other),
            ("WITH listen AS (SELECT 1) SELECT * FROM listen", Verb::Read),
            ("-- a\rCOMMIT", Verb::Transaction),
            ("SELECT E'a'\n'b\\'; COMMIT --'", Verb::Read),
        ] {
            assert_eq!(verbs(text), [expected], "{text}");
        }
    }

    #[test]
    fn several_and_none() {
        assert_eq!(verbs("SELECT 1;; UPDATE t SET a = 1; COMMIT"), [Verb::Read, Verb::Change, Verb::Transaction]);
        for nothing in ["", " ; ;", "-- nothing", "/* never closed"] {
            assert_eq!(verbs(nothing), [], "{nothing}");
        }
    }

    #[test]
    fn placeholders() {
        for (text, expected) in
            [("SELECT $2, $1::text", 2), ("SELECT '$3', \"$4\", $$ $5 $$, a$6 -- $7", 0), ("SELECT $10+1", 10)]
        {
            assert_eq!(statements(text).next().unwrap().placeholders, expected, "{text}");
        }
    }
}
