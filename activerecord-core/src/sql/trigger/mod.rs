//! Renders CREATE TRIGGER and DROP TRIGGER, and the functions of triggers.

mod image;

use super::writer::Writer;
use crate::dialect::TriggerForm;
use crate::error::{Error, Result};
use crate::statement::{
    CreateTrigger, DropTrigger, KeyChange, Name, TableEvent, TriggerColumn, TriggerValue, qualified,
};
use crate::value::ValueType;

/// The longest name that every database allows, in bytes.
const LONGEST: usize = 63;

/// The quotes around the body of a function.
const BODY: &str = "$ar$";

/// The variable with the images. NULL: they cannot be written.
const PAYLOAD: &str = "ar_payload";

pub(super) fn create(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    check(w, trigger)?;
    w.push("CREATE TRIGGER ");
    let form = w.dialect.triggers.form;
    // A trigger of PostgreSQL belongs to its table, and has no schema of its own.
    match form {
        TriggerForm::Function { .. } => drop(w.name(&trigger.name)),
        _ => located(w, &trigger.table, &trigger.name),
    }
    w.push(match trigger.event {
        TableEvent::Insert => " AFTER INSERT ON ",
        TableEvent::Update => " AFTER UPDATE ON ",
        TableEvent::Delete => " AFTER DELETE ON ",
        TableEvent::Truncate => " AFTER TRUNCATE ON ",
    });
    w.table(&trigger.table);
    w.push(if trigger.event == TableEvent::Truncate { " FOR EACH STATEMENT " } else { " FOR EACH ROW " });
    if let (Some(when), false) = (trigger.when, form == TriggerForm::Handlers) {
        w.push("WHEN (");
        key_change(w, when, &trigger.key)?;
        w.push(") ");
    }
    match form {
        TriggerForm::Statements { size, most } => statements(w, trigger, size, most),
        TriggerForm::Handlers => handlers(w, trigger),
        TriggerForm::Function { .. } => {
            w.push("EXECUTE FUNCTION ");
            located(w, &trigger.table, &trigger.name);
            w.push("()");
            Ok(())
        }
    }
}

/// Writes the statements that create the function of a trigger.
pub(super) fn function(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let TriggerForm::Function { head } = w.dialect.triggers.form else {
        return Err(Error::unsupported("triggers have no separate function on this database"));
    };
    check(w, trigger)?;
    w.push("CREATE OR REPLACE FUNCTION ");
    located(w, &trigger.table, &trigger.name);
    w.push(head).push(BODY);
    let start = w.len();
    w.push(" DECLARE ar_payload text; BEGIN IF has_table_privilege(to_regclass(");
    image::literal(w, &w.dialect.quoted(&trigger.into))?;
    w.push("), 'INSERT') IS NOT TRUE THEN RAISE WARNING 'a change of % is not captured: % may not insert into %', ");
    w.push("TG_RELID::regclass, current_user, ");
    image::literal(w, &trigger.into)?;
    w.push("; RETURN NULL; END IF; ");
    if has_images(trigger) {
        w.push("BEGIN ");
        if trigger.if_free {
            taken(w, trigger)?;
        }
        w.push("ar_payload := ");
        image::images(w, trigger)?;
        w.push("; EXCEPTION WHEN OTHERS THEN ar_payload := NULL; END; ");
    }
    insert(w, trigger, &Images::Variable)?;
    w.push("; RETURN NULL; END ");
    if w.written(start).contains(BODY) {
        return Err(Error::unsupported(format!("a name in the trigger `{}` contains `{BODY}`", trigger.name)));
    }
    w.push(BODY);
    Ok(())
}

/// Takes the right to use the function in other triggers from all logins: it writes with the rights of its owner.
pub(super) fn revoke_function(w: &mut Writer<'_>, trigger: &CreateTrigger) {
    w.push("REVOKE ALL ON FUNCTION ");
    located(w, &trigger.table, &trigger.name);
    w.push("() FROM PUBLIC");
}

pub(super) fn remove(w: &mut Writer<'_>, trigger: &DropTrigger) {
    w.push("DROP TRIGGER IF EXISTS ");
    match w.dialect.triggers.form {
        TriggerForm::Function { .. } => drop(w.name(&trigger.name).push(" ON ").table(&trigger.table)),
        _ => located(w, &trigger.table, &trigger.name),
    }
}

pub(super) fn remove_function(w: &mut Writer<'_>, function: &Name) {
    w.push("DROP FUNCTION IF EXISTS ").table(function).push("()");
}

/// Writes the name of an object in the schema of a table.
fn located(w: &mut Writer<'_>, table: &str, name: &str) {
    if let (Some(schema), _) = qualified::parts(table) {
        w.name(&schema).push(".");
    }
    w.name(name);
}

fn check(w: &Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    let CreateTrigger { name, event, if_free, .. } = trigger;
    let is_function = matches!(w.dialect.triggers.form, TriggerForm::Function { .. });
    if name.len() > LONGEST {
        return Err(Error::unsupported(format!("the name of the trigger `{name}` is longer than {LONGEST} bytes")));
    }
    if !is_function && (*event == TableEvent::Truncate || *if_free) {
        return Err(Error::unsupported(format!(
            "the trigger `{name}` cannot be created: this database has no triggers for TRUNCATE, and checks keys at once"
        )));
    }
    Ok(())
}

