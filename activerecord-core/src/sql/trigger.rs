//! Renders CREATE TRIGGER and DROP TRIGGER, and the functions of triggers.

use super::writer::Writer;
use crate::dialect::Triggers;
use crate::error::{Error, Result};
use crate::statement::{CreateTrigger, DropTrigger, KeyChange, Name, RowEvent, RowImage, TriggerValue};
use crate::value::{Value, ValueType};

/// A key is cut off after this many characters.
const KEY: u32 = 255;

/// The longest name that every database allows, in bytes.
const LONGEST: usize = 63;

pub(super) fn create(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let Triggers { function, condition, .. } = w.dialect.triggers;
    if trigger.name.len() > LONGEST {
        let name = &trigger.name;
        return Err(Error::unsupported(format!("the name of the trigger `{name}` is longer than {LONGEST} bytes")));
    }
    w.push("CREATE TRIGGER ").name(&trigger.name).push(match trigger.event {
        RowEvent::Insert => " AFTER INSERT ON ",
        RowEvent::Update => " AFTER UPDATE ON ",
        RowEvent::Delete => " AFTER DELETE ON ",
    });
    w.table(&trigger.table).push(" FOR EACH ROW ");
    if let (Some(when), true) = (trigger.when, condition) {
        w.push("WHEN (");
        key_change(w, when, &trigger.key);
        w.push(") ");
    }
    if function.is_some() {
        w.push("EXECUTE FUNCTION ").name(&trigger.name).push("()");
        return Ok(());
    }
    body(w, trigger, trigger.when.filter(|_| !condition))
}

/// Writes CREATE FUNCTION for the body of a trigger.
pub(super) fn function(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let Some(function) = w.dialect.triggers.function else {
        return Err(Error::unsupported("triggers have no separate function on this database"));
    };
    w.push("CREATE OR REPLACE FUNCTION ").name(&trigger.name).push(function.head);
    insert(w, trigger)?;
    w.push(function.tail);
    Ok(())
}

pub(super) fn remove(w: &mut Writer<'_>, trigger: &DropTrigger) {
    w.push("DROP TRIGGER IF EXISTS ").name(&trigger.name);
    if w.dialect.triggers.function.is_some() {
        w.push(" ON ").table(&trigger.table);
    }
}

pub(super) fn remove_function(w: &mut Writer<'_>, trigger: &DropTrigger) {
    w.push("DROP FUNCTION IF EXISTS ").name(&trigger.name).push("()");
}

fn body(w: &mut Writer<'_>, trigger: &CreateTrigger, when: Option<KeyChange>) -> Result<()> {
    w.push("BEGIN ");
    if let Some(when) = when {
        w.push("IF ");
        key_change(w, when, &trigger.key);
        w.push(" THEN ");
    }
    insert(w, trigger)?;
    w.push(if when.is_some() { "; END IF; END" } else { "; END" });
    Ok(())
}

fn insert(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    w.push("INSERT INTO ").table(&trigger.into).push(" (");
    w.names(trigger.values.iter().map(|(column, _)| column));
    w.push(") VALUES (");
    w.list(&trigger.values, |w, (_, value)| self::value(w, trigger, value))?;
    w.push(")");
    Ok(())
}

fn key_change(w: &mut Writer<'_>, when: KeyChange, key: &[Name]) {
    w.push(if when == KeyChange::Moved { "NOT (" } else { "(" });
    for (index, column) in key.iter().enumerate() {
        w.push(if index == 0 { "" } else { " AND " });
        w.push("OLD.").name(column).push(" = NEW.").name(column);
    }
    w.push(")");
}

fn value(w: &mut Writer<'_>, trigger: &CreateTrigger, value: &TriggerValue) -> Result<()> {
    match value {
        TriggerValue::Constant(Value::Text(text)) => literal(w, text)?,
        TriggerValue::Constant(Value::I32(number)) => drop(w.push(&number.to_string())),
        TriggerValue::Constant(other) => {
            return Err(Error::unsupported(format!("a trigger cannot write a constant of the type {:?}", other.ty())));
        }
        TriggerValue::Now => drop(w.push(w.dialect.now)),
        TriggerValue::Key(image) => {
            w.push("SUBSTR(");
            concat(w, key(*image, &trigger.key))?;
            w.push(", 1, ").number(KEY).push(")");
        }
        TriggerValue::Images { before, after, columns } => concat(w, images(*before, *after, columns))?,
    }
    Ok(())
}

