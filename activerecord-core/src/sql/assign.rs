//! The assignments of an UPDATE. Each expression sees the row as it was before the statement.

use super::expr::expr;
use super::infer::typed_by;
use super::scan::{TokenKind, scan};
use super::stored::common;
use super::write::{definition, met_by};
use super::writer::Writer;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::TableDef;
use crate::statement::{ColumnExpr, Expr, Name, Part, RawSql};
use crate::value::{Purpose, ValueType};

/// The columns of an UPDATE, and their new values.
pub(super) type Assignments = Vec<(Name, Expr)>;

/// The table that is written, and its model.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    pub(super) table: &'t Name,
    pub(super) model: Option<&'static TableDef>,
}

/// Writes the assignments, separated by commas.
pub(super) fn assignments(w: &mut Writer<'_>, target: Target<'_>, set: Assignments) -> Result<()> {
    w.list(set, |w, (column, value)| {
        w.name(&column).push(" = ");
        target.value(w, column, value)
    })
}

impl Target<'_> {
    /// Writes the new value of a column.
    pub(super) fn value(self, w: &mut Writer<'_>, name: Name, value: Expr) -> Result<()> {
        let def = definition(self.model, &name);
        if let Expr::Value(value) = value {
            let met = met_by(w, def, &value);
            return w.bind_as(value, met);
        }
        let ty = def.map(|def| def.ty).or(value.ty()).unwrap_or(ValueType::Bool);
        let stored = def.map(|def| def.stored).unwrap_or_default();
        let table = self.table.clone();
        let column = Expr::Column(ColumnExpr { table, outer: false, name, ty, nullable: true, stored });
        if def.is_some() {
            common(w.dialect, [&column, &value], Purpose::Store)?;
        }
        let value = typed_by(w, value, &column);
        expr(w, value)
    }
}

/// Returns the assignments in an order in which none reads a column that an earlier one sets.
///
/// # Errors
/// The assignments, when there is no such order: some read each other's columns.
pub(super) fn in_order(set: Assignments, dialect: &Dialect) -> std::result::Result<Assignments, Assignments> {
    if !dialect.assigns_in_order || set.iter().filter(|(_, value)| !matches!(value, Expr::Value(_))).count() == 0 {
        return Ok(set);
    }
    let mut left: Vec<usize> = (0..set.len()).collect();
    let mut order = Vec::with_capacity(set.len());
    while !left.is_empty() {
        let is_free =
            |one: usize| left.iter().all(|&other| other == one || !reads(&set[other].1, &set[one].0, dialect));
        let Some(at) = left.iter().position(|&one| is_free(one)) else { return Err(set) };
        order.push(left.remove(at));
    }
    let mut set: Vec<_> = set.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|index| set[index].take()).collect())
}

/// Returns true when the expression reads a column with this name. Another table can have it too: then the answer is true
/// without need.
fn reads(node: &Expr, column: &str, dialect: &Dialect) -> bool {
    Part::Expr(node).any(&mut |part| match part {
        Part::Expr(Expr::Column(read)) => read.name == column,
        Part::Expr(Expr::Digest(columns)) => columns.iter().any(|read| read.name == column),
        Part::Expr(Expr::Raw(sql)) => names(sql, column, dialect),
        _ => false,
    })
}

/// Returns true when the SQL contains this name. Names of columns ignore case.
fn names(sql: &RawSql, column: &str, dialect: &Dialect) -> bool {
    scan(&sql.text, dialect).any(|token| {
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Name);
        is_name && token.text.trim_matches(dialect.quote).eq_ignore_ascii_case(column)
    })
}

/// Refuses to set a column twice: databases differ in which value stays.
///
/// # Errors
/// `InvalidStatement`.
pub(crate) fn require_distinct<N: AsRef<str> + PartialEq>(set: &[(N, Expr)]) -> Result<()> {
    let twice = set.iter().enumerate().find(|(index, (name, _))| set[..*index].iter().any(|(other, _)| other == name));
    match twice {
        Some((_, (name, _))) => Err(assigned_twice(name.as_ref())),
        None => Ok(()),
    }
}

#[cold]
fn assigned_twice(column: &str) -> Error {
    let message = format!("the column `{column}` is assigned twice; assign one expression to it");
    Error::new(ErrorKind::InvalidStatement, message)
}

#[cold]
pub(super) fn cyclic() -> Error {
    Error::unsupported(
        "the assignments read each other's columns, and this database assigns one after the other; use two updates in a \
         transaction, or a model with a primary key",
    )
}
