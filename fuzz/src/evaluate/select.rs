//! SELECT: its clauses in the order in which they apply.

use std::ops::Range;

use activerecord_core::Value;
use activerecord_core::statement::{Distinct, Expr, FromItem, Join, JoinKind, Name, Select, SelectItem, TableRef};

use super::scope::{Base, Env, Field, Header, Named, Unit};
use super::{Answer, Refusal, Relation, Row, compound, expr, groups, invalid, number, order, walk};

/// Returns the rows of the outermost query of a statement: its values are read.
pub(super) fn outermost(base: &Base<'_>, query: &Select) -> Answer<Relation> {
    // A database may compute the items of rows that LIMIT drops, or not. Their overflow is not covered.
    let is_read = query.limit.is_none() && query.offset.is_none();
    rows(base, query, if is_read { read } else { expr::eval })
}

/// Returns the rows of a query inside another.
pub(super) fn inner(base: &Base<'_>, query: &Select) -> Answer<Relation> {
    rows(base, query, expr::eval)
}

/// Returns the columns of a query's result.
pub(super) fn fields(query: &Select, header: &Header) -> Answer<Vec<Field>> {
    if query.items.is_empty() {
        return Ok(header.fields());
    }
    let field = |item: &SelectItem| {
        let name = if let Expr::Column(column) = &item.expr { Some(&column.name) } else { None };
        let ty = item.expr.ty().ok_or(Refusal::NotCovered("an item without a type"))?;
        Ok(Field { name: item.alias.as_ref().or(name).cloned(), ty })
    };
    query.items.iter().map(field).collect()
}

