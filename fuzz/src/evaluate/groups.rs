//! GROUP BY and HAVING: the groups of a query, and the columns that they have.

use activerecord_core::statement::{ColumnExpr, Expr, Select};

use super::scope::{Base, Env, Header, Unit};
use super::{Answer, Row, expr, invalid, order, walk};

/// Whether a query has groups. An aggregate without GROUP BY makes one group of all rows.
pub(super) fn has_groups(query: &Select) -> bool {
    !query.group_by.is_empty() || query.having.is_some() || walk::listed(query).any(Expr::is_aggregate)
}

/// Refuses a column that is neither grouped nor aggregated: the rows of a group can have different values of it.
pub(super) fn require_groups(query: &Select, header: &Header) -> Answer<()> {
    if query.group_by.is_empty() && !walk::listed(query).any(Expr::is_aggregate) {
        return Err(invalid("HAVING without groups and selected aggregates"));
    }
    match walk::listed(query).chain(&query.having).find_map(|expr| bare(expr, query, header)) {
        Some(column) => Err(not_grouped(column)),
        None => Ok(()),
    }
}

/// Whether all rows of a group have the same value of a column: it is grouped, or the key of its table is.
pub(super) fn has_one_value(column: &ColumnExpr, query: &Select, header: &Header) -> bool {
    let is_grouped = |name: &str| {
        let is_it =
            |group: &Expr| matches!(group, Expr::Column(group) if group.table == column.table && group.name == name);
        query.group_by.iter().any(is_it)
    };
    let key = header.key_of(&column.table);
    is_grouped(&column.name) || (!key.is_empty() && key.iter().all(|name| is_grouped(name)))
}

pub(super) fn not_grouped(column: &ColumnExpr) -> super::Refusal {
    invalid(format!("a group can have several values of `{}` of `{}`", column.name, column.table))
}

/// Returns the rows that are the units of the result: each row, or each group that meets HAVING.
pub(super) fn units(base: Base<'_>, query: &Select, header: &Header, rows: Vec<Row>) -> Answer<Vec<Unit>> {
    if !has_groups(query) {
        return Ok(rows.into_iter().map(|row| Unit { row, group: None }).collect());
    }
    let units = grouped(base, query, header, rows)?;
    let Some(having) = &query.having else { return Ok(units) };
    let mut kept = Vec::new();
    for at in 0..units.len() {
        let env = Env::of_unit(base, header, &units, at);
        kept.push(expr::truth(having, &env)? == Some(true));
        // A database may also compute the aggregates of a group that HAVING drops, or not. Their overflow is not covered.
        if !kept[at] {
            expr::all(walk::listed(query).filter(|item| item.is_aggregate()), &env)?;
        }
    }
    Ok(units.into_iter().zip(kept).filter_map(|(unit, kept)| kept.then_some(unit)).collect())
}

fn grouped(base: Base<'_>, query: &Select, header: &Header, rows: Vec<Row>) -> Answer<Vec<Unit>> {
    if query.group_by.is_empty() {
        return Ok(vec![Unit { row: rows.first().cloned().unwrap_or_default(), group: Some(rows) }]);
    }
    let (mut keys, mut groups): (Vec<Row>, Vec<Vec<Row>>) = (Vec::new(), Vec::new());
    for row in rows {
        let key = expr::all(&query.group_by, &Env::of_row(base, header, &row))?;
        match order::find(&keys, &key)? {
            Some(at) => groups[at].push(row),
            None => {
                keys.push(key);
                groups.push(vec![row]);
            }
        }
    }
    let unit = |rows: Vec<Row>| Unit { row: rows.first().cloned().unwrap_or_default(), group: Some(rows) };
    Ok(groups.into_iter().map(unit).collect())
}

fn bare<'x>(expr: &'x Expr, query: &Select, header: &Header) -> Option<&'x ColumnExpr> {
    if query.group_by.contains(expr) {
        return None;
    }
    match expr {
        Expr::Column(column) => {
            (header.has(&column.table) && !column.outer && !has_one_value(column, query, header)).then_some(column)
        }
        Expr::Aggregate(..) => None,
        // The arguments of an aggregate over a window are those of a function of the groups.
        Expr::Over(inner, _) => {
            let around = walk::operands(expr).into_iter().skip(1);
            walk::operands(inner).into_iter().chain(around).find_map(|operand| bare(operand, query, header))
        }
        other => walk::operands(other).into_iter().find_map(|operand| bare(operand, query, header)),
    }
}
