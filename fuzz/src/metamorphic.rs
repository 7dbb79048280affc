//! Rules that need no evaluator: different queries that must have the same rows on one database.

use activerecord_core::statement::{
    Aggregate, Case, ColumnExpr, Cte, Distinct, Expr, FromItem, Name, Part, Select, SelectItem, Subquery, TableRef,
};
use activerecord_core::{Stored, Value, ValueType};

use crate::compare::is_permuted;
use crate::evaluate::{Row, number, order};
use crate::shrink::rendered;
use crate::site::Site;
use crate::step::{Outcome, Step};
use crate::world::World;

/// Queries whose rows together are those of another one.
struct Rule {
    name: &'static str,
    whole: Select,
    parts: Vec<Select>,
    /// Makes the rows of the whole query of those of its parts. None: the rule does not apply to them.
    joined: fn(&Select, Vec<Row>) -> Option<Vec<Row>>,
}

/// Checks the rules that apply to a query. Returns a text for each one that the database breaks.
pub(crate) async fn check(query: &Select, world: &World, site: &Site) -> Vec<String> {
    let mut broken = Vec::new();
    for rule in rules(query) {
        if let (Some(whole), Some(parts)) =
            (rows(std::slice::from_ref(&rule.whole), world, site).await, rows(&rule.parts, world, site).await)
            && let Some(parts) = (rule.joined)(&rule.whole, parts)
            && (whole.len() != parts.len() || !is_permuted(&whole, &parts))
        {
            let sql: Vec<_> = [&rule.whole].into_iter().chain(&rule.parts).map(|query| text(query, site)).collect();
            let (name, site) = (rule.name, site.name());
            broken.push(format!("{name} on {site}\n{}\n{whole:?}\n{parts:?}", sql.join("\n")));
        }
    }
    broken
}

fn text(query: &Select, site: &Site) -> String {
    rendered(activerecord_core::statement::Statement::Select(query.clone()), site)
}

/// The rows of all queries. None: one is refused.
async fn rows(queries: &[Select], world: &World, site: &Site) -> Option<Vec<Row>> {
    let mut all = Vec::new();
    for query in queries {
        match site.run(&Step::Read(query.clone()), world, true).await {
            Outcome::Rows { mut rows, .. } => all.append(&mut rows),
            _ => return None,
        }
    }
    Some(all)
}

fn rules(query: &Select) -> Vec<Rule> {
    let mut rules = partitioned(query);
    // Which rows a limit or DISTINCT ON keeps may be undecided. MariaDB groups wrongly by a query, except in the outermost one.
    let is_special = query.limit.is_some() || query.offset.is_some() || matches!(query.distinct, Distinct::On(_));
    let is_query = |part: &Part<'_>| matches!(part, Part::Query(_));
    let is_special = is_special || query.group_by.iter().any(|group| Part::Expr(group).any(&mut { is_query }));
    if !is_special && query.items.iter().all(|item| item.expr.ty().is_some()) {
        rules.extend([wrapped(query), named(query)]);
    }
    rules
}

/// A condition is true, false or NULL for each row.
fn partitioned(query: &Select) -> Vec<Rule> {
    let Some(filter) = query.filter.clone() else { return Vec::new() };
    let is_limited = query.limit.is_some() || query.offset.is_some();
    let has_windows = query.items.iter().any(|item| matches!(item.expr, Expr::Over(..)));
    if !query.is_row_by_row() || query.distinct != Distinct::No || is_limited || has_windows {
        return Vec::new();
    }
    let conditions = thirds(&filter);
    let rule = |name, items: &[SelectItem], joined| {
        let with = |filter| Select { filter, items: items.to_vec(), order_by: Vec::new(), ..query.clone() };
        Rule {
            name,
            whole: with(None),
            parts: conditions.iter().cloned().map(|part| with(Some(part))).collect(),
            joined,
        }
    };
    vec![
        rule("a condition splits the rows", &query.items, same),
        rule("the aggregates of parts add up", &aggregates(query), added_up),
    ]
}

