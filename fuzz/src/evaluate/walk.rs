//! The parts of a tree.

use activerecord_core::statement::{ColumnExpr, Distinct, Expr, FromItem, Select, Set, Subquery, TableRef};

/// Returns the expressions directly below an expression. A query inside it is not one of them.
pub(crate) fn operands(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Not(inner)
        | Expr::IsNull(inner)
        | Expr::Like(inner, _)
        | Expr::Aggregate(_, Some(inner))
        | Expr::DatePart(_, inner)
        | Expr::Json(inner, ..)
        | Expr::Typed(inner, _)
        | Expr::Checked(inner, _)
        | Expr::In(inner, _) => vec![inner],
        Expr::Compare(left, _, right) | Expr::Arithmetic(left, _, right) | Expr::JsonContains(left, right) => {
            vec![left, right]
        }
        Expr::CompareRows(pairs, _) => pairs.iter().flat_map(|(left, right)| [left, right]).collect(),
        Expr::And(all) | Expr::Or(all) | Expr::Call(_, all) => all.iter().collect(),
        Expr::Between(inner, low, high) => vec![inner, low, high],
        Expr::Case(case) => case.arms.iter().flat_map(|(when, value)| [when, value]).chain(&case.otherwise).collect(),
        Expr::Over(inner, window) => {
            let order = window.order_by.iter().map(|item| &item.expr);
            std::iter::once(&**inner).chain(&window.partition_by).chain(order).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the query inside an expression.
pub(super) fn query(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::In(_, Set::Query(query)) | Expr::Exists(query) | Expr::Subquery(query) => Some(query),
        _ => None,
    }
}

/// Returns the queries that a query reads from: its common table expressions and its source.
pub(super) fn sources(query: &Select) -> Vec<&Select> {
    let ctes = query
        .with
        .iter()
        .flat_map(|cte| std::iter::once(&*cte.query.select).chain(cte.step.iter().map(|(_, step)| &*step.select)));
    let from: Vec<&Select> = match &query.from {
        FromItem::Query(inner, _) => vec![inner],
        FromItem::Compound(compound, _) => {
            std::iter::once(&compound.first).chain(&compound.others).map(|member| &*member.select).collect()
        }
        _ => Vec::new(),
    };
    ctes.chain(from).collect()
}

/// Returns the expressions of a query's own clauses.
pub(super) fn expressions(query: &Select) -> Vec<&Expr> {
    let joins = query.joins.iter().map(|join| &join.on);
    joins.chain(&query.filter).chain(&query.group_by).chain(&query.having).chain(listed(query)).collect()
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

/// Tests an expression, those below it, and those of the queries inside it.
pub(super) fn any(expr: &Expr, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    test(expr)
        || operands(expr).into_iter().any(|operand| any(operand, test))
        || query(expr).is_some_and(|query| any_of_query(&query.select, test))
}

/// Tests all expressions of a query, and of the queries inside it.
pub(super) fn any_of_query(query: &Select, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    expressions(query).into_iter().any(|expr| any(expr, test))
        || sources(query).into_iter().any(|source| any_of_query(source, test))
}

/// Whether an expression, or a query inside it, names a column that meets a condition.
pub(super) fn any_column(expr: &Expr, test: &mut dyn FnMut(&ColumnExpr) -> bool) -> bool {
    any(expr, &mut |part| matches!(part, Expr::Column(column) if test(column)))
}

/// Tests a query and every query inside it.
pub(super) fn any_query(query: &Select, test: &mut dyn FnMut(&Select) -> bool) -> bool {
    test(query)
        || sources(query).into_iter().any(|source| any_query(source, test))
        || expressions(query).into_iter().any(|expr| any_query_in(expr, test))
}

/// Tests every query inside an expression.
pub(super) fn any_query_in(expr: &Expr, test: &mut dyn FnMut(&Select) -> bool) -> bool {
    operands(expr).into_iter().any(|operand| any_query_in(operand, test))
        || query(expr).is_some_and(|query| any_query(&query.select, test))
}

/// Whether a query itself reads a table.
pub(super) fn reads(query: &Select, table: &str) -> bool {
    tables(query).any(|read| read.name == table) || matches!(&query.from, FromItem::Named(name) if name == table)
}
