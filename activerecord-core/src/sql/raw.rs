//! A program's own SQL: each `?` becomes a placeholder of the dialect. Quoted texts, quoted names and comments stay as they
//! are.

use super::scan::{TokenKind, scan};
use super::writer::Writer;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::RawSql;

/// Writes raw SQL.
pub(super) fn write(w: &mut Writer<'_>, sql: RawSql) -> Result<()> {
    let given = sql.binds.len();
    let mut binds = sql.binds.into_iter();
    let (mut placeholders, mut written, mut in_comment) = (0, 0, false);
    for token in scan(&sql.text, w.dialect) {
        in_comment = token.kind == TokenKind::Comment && token.text.starts_with(['-', '#']);
        match token.kind {
            TokenKind::Placeholder => {
                w.push(&sql.text[written..token.start]);
                placeholders += 1;
                if let Some(value) = binds.next() {
                    w.bind(value);
                }
            }
            TokenKind::QuestionMark => {
                w.push(&sql.text[written..=token.start]);
            }
            _ => continue,
        }
        written = token.span().end;
    }
    w.push(&sql.text[written..]);
    if in_comment {
        // What follows the fragment must not become part of the comment.
        w.push("\n");
    }
    if placeholders == given { Ok(()) } else { Err(mismatch(placeholders, given)) }
}

/// The first words of statements that do not change tables.
const OF_ROWS: [&str; 10] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "REPLACE", "MERGE", "EXPLAIN", "SHOW"];

/// Whether one of the statements in a text can change a table: its first word is not one that only reads or writes rows.
pub(super) fn can_define(text: &str, dialect: &Dialect) -> bool {
    let mut at_start = true;
    let mut words = scan(text, dialect).filter(|token| !token.is_blank()).filter(|token| {
        let is_first = at_start && token.kind != TokenKind::Semicolon;
        at_start = token.kind == TokenKind::Semicolon;
        is_first
    });
    let is_of_rows = |word: &str| OF_ROWS.iter().any(|known| word.eq_ignore_ascii_case(known));
    let can_define = |word: super::scan::Token<'_>| word.kind == TokenKind::Word && !is_of_rows(word.text);
    // Only a script has a second statement.
    let statements = if text.contains(';') { usize::MAX } else { 1 };
    words.by_ref().take(statements).any(can_define)
}

#[cold]
fn mismatch(placeholders: usize, given: usize) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!(
            "raw SQL has {placeholders} placeholders and {given} values; write `??` for a question mark that binds nothing"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{MYSQL, SQLITE};

    #[test]
    fn the_first_words_say_whether_tables_can_change() {
        for (text, expected) in [
            ("SELECT 1", false),
            ("/* DROP */ with a as (select 1) select * from a;", false),
            ("(SELECT 1) UNION (SELECT 2)", false),
            ("INSERT INTO t VALUES ('; DROP TABLE t'); -- ; DROP", false),
            ("", false),
            (";", false),
            ("create table t (a int)", true),
            ("SELECT 1; ALTER TABLE t ADD b int", true),
            ("; DROP INDEX i", true),
            ("CALL change()", true),
            ("ATTACH 'a' AS b", true),
        ] {
            assert_eq!(can_define(text, &SQLITE), expected, "{text}");
        }
        assert!(can_define("/*!40000 ALTER TABLE t */", &MYSQL));
    }
}