/// One part of a text that a trigger concatenates.
enum Piece<'c> {
    Literal(String),
    /// A column as text.
    Text(RowImage, &'c str),
    /// A column as JSON.
    Json(RowImage, &'c str, ValueType),
}

/// The columns of the key as text, separated by commas.
fn key(image: RowImage, key: &[Name]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for column in key {
        if !pieces.is_empty() {
            pieces.push(Piece::Literal(",".to_owned()));
        }
        pieces.push(Piece::Text(image, column));
    }
    pieces
}

fn images(before: bool, after: bool, columns: &[(Name, ValueType)]) -> Vec<Piece<'_>> {
    let mut pieces = vec![Piece::Literal("{\"before\":".to_owned())];
    image(&mut pieces, before.then_some(RowImage::Old), columns);
    pieces.push(Piece::Literal(",\"after\":".to_owned()));
    image(&mut pieces, after.then_some(RowImage::New), columns);
    pieces.push(Piece::Literal("}".to_owned()));
    pieces
}

/// A JSON object of the row's columns, or null.
fn image<'c>(pieces: &mut Vec<Piece<'c>>, image: Option<RowImage>, columns: &'c [(Name, ValueType)]) {
    let Some(image) = image else { return pieces.push(Piece::Literal("null".to_owned())) };
    for (index, (column, ty)) in columns.iter().enumerate() {
        let name = serde_json::Value::from(&**column);
        pieces.push(Piece::Literal(format!("{}{name}:", if index == 0 { '{' } else { ',' })));
        pieces.push(Piece::Json(image, column, *ty));
    }
    pieces.push(Piece::Literal("}".to_owned()));
}

fn concat(w: &mut Writer<'_>, pieces: Vec<Piece<'_>>) -> Result<()> {
    w.push(if w.dialect.concat.is_none() { "CONCAT(" } else { "(" });
    for (index, piece) in pieces.into_iter().enumerate() {
        if index > 0 {
            w.push(w.dialect.concat.unwrap_or(", "));
        }
        match piece {
            Piece::Literal(text) => literal(w, &text)?,
            Piece::Text(image, column) => filled(w, w.dialect.triggers.text, image, column)?,
            Piece::Json(image, column, ty) => {
                w.push("CASE WHEN ");
                self::column(w, image, column);
                w.push(" IS NULL THEN 'null' ELSE ");
                filled(w, as_json(&w.dialect.triggers, ty)?, image, column)?;
                w.push(" END");
            }
        }
    }
    w.push(")");
    Ok(())
}

fn as_json(triggers: &Triggers, ty: ValueType) -> Result<&'static str> {
    let known = triggers.json.iter().find(|(known, _)| *known == ty).map(|(_, spelling)| *spelling);
    let known = known.or(matches!(ty, ValueType::Array(_)).then_some(triggers.array));
    known.ok_or_else(|| Error::unsupported(format!("a trigger cannot write a value of the type {ty:?}")))
}

fn filled(w: &mut Writer<'_>, spelling: &str, image: RowImage, column: &str) -> Result<()> {
    w.fill(spelling, |w| {
        self::column(w, image, column);
        Ok(())
    })
}

fn column(w: &mut Writer<'_>, image: RowImage, column: &str) {
    w.push(if image == RowImage::Old { "OLD." } else { "NEW." }).name(column);
}

/// Writes a quoted text. A text that needs escapes is refused, because their syntax depends on settings of the session.
fn literal(w: &mut Writer<'_>, text: &str) -> Result<()> {
    if text.contains(['\'', '\\', '\0']) {
        let why = "it contains a quote, a backslash or a NUL";
        return Err(Error::unsupported(format!("`{text}` cannot be part of a trigger: {why}")));
    }
    w.push("'").push(text).push("'");
    Ok(())
}