/// Returns the conditions that this one is true, false and NULL.
fn thirds(filter: &Expr) -> [Expr; 3] {
    let not = Expr::Not(Box::new(filter.clone()));
    let value = |number| Expr::Value(Value::I32(number));
    let decided = Case { arms: vec![(filter.clone(), value(1)), (not.clone(), value(0))], otherwise: None };
    [filter.clone(), not, Expr::IsNull(Box::new(Expr::Case(Box::new(decided))))]
}

fn same(_: &Select, rows: Vec<Row>) -> Option<Vec<Row>> {
    Some(rows)
}

/// Returns the aggregates whose values for the parts of a table make up that for the table.
fn aggregates(query: &Select) -> Vec<SelectItem> {
    let of = |item: &SelectItem| {
        let aggregate = |function| Expr::Aggregate(function, Some(Box::new(item.expr.clone())));
        let sum = match item.expr.ty() {
            // The sum of floats depends on the order of the rows.
            Some(ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::Decimal) => Some(Aggregate::Sum),
            _ => None,
        };
        [Aggregate::Count, Aggregate::Min, Aggregate::Max].into_iter().chain(sum).map(aggregate).collect::<Vec<_>>()
    };
    let count = Expr::Aggregate(Aggregate::Count, None);
    std::iter::once(count).chain(query.items.iter().flat_map(of)).map(SelectItem::from).collect()
}

/// Joins the aggregates of the parts, each of which has one row.
fn added_up(whole: &Select, parts: Vec<Row>) -> Option<Vec<Row>> {
    let column = |(at, item): (usize, &SelectItem)| {
        let Expr::Aggregate(function, _) = item.expr else { return None };
        let mut values = parts.iter().filter_map(|row| row.get(at).cloned());
        let first = values.next()?;
        values.try_fold(first, |all, value| added(function, all, value))
    };
    Some(vec![whole.items.iter().enumerate().map(column).collect::<Option<Row>>()?])
}

fn added(function: Aggregate, all: Value, value: Value) -> Option<Value> {
    match (function, all, value) {
        (_, Value::Null(_), other) | (_, other, Value::Null(_)) => Some(other),
        (Aggregate::Count | Aggregate::Sum, Value::I64(all), Value::I64(n)) => all.checked_add(n).map(Value::I64),
        (Aggregate::Sum, Value::Decimal(all), Value::Decimal(n)) => number::sum(all, n).ok().map(Value::Decimal),
        (function, all, value) => {
            let is_less = order::compare(&all, &value).ok()?.is_lt();
            Some(if is_less == (function == Aggregate::Min) { all } else { value })
        }
    }
}

/// A query of all rows of the query.
fn wrapped(query: &Select) -> Rule {
    let name: Name = "whole".into();
    let inner = aliased(query);
    let items = items(&inner, &name);
    let outer = Select { items, ..Select::from(FromItem::Query(Box::new(inner), name)) };
    Rule { name: "a query inside another", whole: query.clone(), parts: vec![outer], joined: same }
}

/// The same by a common table expression.
fn named(query: &Select) -> Rule {
    let name: Name = "whole".into();
    let inner = aliased(query);
    let items = items(&inner, &name);
    let columns: Vec<Name> = inner.items.iter().filter_map(|item| item.alias.clone()).collect();
    let stored = vec![Stored::Default; columns.len()];
    let query_of = Subquery { select: Box::new(inner), connection: None };
    let cte = Cte { name: name.clone(), columns, stored, query: query_of, step: None };
    let source = FromItem::Table(TableRef { name, alias: None, model: None });
    let outer = Select { with: vec![cte], items, ..Select::from(source) };
    Rule { name: "a common table expression", whole: query.clone(), parts: vec![outer], joined: same }
}

fn aliased(query: &Select) -> Select {
    let mut query = Select { order_by: Vec::new(), ..query.clone() };
    for (at, item) in query.items.iter_mut().enumerate() {
        item.alias = Some(format!("whole{at}").into());
    }
    query
}

fn items(query: &Select, name: &Name) -> Vec<SelectItem> {
    let column = |item: &SelectItem| {
        Expr::Column(ColumnExpr {
            table: name.clone(),
            outer: false,
            name: item.alias.clone().unwrap_or_default(),
            ty: item.expr.ty().unwrap_or(ValueType::Text),
            nullable: true,
            stored: Stored::Default,
        })
        .into()
    };
    query.items.iter().map(column).collect()
}
