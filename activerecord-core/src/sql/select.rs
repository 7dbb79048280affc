//! Renders SELECT. Each clause is one function.

use super::compare::{comparand, compared, is, is_decimal, leaks_collation, require_order};
use super::expr::expr;
use super::scope::{Scope, nested};
use super::subquery::{compound, subquery};
use super::writer::{List, Writer};
use super::{groups, infer, lock, stored};
use crate::dialect::DecimalMath;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{
    Aggregate, Cte, Direction, Distinct, Expr, FromItem, Join, JoinKind, OrderBy, Part, Select, SelectItem,
    SetOperator, TableRef,
};
use crate::value::{Value, ValueType};

/// Writes the outermost query. Only this query can lock rows.
pub(super) fn top(w: &mut Writer<'_>, query: Select) -> Result<()> {
    let clause = query.lock.map(|lock| lock::clause(lock, &query, w.dialect)).transpose()?;
    w.cells = stored::cells(w.dialect, &query, false);
    select(w, Select { lock: None, ..query })?;
    match clause {
        Some(clause) => clause.write(w),
        None => Ok(()),
    }
}

/// Writes a query. From here on, names refer to its tables.
pub(super) fn select(w: &mut Writer<'_>, mut query: Select) -> Result<()> {
    if query.lock.is_some() {
        return Err(lock::refused("only the outermost query of a statement can lock its rows"));
    }
    if w.dialect.merges_derived {
        keep_apart(&mut query);
    }
    let (ctes, mut list) = (w.ctes.len(), std::mem::take(&mut w.list));
    with(w, std::mem::take(&mut query.with))?;
    w.scope = Scope::of_query(&query.from, &query.joins)?;
    let merged = !query.group_by.is_empty() || query.distinct != Distinct::No;
    list.merges |= query.distinct == Distinct::Rows;
    if merged || !query.is_row_by_row() {
        groups::resolve(w, &mut query)?;
    }
    let items = if merged { query.items.clone() } else { Vec::new() };
    let is_computed = query.items.iter().any(|item| !matches!(item.expr, Expr::Column(_)));
    // The database can give a computed item the name of a column.
    w.scope.qualify_if(is_computed && matches!(query.distinct, Distinct::On(_)));
    let begin = if groups_by_query(w, &query) { BUFFERED } else { "SELECT " };
    w.push(begin);
    distinct(w, query.distinct, &items)?;
    // The columns of `*` are those of the query below.
    let below = if query.items.is_empty() { list } else { List::default() };
    select_list(w, query.items, list, &query.group_by)?;
    from(w, query.from, below)?;
    join(w, query.joins)?;
    filter(w, query.filter)?;
    group_by(w, query.group_by, &items)?;
    having(w, query.having)?;
    // The database can give a computed item the name of a column, such as that of its last value or of its function.
    w.scope.qualify_if(is_computed);
    order_by(w, query.order_by, &items)?;
    limit(w, query.limit, query.offset);
    w.ctes.truncate(ctes);
    Ok(())
}

/// MariaDB groups wrongly by a query inside another if it sorts the rows. Its option, which only an outermost query can have,
/// makes it use a table. MySQL ignores the comment.
const BUFFERED: &str = "SELECT /*M! SQL_BUFFER_RESULT */ ";

fn groups_by_query(w: &Writer<'_>, query: &Select) -> bool {
    let is_query = |part: &Part<'_>| matches!(part, Part::Query(_));
    let mut groups = query.group_by.iter();
    w.dialect.merges_derived && w.around.is_empty() && groups.any(|group| Part::Expr(group).any(&mut { is_query }))
}

/// Keeps the constants of derived tables apart, on a database that merges such tables. COUNT(DISTINCT ..) of a constant counts
/// NULL on MySQL, and MariaDB ignores the OFFSET of distinct constants.
fn keep_apart(query: &mut Select) {
    let counts = |part: &Part<'_>| matches!(part, Part::Expr(Expr::Aggregate(Aggregate::CountDistinct, _)));
    let order = query.order_by.iter().map(|item| &item.expr);
    let mut listed = query.items.iter().map(|item| &item.expr).chain(order).chain(&query.having);
    let skips = query.distinct == Distinct::Rows && query.offset.is_some();
    if skips || listed.any(|expr| Part::Expr(expr).any(&mut { counts })) {
        let ctes = query.with.iter_mut().filter(|cte| cte.step.is_none());
        ctes.for_each(|cte| limited(&mut cte.query.select));
        limited_source(query);
    }
}

/// Adds a limit to a query with constants, which is then not merged.
fn limited(query: &mut Select) {
    if !query.items.iter().all(|item| item.expr.has_columns()) {
        query.limit.get_or_insert(u64::MAX);
    }
    limited_source(query);
}

fn limited_source(query: &mut Select) {
    if let FromItem::Query(inner, _) = &mut query.from {
        limited(inner);
    }
}

