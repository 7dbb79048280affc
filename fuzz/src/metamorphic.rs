//! Rules that need no evaluator: different queries that must have the same rows on one database.

use activerecord_core::statement::{
    Case, ColumnExpr, Cte, Distinct, Expr, FromItem, Name, Select, SelectItem, Subquery, TableRef,
};
use activerecord_core::{Stored, Value, ValueType};

use crate::compare::is_permuted;
use crate::evaluate::Row;
use crate::shrink::rendered;
use crate::site::Site;
use crate::step::{Outcome, Step};
use crate::world::World;

/// Queries whose rows together are those of another one.
struct Rule {
    name: &'static str,
    whole: Select,
    parts: Vec<Select>,
}

/// Checks the rules that apply to a query. Returns a text for each one that the database breaks.
pub(crate) async fn check(query: &Select, world: &World, site: &Site) -> Vec<String> {
    let mut broken = Vec::new();
    for rule in rules(query) {
        if let (Some(whole), Some(parts)) =
            (rows(std::slice::from_ref(&rule.whole), world, site).await, rows(&rule.parts, world, site).await)
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
    let mut rules: Vec<_> = partitioned(query).into_iter().collect();
    // Which rows a limit keeps may be undecided.
    if query.limit.is_none() && query.offset.is_none() && query.items.iter().all(|item| item.expr.ty().is_some()) {
        rules.extend([wrapped(query), named(query)]);
    }
    rules
}

/// A condition is true, false or NULL for each row.
fn partitioned(query: &Select) -> Option<Rule> {
    let filter = query.filter.clone()?;
    let has_windows = query.items.iter().any(|item| matches!(item.expr, Expr::Over(..)));
    if !query.is_row_by_row()
        || query.distinct != Distinct::No
        || query.limit.is_some()
        || query.offset.is_some()
        || has_windows
    {
        return None;
    }
    let decided = Case {
        arms: vec![
            (filter.clone(), Expr::Value(Value::I32(1))),
            (Expr::Not(Box::new(filter.clone())), Expr::Value(Value::I32(0))),
        ],
        otherwise: None,
    };
    let parts = [filter.clone(), Expr::Not(Box::new(filter)), Expr::IsNull(Box::new(Expr::Case(Box::new(decided))))];
    let with = |filter| Select { filter, order_by: Vec::new(), ..query.clone() };
    Some(Rule {
        name: "a condition splits the rows",
        whole: with(None),
        parts: parts.into_iter().map(|part| with(Some(part))).collect(),
    })
}

/// A query of all rows of the query.
fn wrapped(query: &Select) -> Rule {
    let name: Name = "whole".into();
    let inner = aliased(query);
    let items = items(&inner, &name);
    let outer = Select { items, ..Select::from(FromItem::Query(Box::new(inner), name)) };
    Rule { name: "a query inside another", whole: query.clone(), parts: vec![outer] }
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
    Rule { name: "a common table expression", whole: query.clone(), parts: vec![outer] }
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
