//! A table at one end of a copy: its columns as data, and rows as values.

use std::collections::HashMap;
use std::sync::Arc;

use activerecord_core::statement::{Aggregate, ColumnExpr, Compare, Expr, FromItem, Name, Select, SelectItem, Set};
use activerecord_core::{
    Carried, ColumnDef, ConnectionHandle, Error, KeptJson, PlaceSql, Result, Row, Stored, TableDef, TableInfo, Value,
    ValueType,
};
use activerecord_distributed::support::failpoint;
use chrono::{DateTime, SubsecRound as _, Utc};

use super::order::{Order, both, raw};
use super::values::{normal, same};
use super::{json, number};

/// The values of a row, in the order of a side's columns.
pub(crate) type Values = Vec<Value>;

/// A table at one end of a copy.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) connection: ConnectionHandle,
    pub(crate) table: Name,
    pub(crate) model: Option<&'static TableDef>,
    pub(crate) columns: Vec<SideColumn>,
    /// The ordinals of the key's columns: of a source its primary key, of a target the columns that identify a row.
    pub(crate) key: Vec<usize>,
    pub(crate) stamps: Stamps,
}

/// The ordinals of the columns that hold the times of insert and of the last update. The copy sets them where a row leaves them
/// unset.
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
    pub(crate) stored: Stored,
    /// Whether a text must be canonical: the column belongs to a model, or its values find rows. Values of other columns
    /// are only copied.
    pub(crate) strict: bool,
    /// How the column is read and written, and what it keeps of a value. None: it is read and written as it is.
    pub(crate) carried: Option<Arc<Carried>>,
    /// What the column keeps of a JSON value.
    pub(crate) json: KeptJson,
    /// How a place in the order of the column is read and compared. None: by its values.
    pub(crate) place: Option<PlaceSql>,
    /// Whether the database generates a number for a row without one.
    pub(crate) is_numbered: bool,
    /// Whether the column is a text that is carried as a value of another type: several texts can be the same value.
    pub(crate) is_spelled: bool,
}

impl SideColumn {
    /// Reads a value of the column.
    pub(crate) fn read(&self, value: &Value) -> Result<Value> {
        match (self.ty, self.strict) {
            _ if self.is_raw() => Ok(value.clone()),
            _ if self.carried.as_ref().is_some_and(|carried| carried.is_number) => number::plain(value),
            (ValueType::Json, _) => json::read(value),
            (ty, true) => Value::from_stored(value.as_cell(), ty),
            (ty, false) => Value::from_cell(value.as_cell(), ty),
        }
    }

    /// Whether the column has this value after it was written. True also where the database has an error for it.
    fn keeps(&self, value: &Value) -> bool {
        match (value, self.json) {
            (Value::Json(text), KeptJson::Doubles) => json::survives_as_doubles(text),
            (Value::Json(text), KeptJson::Distinct) => json::is_distinct(text),
            _ => self.carried.as_ref().is_none_or(|carried| carried.keeps(value)),
        }
    }

    /// Whether the values are read and written as they are.
    pub(crate) fn carried_plainly(&self) -> bool {
        self.carried.as_ref().is_none_or(|carried| carried.read.is_none() && !carried.is_number && !carried.is_raw)
    }

    /// Whether a row is found by the place of its key, because the key itself is compared in another way.
    fn is_found_by_place(&self) -> bool {
        let is_number = self.place.as_ref().is_some_and(|place| place.bound == "?");
        self.is_carried_as_text() || self.is_raw() || (self.ty == ValueType::F32 && is_number)
    }

    /// Whether values of any type are stored in the column as they are.
    pub(crate) fn is_raw(&self) -> bool {
        self.carried.as_ref().is_some_and(|carried| carried.is_raw)
    }

    /// Whether the values are carried as text, because this library has no type for them.
    fn is_carried_as_text(&self) -> bool {
        self.carried.as_ref().is_some_and(|carried| carried.read.is_some())
    }

    /// Takes from a table's description how places are compared, and what the column keeps, unless that is known.
    pub(crate) fn learn(&mut self, table: &TableInfo, is_key: bool) {
        let Some(column) = table.column(&self.name) else { return };
        if is_key && !failpoint::is_broken("sync.order") {
            self.place = table.place_of(column);
        }
        self.is_numbered = column.numbered;
        self.json = table.kept_json(column);
        if self.carried.is_none() {
            self.carried = Some(Arc::new(Carried::kept((table, column), self.ty, self.stored)));
        }
    }
}

