//! Renders INSERT, UPDATE and DELETE. Each clause is one function.

use std::sync::Arc;

use super::ReturnedKey;
use super::assign::{Target, assignments, cyclic, in_order, require_distinct};
use super::scope::Scope;
use super::stored::{Met, cells_of, of_column};
use super::writer::Writer;
use super::{raw, select};
use crate::dialect::Upsert;
use crate::error::{Error, Result};
use crate::schema::{ColumnDef, TableDef};
use crate::statement::{Conflict, Delete, Insert, Name, RawSql};
use crate::value::{Purpose, Spelling, Value};

pub(super) fn insert(w: &mut Writer<'_>, statement: Insert) -> Result<()> {
    w.push("INSERT INTO ").table(&statement.table);
    let one_row = statement.values.len() == statement.columns.len() && statement.conflict.is_none();
    if statement.columns.is_empty() {
        let default_row = w.dialect.default_row;
        w.push(" ").push(default_row);
    } else {
        w.push(" (");
        w.names(&statement.columns);
        w.push(") VALUES ");
        match statement.forms.is_empty() {
            true => {
                let met = met_by_rows(w, &statement);
                w.rows(statement.columns.len(), statement.values, &met)?;
            }
            false => formed_rows(w, &statement.columns, statement.values, &statement.forms)?,
        }
    }
    if let ([column], true) = (&*statement.returning, one_row) {
        let (table, column) = (statement.table.clone(), column.clone());
        w.returned_key = Some(Arc::new(ReturnedKey { table, column, clause: w.len() }));
    }
    if let Some(clause) = statement.conflict {
        conflict(w, statement.table, statement.model, clause)?;
    }
    returning(w, statement.model, &statement.returning);
    Ok(())
}

/// Writes rows, some of whose values are in SQL expressions.
fn formed_rows(w: &mut Writer<'_>, columns: &[Name], values: Vec<Value>, forms: &[(Name, Name)]) -> Result<()> {
    let form = |column: &Name| forms.iter().find(|(formed, _)| formed == column).map(|(_, form)| form.clone());
    let forms: Vec<_> = columns.iter().map(form).collect();
    for (index, value) in values.into_iter().enumerate() {
        let place = index % columns.len();
        w.push(if index == 0 {
            "("
        } else if place == 0 {
            "), ("
        } else {
            ", "
        });
        match &forms[place] {
            Some(form) => raw::fragment(w, RawSql { text: form.clone(), binds: vec![value] })?,
            None => drop(w.bind(value)),
        }
    }
    w.push(")");
    Ok(())
}

/// Writes the bulk-load prefix, such as `COPY .. FROM STDIN`.
pub(super) fn load(w: &mut Writer<'_>, table: &Name, columns: &[Name]) -> Result<()> {
    let Some((before, behind)) = w.dialect.load else {
        return Err(Error::unsupported("this database has no bulk load"));
    };
    w.push(before).table(table).push(" (");
    w.names(columns);
    w.push(behind);
    Ok(())
}

/// Writes the first assignment: a key to itself. If the existing row conflicts on another unique key, the database
/// evaluates the subquery, and the statement fails because it has two rows.
fn own_keys_only(w: &mut Writer<'_>, keys: &[Name]) {
    let Some(first) = keys.first() else { return };
    w.name(first).push(" = IF(");
    for (index, key) in keys.iter().enumerate() {
        w.push(if index > 0 { " AND " } else { "" });
        w.name(key).push(" = VALUES(").name(key).push(")");
    }
    w.push(", ").name(first).push(", (SELECT 1 UNION ALL SELECT 2))");
}

fn conflict(w: &mut Writer<'_>, table: Name, model: Option<&'static TableDef>, clause: Conflict) -> Result<()> {
    require_distinct(&clause.update)?;
    match w.dialect.upsert {
        Upsert::OnConflict => {
            w.push(" ON CONFLICT (");
            w.names(&clause.keys);
            if clause.update.is_empty() {
                w.push(") DO NOTHING");
                return Ok(());
            }
            w.push(") DO UPDATE SET ");
            // An unqualified name would be ambiguous between the existing row and `excluded`.
            w.scope = Scope::of(table.clone()).qualified();
        }
        Upsert::OnDuplicateKey => {
            w.push(" ON DUPLICATE KEY UPDATE ");
            w.scope = Scope::of(table.clone());
            own_keys_only(w, &clause.keys);
            if !clause.update.is_empty() {
                w.push(", ");
            }
        }
    }
    let update = in_order(clause.update, w.dialect).map_err(|_| cyclic())?;
    assignments(w, Target { table: &table, model }, update)
}

pub(super) fn definition(model: Option<&'static TableDef>, column: &str) -> Option<&'static ColumnDef> {
    model.and_then(|model| model.columns.iter().find(|def| def.name == column))
}

/// How a value is spelled in a column.
pub(super) fn met_by(w: &Writer<'_>, def: Option<&'static ColumnDef>, value: &Value) -> Option<Met> {
    let spelling = Spelling { ty: value.ty(), stored: def.map(|def| def.stored).unwrap_or_default() };
    of_column(w.dialect, spelling, Purpose::Store)
}

/// How the values of each column are spelled. All values of a column have one type.
fn met_by_rows(w: &Writer<'_>, statement: &Insert) -> Vec<Option<Met>> {
    let columns = statement.columns.iter().zip(&statement.values);
    columns.map(|(column, value)| met_by(w, definition(statement.model, column), value)).collect()
}

pub(super) fn delete(w: &mut Writer<'_>, statement: Delete) -> Result<()> {
    w.writes = Some(statement.table.clone());
    w.push("DELETE FROM ").table(&statement.table);
    w.scope = Scope::of(statement.table);
    select::filter(w, statement.filter)
}

pub(super) fn returning(w: &mut Writer<'_>, model: Option<&'static TableDef>, columns: &[Name]) {
    if columns.is_empty() {
        return;
    }
    w.push(" RETURNING ");
    w.names(columns);
    w.cells = cells_of(w.dialect, columns.iter().map(|column| definition(model, column)));
}
