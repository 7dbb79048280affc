//! A program's own SQL: each `?` becomes a placeholder of the dialect. Quoted texts, quoted names and comments stay as they
//! are.

use super::scan::{TokenKind, scan};
use super::traces::Traces;
use super::writer::Writer;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::RawSql;
use crate::value::Value;

/// Writes a text of statements.
pub(super) fn statements(w: &mut Writer<'_>, sql: RawSql) -> Result<()> {
    let traces = Traces::of_statements(w.dialect);
    write(w, &sql.text, sql.binds, traces)
}

/// Writes a part of a statement.
pub(super) fn fragment(w: &mut Writer<'_>, sql: RawSql) -> Result<()> {
    let traces = Traces::of_fragment(w.dialect);
    write(w, &sql.text, sql.binds, traces)
}

fn write<'t>(w: &mut Writer<'_>, text: &'t str, binds: Vec<Value>, mut traces: Traces<'t>) -> Result<()> {
    let given = binds.len();
    let mut binds = binds.into_iter();
    let (mut placeholders, mut written, mut in_comment) = (0, 0, false);
    for token in scan(text, w.dialect) {
        traces.see(token);
        in_comment = token.kind == TokenKind::Comment && token.text.starts_with(['-', '#']);
        match token.kind {
            TokenKind::Placeholder => {
                w.push(&text[written..token.start]);
                placeholders += 1;
                if let Some(value) = binds.next() {
                    w.bind(value);
                }
            }
            TokenKind::QuestionMark => {
                w.push(&text[written..=token.start]);
            }
            _ => continue,
        }
        written = token.span().end;
    }
    w.push(&text[written..]);
    w.changes_session |= traces.found();
    w.defines |= traces.can_define();
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