fn has_images(trigger: &CreateTrigger) -> bool {
    trigger.values.iter().any(|(_, value)| matches!(value, TriggerValue::Images { .. }))
}

/// A trigger that is only statements.
fn statements(w: &mut Writer<'_>, trigger: &CreateTrigger, size: &str, most: u32) -> Result<()> {
    w.push("BEGIN ");
    insert(w, trigger, &Images::IfBelow { size, most })?;
    if image::is_live(w, trigger) {
        w.push(" FROM ").table(&trigger.table).push(" AS ar_new WHERE ");
        for (index, column) in trigger.key.iter().enumerate() {
            w.push(if index == 0 { "ar_new." } else { " AND ar_new." }).name(&column.name);
            w.push(" IS NEW.").name(&column.name);
        }
    }
    w.push("; END");
    Ok(())
}

/// A trigger with handlers. The images are first a variable: in a statement with IGNORE, a NULL would become an empty text.
fn handlers(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    w.push("BEGIN DECLARE ar_payload LONGTEXT CHARACTER SET utf8mb4; ");
    if let Some(when) = trigger.when {
        w.push("IF ");
        key_change(w, when, &trigger.key)?;
        w.push(" THEN ");
    }
    w.push("BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION SET ar_payload = NULL; SET ar_payload = ");
    image::images(w, trigger)?;
    w.push("; IF ar_payload IS NOT NULL THEN ");
    insert(w, trigger, &Images::Variable)?;
    w.push("; END IF; END; IF ar_payload IS NULL THEN BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION ");
    w.push("SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'a change of a row is not captured'; ");
    insert(w, trigger, &Images::Variable)?;
    w.push("; END; END IF; ");
    w.push(if trigger.when.is_some() { "END IF; END" } else { "END" });
    Ok(())
}

/// Ends the function if a row has the former key.
fn taken(w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
    w.push("IF EXISTS (SELECT FROM ").table(&trigger.table).push(" AS ar_row WHERE ");
    for (index, column) in trigger.key.iter().enumerate() {
        w.push(if index == 0 { "ar_row." } else { " AND ar_row." })
            .name(&column.name)
            .push(" = OLD.")
            .name(&column.name);
    }
    w.push(") THEN RETURN NULL; END IF; ");
    Ok(())
}

/// Where the images of the inserted row come from.
enum Images<'s> {
    /// The variable.
    Variable,
    /// The expression, if the sizes of the values are below the limit.
    IfBelow { size: &'s str, most: u32 },
}

impl Images<'_> {
    /// The condition under which there are images.
    fn condition(&self, w: &mut Writer<'_>, trigger: &CreateTrigger) -> Result<()> {
        match *self {
            Self::Variable => drop(w.push(PAYLOAD).push(" IS NOT NULL")),
            Self::IfBelow { size, most } => {
                image::sizes(w, trigger, size)?;
                w.push(" <= ").number(most);
            }
        }
        Ok(())
    }
}

fn insert(w: &mut Writer<'_>, trigger: &CreateTrigger, images: &Images<'_>) -> Result<()> {
    w.push("INSERT INTO ").table(&trigger.into).push(" (");
    w.names(trigger.values.iter().map(|(column, _)| column));
    let is_live = image::is_live(w, trigger);
    w.push(if is_live { ") SELECT " } else { ") VALUES (" });
    w.list(&trigger.values, |w, (_, value)| self::value(w, trigger, value, images))?;
    w.push(if is_live { "" } else { ")" });
    Ok(())
}

fn value(w: &mut Writer<'_>, trigger: &CreateTrigger, value: &TriggerValue, images: &Images<'_>) -> Result<()> {
    match value {
        TriggerValue::Constant(constant) => image::constant(w, constant)?,
        TriggerValue::Now => drop(w.push(w.dialect.now)),
        TriggerValue::Key => image::key_text(w, trigger)?,
        TriggerValue::Kind { usual, without } => {
            w.push("CASE WHEN ");
            images.condition(w, trigger)?;
            w.push(" THEN ");
            image::constant(w, usual)?;
            w.push(" ELSE ");
            image::constant(w, without)?;
            w.push(" END");
        }
        TriggerValue::Images { .. } => {
            w.push("CASE WHEN ");
            images.condition(w, trigger)?;
            w.push(" THEN ");
            match images {
                Images::Variable => drop(w.push(PAYLOAD)),
                Images::IfBelow { .. } => image::images(w, trigger)?,
            }
            // Without the key, too, the message is one that no consumer can read, which is better than none.
            w.push(" ELSE COALESCE(");
            image::key_json(w, trigger)?;
            w.push(", '{\"before\":null,\"after\":null}') END");
        }
    }
    Ok(())
}

fn key_change(w: &mut Writer<'_>, when: KeyChange, key: &[TriggerColumn]) -> Result<()> {
    w.push(if when == KeyChange::Moved { "NOT (" } else { "(" });
    let same = w.dialect.triggers.same;
    for (index, TriggerColumn { name, ty, .. }) in key.iter().enumerate() {
        w.push(if index == 0 { "" } else { " AND " });
        let spelling = if matches!(ty, Some(ValueType::Text) | None) { same.text } else { "{}" };
        image::filled(w, spelling, "OLD.", name)?;
        w.push(same.operator);
        image::filled(w, spelling, "NEW.", name)?;
    }
    w.push(")");
    Ok(())
}
