//! The expressions that write a row as JSON text.

use super::super::writer::Writer;
use crate::dialect::TriggerForm;
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
    Text(&'static str, &'c TriggerColumn),
    /// A column as JSON.
    Json(&'static str, &'c TriggerColumn),
}

/// Whether the image after the change is that of the table, as `ar_new`.
pub(super) fn is_live(w: &Writer<'_>, trigger: &CreateTrigger) -> bool {
    let is_list = matches!(w.dialect.triggers.form, TriggerForm::Statements { .. });
    is_list && trigger.is_primary && trigger.row == RowImage::New
}

/// The name of a row in the trigger.
fn row(w: &Writer<'_>, trigger: &CreateTrigger, image: RowImage) -> &'static str {
    match image {
        RowImage::Old => "OLD.",
        RowImage::New if is_live(w, trigger) => "ar_new.",
        RowImage::New => "NEW.",
    }
}

/// The images of the row before and after the change.
pub(super) fn images(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let (before, after) = written(trigger);
    let mut pieces = vec![Piece::Literal("{\"before\":".to_owned())];
    image(&mut pieces, before.then_some("OLD."), &trigger.columns);
    pieces.push(Piece::Literal(",\"after\":".to_owned()));
    image(&mut pieces, after.then_some(row(w, trigger, RowImage::New)), &trigger.columns);
    pieces.push(Piece::Literal("}".to_owned()));
    concat(w, &pieces)
}

/// Only the key of the row, in place of its images.
pub(super) fn key_json(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let mut pieces = vec![Piece::Literal("{\"before\":null,\"after\":null,\"key\":".to_owned())];
    image(&mut pieces, Some(row(w, trigger, trigger.row)), &trigger.key);
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
        pieces.push(Piece::Text(row(w, trigger, trigger.row), column));
    }
    w.push("SUBSTR(");
    concat(w, &pieces)?;
    w.push(", 1, ").number(KEY).push(")");
    Ok(())
}

/// The sum of the sizes of the values that can be long, in both images.
pub(super) fn sizes(w: &mut Writer<'_>, trigger: &CreateTrigger, size: &str) -> Result<()> {
    let (before, after) = written(trigger);
    let rows = [(before, "OLD."), (after, row(w, trigger, RowImage::New))];
    let long =
        |ty| matches!(ty, None | Some(ValueType::Text | ValueType::Bytes | ValueType::Json | ValueType::Array(_)));
    let values: Vec<_> = rows
        .into_iter()
        .filter(|(is_written, _)| *is_written)
        .flat_map(|(_, row)| {
            trigger.columns.iter().filter(move |column| long(column.ty)).map(move |column| (row, column))
        })
        .collect();
    if values.is_empty() {
        w.push("0");
    }
    grouped(w, &values, " + ", |w, (row, column)| {
        w.push("COALESCE(");
        filled(w, size, row, &column.name)?;
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
fn image<'c>(pieces: &mut Vec<Piece<'c>>, row: Option<&'static str>, columns: &'c [TriggerColumn]) {
    let Some(row) = row else { return pieces.push(Piece::Literal("null".to_owned())) };
    for (index, column) in columns.iter().enumerate() {
        let name = serde_json::Value::from(&*column.name);
        pieces.push(Piece::Literal(format!("{}{name}:", if index == 0 { '{' } else { ',' })));
        pieces.push(Piece::Json(row, column));
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
        Piece::Text(row, column) => filled(w, triggers.text(column.ty, &column.declared), row, &column.name),
        Piece::Json(row, column) => {
            w.push("CASE WHEN ").push(row).name(&column.name).push(" IS NULL THEN 'null' ELSE ");
            filled(w, triggers.json(column.ty, &column.declared), row, &column.name)?;
            w.push(" END");
            Ok(())
        }
    }
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