/// Writes the beginning of a plain query: the SELECT list and the first table.
pub(super) fn head(w: &mut Writer<'_>, query: Select) -> Result<()> {
    w.cells = stored::cells(w.dialect, &query, false);
    w.scope = Scope::of_query(&query.from, &query.joins)?;
    w.push("SELECT ");
    select_list(w, query.items, List::default(), &[])?;
    from(w, query.from, List::default())
}

/// Writes the part of a plain query after its head.
pub(super) fn rest(w: &mut Writer<'_>, query: Select) -> Result<()> {
    w.scope = Scope::of_query(&query.from, &query.joins)?;
    join(w, query.joins)?;
    filter(w, query.filter)?;
    order_by(w, query.order_by, &[])?;
    limit(w, query.limit, query.offset);
    Ok(())
}

fn with(w: &mut Writer<'_>, ctes: Vec<Cte>) -> Result<()> {
    if ctes.is_empty() {
        return Ok(());
    }
    w.push(if ctes.iter().any(|cte| cte.step.is_some()) { "WITH RECURSIVE " } else { "WITH " });
    w.list(ctes, cte)?;
    w.push(" ");
    Ok(())
}

fn cte(w: &mut Writer<'_>, cte: Cte) -> Result<()> {
    for query in [Some(&cte.query), cte.step.as_ref().map(|(_, step)| step)].into_iter().flatten() {
        stored::fills(w.dialect, &query.select, &cte.columns, &cte.stored)?;
    }
    w.name(&cte.name).push(" (");
    w.names(&cte.columns);
    w.push(") AS (");
    let merges = matches!(cte.step, Some((SetOperator::Union, _)));
    let list = List { merges, widens: cte.step.is_some(), ..List::default() };
    w.list = list;
    subquery(w, cte.query)?;
    w.ctes.push(cte.name);
    if let Some((operator, step)) = cte.step {
        w.push(super::subquery::symbol(operator));
        w.list = list;
        subquery(w, step)?;
    }
    w.push(")");
    Ok(())
}

fn distinct(w: &mut Writer<'_>, distinct: Distinct, items: &[SelectItem]) -> Result<()> {
    match distinct {
        Distinct::No => {}
        Distinct::Rows => {
            w.push("DISTINCT ");
        }
        Distinct::On(_) if !w.dialect.capabilities.distinct_on => return Err(no_distinct_on(w.dialect.name)),
        Distinct::On(columns) => {
            w.push("DISTINCT ON (");
            w.list(columns, |w, column| positioned(w, column, items))?;
            w.push(") ");
        }
    }
    Ok(())
}

#[cold]
fn no_distinct_on(database: &str) -> Error {
    Error::unsupported(format!(
        "{database} has no DISTINCT ON; postgresql has it. To find the first row of each group on every database, use \
         row_number().over(window().partition_by(..).order_by(..)) in a common table expression"
    ))
}

fn select_list(w: &mut Writer<'_>, items: Vec<SelectItem>, list: List, groups: &[Expr]) -> Result<()> {
    if items.is_empty() {
        w.push("*");
    }
    w.list(items, |w, item| {
        let is_group = is(&item.expr, ValueType::Json) && groups.contains(&item.expr);
        match list {
            List { widens: true, .. } => widened(w, item.expr, list.merges),
            List { compares: true, .. } => compared(w, item.expr),
            List { merges: true, .. } if infer::cast(w, &item.expr).is_none() => comparand(w, item.expr),
            _ if is_group || leaks_collation(w, &item.expr) => comparand(w, item.expr),
            _ => infer::alone(w, item.expr),
        }?;
        if let Some(alias) = item.alias {
            w.push(" AS ").name(&alias);
        }
        Ok(())
    })
}

/// Writes an item of a recursive query without the limits of its column's own type.
fn widened(w: &mut Writer<'_>, node: Expr, merges: bool) -> Result<()> {
    let Some(ty) = node.ty() else { return expr(w, node) };
    let of_column = w.dialect.widened.iter().find(|(known, _)| *known == ty).map(|(_, spelling)| *spelling);
    // The type of a bound value is that of the value.
    let spelling = of_column.and_then(|spelling| match &node {
        Expr::Value(_) => w.dialect.cast(ty),
        _ => Some(spelling),
    });
    match spelling {
        Some(spelling) => w.fill(spelling, |w| expr(w, node.clone())),
        // A bound document can be JSON or a text for the database.
        None if merges || is(&node, ValueType::Json) => comparand(w, node),
        None => expr(w, node),
    }
}

fn from(w: &mut Writer<'_>, source: FromItem, list: List) -> Result<()> {
    w.push(" FROM ");
    match source {
        FromItem::Table(table) => table_ref(w, table),
        FromItem::Named(table) => {
            w.table(&table);
            Ok(())
        }
        FromItem::Query(query, name) => {
            w.push("(");
            w.list = list;
            nested(w, |w| select(w, *query))?;
            w.push(") AS ").table(&name);
            Ok(())
        }
        FromItem::Compound(query, name) => {
            w.push("(");
            compound(w, *query, list)?;
            w.push(") AS ").table(&name);
            Ok(())
        }
    }
}

