//! Set operators and common table expressions.

use std::rc::Rc;

use activerecord_core::statement::{Compound, Cte, Name, Select, SetOperator, Subquery};

use super::scope::{Base, Field};
use super::{Answer, Refusal, Relation, Row, invalid, order, select};

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
    let mut all = select::inner(base, &compound.first.select)?;
    for other in &compound.others {
        let other = select::inner(base, &other.select)?;
        let columns = unified(&all.columns, &other.columns)?;
        let rows = operated(compound.operator, all.rows, other.rows)?;
        all = Relation { columns, rows, places: Vec::new() };
    }
    Ok(all)
}

/// Returns the columns of rows of both. The names are those of the first.
pub(super) fn unified(first: &[Field], other: &[Field]) -> Answer<Vec<Field>> {
    if first.len() != other.len() {
        return Err(invalid("the queries have different numbers of columns"));
    }
    first.iter().zip(other).map(|(first, other)| select::common(first, other)).collect()
}

/// Returns the columns of a common table expression, which names those of its query.
pub(super) fn renamed(cte: &Cte, columns: Vec<Field>) -> Answer<Vec<Field>> {
    if cte.columns.len() != columns.len() {
        return Err(invalid(format!("`{}` has another number of columns than its query", cte.name)));
    }
    Ok(columns.into_iter().zip(&cte.columns).map(|(field, name)| Field { name: Some(name.clone()), ..field }).collect())
}

fn of_cte(base: &Base<'_>, cte: &Cte) -> Answer<Relation> {
    let first = select::inner(base, &cte.query.select)?;
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
    let is_new_only = operator == SetOperator::Union;
    let mut columns = first.columns;
    let mut all = if is_new_only { distinct(first.rows)? } else { first.rows };
    let mut last = all.clone();
    while !last.is_empty() {
        let before = Relation { columns: columns.clone(), rows: last, places: Vec::new() };
        last = next(base, name, before, &step.select, &mut columns)?;
        if is_new_only {
            last = operated(SetOperator::Except, last, all.clone())?;
        }
        all.extend(last.iter().cloned());
        if all.len() > MOST_ROWS {
            return Err(Refusal::NotCovered("a recursion that does not end"));
        }
    }
    Ok(Relation { columns, rows: all, places: Vec::new() })
}

fn next(base: &Base<'_>, name: &Name, before: Relation, step: &Select, columns: &mut Vec<Field>) -> Answer<Vec<Row>> {
    let mut ctes = base.ctes.to_vec();
    ctes.push((name.clone(), Rc::new(before)));
    let found = select::inner(&Base { ctes: &ctes, ..*base }, step)?;
    *columns = unified(columns, &found.columns)?;
    Ok(found.rows)
}

fn operated(operator: SetOperator, first: Vec<Row>, other: Vec<Row>) -> Answer<Vec<Row>> {
    match operator {
        SetOperator::UnionAll => Ok([first, other].concat()),
        SetOperator::Union => distinct([first, other].concat()),
        SetOperator::Intersect => kept(distinct(first)?, &other, true),
        SetOperator::Except => kept(distinct(first)?, &other, false),
        _ => Err(Refusal::NotCovered("an unknown set operator")),
    }
}

/// Keeps the rows that are, or are not, among the others.
fn kept(rows: Vec<Row>, others: &[Row], wanted: bool) -> Answer<Vec<Row>> {
    let mut kept = Vec::new();
    for row in rows {
        if contains(others, &row)? == wanted {
            kept.push(row);
        }
    }
    Ok(kept)
}

fn distinct(rows: Vec<Row>) -> Answer<Vec<Row>> {
    let mut kept: Vec<Row> = Vec::new();
    for row in rows {
        if !contains(&kept, &row)? {
            kept.push(row);
        }
    }
    Ok(kept)
}

fn contains(rows: &[Row], row: &Row) -> Answer<bool> {
    for other in rows {
        if order::same_row(other, row)? {
            return Ok(true);
        }
    }
    Ok(false)
}