impl Side {
    /// The table of a model, with the columns of these ordinals and the key of these ordinals of the model.
    pub(crate) fn of(
        connection: ConnectionHandle,
        table: &'static TableDef,
        ordinals: &[usize],
        key: &[usize],
    ) -> Self {
        let column = |&ColumnDef { name, ty, nullable, stored, .. }: &ColumnDef| SideColumn {
            name: name.into(),
            ty,
            nullable,
            stored,
            strict: true,
            carried: None,
            json: KeptJson::default(),
            place: None,
            is_spelled: false,
            is_numbered: false,
        };
        let columns = ordinals.iter().map(|&ordinal| column(&table.columns[ordinal])).collect();
        let here = |wanted: &usize| ordinals.iter().position(|ordinal| ordinal == wanted);
        let stamps = Stamps {
            created: table.created_at.as_ref().and_then(here),
            updated: table.updated_at.as_ref().and_then(here),
        };
        let key = key.iter().filter_map(here).collect();
        Self { connection, table: table.name.into(), model: Some(table), columns, key, stamps }
    }

    /// The table and its connection, for messages.
    pub(crate) fn place(&self) -> String {
        format!("`{}` on `{}`", self.table, self.connection.name())
    }

    /// A query that reads every column.
    pub(crate) fn select(&self) -> Select {
        let mut select = Select::from(FromItem::Named(self.table.clone()));
        select.items = (0..self.columns.len()).map(|ordinal| SelectItem::from(self.read_expr(ordinal))).collect();
        select
    }

    /// The expression that reads a column.
    fn read_expr(&self, ordinal: usize) -> Expr {
        let form = self.columns[ordinal].carried.as_ref().and_then(|carried| carried.read.as_deref());
        form.map_or_else(|| self.column(ordinal), |form| raw(form, Vec::new()))
    }

    /// How the values of columns are written that are not written as they are.
    pub(crate) fn forms(&self) -> Vec<(Name, Name)> {
        let form = |column: &SideColumn| {
            let written = column.carried.as_ref()?.written.clone()?;
            Some((column.name.clone(), written.into()))
        };
        self.columns.iter().filter_map(form).collect()
    }

    /// The name of the first column that would not have its value after this row was written.
    pub(crate) fn loses(&self, row: &Values) -> Option<usize> {
        (0..self.columns.len()).find(|&ordinal| !self.columns[ordinal].keeps(&row[ordinal]))
    }

    pub(crate) fn column(&self, ordinal: usize) -> Expr {
        Expr::Column(self.column_expr(ordinal))
    }

    pub(crate) fn column_expr(&self, ordinal: usize) -> ColumnExpr {
        let SideColumn { name, ty, nullable, stored, .. } = self.columns[ordinal].clone();
        ColumnExpr { table: self.table.clone(), outer: false, name, ty, nullable, stored }
    }

    /// A query that counts the rows.
    pub(crate) fn counting(&self) -> Select {
        let mut select = self.select();
        select.items = vec![Expr::Aggregate(Aggregate::Count, None).into()];
        select
    }

    /// Counts the rows.
    pub(crate) async fn count(&self) -> Result<u64> {
        counted(&self.connection.read(self.counting()).await?)
    }

    /// The order of the key.
    pub(crate) fn key_order(&self) -> Order {
        Order::of(self, &self.key)
    }

    /// The condition of the rows whose key is after one value and up to another one.
    pub(crate) fn typed_bounds(&self, after: Option<&[Value]>, through: Option<&[Value]>) -> Option<Expr> {
        let pairs = |place: &[Value]| {
            let pair = |(&key, value): (&usize, &Value)| (self.column(key), Expr::Value(value.clone()));
            self.key.iter().zip(place).map(pair).collect::<Vec<_>>()
        };
        let after = after.map(|place| Expr::CompareRows(pairs(place), Compare::Gt));
        let through = through.map(|place| Expr::CompareRows(pairs(place), Compare::Le));
        both(after, through)
    }

    /// Reads the rows of a query that has every column.
    pub(crate) async fn read(&self, select: Select) -> Result<Vec<Values>> {
        let rows = self.connection.read(select).await?;
        rows.iter().map(|row| self.typed(row)).collect()
    }

