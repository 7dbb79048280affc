//! What is refused whatever rows the tables have: unknown names, misplaced aggregates, and what is `Unsupported`.

mod expr;

pub(super) use expr::{Scope, value};

use activerecord_core::statement::{
    Compound, Cte, Distinct, Expr, FromItem, JoinKind, MAX_DEPTH, Name, Select, Subquery, TableRef,
};

use super::scope::{Field, Header};
use super::{Answer, Database, Refusal, compound, groups, invalid, order, select, unsupported, walk};

/// Checks a query that is a statement.
pub(super) fn query(db: &Database, query: &Select) -> Answer<()> {
    // The query and a list of its conditions are two more levels.
    select_of(Around { db, ctes: &[], outer: None, levels: MAX_DEPTH + 2 }, query).map(drop)
}

/// What a query sees before it reads its own tables.
#[derive(Clone, Copy)]
pub(in crate::evaluate) struct Around<'n> {
    pub(super) db: &'n Database,
    pub(super) ctes: &'n [(Name, Vec<Field>)],
    pub(super) outer: Option<&'n Scope<'n>>,
    /// The number of levels that can follow.
    pub(super) levels: usize,
}

/// Checks a query inside another, and returns its columns.
fn nested(around: Around<'_>, query: &Subquery) -> Answer<Vec<Field>> {
    match &query.connection {
        Some(_) => Err(unsupported("a query inside another names a connection")),
        None => select_of(around, &query.select),
    }
}

fn select_of(around: Around<'_>, query: &Select) -> Answer<Vec<Field>> {
    let levels = below(around.levels)?;
    if query.lock.is_some() {
        return Err(Refusal::NotCovered("row locks"));
    }
    let mut ctes = around.ctes.to_vec();
    for cte in &query.with {
        let fields = of_cte(Around { ctes: &ctes, levels, ..around }, cte)?;
        ctes.push((cte.name.clone(), fields));
    }
    let around = Around { ctes: &ctes, levels, ..around };
    let header = source(around, query)?;
    clauses(&Scope::of_rows(around, &header), query)?;
    select::fields(query, &header)
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
        groups::require_groups(query, rows.header)?;
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

/// FROM and JOIN. The condition of a join sees the tables up to its own.
fn source(around: Around<'_>, query: &Select) -> Answer<Header> {
    let mut header = Header::default();
    let (label, fields, key) = match &query.from {
        FromItem::Table(table) => table_ref(around, table)?,
        FromItem::Named(name) => of_table(around, name, name)?,
        FromItem::Query(inner, name) => (name, derived(select_of(around, inner)?)?, Vec::new()),
        FromItem::Compound(members, name) => (name, derived(combined(around, members)?)?, Vec::new()),
        _ => return Err(Refusal::NotCovered("an unknown source")),
    };
    header.add(label, fields, key)?;
    for join in &query.joins {
        let (label, fields, key) = table_ref(around, &join.table)?;
        header.add(label, fields, key)?;
        Scope::of_rows(around, &header).check(&join.on)?;
    }
    Ok(header)
}

type Source<'t> = (&'t Name, Vec<Field>, Vec<Name>);

fn table_ref<'t>(around: Around<'_>, table: &'t TableRef) -> Answer<Source<'t>> {
    // The model says which columns are the key.
    if let Some(model) = table.model {
        let key = model.key_columns().map(|column| column.name.into()).collect();
        return of_table(around, &table.name, table.label()).map(|(label, fields, _)| (label, fields, key));
    }
    let found = around.ctes.iter().rev().find(|(name, _)| *name == table.name);
    let (_, fields) = found.ok_or_else(|| invalid(format!("no common table expression `{}`", table.name)))?;
    Ok((table.label(), fields.clone(), Vec::new()))
}

fn of_table<'t>(around: Around<'_>, name: &str, label: &'t Name) -> Answer<Source<'t>> {
    if around.ctes.iter().any(|(cte, _)| cte == name) {
        return Err(Refusal::NotCovered("a common table expression with the name of a table"));
    }
    let table = around.db.table(name)?;
    Ok((label, table.fields(), table.key_names()))
}

/// MySQL refuses two columns with one name, and PostgreSQL only their use.
fn derived(fields: Vec<Field>) -> Answer<Vec<Field>> {
    let is_twice = |(at, field): (usize, &Field)| {
        field.name.is_some() && fields[..at].iter().any(|other| other.name == field.name)
    };
    match fields.iter().enumerate().any(is_twice) {
        true => Err(Refusal::NotCovered("a derived table with two columns of one name")),
        false => Ok(fields),
    }
}

fn combined(around: Around<'_>, members: &Compound) -> Answer<Vec<Field>> {
    let first = nested(around, &members.first)?;
    members.others.iter().try_fold(first, |all, other| compound::unified(&all, &nested(around, other)?))
}

fn of_cte(around: Around<'_>, cte: &Cte) -> Answer<Vec<Field>> {
    let fields = compound::renamed(cte, nested(around, &cte.query)?)?;
    let Some((_, step)) = &cte.step else { return Ok(fields) };
    let mut ctes = around.ctes.to_vec();
    ctes.push((cte.name.clone(), fields.clone()));
    let found = nested(Around { ctes: &ctes, ..around }, step)?;
    require_plain_step(&step.select, &cte.name)?;
    compound::unified(&fields, &found)
}

/// Databases differ in what a recursive step can be, beyond joins of the rows that were found before.
fn require_plain_step(step: &Select, name: &str) -> Answer<()> {
    let reads =
        |query: &Select| walk::tables(query).filter(|table| table.model.is_none() && table.name == name).count();
    let mut all = 0;
    walk::any_query(step, &mut |query| {
        all += reads(query);
        false
    });
    let is_outer = step.joins.iter().any(|join| join.kind == JoinKind::Left);
    let is_window = |expr: &Expr| matches!(expr, Expr::Over(..));
    let is_plain = step.order_by.is_empty() && step.limit.is_none() && step.offset.is_none();
    let is_row_by_row = step.distinct == Distinct::No && !groups::has_groups(step);
    let has_windows = walk::expressions(step).into_iter().any(|expr| walk::any(expr, &mut |part| is_window(part)));
    match (reads(step), all) == (1, 1) && !is_outer && is_plain && is_row_by_row && !has_windows {
        true => Ok(()),
        false => Err(Refusal::NotCovered("a recursive step that is more than a join")),
    }
}

fn below(levels: usize) -> Answer<usize> {
    levels.checked_sub(1).ok_or_else(|| unsupported("the statement is nested too deeply"))
}
