//! A table at one end of a copy: its columns as data, and rows as values.

use std::collections::HashMap;
use std::sync::Arc;

use activerecord_core::statement::{
    Aggregate, ColumnExpr, Compare, Direction, Expr, Name, Nulls, OrderBy, Select, SelectItem, Set, Source,
};
use activerecord_core::{
    ColumnDef, ConnectionHandle, Error, ErrorKind, Result, Row, Table, TableInfo, Value, ValueRef, ValueType,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The values of a row, in the order of a side's columns.
pub(crate) type Values = Vec<Value>;

/// A table at one end of a copy.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) connection: ConnectionHandle,
    pub(crate) table: Name,
    pub(crate) columns: Vec<SideColumn>,
    /// The ordinals of the key's columns: the primary key of a source, what a target is matched by.
    pub(crate) key: Vec<usize>,
    pub(crate) stamps: Stamps,
}

/// The ordinals of the columns that hold when a row was inserted and last written. A row that does not say is stamped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stamps {
    pub(crate) created: Option<usize>,
    pub(crate) updated: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct SideColumn {
    pub(crate) name: Name,
    pub(crate) ty: ValueType,
    pub(crate) nullable: bool,
}

impl Side {
    /// The table of a model, with the columns of these ordinals.
    pub(crate) fn of(connection: ConnectionHandle, table: &'static Table, ordinals: &[usize], key: &[usize]) -> Self {
        let column = |def: &ColumnDef| SideColumn { name: def.name.into(), ty: def.ty, nullable: def.nullable };
        let columns = ordinals.iter().map(|&ordinal| column(&table.columns[ordinal])).collect();
        let here = |wanted: &usize| ordinals.iter().position(|ordinal| ordinal == wanted);
        let stamps = Stamps {
            created: table.created_at.as_ref().and_then(here),
            updated: table.updated_at.as_ref().and_then(here),
        };
        Self { connection, table: table.name.into(), columns, key: key.iter().filter_map(here).collect(), stamps }
    }

    /// `table on connection`, for messages.
    pub(crate) fn place(&self) -> String {
        format!("`{}` on `{}`", self.table, self.connection.name())
    }

    /// Reads every column.
    pub(crate) fn select(&self) -> Select {
        let mut select = Select::from(Source::Named(self.table.clone()));
        select.items = (0..self.columns.len()).map(|ordinal| SelectItem::from(self.column(ordinal))).collect();
        select
    }

    pub(crate) fn column(&self, ordinal: usize) -> Expr {
        Expr::Column(self.column_expr(ordinal))
    }

    pub(crate) fn column_expr(&self, ordinal: usize) -> ColumnExpr {
        let SideColumn { name, ty, nullable } = self.columns[ordinal].clone();
        ColumnExpr { table: self.table.clone(), outer: false, name, ty, nullable }
    }

    /// Asks how many rows there are.
    pub(crate) fn counting(&self) -> Select {
        let mut select = self.select();
        select.items = vec![Expr::Aggregate(Aggregate::Count, None).into()];
        select
    }

    /// How many rows there are.
    pub(crate) async fn count(&self) -> Result<u64> {
        counted(&self.connection.read(self.counting()).await?)
    }

    /// The order by these columns.
    pub(crate) fn order(&self, ordinals: &[usize]) -> Vec<OrderBy> {
        let by = |&ordinal: &usize| OrderBy {
            expr: self.column(ordinal),
            direction: Direction::Asc,
            nulls: Nulls::default(),
        };
        ordinals.iter().map(by).collect()
    }

    /// The rows of a query of every column.
    pub(crate) async fn read(&self, select: Select) -> Result<Vec<Values>> {
        let rows = self.connection.read(select).await?;
        rows.iter().map(|row| self.typed(row)).collect()
    }

    /// The values of a row, each of its column's type.
    pub(crate) fn typed(&self, row: &Row) -> Result<Values> {
        let typed = |(column, value): (&SideColumn, &Value)| {
            Value::from_cell(value.as_cell(), column.ty)
                .map_err(|error| error.context(format_args!("column `{}` of {}", column.name, self.place())))
        };
        self.columns.iter().zip(row.values()).map(typed).collect()
    }

