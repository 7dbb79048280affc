//! The types of bound values on a database that does not learn them from the values. For one, `CASE WHEN .. THEN $1 ELSE $2
//! END` is a text, which cannot be compared with, or assigned to, a column with another type, such as a native enum or JSON.

use super::expr::expr;
use super::writer::Writer;
use crate::dialect::BoundTypes;
use crate::error::Result;
use crate::statement::{Case, Compound, Expr, Function};
use crate::value::{Value, ValueType};

/// Returns the expression with the type of `column`, if that is a column: a CASE or a COALESCE of bound values gets an
/// arm that is never taken, with the column as its value.
pub(super) fn typed_by(w: &Writer<'_>, node: Expr, column: &Expr) -> Expr {
    let needs_it = w.dialect.bound_types == BoundTypes::Inferred
        && matches!(node, Expr::Case(_) | Expr::Call(Function::Coalesce, _));
    match column {
        Expr::Column(of) if needs_it && is_inferred(of.ty) => anchored(node, column),
        _ => node,
    }
}

/// Returns a CASE or a COALESCE whose inner ones have the type of a column that is another of its values.
pub(super) fn settled(w: &Writer<'_>, node: Expr) -> Expr {
    match w.dialect.bound_types {
        BoundTypes::OfValues => return node,
        BoundTypes::Guessed => return texts(node),
        BoundTypes::Inferred => {}
    }
    let mut column = None;
    node.any_source(&mut |source| {
        column = matches!(source, Expr::Column(of) if is_inferred(of.ty)).then(|| source.clone());
        column.is_some()
    });
    match column {
        Some(column) => anchored(node, &column),
        None => node,
    }
}

/// Returns a CASE or a COALESCE of bound texts in which NULL is a text. Otherwise the database takes all of them for bytes.
fn texts(node: Expr) -> Expr {
    if node.ty() != Some(ValueType::Text) || node.any_source(&mut |source| !matches!(source, Expr::Value(_))) {
        return node;
    }
    let text = |value: Expr| match value {
        Expr::Value(Value::Null(_)) => {
            let never = (Expr::Or(Vec::new()), Expr::Value(Value::Text(String::new())));
            Expr::Case(Box::new(Case { arms: vec![never], otherwise: None }))
        }
        other => other,
    };
    match node {
        Expr::Call(function, arguments) => Expr::Call(function, arguments.into_iter().map(text).collect()),
        Expr::Case(case) => {
            let arms = case.arms.into_iter().map(|(when, value)| (when, text(value))).collect();
            Expr::Case(Box::new(Case { arms, otherwise: case.otherwise.map(text) }))
        }
        other => other,
    }
}

/// Returns true when a column of a compound is in one query a column of a table, and in another one a bound value or a
/// choice among such values. Both must then be texts.
pub(super) fn mixes(w: &Writer<'_>, compound: &Compound) -> bool {
    let is_inferred = |expr: &Expr| expr.ty().is_some_and(is_inferred);
    let is_bound = |expr: &Expr| !expr.any_source(&mut |source| !matches!(source, Expr::Value(_)));
    let queries = || std::iter::once(&compound.first).chain(&compound.others).map(|query| &query.select.items);
    w.dialect.bound_types == BoundTypes::Inferred
        && (0..compound.first.select.items.len()).any(|at| {
            let column = || queries().filter_map(move |items| items.get(at)).map(|item| &item.expr);
            column().any(|expr| is_inferred(expr) && is_bound(expr)) && column().any(|expr| !is_bound(expr))
        })
}

/// Returns the argument of MIN or MAX. A bound text is joined with an empty one, so that it is a text for the database.
pub(super) fn ordered(w: &Writer<'_>, argument: Expr) -> Expr {
    let is_guessed = w.dialect.bound_types == BoundTypes::Guessed && argument.ty() == Some(ValueType::Text);
    if !is_guessed || argument.any_source(&mut |source| !matches!(source, Expr::Value(_))) {
        return argument;
    }
    Expr::Call(Function::Concat, vec![argument, Expr::Value(Value::Text(String::new()))])
}

/// Writes an expression that is not beside a column. If it is a bound value, or a choice among bound values, a
/// database that would guess its type gets it: MySQL adds up a bound integer as a float, and returns bound bytes as a text.
pub(super) fn alone(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    match cast(w, &node) {
        Some(cast) => w.fill(cast, |w| expr(w, node.clone())),
        None => expr(w, node),
    }
}

/// The cast that gives the type; None: the database does not guess it.
pub(super) fn cast(w: &Writer<'_>, node: &Expr) -> Option<&'static str> {
    if node.any_source(&mut |source| !matches!(source, Expr::Value(_))) {
        return None;
    }
    match (w.dialect.bound_types, node.ty()?) {
        (BoundTypes::Inferred, ValueType::Json) => return w.dialect.cast(ValueType::Json),
        (BoundTypes::Guessed, _) => {}
        _ => return None,
    }
    match node.ty()? {
        // The casts of a recursive query have a length.
        ValueType::Text => None,
        ValueType::Bytes => Some("CAST({} AS BINARY)"),
        ValueType::Bool => Some("CAST({} AS SIGNED)"),
        ValueType::Date => Some("CAST({} AS DATE)"),
        ValueType::Time => Some("CAST({} AS TIME(6))"),
        ValueType::DateTime | ValueType::Timestamp => Some("CAST({} AS DATETIME(6))"),
        ty => w.dialect.cast(ty),
    }
}

fn is_inferred(ty: ValueType) -> bool {
    matches!(ty, ValueType::Text | ValueType::Json | ValueType::Array(ValueType::Text | ValueType::Json))
}

fn anchored(node: Expr, column: &Expr) -> Expr {
    match node {
        Expr::Case(case) => {
            let Case { arms, otherwise } = *case;
            let arms = arms.into_iter().map(|(when, value)| (when, anchored(value, column)));
            let mut case = Case { arms: arms.collect(), otherwise: otherwise.map(|value| anchored(value, column)) };
            if case.values().all(|value| matches!(value, Expr::Value(_))) {
                case.arms.push((Expr::Or(Vec::new()), column.clone()));
            }
            Expr::Case(Box::new(case))
        }
        Expr::Call(Function::Coalesce, arguments) => {
            Expr::Call(Function::Coalesce, arguments.into_iter().map(|value| anchored(value, column)).collect())
        }
        other => other,
    }
}
