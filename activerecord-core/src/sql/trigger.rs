//! CREATE TRIGGER, with its function where it has one, and DROP TRIGGER.

use super::writer::Writer;
use crate::dialect::Triggers;
use crate::error::{Error, Result};
use crate::statement::{CreateTrigger, DropTrigger, KeyChange, Name, RowEvent, RowImage, TriggerValue};
use crate::value::{Value, ValueType};

/// The most characters of a key.
const KEY: u32 = 255;

/// The longest name that every database takes.
const LONGEST: usize = 63;

pub(super) fn create(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let Triggers { function, condition, .. } = w.dialect.triggers;
    if trigger.name.len() > LONGEST {
        let name = &trigger.name;
        return Err(Error::unsupported(format!("the name of the trigger `{name}` has more than {LONGEST} characters")));
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

/// What the trigger does, where that is a function of its own.
pub(super) fn function(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let Some(function) = w.dialect.triggers.function else {
        return Err(Error::unsupported("a trigger has no function of its own here"));
    };
    w.push("CREATE OR REPLACE FUNCTION ").name(&trigger.name).push(function.head);
    insert(w, trigger)?;
    w.push(function.tail);
    Ok(())
}

pub(super) fn drop(w: &mut Writer<'_>, trigger: &DropTrigger) {
    w.push("DROP TRIGGER IF EXISTS ").name(&trigger.name);
    if w.dialect.triggers.function.is_some() {
        w.push(" ON ").table(&trigger.table);
    }
}

pub(super) fn drop_function(w: &mut Writer<'_>, trigger: &DropTrigger) {
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
        TriggerValue::Constant(Value::Text(text)) => return literal(w, text),
        TriggerValue::Constant(Value::I32(number)) => w.push(&number.to_string()),
        TriggerValue::Constant(other) => {
            return Err(Error::unsupported(format!("a trigger writes no constant of the type {:?}", other.ty())));
        }
        TriggerValue::Now => w.push(w.dialect.now),
        TriggerValue::Key(image) => {
            w.push("SUBSTR(");
            self::key(w, *image, &trigger.key);
            w.push(", 1, ").number(KEY).push(")")
        }
        TriggerValue::Images { before, after, columns } => return images(w, *before, *after, columns),
    };
    Ok(())
}

/// Texts with commas between.
fn key(w: &mut Writer<'_>, image: RowImage, key: &[Name]) {
    let mut parts = Concat::begin(w);
    for (index, column) in key.iter().enumerate() {
        if index > 0 {
            parts.part(w).push("','");
        }
        let text = w.dialect.triggers.text;
        parts.part(w);
        filled(w, text, image, column);
    }
    parts.end(w);
}

fn images(w: &mut Writer<'_>, before: bool, after: bool, columns: &[(Name, ValueType)]) -> Result<()> {
    let mut parts = Concat::begin(w);
    for (word, image, there) in [("{\"before\":", RowImage::Old, before), (",\"after\":", RowImage::New, after)] {
        parts.part(w);
        literal(w, word)?;
        match there {
            true => row(w, &mut parts, image, columns)?,
            false => drop_in(w, &mut parts, "'null'"),
        }
    }
    drop_in(w, &mut parts, "'}'");
    parts.end(w);
    Ok(())
}

fn drop_in(w: &mut Writer<'_>, parts: &mut Concat, text: &str) {
    parts.part(w).push(text);
}

/// An object of the row's columns.
fn row(w: &mut Writer<'_>, parts: &mut Concat, image: RowImage, columns: &[(Name, ValueType)]) -> Result<()> {
    for (index, (column, ty)) in columns.iter().enumerate() {
        let name = serde_json::Value::from(&**column);
        parts.part(w);
        literal(w, &format!("{}{name}:", if index == 0 { '{' } else { ',' }))?;
        parts.part(w).push("CASE WHEN ");
        self::column(w, image, column);
        w.push(" IS NULL THEN 'null' ELSE ");
        filled(w, as_json(&w.dialect.triggers, *ty)?, image, column);
        w.push(" END");
    }
    drop_in(w, parts, "'}'");
    Ok(())
}

fn as_json(triggers: &Triggers, ty: ValueType) -> Result<&'static str> {
    let known = triggers.json.iter().find(|(known, _)| *known == ty).map(|(_, spelling)| *spelling);
    let known = known.or(matches!(ty, ValueType::Array(_)).then_some(triggers.array));
    known.ok_or_else(|| Error::unsupported(format!("a trigger writes no value of the type {ty:?}")))
}

/// The spelling, with the column in the place of each `{}`.
fn filled(w: &mut Writer<'_>, spelling: &str, image: RowImage, column: &str) {
    for (index, part) in spelling.split("{}").enumerate() {
        if index > 0 {
            self::column(w, image, column);
        }
        w.push(part);
    }
}

fn column(w: &mut Writer<'_>, image: RowImage, column: &str) {
    w.push(if image == RowImage::Old { "OLD." } else { "NEW." }).name(column);
}

/// A text in quotes. Nothing in it needs to be escaped, or it is refused: what escapes is a setting of the session.
fn literal(w: &mut Writer<'_>, text: &str) -> Result<()> {
    if text.contains(['\'', '\\', '\0']) {
        let why = "it holds a quote, a backslash or a NUL";
        return Err(Error::unsupported(format!("`{text}` cannot be a text of a trigger: {why}")));
    }
    w.push("'").push(text).push("'");
    Ok(())
}

/// Texts that become one.
struct Concat {
    operator: Option<&'static str>,
    empty: bool,
}

impl Concat {
    fn begin(w: &mut Writer<'_>) -> Self {
        let operator = w.dialect.concat;
        w.push(if operator.is_none() { "CONCAT(" } else { "(" });
        Self { operator, empty: true }
    }

    /// Before the next one.
    fn part<'w, 'd>(&mut self, w: &'w mut Writer<'d>) -> &'w mut Writer<'d> {
        if !std::mem::take(&mut self.empty) {
            w.push(self.operator.unwrap_or(", "));
        }
        w
    }

    fn end(self, w: &mut Writer<'_>) {
        w.push(")");
    }
}
