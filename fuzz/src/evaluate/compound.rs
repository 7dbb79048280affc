//! Set operators and common table expressions.

use std::rc::Rc;

use activerecord_core::statement::{
    Compound, Cte, Distinct, Expr, JoinKind, Name, Part, Select, SetOperator, Subquery,
};

use super::scope::{Base, Field};
use super::{Answer, Refusal, Relation, Row, groups, invalid, order, select, walk};

/// Adds the common table expressions of a query to those that it sees. Each one sees those before it.
pub(super) fn with(base: &Base<'_>, ctes: &[Cte]) -> Answer<Vec<(Name, Rc<Relation>)>> {
    let mut known = base.ctes.to_vec();
    for cte in ctes {
        let rows = of_cte(&Base { ctes: &known, ..*base }, cte)?;
        known.push((cte.name.clone(), Rc::new(rows)));
    }
    Ok(known)
}

/// Returns the rows of several queries.
pub(super) fn combined(base: &Base<'_>, compound: &Compound) -> Answer<Relation> {
    let mut all = base.query(&compound.first)?;
    for other in &compound.others {
        let other = base.query(other)?;
        let columns = unified(&all.columns, &other.columns)?;
        let rows = operated(compound.operator, all.rows, other.rows)?;
        all = Relation { columns, rows, places: Vec::new() };
    }
    Ok(all)
}

/// Returns the columns of rows of both. The names are those of the first.
fn unified(first: &[Field], other: &[Field]) -> Answer<Vec<Field>> {
    if first.len() != other.len() {
        return Err(invalid("the queries have different numbers of columns"));
    }
    first.iter().zip(other).map(|(first, other)| select::common(first, other)).collect()
}

/// Returns the columns of a common table expression, which names those of its query.
fn renamed(cte: &Cte, columns: Vec<Field>) -> Answer<Vec<Field>> {
    if cte.columns.len() != columns.len() {
        return Err(invalid(format!("`{}` has another number of columns than its query", cte.name)));
    }
    Ok(columns.into_iter().zip(&cte.columns).map(|(field, name)| Field { name: Some(name.clone()), ..field }).collect())
}

fn of_cte(base: &Base<'_>, cte: &Cte) -> Answer<Relation> {
    let first = base.query(&cte.query)?;
    let first = Relation { columns: renamed(cte, first.columns)?, ..first };
    match &cte.step {
        Some((operator, step)) => recursive(base, &cte.name, first, *operator, step),
        None => Ok(first),
    }
}

/// The rows of a recursion that never ends are more.
const MOST_ROWS: usize = 10_000;

/// Returns the rows of the first part, then of the step on these rows, then of the step on the rows that this found, until
/// it finds none. UNION drops each row that was found before.
fn recursive(
    base: &Base<'_>,
    name: &Name,
    first: Relation,
    operator: SetOperator,
    step: &Subquery,
) -> Answer<Relation> {
    require_plain_step(&step.select, name)?;
    let is_new_only = operator == SetOperator::Union;
    let mut all = if is_new_only { order::distinct(first.rows)? } else { first.rows };
    let mut last = Relation { columns: first.columns, rows: all.clone(), places: Vec::new() };
    loop {
        let columns = last.columns.clone();
        let ctes = [base.ctes, &[(name.clone(), Rc::new(last))]].concat();
        let found = Base { ctes: &ctes, ..*base }.query(step)?;
        let rows = if is_new_only { operated(SetOperator::Except, found.rows, all.clone())? } else { found.rows };
        last = Relation { columns: unified(&columns, &found.columns)?, rows, places: Vec::new() };
        all.extend(last.rows.iter().cloned());
        if last.rows.is_empty() {
            return Ok(Relation { rows: all, ..last });
        }
        if all.len() > MOST_ROWS {
            return Err(Refusal::NotCovered("a recursion that does not end"));
        }
    }
}

/// Databases differ in what a recursive step can be, beyond joins of the rows that were found before.
fn require_plain_step(step: &Select, name: &str) -> Answer<()> {
    let reads =
        |query: &Select| walk::tables(query).filter(|table| table.model.is_none() && table.name == name).count();
    let (mut all, mut has_windows) = (0, false);
    Part::Query(step).any(&mut |part| {
        match part {
            Part::Query(query) => all += reads(query),
            Part::Expr(expr) => has_windows |= matches!(expr, Expr::Over(..)),
        }
        false
    });
    let is_outer = step.joins.iter().any(|join| join.kind == JoinKind::Left);
    let is_plain = step.order_by.is_empty() && step.limit.is_none() && step.offset.is_none();
    let is_row_by_row = step.distinct == Distinct::No && !groups::has_groups(step);
    match (reads(step), all) == (1, 1) && !is_outer && is_plain && is_row_by_row && !has_windows {
        true => Ok(()),
        false => Err(Refusal::NotCovered("a recursive step that is more than a join")),
    }
}

fn operated(operator: SetOperator, first: Vec<Row>, other: Vec<Row>) -> Answer<Vec<Row>> {
    match operator {
        SetOperator::UnionAll => Ok([first, other].concat()),
        SetOperator::Union => order::distinct([first, other].concat()),
        SetOperator::Intersect => kept(order::distinct(first)?, &other, true),
        SetOperator::Except => kept(order::distinct(first)?, &other, false),
        _ => Err(Refusal::NotCovered("an unknown set operator")),
    }
}

/// Keeps the rows that are, or are not, among the others.
fn kept(rows: Vec<Row>, others: &[Row], wanted: bool) -> Answer<Vec<Row>> {
    let mut kept = Vec::new();
    for row in rows {
        if order::find(others, &row)?.is_some() == wanted {
            kept.push(row);
        }
    }
    Ok(kept)
}