    /// Converts the values of a row to the types of their columns.
    pub(crate) fn typed(&self, row: &Row) -> Result<Values> {
        let typed = |(column, value): (&SideColumn, &Value)| {
            column.read(value).map_err(|error| self.misfit(column, value, error))
        };
        self.columns.iter().zip(row.values()).map(typed).collect()
    }

    #[cold]
    fn misfit(&self, column: &SideColumn, value: &Value, error: Error) -> Error {
        let (name, ty) = (&column.name, column.ty.name());
        Error::conversion(format!(
            "column `{name}` of {} has the value {}, which is not a {ty}",
            self.place(),
            shown(value)
        ))
        .with_source(error)
    }

    /// Reads the existing rows with the keys of these rows. The result can hold other rows too.
    pub(crate) async fn find(&self, rows: &[Values]) -> Result<HashMap<Arc<str>, Values>> {
        let mut found = HashMap::with_capacity(rows.len());
        let filters = match self.range(rows) {
            Some(range) => vec![range],
            // A longer list would exceed the databases' limits of bound values.
            None => rows.chunks(1_000).map(|rows| self.keys(rows)).collect(),
        };
        for filter in filters {
            let mut select = self.select();
            select.filter = Some(filter);
            // A row with a value that cannot be read is not equal to any other.
            for (row, unread) in self.connection.read_each(select).await? {
                if let (Ok(row), None) = (self.typed(&row), unread) {
                    found.insert(self.key_of(&row), row);
                }
            }
        }
        Ok(found)
    }

    /// The range from the least of these keys to the greatest, which databases read faster than a list of keys. None unless the
    /// keys are whole numbers, and at least half of the numbers in the range are among them.
    fn range(&self, rows: &[Values]) -> Option<Expr> {
        let [key] = self.key[..] else { return None };
        if self.columns[key].is_carried_as_text() {
            return None;
        }
        // A key that is not a whole number sorts first.
        let by_number = |row: &&Values| whole_number(&row[key]);
        let (least, greatest) = (rows.iter().min_by_key(by_number)?, rows.iter().max_by_key(by_number)?);
        if by_number(&greatest)? - by_number(&least)? >= 2 * rows.len() as i128 {
            return None;
        }
        let bound = |compare, row: &Values| self.column(key).compare(compare, Expr::Value(row[key].clone()));
        Some(Expr::And(vec![bound(Compare::Ge, least), bound(Compare::Le, greatest)]))
    }

