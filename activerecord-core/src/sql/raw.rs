//! A program's own SQL: each `?` becomes a placeholder of the dialect. Quoted texts, quoted names and comments stay as they
//! are.

use super::scan::{TokenKind, scan};
use super::writer::Writer;
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

#[cold]
fn mismatch(placeholders: usize, given: usize) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!(
            "raw SQL has {placeholders} placeholders and {given} values; write `??` for a question mark that binds nothing"
        ),
    )
}
