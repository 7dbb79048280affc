//! The value of an expression. Conditions have three values: true, false, and NULL for neither.

use activerecord_core::statement::{Case, Compare, Expr, Function, LikePattern, Refusal as Refused, Set, Subquery};
use activerecord_core::{ErrorKind, Value, ValueType};

use super::scope::Env;
use super::{Answer, Refusal, Row, aggregate, date, invalid, json, number, order, text, unsupported, walk, window};

/// Returns the value of an expression that another expression or a clause uses.
///
/// A value outside of its type is not covered: some databases compute it with more digits, and others refuse it.
pub(super) fn eval(expr: &Expr, env: &Env<'_>) -> Answer<Value> {
    match written(expr, env) {
        Ok(Value::F64(x)) if !x.is_finite() => Err(INFINITE),
        Err(Refusal::Error(ErrorKind::Conversion, _)) => Err(Refusal::NotCovered("an overflow inside an expression")),
        answer => answer,
    }
}

/// A float that is too large is an error on a server, and infinite on SQLite.
pub(super) const INFINITE: Refusal = Refusal::NotCovered("a float that is too large for its type");

/// Returns the value of an expression that leaves the statement: it is read, or written into a column. A number outside
/// of its type is then an error on every database. A float can be infinite.
pub(super) fn written(expr: &Expr, env: &Env<'_>) -> Answer<Value> {
    match expr {
        Expr::Column(column) => env.column(column),
        Expr::Value(value) => Ok(value.clone()),
        Expr::Excluded(name) => env.excluded(name),
        Expr::Arithmetic(left, op, right) => {
            let (left, right) = (eval(left, env)?, eval(right, env)?);
            let ty = expr.ty().unwrap_or_else(|| left.ty());
            number::arithmetic(&left, *op, &right, ty)
        }
        Expr::Aggregate(function, argument) => aggregate::of_group(*function, argument.as_deref(), env),
        Expr::Over(inner, of) => window::over(inner, of, env),
        Expr::Subquery(query) => scalar(query, env),
        Expr::Case(case) => chosen(case, env),
        Expr::Call(Function::Coalesce, arguments) => first_value(arguments, env),
        Expr::Call(function, arguments) => text::call(*function, &all(arguments, env)?),
        Expr::DatePart(part, inner) => date::part(*part, &eval(inner, env)?),
        Expr::Json(inner, path, kind) => json::at(&eval(inner, env)?, path, *kind),
        Expr::Typed(inner, _) => written(inner, env),
        Expr::Checked(inner, limits) => number::within(&written(inner, env)?, *limits),
        Expr::Raw(_) => Err(Refusal::NotCovered("the caller's own SQL")),
        Expr::Digest(_) => Err(Refusal::NotCovered("a digest")),
        Expr::Refused(why) => Err(refused(*why)),
        condition => Ok(truth_value(condition_of(condition, env)?)),
    }
}

/// Returns the truth of a condition; None: neither true nor false.
pub(super) fn truth(expr: &Expr, env: &Env<'_>) -> Answer<Option<bool>> {
    match eval(expr, env)? {
        Value::Bool(truth) => Ok(Some(truth)),
        Value::Null(_) => Ok(None),
        _ => Err(Refusal::NotCovered("a condition that is not a boolean")),
    }
}

/// Returns the values of expressions.
pub(super) fn all<'x>(exprs: impl IntoIterator<Item = &'x Expr>, env: &Env<'_>) -> Answer<Row> {
    exprs.into_iter().map(|expr| eval(expr, env)).collect()
}

pub(super) fn refused(why: Refused) -> Refusal {
    match why {
        Refused::TooDeep => unsupported("the expression is nested too deeply"),
        Refused::NotRead(name) => invalid(format!("the query does not read `{name}`")),
        _ => Refusal::NotCovered("an unknown refusal"),
    }
}

fn truth_value(truth: Option<bool>) -> Value {
    truth.map_or(Value::Null(ValueType::Bool), Value::Bool)
}