    /// The rows that are there of these keys, by their key, and maybe some others.
    pub(crate) async fn find(&self, rows: &[Values]) -> Result<HashMap<Arc<str>, Values>> {
        let mut found = HashMap::with_capacity(rows.len());
        let filters = match self.range(rows) {
            Some(range) => vec![range],
            // Longer lists would bind more than databases take.
            None => rows.chunks(1_000).map(|rows| self.keys(rows)).collect(),
        };
        for filter in filters {
            let mut select = self.select();
            select.filter = Some(filter);
            for row in self.read(select).await? {
                found.insert(self.key_of(&row), row);
            }
        }
        Ok(found)
    }

    /// The range from the least of these keys to the greatest, which databases read faster than a list of them; None unless they
    /// are whole numbers so close together that there cannot be many others.
    fn range(&self, rows: &[Values]) -> Option<Expr> {
        let [key] = self.key[..] else { return None };
        // What is no whole number is the least.
        let by_number = |row: &&Values| whole_number(&row[key]);
        let (least, greatest) = (rows.iter().min_by_key(by_number)?, rows.iter().max_by_key(by_number)?);
        if by_number(&greatest)? - by_number(&least)? >= 2 * rows.len() as i128 {
            return None;
        }
        let bound = |compare, row: &Values| self.column(key).compare(compare, Expr::Value(row[key].clone()));
        Some(Expr::And(vec![bound(Compare::Ge, least), bound(Compare::Le, greatest)]))
    }

    /// The same table with its key alone.
    pub(crate) fn keyed(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            table: self.table.clone(),
            columns: self.key.iter().map(|&key| self.columns[key].clone()).collect(),
            key: (0..self.key.len()).collect(),
            stamps: Stamps::default(),
        }
    }

    /// The rows of these keys.
    pub(crate) fn keys(&self, rows: &[Values]) -> Expr {
        if let [key] = self.key[..] {
            let values = rows.iter().map(|row| row[key].clone()).collect();
            return Expr::In(Box::new(self.column(key)), Set::Values(self.columns[key].ty, values));
        }
        let is = |row: &Values| {
            let parts =
                self.key.iter().map(|&key| self.column(key).compare(Compare::Eq, Expr::Value(row[key].clone())));
            Expr::And(parts.collect())
        };
        Expr::Or(rows.iter().map(is).collect())
    }

    /// The key of a row, the same text for the same key.
    pub(crate) fn key_of(&self, row: &Values) -> Arc<str> {
        if let [key] = self.key[..]
            && let Value::I64(number) = row[key]
        {
            return number.to_string().into();
        }
        let parts: Vec<_> = self.key.iter().map(|&key| normal(row[key].clone())).collect();
        format!("{parts:?}").into()
    }

    /// The key of a row, for people.
    pub(crate) fn shown(&self, row: &[Value]) -> String {
        let parts = self.key.iter().map(|&key| format!("{} = {}", self.columns[key].name, row[key].to_json()));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The names of the columns in which a row should be other than it is there.
    pub(crate) fn differences(&self, row: &Values, there: &Values) -> Vec<String> {
        let differ = (0..self.columns.len()).filter(|&ordinal| self.differs(ordinal, row, there));
        differ.map(|ordinal| self.columns[ordinal].name.to_string()).collect()
    }

    /// Whether a row is there as it should be.
    pub(crate) fn is_same(&self, row: &Values, there: &Values) -> bool {
        !(0..self.columns.len()).any(|ordinal| self.differs(ordinal, row, there))
    }

    fn differs(&self, ordinal: usize, row: &Values, there: &Values) -> bool {
        !self.is_stamped(ordinal, row) && !same(&row[ordinal], &there[ordinal])
    }

    /// Whether the column is stamped, because the row says nothing.
    pub(crate) fn is_stamped(&self, ordinal: usize, row: &Values) -> bool {
        [self.stamps.created, self.stamps.updated].contains(&Some(ordinal)) && row[ordinal].is_unset()
    }

    /// Fails before the first row when a column is not there, or holds what can be no value of its type. Returns what the database
    /// says of the table, if it says something.
    pub(crate) async fn check(&self) -> Result<Option<TableInfo>> {
        for key in &self.key {
            if self.columns[*key].nullable {
                let name = &self.columns[*key].name;
                return Err(Error::configuration(format!(
                    "`{name}` of {} may be NULL, so it is no key to copy by",
                    self.place()
                )));
            }
        }
        let mut nothing = self.select();
        nothing.limit = Some(0);
        let expected =
            |error: Error| error.context(format_args!("the table {} is not as the copy expects it", self.place()));
        self.connection.read(nothing).await.map_err(expected)?;
        let table = self.connection.describe(&self.table).await?;
        if self.connection.capabilities().typed_columns
            && let Some(table) = &table
        {
            self.check_types(table).map_err(expected)?;
        }
        Ok(table)
    }

    fn check_types(&self, table: &TableInfo) -> Result<()> {
        for SideColumn { name, ty, .. } in &self.columns {
            let Some(column) = table.column(name) else { continue };
            if column.ty.is_some_and(|held| !may_be(held, *ty)) {
                let message = format!(
                    "column `{name}` is `{}`, which holds no {}; change the column, or the type of the field",
                    column.declared,
                    ty.name()
                );
                return Err(Error::new(ErrorKind::InvalidStatement, message));
            }
        }
        Ok(())
    }
}

