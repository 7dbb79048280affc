//! Facts about the evaluator. Each row of a table is one fact.

mod queries;
mod values;
mod writes;

use std::fmt::Write;

use activerecord_core::statement::{
    Aggregate, Arithmetic, Case, ColumnExpr, Compare, Compound, Conflict, Cte, DatePart, Delete, Direction, Distinct,
    Expr, Frame, FrameEnd, FromItem, Function, Insert, Join, JoinKind, JsonKind, JsonStep, LikePattern, Name, Nulls,
    OrderBy, Refusal as Refused, Select, SelectItem, Set, SetOperator, Statement, Subquery, TableRef, Update, Window,
};
use activerecord_core::{ColumnDef, Limits, Stored, TableDef, Value, ValueType};
use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::{Column, Database, Refusal, Relation, Row, Table};

use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
use Compare::{Eq, Ge, Gt, Lt, Ne};

const NULL: Expr = Expr::Value(Value::Null(ValueType::I64));

const ID: ColumnDef = ColumnDef::new("id", "t", "id", ValueType::I64, false, "i64");

static T: TableDef = TableDef::of::<u8>("T", "t", "primary").columns(&[ID], &[0]);
/// A model that does not know its key.
static U: TableDef = TableDef::of::<u16>("U", "u", "primary");

fn v(value: impl activerecord_core::ToValue) -> Expr {
    Expr::Value(value.to_value())
}

fn n(value: i64) -> Expr {
    v(value)
}

fn json(text: &str) -> Expr {
    Expr::Value(Value::Json(text.to_owned()))
}

fn column(table: &'static str, name: &'static str, ty: ValueType) -> ColumnExpr {
    ColumnExpr { table: table.into(), outer: false, name: name.into(), ty, nullable: true, stored: Stored::Default }
}

/// An integer column of `t`.
fn t(name: &'static str) -> Expr {
    Expr::Column(column("t", name, ValueType::I64))
}

/// An integer column of `u`.
fn u(name: &'static str) -> Expr {
    Expr::Column(column("u", name, ValueType::I64))
}

fn text(name: &'static str) -> Expr {
    Expr::Column(column("t", name, ValueType::Text))
}

fn math(left: Expr, op: Arithmetic, right: Expr) -> Expr {
    Expr::Arithmetic(left.into(), op, right.into())
}

fn is(left: Expr, op: Compare, right: Expr) -> Expr {
    Expr::Compare(left.into(), op, right.into())
}

fn not(inner: Expr) -> Expr {
    Expr::Not(inner.into())
}

fn among(value: Expr, values: &[Expr]) -> Expr {
    let values = values.iter().map(|value| if let Expr::Value(value) = value { value.clone() } else { panic!() });
    Expr::In(value.into(), Set::Values(ValueType::I64, values.collect()))
}

fn aggregate(function: Aggregate, argument: Expr) -> Expr {
    Expr::Aggregate(function, Some(argument.into()))
}

fn sum(argument: Expr) -> Expr {
    aggregate(Aggregate::Sum, argument)
}

fn rows() -> Expr {
    Expr::Aggregate(Aggregate::Count, None)
}

fn item(expr: Expr) -> SelectItem {
    expr.into()
}

fn by(expr: Expr, direction: Direction) -> OrderBy {
    OrderBy { expr, direction, nulls: Nulls::Smallest }
}

fn asc(expr: Expr) -> OrderBy {
    by(expr, Direction::Asc)
}

fn from(table: &'static TableDef, items: impl IntoIterator<Item = Expr>) -> Select {
    Select { items: items.into_iter().map(item).collect(), ..Select::from(FromItem::Table(table.into())) }
}

fn sub(select: Select) -> Subquery {
    Subquery { select: Box::new(select), connection: None }
}

fn table(name: &str, columns: &[(&'static str, ValueType)], unique: Vec<Vec<usize>>, rows: Vec<Row>) -> Table {
    let column = |(at, (name, ty)): (usize, &(&'static str, ValueType))| Column {
        name: (*name).into(),
        ty: *ty,
        nullable: at > 0,
    };
    let columns = columns.iter().enumerate().map(column).collect();
    Table { name: name.to_owned(), columns, key: vec![0], unique, rows }
}

/// `t`: (1, x, 10), (2, x, 20), (3, y, 20), (4, y, NULL). `u`: (1, 1), (2, 1), (3, 9), and a second unique key.
fn database() -> Database {
    let null = || Value::Null(ValueType::I64);
    let t = [(1, "x", Some(10)), (2, "x", Some(20)), (3, "y", Some(20)), (4, "y", None)]
        .map(|(id, g, a)| vec![Value::I64(id), Value::Text(g.into()), a.map_or_else(null, Value::I64)]);
    let u = [(1, 1), (2, 1), (3, 9)].map(|(id, of)| vec![Value::I64(id), Value::I64(of), Value::I64(id * 10)]);
    let i64 = ValueType::I64;
    Database::new([
        table("t", &[("id", i64), ("g", ValueType::Text), ("a", i64)], vec![], t.into()),
        table("u", &[("id", i64), ("of", i64), ("name", i64)], vec![vec![2]], u.into()),
    ])
}

fn shown_value(value: &Value) -> String {
    match value {
        Value::Null(_) => "NULL".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Decimal(decimal) => decimal.normalize().to_string(),
        Value::F32(x) => format!("{x:?}f32"),
        Value::F64(x) => format!("{x:?}"),
        Value::I16(n) => format!("{n}i16"),
        Value::I32(n) => format!("{n}i32"),
        Value::I64(n) => n.to_string(),
        Value::U64(n) => format!("{n}u64"),
        Value::Text(text) | Value::Json(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        other => format!("{other:?}"),
    }
}

/// Rows are separated by spaces, values by commas. Rows with one place in the order are joined by `=`.
fn shown(answer: Result<Relation, Refusal>) -> String {
    let mut shown = String::new();
    match answer {
        Ok(found) => {
            for (at, row) in found.rows.iter().enumerate() {
                let is_tied = at > 0 && found.places[at] == found.places[at - 1];
                let separator = if at == 0 {
                    ""
                } else if is_tied {
                    "="
                } else {
                    " "
                };
                let row: Vec<String> = row.iter().map(shown_value).collect();
                let _ = write!(shown, "{separator}{}", row.join(","));
            }
        }
        Err(why) => shown = refusal(&why),
    }
    shown
}

fn refusal(why: &Refusal) -> String {
    match why {
        Refusal::Error(kind, _) => format!("{kind:?}"),
        Refusal::NotCovered(_) => "not covered".to_owned(),
    }
}

/// Checks values of expressions, each in a query of one row of `t`.
fn values<const N: usize>(facts: [(Expr, &str); N]) {
    for (expr, expected) in facts {
        let query = Select { filter: Some(is(t("id"), Eq, n(1))), ..from(&T, [expr.clone()]) };
        assert_eq!(shown(database().read(&query)), expected, "{expr:?}");
    }
}

fn queries<const N: usize>(facts: [(Select, &str); N]) {
    for (query, expected) in facts {
        assert_eq!(shown(database().read(&query)), expected, "{query:?}");
    }
}