    /// The same table with only the columns of its key.
    pub(crate) fn keyed(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            table: self.table.clone(),
            model: self.model,
            columns: self.key.iter().map(|&key| self.columns[key].clone()).collect(),
            key: (0..self.key.len()).collect(),
            stamps: Stamps::default(),
        }
    }

    /// The condition that selects the rows with these keys. It can select others too, if a column compares values by a
    /// collation.
    pub(crate) fn keys(&self, rows: &[Values]) -> Expr {
        if self.key.iter().any(|&key| self.columns[key].is_found_by_place()) {
            return Expr::Or(rows.iter().map(|row| self.has_key(row)).collect());
        }
        match self.key[..] {
            [key] => {
                let values = rows.iter().map(|row| row[key].clone()).collect();
                Expr::In(Box::new(self.column(key)), Set::Values(self.columns[key].ty, values))
            }
            _ => {
                let values = |row: &Values| self.key.iter().map(|&key| row[key].clone()).collect();
                let columns = self.key.iter().map(|&key| self.column(key)).collect();
                Expr::InRows(columns, rows.iter().map(values).collect())
            }
        }
    }

    fn has_key(&self, row: &Values) -> Expr {
        let is = |&key: &usize| {
            let (column, value) = (self.column(key), row[key].clone());
            let bound = match &self.columns[key].place {
                Some(place) if self.columns[key].is_found_by_place() => raw(&place.bound, vec![widened(value)]),
                _ => Expr::Value(value),
            };
            Expr::Compare(Box::new(column), Compare::Eq, Box::new(bound))
        };
        Expr::And(self.key.iter().map(is).collect())
    }

    /// The key of a row as text; equal keys have equal texts.
    pub(crate) fn key_of(&self, row: &Values) -> Arc<str> {
        if let [key] = self.key[..]
            && let Value::I64(number) = row[key]
        {
            return number.to_string().into();
        }
        let parts: Vec<_> = self.key.iter().map(|&key| normal(row[key].clone())).collect();
        format!("{parts:?}").into()
    }

    /// A place in the order of the key as people read it.
    pub(crate) fn shown_place(&self, place: &[Value]) -> String {
        let first = place.len().saturating_sub(self.key.len());
        let part = |(&key, value): (&usize, &Value)| format!("{} = {}", self.columns[key].name, shown(value));
        self.key.iter().zip(&place[first..]).map(part).collect::<Vec<_>>().join(", ")
    }

    /// Whether two keys that differ here can be equal values: texts that stand for values of another type.
    pub(crate) fn has_spellings(&self) -> bool {
        self.key.iter().any(|&key| {
            let SideColumn { ty, place, .. } = &self.columns[key];
            use ValueType::{Bytes, I16, I32, I64, Text, U64};
            let is_text = matches!(ty, Text | Bytes | I16 | I32 | I64 | U64);
            let is_raw = self.columns[key].is_raw();
            place.is_some() && !self.connection.capabilities().typed_columns && !is_text && !is_raw
                || self.columns[key].is_spelled
        })
    }

    /// The condition that no part of the key is NULL. None: the database guarantees it.
    pub(crate) fn has_whole_key(&self) -> Option<Expr> {
        let is_loose = |&&key: &&usize| self.columns[key].nullable;
        let is_set = |&key: &usize| Expr::Not(Box::new(Expr::IsNull(Box::new(self.column(key)))));
        self.key.iter().filter(is_loose).map(is_set).reduce(Expr::and)
    }

    /// The key of a row as people read it.
    pub(crate) fn shown(&self, row: &[Value]) -> String {
        let parts = self.key.iter().map(|&key| format!("{} = {}", self.columns[key].name, shown(&row[key])));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The names of the columns in which a row differs from the existing one.
    pub(crate) fn differences(&self, row: &Values, there: &Values) -> Vec<String> {
        let differ = (0..self.columns.len()).filter(|&ordinal| self.differs(ordinal, row, there));
        differ.map(|ordinal| self.columns[ordinal].name.to_string()).collect()
    }

    /// Whether a row equals the existing one.
    pub(crate) fn is_same(&self, row: &Values, there: &Values) -> bool {
        !(0..self.columns.len()).any(|ordinal| self.differs(ordinal, row, there))
    }

    fn differs(&self, ordinal: usize, row: &Values, there: &Values) -> bool {
        !self.is_stamped(ordinal, row) && !same(&row[ordinal], &there[ordinal])
    }

    /// A time for a column that has this value, cut to the digits that the column keeps.
    pub(crate) fn time(&self, ordinal: usize, value: &Value, time: DateTime<Utc>) -> Value {
        let SideColumn { ty, stored, .. } = &self.columns[ordinal];
        let digits = self.connection.dialect().spelling(*ty, *stored).digits();
        let time = time.trunc_subsecs(u16::try_from(digits).unwrap_or(6));
        match value {
            Value::DateTime(_) => Value::DateTime(time.naive_utc()),
            _ => Value::Timestamp(time),
        }
    }

    /// Whether the copy sets this column, because the row leaves it unset.
    pub(crate) fn is_stamped(&self, ordinal: usize, row: &Values) -> bool {
        [self.stamps.created, self.stamps.updated].contains(&Some(ordinal)) && row[ordinal].is_unset()
    }
}

/// Reads the result of [`Side::counting`].
pub(crate) fn counted(rows: &[Row]) -> Result<u64> {
    rows.first().map_or(Ok(0), |row| row.get(0))
}

/// The double that is equal to a single: the decimal digits of a single are another number.
fn widened(value: Value) -> Value {
    match value {
        Value::F32(single) => Value::F64(single.into()),
        other => other,
    }
}

/// A value in a message, at most its first characters.
pub(super) fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = match value {
        Value::Json(text) => text.clone(),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
        value => value.to_json().to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

/// The value as a whole number, if it is one.
pub(super) fn whole_number(value: &Value) -> Option<i128> {
    Some(match value {
        Value::I16(number) => (*number).into(),
        Value::I32(number) => (*number).into(),
        Value::I64(number) => (*number).into(),
        Value::U64(number) => (*number).into(),
        _ => return None,
    })
}