fn join(w: &mut Writer<'_>, joins: Vec<Join>) -> Result<()> {
    for join in joins {
        w.push(match join.kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT JOIN ",
        });
        table_ref(w, join.table)?;
        w.push(" ON ");
        expr(w, join.on)?;
    }
    Ok(())
}

fn table_ref(w: &mut Writer<'_>, table: TableRef) -> Result<()> {
    match table.model {
        Some(model) => w.models.push(model),
        None if !w.ctes.contains(&table.name) => return Err(undefined(&table.name)),
        None => {}
    }
    w.table(&table.name);
    if let Some(alias) = table.alias {
        w.push(" AS ").name(&alias);
    }
    Ok(())
}

#[cold]
fn undefined(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidStatement,
        format!("the query reads the common table expression `{name}`, but does not define it: add .with::<..>(query)"),
    )
}

pub(super) fn filter(w: &mut Writer<'_>, filter: Option<Expr>) -> Result<()> {
    let Some(filter) = filter else { return Ok(()) };
    w.push(" WHERE ");
    expr(w, filter)
}

/// `items` is the SELECT list. An expression that is also in it is written as its position.
fn group_by(w: &mut Writer<'_>, columns: Vec<Expr>, items: &[SelectItem]) -> Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    // MariaDB joins the group of NULL with the one before it, if a computed decimal is in descending order.
    let is_joined = |group: &&Expr| w.dialect.merges_derived && is_decimal(group) && !matches!(group, Expr::Column(_));
    let joined: Vec<Expr> = columns.iter().filter(is_joined).cloned().collect();
    w.push(" GROUP BY ");
    w.list(columns, |w, column| positioned(w, column, items))?;
    for group in joined {
        w.push(", ");
        expr(w, Expr::IsNull(Box::new(group)))?;
    }
    Ok(())
}

fn positioned(w: &mut Writer<'_>, node: Expr, items: &[SelectItem]) -> Result<()> {
    match position(w, &node, items) {
        Some(position) => {
            w.number(position);
            Ok(())
        }
        // MariaDB takes a bound integer for a position.
        None if infer::cast(w, &node).is_some() => infer::alone(w, node),
        None => comparand(w, node),
    }
}

/// Returns the position of the item that equals a computed expression: with binds, the database cannot know that two
/// texts are the same expression. A decimal that needs a collation is written out. A database with such decimals
/// accepts that.
fn position(w: &Writer<'_>, node: &Expr, items: &[SelectItem]) -> Option<u32> {
    if matches!(node, Expr::Column(_)) || (is_decimal(node) && w.dialect.decimal != DecimalMath::Native) {
        return None;
    }
    items.iter().position(|item| item.expr == *node).and_then(|at| u32::try_from(at + 1).ok())
}

fn having(w: &mut Writer<'_>, having: Option<Expr>) -> Result<()> {
    let Some(having) = having else { return Ok(()) };
    w.push(" HAVING ");
    expr(w, having)
}

pub(super) fn order_by(w: &mut Writer<'_>, order: Vec<OrderBy>, items: &[SelectItem]) -> Result<()> {
    if order.is_empty() {
        return Ok(());
    }
    w.push(" ORDER BY ");
    w.list(order, |w, item| order_item(w, item, items))
}

fn order_item(w: &mut Writer<'_>, item: OrderBy, items: &[SelectItem]) -> Result<()> {
    require_order(w, &item.expr)?;
    let ascending = item.direction == Direction::Asc;
    let wanted_first = item.nulls_come_first();
    let says_nulls = says_nulls(w, &item);
    if says_nulls && !w.dialect.nulls_keyword {
        let selected = items.iter().find(|selected| selected.expr == item.expr);
        match selected.and_then(|selected| selected.alias.as_ref()) {
            Some(alias) => drop(w.name(alias)),
            None => expr(w, item.expr.clone())?,
        }
        w.push(if wanted_first { " IS NOT NULL, " } else { " IS NULL, " });
    }
    positioned(w, item.expr, items)?;
    w.push(if ascending { " ASC" } else { " DESC" });
    if says_nulls && w.dialect.nulls_keyword {
        w.push(if wanted_first { " NULLS FIRST" } else { " NULLS LAST" });
    }
    Ok(())
}

/// Returns true when the place of NULLs must be stated, because it is not that of the database.
pub(super) fn says_nulls(w: &Writer<'_>, item: &OrderBy) -> bool {
    let natural_first = w.dialect.nulls_smallest == (item.direction == Direction::Asc);
    item.expr.may_be_null() && item.nulls_come_first() != natural_first
}

/// Binds LIMIT and OFFSET, so that all pages of a query share one prepared statement.
fn limit(w: &mut Writer<'_>, limit: Option<u64>, offset: Option<u64>) {
    let count = |n: u64| Value::I64(i64::try_from(n).unwrap_or(i64::MAX));
    match (limit, offset, w.dialect.no_limit) {
        (Some(limit), ..) => w.push(" LIMIT ").bind(count(limit)),
        (None, Some(_), Some(no_limit)) => w.push(" LIMIT ").push(no_limit),
        _ => w,
    };
    if let Some(offset) = offset {
        w.push(" OFFSET ").bind(count(offset));
    }
}