type Evaluate = fn(&Expr, &Env<'_>) -> Answer<Value>;

fn read(item: &Expr, env: &Env<'_>) -> Answer<Value> {
    match expr::written(item, env)? {
        Value::F64(x) if !x.is_finite() => Err(expr::INFINITE),
        value => Ok(value),
    }
}

fn rows(base: &Base<'_>, query: &Select, evaluate: Evaluate) -> Answer<Relation> {
    let ctes = compound::with(base, &query.with)?;
    let base = Base { ctes: &ctes, ..*base };
    let (header, rows) = source(base, query)?;
    let columns = fields(query, &header)?;
    let mut found = Vec::new();
    for row in rows {
        if met(query.filter.as_ref(), &Env::of_row(base, &header, &row))? {
            found.push(row);
        }
    }
    let units = groups::units(base, query, &header, found)?;
    let mut listed = list(base, query, &header, &units, evaluate)?;
    order::sort(&mut listed, |row| &row.key, &query.order_by)?;
    let listed = distinct(query, listed)?;
    let places = places(query, &listed)?;
    let kept = limit(query, &listed, &places)?;
    let places = places.get(kept.clone()).unwrap_or_default().to_vec();
    let rows = listed.into_iter().skip(kept.start).take(kept.len()).map(|row| row.row).collect();
    Ok(Relation { columns, rows, places })
}

/// FROM and JOIN.
pub(super) fn source(base: Base<'_>, query: &Select) -> Answer<(Header, Vec<Row>)> {
    let (first, mut rows) = match &query.from {
        FromItem::Table(table) => table_ref(base, table)?,
        FromItem::Named(name) => of_table(base, name, name)?,
        FromItem::Query(query, name) => derived(name, (base.inner)(&base, query)?)?,
        FromItem::Compound(members, name) => derived(name, compound::combined(&base, members)?)?,
        _ => return Err(Refusal::NotCovered("an unknown source")),
    };
    let mut header = Header::default();
    header.add(first)?;
    for join in &query.joins {
        let (table, others) = table_ref(base, &join.table)?;
        let nulls: Row = table.fields.iter().map(|field| Value::Null(field.ty)).collect();
        header.add(table)?;
        rows = joined(base, &header, &rows, (&others, &nulls), join)?;
    }
    Ok((header, rows))
}

type Source = (Named, Vec<Row>);

/// Returns a table or a common table expression.
fn table_ref(base: Base<'_>, table: &TableRef) -> Answer<Source> {
    // The model says which columns are the key.
    if let Some(model) = table.model {
        let key = model.key_columns().map(|column| column.name.into()).collect();
        let (found, rows) = of_table(base, &table.name, table.label())?;
        return Ok((Named { key, ..found }, rows));
    }
    let found = base.ctes.iter().rev().find(|(name, _)| *name == table.name);
    let (_, rows) = found.ok_or_else(|| invalid(format!("no common table expression `{}`", table.name)))?;
    Ok(named(table.label(), Relation::clone(rows)))
}

fn of_table(base: Base<'_>, name: &str, label: &Name) -> Answer<Source> {
    if base.ctes.iter().any(|(cte, _)| cte == name) {
        return Err(Refusal::NotCovered("a common table expression with the name of a table"));
    }
    let table = base.db.table(name)?;
    Ok((Named { label: label.clone(), fields: table.fields(), key: table.key_names() }, table.rows.clone()))
}

/// MySQL refuses two columns with one name, and PostgreSQL only their use.
fn derived(label: &Name, found: Relation) -> Answer<Source> {
    let mut names: Vec<_> = found.columns.iter().filter_map(|field| field.name.as_ref()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    match names.len() == all {
        true => Ok(named(label, found)),
        false => Err(Refusal::NotCovered("a derived table with two columns of one name")),
    }
}

fn named(label: &Name, found: Relation) -> Source {
    (Named { label: label.clone(), fields: found.columns, key: Vec::new() }, found.rows)
}

/// Returns each pair of rows that meets the condition. A left join also keeps each row without a partner, with NULLs.
fn joined(
    base: Base<'_>,
    header: &Header,
    left: &[Row],
    (right, nulls): (&[Row], &Row),
    join: &Join,
) -> Answer<Vec<Row>> {
    let mut pairs = Vec::new();
    for row in left {
        let before = pairs.len();
        for other in right {
            let pair = [row.as_slice(), other].concat();
            if met(Some(&join.on), &Env::of_row(base, header, &pair))? {
                pairs.push(pair);
            }
        }
        if pairs.len() == before && join.kind == JoinKind::Left {
            pairs.push([row.as_slice(), nulls].concat());
        }
    }
    Ok(pairs)
}

fn met(condition: Option<&Expr>, env: &Env<'_>) -> Answer<bool> {
    condition.map_or(Ok(true), |condition| Ok(expr::truth(condition, env)? == Some(true)))
}

/// A row of the result, before DISTINCT.
struct Listed {
    row: Row,
    /// The values of ORDER BY.
    key: Row,
    /// The values of DISTINCT ON.
    on: Row,
}

fn list(base: Base<'_>, query: &Select, header: &Header, units: &[Unit], evaluate: Evaluate) -> Answer<Vec<Listed>> {
    let mut listed = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let env = Env::of_unit(base, header, units, at);
        let row = match query.items.is_empty() {
            true => unit.row.clone(),
            false => query.items.iter().map(|item| evaluate(&item.expr, &env)).collect::<Answer<Row>>()?,
        };
        let key = expr::all(query.order_by.iter().map(|item| &item.expr), &env)?;
        listed.push(Listed { row, key, on: expr::all(walk::distinct_on(query), &env)? });
    }
    Ok(listed)
}

/// DISTINCT keeps one of equal rows, and DISTINCT ON the first in the order of the rows with equal values.
fn distinct(query: &Select, listed: Vec<Listed>) -> Answer<Vec<Listed>> {
    let key = match query.distinct {
        Distinct::No => return Ok(listed),
        Distinct::Rows => |listed: &Listed| listed.row.clone(),
        _ => |listed: &Listed| listed.on.clone(),
    };
    let (mut keys, mut kept): (Vec<Row>, Vec<Listed>) = (Vec::new(), Vec::new());
    for row in listed {
        match order::find(&keys, &key(&row))? {
            None => {
                keys.push(key(&row));
                kept.push(row);
            }
            Some(at) if query.distinct != Distinct::Rows && is_tie(query, &kept[at], &row)? => {
                return Err(Refusal::NotCovered("DISTINCT ON whose order does not decide which row is the first"));
            }
            Some(_) => {}
        }
    }
    Ok(kept)
}

/// Whether the order does not decide between two rows that differ.
fn is_tie(query: &Select, a: &Listed, b: &Listed) -> Answer<bool> {
    Ok(order::by_keys(&a.key, &b.key, &query.order_by)?.is_eq() && !order::same_row(&a.row, &b.row)?)
}

/// Returns the place of each row in the order.
fn places(query: &Select, listed: &[Listed]) -> Answer<Vec<usize>> {
    let mut places = vec![0; listed.len().min(1)];
    for pair in listed.windows(2) {
        let differs = order::by_keys(&pair[0].key, &pair[1].key, &query.order_by)?.is_ne();
        places.push(places.last().copied().unwrap_or_default() + usize::from(differs));
    }
    Ok(places)
}

/// OFFSET and LIMIT. They may not part rows between which the order does not decide, unless the rows are equal.
fn limit(query: &Select, listed: &[Listed], places: &[usize]) -> Answer<Range<usize>> {
    let size = |rows: Option<u64>, default| rows.map_or(default, |rows| usize::try_from(rows).unwrap_or(usize::MAX));
    let start = size(query.offset, 0).min(listed.len());
    let end = start.saturating_add(size(query.limit, usize::MAX)).min(listed.len());
    for cut in if start == end { [0, 0] } else { [start, end] } {
        let Some(place) = places.get(cut).filter(|_| cut > 0).filter(|place| places.get(cut - 1) == Some(place)) else {
            continue;
        };
        let tied: Vec<&Listed> = listed.iter().zip(places).filter(|(_, at)| *at == place).map(|(row, _)| row).collect();
        for pair in tied.windows(2) {
            if !order::same_row(&pair[0].row, &pair[1].row)? {
                return Err(Refusal::NotCovered("a limit that parts rows between which the order does not decide"));
            }
        }
    }
    Ok(start..end)
}

/// Returns the type of a column that has values of both types.
pub(super) fn common(a: &Field, b: &Field) -> Answer<Field> {
    let ty = number::wider(a.ty, b.ty).ok_or(Refusal::NotCovered("a column with values of several types"))?;
    Ok(Field { name: a.name.clone(), ty })
}
