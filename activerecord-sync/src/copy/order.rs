//! The order in which a table is read, and the places in it.
//!
//! The next page begins after the place of the last row. The place is compared by the database, so it must be the value by
//! which the database orders: ENUM is ordered by its number, and SQLite orders a time by its text. A value that this library
//! has read can have another place.

use activerecord_core::statement::{ColumnExpr, Compare, Direction, Expr, Nulls, OrderBy, RawSql, Select};
use activerecord_core::{Error, ErrorKind, PlaceSql, Result, Row, Stored, Value, ValueType};

use super::side::Side;

/// The values of a row by which the database orders it.
pub(crate) type Place = Vec<Value>;

/// The order by some columns of a table.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    /// The ordinal of the column.
    ordinal: usize,
    column: ColumnExpr,
    /// None: the value of the column is its place.
    place: Option<PlaceSql>,
}

impl Order {
    /// Ascending order by these columns.
    pub(crate) fn of(side: &Side, ordinals: &[usize]) -> Self {
        let part = |&ordinal: &usize| {
            let place = side.columns[ordinal].place.clone();
            let column = side.column_expr(ordinal);
            // A type would change how the dialect compares the column.
            let column = match place {
                Some(_) => ColumnExpr { ty: ValueType::I64, stored: Stored::Canonical, nullable: false, ..column },
                None => ColumnExpr { nullable: false, ..column },
            };
            Part { ordinal, column, place }
        };
        Self { parts: ordinals.iter().map(part).collect() }
    }

    /// Orders a query that reads every column of the table, and adds what the places need.
    pub(crate) fn apply(&self, select: &mut Select) {
        select.items.extend(self.places().map(|place| raw(&place.read, Vec::new()).into()));
        select.order_by = self.clauses();
    }

    /// ORDER BY.
    pub(crate) fn clauses(&self) -> Vec<OrderBy> {
        let by = |part: &Part| OrderBy {
            expr: Expr::Column(part.column.clone()),
            direction: Direction::Asc,
            nulls: Nulls::default(),
        };
        self.parts.iter().map(by).collect()
    }

    /// A query that reads only the places of the rows of a table.
    pub(crate) fn places_only(&self, mut select: Select) -> Select {
        let item = |part: &Part| match &part.place {
            Some(place) => raw(&place.read, Vec::new()),
            None => Expr::Column(part.column.clone()),
        };
        select.items = self.parts.iter().map(|part| item(part).into()).collect();
        select.order_by = self.clauses();
        select
    }

    /// The place of a row of [`places_only`](Self::places_only).
    pub(crate) fn place_alone(&self, row: &Row) -> Result<Place> {
        let part = |(part, value): (&Part, &Value)| match &part.place {
            Some(_) => Ok(value.clone()),
            None => Value::from_cell(value.as_cell(), part.column.ty),
        };
        self.parts.iter().zip(row.values()).map(part).collect()
    }

    /// The place of a row of a query to which the order was [applied](Self::apply).
    pub(crate) fn place_of(&self, side: &Side, row: &Row) -> Result<Place> {
        let mut added = row.values()[side.columns.len()..].iter();
        let part = |part: &Part| match &part.place {
            Some(_) => added.next().cloned().ok_or_else(no_place),
            None => side.columns[part.ordinal].read(&row.values()[part.ordinal]),
        };
        self.parts.iter().map(part).collect()
    }

    /// Whether the places are the values of the column of this ordinal.
    pub(crate) fn needs(&self, ordinal: usize) -> bool {
        self.parts.iter().any(|part| part.ordinal == ordinal && part.place.is_none())
    }

    /// The condition of the row at a place.
    pub(crate) fn at(&self, place: &[Value]) -> Expr {
        let pairs = self.pairs(place).into_iter();
        Expr::And(pairs.map(|(column, value)| Expr::Compare(Box::new(column), Compare::Eq, Box::new(value))).collect())
    }

    /// The condition of the rows after a place.
    pub(crate) fn after(&self, place: &[Value]) -> Expr {
        self.compare(place, Compare::Gt)
    }

    /// The condition of the rows up to a place.
    pub(crate) fn through(&self, place: &[Value]) -> Expr {
        self.compare(place, Compare::Le)
    }

    /// The types of the values of a place, for those that are read back. None: the value says its type.
    pub(crate) fn types(&self) -> impl Iterator<Item = Option<ValueType>> {
        self.parts.iter().map(|part| part.place.is_none().then_some(part.column.ty))
    }

    fn places(&self) -> impl Iterator<Item = &PlaceSql> {
        self.parts.iter().filter_map(|part| part.place.as_ref())
    }

    fn compare(&self, place: &[Value], op: Compare) -> Expr {
        Expr::CompareRows(self.pairs(place), op)
    }

    /// The columns with the values of a place.
    fn pairs(&self, place: &[Value]) -> Vec<(Expr, Expr)> {
        let bound = |(part, value): (&Part, &Value)| {
            let value = match &part.place {
                Some(place) => raw(&place.bound, vec![value.clone()]),
                None => Expr::Value(value.clone()),
            };
            (Expr::Column(part.column.clone()), value)
        };
        self.parts.iter().zip(place).map(bound).collect()
    }
}

/// The rows for which both conditions hold. None: all rows.
pub(super) fn both(one: Option<Expr>, other: Option<Expr>) -> Option<Expr> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

/// SQL in which `?` stands for each of these values.
pub(super) fn raw(text: &str, binds: Vec<Value>) -> Expr {
    Expr::Raw(RawSql { text: text.to_owned().into(), binds })
}

#[cold]
fn no_place() -> Error {
    Error::new(ErrorKind::Custom, "a row was read without its place in the order")
}
