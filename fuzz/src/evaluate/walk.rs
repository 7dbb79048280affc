//! The parts of a tree.

use activerecord_core::Value;
use activerecord_core::statement::{ColumnExpr, Distinct, Expr, FromItem, Part, Select, Set, Subquery, TableRef};

/// Returns the expressions directly below an expression. A query inside it is not one of them.
pub(crate) fn operands(expr: &Expr) -> Vec<&Expr> {
    let mut operands = Vec::new();
    expr.any_child(&mut |part| {
        operands.extend(if let Part::Expr(operand) = part { Some(operand) } else { None });
        false
    });
    operands
}

/// Returns the query inside an expression.
pub(super) fn query(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::In(_, Set::Query(query)) | Expr::Exists(query) | Expr::Subquery(query) => Some(query),
        _ => None,
    }
}

/// Returns the expressions that each row of the result has: items, and those of DISTINCT ON and ORDER BY.
pub(super) fn listed(query: &Select) -> impl Iterator<Item = &Expr> {
    let items = query.items.iter().map(|item| &item.expr);
    items.chain(distinct_on(query)).chain(query.order_by.iter().map(|item| &item.expr))
}

/// Returns the expressions of DISTINCT ON.
pub(super) fn distinct_on(query: &Select) -> &[Expr] {
    if let Distinct::On(columns) = &query.distinct { columns } else { &[] }
}

/// Returns the tables and the common table expressions that a query reads.
pub(super) fn tables(query: &Select) -> impl Iterator<Item = &TableRef> {
    let first = if let FromItem::Table(table) = &query.from { Some(table) } else { None };
    first.into_iter().chain(query.joins.iter().map(|join| &join.table))
}

/// Whether an expression, or a query inside it, names a column that meets a condition.
pub(super) fn any_column(expr: &Expr, test: impl Fn(&ColumnExpr) -> bool) -> bool {
    Part::Expr(expr).any(&mut |part| matches!(part, Part::Expr(Expr::Column(column)) if test(column)))
}

/// Whether a query itself reads a table.
pub(super) fn reads(query: &Select, table: &str) -> bool {
    tables(query).any(|read| read.name == table) || matches!(&query.from, FromItem::Named(name) if name == table)
}

/// Returns the query of EXISTS. Its items are not computed, unless they decide how many rows there are.
pub(super) fn without_items(query: &Subquery) -> Subquery {
    let mut query = query.clone();
    let select = &mut query.select;
    if select.distinct == Distinct::No && (select.is_row_by_row() || !select.group_by.is_empty()) {
        select.items = vec![Expr::Value(Value::I32(1)).into()];
    }
    query
}
