//! What a statement does, by its first words.

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

/// The verb of a statement.
fn verb(statement: &str) -> Verb {
    let mut words = Words(statement);
    let first = words.next().unwrap_or_default();
    let second = words.clone().next().unwrap_or_default();
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
        verb_of_set(statement, second)
    } else if is("CREATE") || is("DROP") {
        let temporary = words.take(3).any(|word| word.eq_ignore_ascii_case("TEMPORARY"));
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

fn verb_of_set(statement: &str, second: &str) -> Verb {
    const AUTOCOMMIT: &[u8] = b"autocommit";
    let mut windows = statement.as_bytes().windows(AUTOCOMMIT.len());
    if is_one_of(second, &["TRANSACTION"]) || windows.any(|window| window.eq_ignore_ascii_case(AUTOCOMMIT)) {
        Verb::Transaction
    } else if is_one_of(second, &["PASSWORD", "DEFAULT"]) {
        Verb::Definition
    } else {
        Verb::Other
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The verbs of a text's statements. After a routine's definition there are no more: what follows may be its body.
pub(crate) fn verbs(text: &str) -> impl Iterator<Item = Verb> {
    let mut in_routine = false;
    statements(text)
        .take_while(move |statement| {
            let is_judged = !in_routine;
            in_routine |= defines_routine(statement);
            is_judged
        })
        .map(verb)
}

fn defines_routine(statement: &str) -> bool {
    let mut words = Words(statement).take(12);
    words.next().is_some_and(|first| first.eq_ignore_ascii_case("CREATE"))
        && words.any(|word| is_one_of(word, &["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"]))
}

/// Whether a text has more than one statement. That of a procedure may seem to, which does no harm.
pub(crate) fn is_script(text: &str) -> bool {
    text.contains(';') && statements(text).nth(1).is_some()
}

/// The statements of a text, without those that are empty.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = end_of_statement(rest);
        let statement = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(statement)
    })
    .filter(|statement| !skip_space(statement).is_empty())
}

/// Where the first statement ends: at a semicolon outside quotes and comments, or with the text.
fn end_of_statement(text: &str) -> usize {
    let mut at = 0;
    while let Some(offset) = text[at..].find([';', '\'', '"', '`', '#', '-', '/']) {
        at += offset;
        let rest = &text[at..];
        if rest.starts_with(';') {
            return at;
        }
        at += comment(rest).or_else(|| quoted(rest)).unwrap_or(1);
    }
    text.len()
}

/// The length of the comment that a text starts with, if it starts with one.
fn comment(text: &str) -> Option<usize> {
    let is_line = text.starts_with('#')
        || text.strip_prefix("--").is_some_and(|rest| rest.chars().next().is_none_or(|c| c <= ' '));
    if is_line {
        return Some(text.find('\n').map_or(text.len(), |end| end + 1));
    }
    text.starts_with("/*").then(|| text[2..].find("*/").map_or(text.len(), |end| end + 4))
}

/// The length of the quoted text or name that a text starts with, if it starts with one.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// The words of a statement, without what stands between them.
#[derive(Clone)]
struct Words<'t>(&'t str);

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = skip_space(self.0);
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = match text.find(|c| !is_word(c)) {
            None => text.len(),
            Some(0) => quoted(text).unwrap_or_else(|| text.chars().next().map_or(0, char::len_utf8)),
            Some(end) => end,
        };
        self.0 = &text[end..];
        (end > 0).then(|| &text[..end])
    }
}

/// Skips space and comments. What stands in a comment for the server alone (`/*! .. */`) is read as it reads it.
fn skip_space(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let inside = text.strip_prefix("/*!").or_else(|| text.strip_prefix("/*M!"));
        text = if let Some(inside) = inside {
            inside.trim_start_matches(|c: char| c.is_ascii_digit())
        } else if let Some(length) = comment(text) {
            &text[length..]
        } else {
            return text;
        };
    }
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
            ("SET @a = 1", Verb::Other),
            ("CREATE TABLE t (a INT)", Verb::Definition),
            ("create /* x */ temporary table t (a INT)", Verb::Other),
            ("CREATE OR REPLACE TEMPORARY TABLE t (a INT)", Verb::Other),
            ("DROP TABLE temporary_t", Verb::Definition),
            ("/*!40000 ALTER TABLE t DISABLE KEYS */", Verb::Definition),
            ("TRUNCATE t", Verb::Definition),
            ("ANALYZE SELECT 1", Verb::Other),
            ("ANALYZE TABLE t", Verb::Definition),
            ("lock tables t READ", Verb::Lock),
            ("(SELECT 1)", Verb::Other),
            ("/* never closed", Verb::Other),
        ] {
            assert_eq!(verb(text), expected, "{text}");
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
