//! Renders functions, CASE and parts of dates.

use super::aggregate::no_window;
use super::expr::{atom, expr};
use super::infer::alone;
use super::stored::{Met, common, instant};
use super::writer::Writer;
use crate::dialect::Dates;
use crate::error::Result;
use crate::statement::{Case, DatePart, Expr, Function, Part};
use crate::value::{Purpose, Value, ValueType};

/// Writes a function that is not a window function.
pub(super) fn call(w: &mut Writer<'_>, function: Function, arguments: Vec<Expr>) -> Result<()> {
    if needs_window(function) { Err(no_window()) } else { write(w, function, arguments) }
}

/// Returns true for a window function.
pub(super) fn needs_window(function: Function) -> bool {
    !matches!(function, Function::Coalesce | Function::Lower | Function::Upper | Function::Length | Function::Concat)
}

/// Writes a function and its arguments.
pub(super) fn write(w: &mut Writer<'_>, function: Function, mut arguments: Vec<Expr>) -> Result<()> {
    let (name, count) = match function {
        Function::Concat => return concat(w, arguments),
        Function::Coalesce => ("COALESCE(", None),
        Function::Lower | Function::Upper => {
            let name = if function == Function::Lower { "LOWER(" } else { "UPPER(" };
            arguments = arguments.into_iter().map(|text| copied(w, text)).collect();
            (name, None)
        }
        Function::Length => (w.dialect.length, None),
        Function::RowNumber => ("ROW_NUMBER(", None),
        Function::Rank => ("RANK(", None),
        Function::DenseRank => ("DENSE_RANK(", None),
        Function::Ntile(parts) => ("NTILE(", Some(parts)),
        Function::Lag(rows) => ("LAG(", Some(rows)),
        Function::Lead(rows) => ("LEAD(", Some(rows)),
        Function::FirstValue => ("FIRST_VALUE(", None),
        Function::LastValue => ("LAST_VALUE(", None),
    };
    let separator = if arguments.is_empty() { "" } else { ", " };
    let met = common(w.dialect, &arguments, Purpose::Store)?;
    w.push(name);
    w.list(arguments, |w, argument| result(w, argument, met))?;
    if let Some(count) = count {
        w.push(separator).number(count);
    }
    w.push(")");
    Ok(())
}

/// Returns a copy of a text of a derived table: MySQL changes the case of its letters in place, also for other readers.
pub(super) fn copied(w: &Writer<'_>, text: Expr) -> Expr {
    let is_derived = |part: &Part<'_>| matches!(part, Part::Expr(Expr::Column(column)) if w.is_derived(&column.table));
    match w.dialect.merges_derived && Part::Expr(&text).any(&mut { is_derived }) {
        true => Expr::Call(Function::Concat, vec![text, Expr::Value(Value::Text(String::new()))]),
        false => text,
    }
}

/// Writes an expression that can be the result of another one.
fn result(w: &mut Writer<'_>, node: Expr, met: Option<Met>) -> Result<()> {
    match node {
        // MariaDB groups and merges rows by the length of a bound value.
        Expr::Value(value) if value.ty() == ValueType::Bytes && met.is_none() => alone(w, Expr::Value(value)),
        Expr::Value(value) => w.value(value, met),
        node => expr(w, node),
    }
}

fn concat(w: &mut Writer<'_>, texts: Vec<Expr>) -> Result<()> {
    let (open, between) = w.dialect.concat.map_or(("CONCAT(", ", "), |operator| ("(", operator));
    w.push(open);
    for (index, text) in texts.into_iter().enumerate() {
        w.push(if index > 0 { between } else { "" });
        atom(w, text)?;
    }
    w.push(")");
    Ok(())
}

pub(super) fn case(w: &mut Writer<'_>, case: Case) -> Result<()> {
    let met = common(w.dialect, case.values(), Purpose::Store)?;
    w.push("CASE");
    for (condition, value) in case.arms {
        w.push(" WHEN ");
        expr(w, condition)?;
        w.push(" THEN ");
        result(w, value, met)?;
    }
    if let Some(value) = case.otherwise {
        w.push(" ELSE ");
        result(w, value, met)?;
    }
    w.push(" END");
    Ok(())
}

pub(super) fn date_part(w: &mut Writer<'_>, part: DatePart, inner: Expr) -> Result<()> {
    let (before, behind) = match w.dialect.dates {
        Dates::Strftime => strftime(part),
        Dates::Extract => extract(part),
        Dates::ExtractInZone => extract_integer(part),
    };
    let is_instant = inner.ty() == Some(ValueType::Timestamp);
    w.push(before);
    instant(w, inner, atom)?;
    if is_instant && w.dialect.dates == Dates::ExtractInZone {
        w.push(" AT TIME ZONE 'UTC'");
    }
    w.push(behind);
    Ok(())
}

fn strftime(part: DatePart) -> (&'static str, &'static str) {
    match part {
        DatePart::Year => ("CAST(strftime('%Y', ", ") AS INTEGER)"),
        DatePart::Month => ("CAST(strftime('%m', ", ") AS INTEGER)"),
        DatePart::Day => ("CAST(strftime('%d', ", ") AS INTEGER)"),
        // `%w` is 0 on Sunday.
        DatePart::Weekday => ("((strftime('%w', ", ") + 6) % 7 + 1)"),
        DatePart::Hour => ("CAST(strftime('%H', ", ") AS INTEGER)"),
        DatePart::Minute => ("CAST(strftime('%M', ", ") AS INTEGER)"),
        DatePart::Second => ("CAST(strftime('%S', ", ") AS INTEGER)"),
        DatePart::Date => ("date(", ")"),
    }
}

fn extract(part: DatePart) -> (&'static str, &'static str) {
    match part {
        DatePart::Year => ("EXTRACT(YEAR FROM ", ")"),
        DatePart::Month => ("EXTRACT(MONTH FROM ", ")"),
        DatePart::Day => ("EXTRACT(DAY FROM ", ")"),
        DatePart::Weekday => ("(WEEKDAY(", ") + 1)"),
        DatePart::Hour => ("EXTRACT(HOUR FROM ", ")"),
        DatePart::Minute => ("EXTRACT(MINUTE FROM ", ")"),
        DatePart::Second => ("EXTRACT(SECOND FROM ", ")"),
        DatePart::Date => ("DATE(", ")"),
    }
}

/// Seconds have a fraction. FLOOR removes it, because a cast rounds.
fn extract_integer(part: DatePart) -> (&'static str, &'static str) {
    match part {
        DatePart::Year => ("CAST(EXTRACT(YEAR FROM ", ") AS integer)"),
        DatePart::Month => ("CAST(EXTRACT(MONTH FROM ", ") AS integer)"),
        DatePart::Day => ("CAST(EXTRACT(DAY FROM ", ") AS integer)"),
        DatePart::Weekday => ("CAST(EXTRACT(ISODOW FROM ", ") AS integer)"),
        DatePart::Hour => ("CAST(EXTRACT(HOUR FROM ", ") AS integer)"),
        DatePart::Minute => ("CAST(EXTRACT(MINUTE FROM ", ") AS integer)"),
        DatePart::Second => ("CAST(FLOOR(EXTRACT(SECOND FROM ", ")) AS integer)"),
        DatePart::Date => ("CAST(", " AS date)"),
    }
}