/// The answer to [`Side::counting`].
pub(crate) fn counted(rows: &[Row]) -> Result<u64> {
    rows.first().map_or(Ok(0), |row| row.get(0))
}

/// Whether a column that holds values of one type may hold one of another. A text, bytes and JSON may stand for anything.
fn may_be(held: ValueType, ty: ValueType) -> bool {
    let usual = match held {
        ValueType::Bool => ValueRef::Bool(false),
        ValueType::I16 | ValueType::I32 | ValueType::I64 => ValueRef::I64(0),
        ValueType::U64 => ValueRef::U64(0),
        ValueType::F32 | ValueType::F64 => ValueRef::F64(0.0),
        ValueType::Decimal => ValueRef::Decimal(Decimal::ZERO),
        ValueType::Uuid => ValueRef::Uuid(Uuid::nil()),
        ValueType::Date => ValueRef::Date(NaiveDate::default()),
        ValueType::Time => ValueRef::Time(NaiveTime::default()),
        ValueType::DateTime => ValueRef::DateTime(NaiveDateTime::default()),
        ValueType::Timestamp => ValueRef::Timestamp(DateTime::UNIX_EPOCH),
        _ => return true,
    };
    Value::from_cell(usual, ty).is_ok()
}

/// A key that is a whole number.
fn whole_number(value: &Value) -> Option<i128> {
    Some(match value {
        Value::I16(number) => (*number).into(),
        Value::I32(number) => (*number).into(),
        Value::I64(number) => (*number).into(),
        Value::U64(number) => (*number).into(),
        _ => return None,
    })
}

/// Whether two values of a column are the same to a database.
fn same(one: &Value, other: &Value) -> bool {
    one == other || normal(one.clone()) == normal(other.clone())
}

/// One form for values that differ only in how they are written: decimals without zeros behind, floats as
/// their shortest text, with one zero and one NaN, JSON with its members in order.
fn normal(value: Value) -> Value {
    match value {
        Value::Decimal(decimal) => Value::Decimal(decimal.normalize()),
        Value::F32(x) => Value::Text(format!("{:?}", x + 0.0)),
        Value::F64(x) => Value::Text(format!("{:?}", x + 0.0)),
        Value::Json(text) => {
            let read: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            Value::Json(read.map_or(text, |json| whole(json).to_string()))
        }
        Value::Array(element, values) => Value::Array(element, values.into_iter().map(normal).collect()),
        other => other,
    }
}

/// JSON's numbers have no type: one that is whole is written as a whole number, which some databases do and others do not.
fn whole(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::Number(number) if number.is_f64() => match number.as_f64() {
            #[allow(clippy::cast_possible_truncation, reason = "it is whole, and fits")]
            Some(x) if x.fract() == 0.0 && x.abs() < 9e18 => Json::from(x as i64),
            _ => Json::Number(number),
        },
        Json::Array(elements) => elements.into_iter().map(whole).collect(),
        Json::Object(members) => members.into_iter().map(|(name, member)| (name, whole(member))).collect(),
        other => other,
    }
}
