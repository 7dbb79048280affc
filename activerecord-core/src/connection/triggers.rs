//! The triggers of tables.

use super::session::Session;
use crate::catalog::TableInfo;
use crate::dialect::{Dialect, TriggerForm};
use crate::error::{Error, Result};
use crate::statement::{CreateTrigger, DropTrigger, Name, Statement, qualified};
use crate::value::Row;

/// Returns the names of a table and of the table that its triggers write to, as a trigger has to name them.
///
/// # Errors
/// `Unsupported` when a trigger of the one cannot write to the other.
pub(super) fn names(dialect: &Dialect, table: &TableInfo, into: &TableInfo) -> Result<(Name, Name)> {
    let is_beside = table.schema == into.schema;
    match dialect.triggers.form {
        TriggerForm::Function { .. } => Ok((with_schema(table), with_schema(into))),
        // A dump of the database contains the text of the trigger. With the name of the database in it, a copy would write to
        // the original.
        TriggerForm::Handlers if is_beside => Ok((table.name.clone().into(), local(into))),
        TriggerForm::Handlers => Ok((table.name.clone().into(), with_schema(into))),
        TriggerForm::Statements { .. } if is_beside => Ok((local(table), local(into))),
        TriggerForm::Statements { .. } => Err(Error::unsupported(format!(
            "a trigger of `{}` cannot write to `{}`: they are in different files",
            table.name, into.name
        ))),
    }
}

/// Returns the triggers of a table.
///
/// # Errors
/// Whatever the database reports.
pub(super) async fn of(session: &Session, table: &TableInfo) -> Result<Vec<DropTrigger>> {
    let dialect = session.dialect();
    let schema = table.schema.clone().unwrap_or_default();
    let rows = session.query(dialect.triggers.of_table, [schema, table.local_name().into_owned()]).await?;
    let (name, _) = names(dialect, table, table)?;
    let trigger = |row: &Row| {
        let function: Option<String> = row.get(1)?;
        Ok(DropTrigger { name: row.get::<String>(0)?.into(), table: name.clone(), function: function.map(Name::from) })
    };
    rows.iter().map(trigger).collect()
}

/// The statements that create a trigger, or replace the one of this name.
pub(super) fn created(dialect: &Dialect, trigger: &CreateTrigger) -> Vec<Statement> {
    let mut statements = Vec::new();
    if matches!(dialect.triggers.form, TriggerForm::Function { .. }) {
        statements.push(Statement::CreateTriggerFunction(trigger.clone()));
        statements.push(Statement::RevokeTriggerFunction(trigger.clone()));
    }
    let former = DropTrigger { name: trigger.name.clone(), table: trigger.table.clone(), function: None };
    statements.extend([Statement::DropTrigger(former), Statement::CreateTrigger(trigger.clone())]);
    statements
}

/// The statements that drop a trigger and its function.
pub(super) fn dropped(trigger: &DropTrigger) -> Vec<Statement> {
    let function = trigger.function.clone().map(Statement::DropTriggerFunction);
    [Statement::DropTrigger(trigger.clone())].into_iter().chain(function).collect()
}

fn local(table: &TableInfo) -> Name {
    qualified::quoted(&table.local_name()).into_owned().into()
}

fn with_schema(table: &TableInfo) -> Name {
    match &table.schema {
        Some(schema) => format!("{}.{}", qualified::quoted(schema), qualified::quoted(&table.local_name())).into(),
        None => table.name.clone().into(),
    }
}