fn condition_of(expr: &Expr, env: &Env<'_>) -> Answer<Option<bool>> {
    match expr {
        Expr::Compare(left, op, right) => order::holds(&eval(left, env)?, *op, &eval(right, env)?),
        Expr::CompareRows(pairs, op) => compare_rows(pairs, *op, env),
        Expr::And(all) => conjunction(truths(all, env)?),
        Expr::Or(any) => Ok(negated(conjunction(truths(any, env)?.into_iter().map(negated).collect())?)),
        Expr::Not(inner) => truth(inner, env).map(negated),
        Expr::IsNull(inner) => Ok(Some(eval(inner, env)?.is_null())),
        Expr::Between(inner, low, high) => {
            let (value, low, high) = (eval(inner, env)?, eval(low, env)?, eval(high, env)?);
            let bounds = [order::holds(&value, Compare::Ge, &low)?, order::holds(&value, Compare::Le, &high)?];
            conjunction(bounds.into())
        }
        Expr::In(_, Set::Values(_, values)) if values.is_empty() => Ok(Some(false)),
        Expr::In(inner, set) => membership(&eval(inner, env)?, &members(set, env)?),
        Expr::Like(inner, pattern) => like(&eval(inner, env)?, pattern),
        Expr::Exists(query) => Ok(Some(!env.inside().query(&walk::without_items(query))?.rows.is_empty())),
        Expr::JsonContains(inner, other) => match (eval(inner, env)?, eval(other, env)?) {
            (Value::Null(_), _) | (_, Value::Null(_)) => Ok(None),
            (inner, other) => Ok(Some(json::contains(&json::document(&inner)?, &json::document(&other)?))),
        },
        _ => Err(Refusal::NotCovered("an unknown expression")),
    }
}

fn truths(exprs: &[Expr], env: &Env<'_>) -> Answer<Vec<Option<bool>>> {
    exprs.iter().map(|expr| truth(expr, env)).collect()
}

/// False if one is false; else NULL if one is NULL; else true.
fn conjunction(truths: Vec<Option<bool>>) -> Answer<Option<bool>> {
    match truths.contains(&Some(false)) {
        true => Ok(Some(false)),
        false => Ok((!truths.contains(&None)).then_some(true)),
    }
}

fn negated(truth: Option<bool>) -> Option<bool> {
    truth.map(|truth| !truth)
}

/// The first pair that differs decides. NULL if that pair, or one before it, has a NULL.
fn compare_rows(pairs: &[(Expr, Expr)], op: Compare, env: &Env<'_>) -> Answer<Option<bool>> {
    let or_equal = match op {
        Compare::Lt | Compare::Gt => false,
        Compare::Le | Compare::Ge => true,
        _ => return Err(Refusal::NotCovered("rows that are compared by = or <>")),
    };
    for (left, right) in pairs {
        let (left, right) = (eval(left, env)?, eval(right, env)?);
        if order::holds(&left, Compare::Eq, &right)? != Some(true) {
            return order::holds(&left, op, &right);
        }
    }
    Ok(Some(or_equal || pairs.is_empty()))
}

/// The empty set contains nothing, not even NULL. Otherwise NULL if no member is equal and there is a NULL.
fn membership(value: &Value, members: &[Value]) -> Answer<Option<bool>> {
    let equal = members.iter().map(|member| order::holds(value, Compare::Eq, member)).collect::<Answer<Vec<_>>>()?;
    Ok(negated(conjunction(equal.into_iter().map(negated).collect())?))
}

fn members(set: &Set, env: &Env<'_>) -> Answer<Vec<Value>> {
    match set {
        Set::Values(_, values) => Ok(values.clone()),
        Set::Query(query) => Ok(env.inside().query(query)?.rows.into_iter().flatten().collect()),
        _ => Err(Refusal::NotCovered("an unknown set")),
    }
}

fn like(value: &Value, pattern: &LikePattern) -> Answer<Option<bool>> {
    if value.is_null() { Ok(None) } else { text::like(text::text(value)?, pattern).map(Some) }
}

/// The value of the first condition that is true. The conditions and values after it are not computed.
fn chosen(case: &Case, env: &Env<'_>) -> Answer<Value> {
    for (condition, value) in &case.arms {
        if truth(condition, env)? == Some(true) {
            return written(value, env);
        }
    }
    case.otherwise.as_ref().map_or(Ok(Value::Null(ValueType::Text)), |value| written(value, env))
}

fn first_value(arguments: &[Expr], env: &Env<'_>) -> Answer<Value> {
    for argument in arguments {
        let value = written(argument, env)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null(ValueType::Text))
}

/// The value of a query with one column; NULL without a row.
fn scalar(query: &Subquery, env: &Env<'_>) -> Answer<Value> {
    let found = env.inside().query(query)?;
    match &*found.rows {
        [] => Ok(Value::Null(found.columns.first().map_or(ValueType::Text, |field| field.ty))),
        [row] => row.first().cloned().ok_or_else(|| invalid("a query without columns")),
        _ => Err(Refusal::NotCovered("a scalar query with several rows: some databases refuse it")),
    }
}
