//! What is refused whatever rows the tables have: unknown names, misplaced aggregates, and what is `Unsupported`.

mod expr;

pub(super) use expr::{Scope, value};

use activerecord_core::statement::{Distinct, Expr, Select};

use super::scope::Base;
use super::{Answer, Database, Refusal, Relation, compound, groups, order, select, unsupported, walk};

/// Checks a query that is a statement.
pub(super) fn query(db: &Database, query: &Select) -> Answer<()> {
    let db = db.definitions();
    let base = db.base(inner);
    // The query and a list of its conditions are two more levels.
    inner(&Base { levels: base.levels + 2, ..base }, query).map(drop)
}

/// Checks a query, and returns its columns, without rows.
pub(super) fn inner(base: &Base<'_>, query: &Select) -> Answer<Relation> {
    let base = Base { levels: below(base.levels)?, ..*base };
    if query.lock.is_some() {
        return Err(Refusal::NotCovered("row locks"));
    }
    let ctes = compound::with(&base, &query.with)?;
    let base = Base { ctes: &ctes, ..base };
    let (header, _) = select::source(base, query)?;
    for (at, join) in query.joins.iter().enumerate() {
        // It sees the tables up to its own.
        Scope::of_rows(base, &header.first(at + 2)).check(&join.on)?;
    }
    clauses(&Scope::of_rows(base, &header), query)?;
    Ok(Relation { columns: select::fields(query, &header)?, ..Relation::default() })
}

fn clauses(rows: &Scope<'_>, query: &Select) -> Answer<()> {
    let has_groups = groups::has_groups(query);
    let listed = rows.of_result(has_groups.then_some(query));
    query.filter.iter().chain(&query.group_by).try_for_each(|expr| rows.check(expr))?;
    walk::listed(query).try_for_each(|expr| listed.check(expr))?;
    query.having.iter().try_for_each(|having| listed.without_windows().check(having))?;
    query.order_by.iter().try_for_each(|item| order::require_order(item.expr.ty()))?;
    if has_groups {
        if query.items.is_empty() {
            return Err(Refusal::NotCovered("all columns of groups"));
        }
        groups::require_groups(query, rows.header())?;
    }
    distinct(query)
}

/// Distinct rows are ordered by what they select, and DISTINCT ON by its own columns first.
fn distinct(query: &Select) -> Answer<()> {
    let is_selected = |expr: &Expr| match query.items.is_empty() {
        true => matches!(expr, Expr::Column(_)),
        false => query.items.iter().any(|item| item.expr == *expr),
    };
    let columns = walk::distinct_on(query);
    let is_known = |expr: &Expr| matches!(expr, Expr::Column(_)) || is_selected(expr);
    match &query.distinct {
        Distinct::Rows if !query.order_by.iter().all(|item| is_selected(&item.expr)) => {
            Err(unsupported("distinct rows are ordered by a value that is not selected"))
        }
        Distinct::On(_) if !query.order_by.is_empty() => {
            let begins = query.order_by.iter().take(columns.len()).all(|item| columns.contains(&item.expr));
            match begins && columns.iter().all(is_known) {
                true => Ok(()),
                false => Err(unsupported("the order does not begin with the columns of DISTINCT ON")),
            }
        }
        _ => Ok(()),
    }
}

fn below(levels: usize) -> Answer<usize> {
    levels.checked_sub(1).ok_or_else(|| unsupported("the statement is nested too deeply"))
}
