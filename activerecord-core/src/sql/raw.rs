//! The caller's own SQL: `?` becomes the dialect's placeholder, and everything quoted is left alone.

use super::writer::Writer;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::RawSql;

/// Writes raw SQL.
pub(super) fn write(w: &mut Writer<'_>, sql: RawSql) -> Result<()> {
    let given = sql.binds.len();
    let mut binds = sql.binds.into_iter();
    let mut placeholders = 0;
    let mut rest: &str = &sql.text;
    while let Some(start) = rest.find(['?', '\'', '"', '`', '-', '/', '$', '#']) {
        let (before, at) = rest.split_at(start);
        w.push(before);
        let length = verbatim(at, w.dialect);
        if let Some(length) = length {
            w.push(&at[..length]);
            rest = &at[length..];
            if rest.is_empty() && at.starts_with(['-', '#']) {
                // What follows must not become part of the comment.
                w.push("\n");
            }
        } else if let Some(after) = at.strip_prefix("??") {
            w.push("?");
            rest = after;
        } else if let Some(after) = at.strip_prefix('?') {
            placeholders += 1;
            if let Some(value) = binds.next() {
                w.bind(value);
            }
            rest = after;
        } else {
            w.push(&at[..1]);
            rest = &at[1..];
        }
    }
    w.push(rest);
    if placeholders == given { Ok(()) } else { Err(mismatch(placeholders, given)) }
}

/// The length of the quoted text, quoted name or comment that `text` starts with, if it starts with one.
fn verbatim(text: &str, dialect: &Dialect) -> Option<usize> {
    let to_end_of_line = || Some(text.find('\n').unwrap_or(text.len()));
    match text.as_bytes() {
        [quote @ (b'\'' | b'"' | b'`'), ..] => Some(quoted(text, char::from(*quote), dialect.backslash_escapes)),
        [b'-', b'-', after, ..] if dialect.hash_comments && *after > b' ' => None,
        [b'-', b'-', ..] => to_end_of_line(),
        [b'#', ..] if dialect.hash_comments => to_end_of_line(),
        [b'/', b'*', ..] => Some(text.find("*/").map_or(text.len(), |end| end + 2)),
        [b'$', ..] => dollar_quoted(text),
        _ => None,
    }
}

/// The length of a quoted text. A doubled quote inside it ends it and starts the next, which comes to the same.
fn quoted(text: &str, quote: char, backslash_escapes: bool) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if backslash_escapes && quote != '`' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of PostgreSQL's `$tag$ .. $tag$`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag_end = text[1..].find('$')? + 2;
    let tag = &text[..tag_end];
    let name = &tag[1..tag.len() - 1];
    let is_name =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| text[tag_end..].find(tag).map_or(text.len(), |end| tag_end + end + tag.len()))
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
