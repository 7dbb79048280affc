//! The expressions that write a row as JSON text.

use super::super::writer::Writer;
use crate::error::{Error, Result};
use crate::statement::{CreateTrigger, RowImage, TriggerColumn, TriggerValue};
use crate::value::{Value, ValueType};

/// A key is cut off after this many characters.
const KEY: u32 = 255;

/// The most parts of one expression. SQLite allows a depth of a thousand, and each part adds one level.
const MOST: usize = 64;

/// One part of a text that a trigger concatenates.
enum Piece<'c> {
    Literal(String),
    /// A column as text.
    Text(RowImage, &'c TriggerColumn),
    /// A column as JSON.
    Json(RowImage, &'c TriggerColumn),
}

/// The images of the row before and after the change.
pub(super) fn images(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let (before, after) = written(trigger);
    let mut pieces = vec![Piece::Literal("{\"before\":".to_owned())];
    image(&mut pieces, before.then_some(RowImage::Old), &trigger.columns);
    pieces.push(Piece::Literal(",\"after\":".to_owned()));
    image(&mut pieces, after.then_some(RowImage::New), &trigger.columns);
    pieces.push(Piece::Literal("}".to_owned()));
    concat(w, &pieces)
}

/// Only the key of the row, in place of its images.
pub(super) fn key_json(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let mut pieces = vec![Piece::Literal("{\"before\":null,\"after\":null,\"key\":".to_owned())];
    image(&mut pieces, Some(trigger.row), &trigger.key);
    pieces.push(Piece::Literal("}".to_owned()));
    concat(w, &pieces)
}

/// The columns of the key as text, separated by commas.
pub(super) fn key_text(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let mut pieces = Vec::new();
    for column in &trigger.key {
        if !pieces.is_empty() {
            pieces.push(Piece::Literal(",".to_owned()));
        }
        pieces.push(Piece::Text(trigger.row, column));
    }
    w.push("SUBSTR(");
    concat(w, &pieces)?;
    w.push(", 1, ").number(KEY).push(")");
    Ok(())
}

/// The sum of the sizes of the values that can be long, in both images.
pub(super) fn sizes(w: &mut Writer<'_>, trigger: &CreateTrigger, size: &str) -> Result<()> {
    let (before, after) = written(trigger);
    let rows = [(before, RowImage::Old), (after, RowImage::New)];
    let long = |ty| matches!(ty, None | Some(ValueType::Text | ValueType::Bytes | ValueType::Json | ValueType::Array(_)));
    let values: Vec<_> = rows
        .into_iter()
        .filter(|(is_written, _)| *is_written)
        .flat_map(|(_, row)| trigger.columns.iter().filter(move |column| long(column.ty)).map(move |column| (row, column)))
        .collect();
    if values.is_empty() {
        w.push("0");
    }
    grouped(w, &values, " + ", |w, (row, column)| {
        w.push("COALESCE(");
        of(w, size, *row, column)?;
        w.push(", 0)");
        Ok(())
    })
}

/// Which images the trigger writes.
fn written(trigger: &CreateTrigger) -> (bool, bool) {
    let find = |(_, value): &(_, TriggerValue)| match value {
        TriggerValue::Images { before, after } => Some((*before, *after)),
        _ => None,
    };
    trigger.values.iter().find_map(find).unwrap_or_default()
}

/// A JSON object of the row's columns, or null.
fn image<'c>(pieces: &mut Vec<Piece<'c>>, image: Option<RowImage>, columns: &'c [TriggerColumn]) {
    let Some(image) = image else { return pieces.push(Piece::Literal("null".to_owned())) };
    for (index, column) in columns.iter().enumerate() {
        let name = serde_json::Value::from(&*column.name);
        pieces.push(Piece::Literal(format!("{}{name}:", if index == 0 { '{' } else { ',' })));
        pieces.push(Piece::Json(image, column));
    }
    pieces.push(Piece::Literal("}".to_owned()));
}

fn concat(w: &mut Writer<'_>, pieces: &[Piece<'_>]) -> Result<()> {
    match w.dialect.concat {
        Some(operator) => grouped(w, pieces, operator, piece),
        None => {
            w.push("CONCAT(");
            w.list(pieces, piece)?;
            w.push(")");
            Ok(())
        }
    }
}

/// Writes the parts with an operator between them, and with parentheses so that the expression is not deep.
fn grouped<T>(
    w: &mut Writer<'_>,
    parts: &[T],
    operator: &str,
    write: impl Fn(&mut Writer<'_>, &T) -> Result<()>,
) -> Result<()> {
    for (index, group) in parts.chunks(MOST).enumerate() {
        w.push(if index == 0 { "(" } else { operator }).push("(");
        for (index, part) in group.iter().enumerate() {
            w.push(if index == 0 { "" } else { operator });
            write(w, part)?;
        }
        w.push(")");
    }
    w.push(if parts.is_empty() { "" } else { ")" });
    Ok(())
}

fn piece(w: &mut Writer<'_>, piece: &Piece<'_>) -> Result<()> {
    let triggers = w.dialect.triggers;
    match piece {
        Piece::Literal(text) => literal(w, text),
        Piece::Text(image, column) => of(w, triggers.text(column.ty, &column.declared), *image, column),
        Piece::Json(image, column) => {
            w.push("CASE WHEN ");
            of(w, "{}", *image, column)?;
            w.push(" IS NULL THEN 'null' ELSE ");
            of(w, triggers.json(column.ty, &column.declared), *image, column)?;
            w.push(" END");
            Ok(())
        }
    }
}

fn of(w: &mut Writer<'_>, spelling: &str, image: RowImage, column: &TriggerColumn) -> Result<()> {
    filled(w, spelling, if image == RowImage::Old { "OLD." } else { "NEW." }, &column.name)
}

/// Writes a spelling with a column of a row.
pub(super) fn filled(w: &mut Writer<'_>, spelling: &str, row: &str, column: &str) -> Result<()> {
    w.fill(spelling, |w| {
        w.push(row).name(column);
        Ok(())
    })
}

/// Writes a constant.
pub(super) fn constant(w: &mut Writer<'_>, constant: &Value) -> Result<()> {
    match constant {
        Value::Text(text) => literal(w, text),
        Value::I32(number) => {
            w.push(&number.to_string());
            Ok(())
        }
        other => Err(Error::unsupported(format!("a trigger cannot write a constant of the type {:?}", other.ty()))),
    }
}

/// Writes a quoted text. A text with a backslash is refused: whether it is an escape depends on settings of the session.
pub(super) fn literal(w: &mut Writer<'_>, text: &str) -> Result<()> {
    if text.contains(['\\', '\0']) {
        let why = "it contains a double quote, a backslash or a NUL";
        return Err(Error::unsupported(format!("`{text}` cannot be part of a trigger: {why}")));
    }
    w.push("'").push(&text.replace('\'', "''")).push("'");
    Ok(())
}
