//! A model with columns of every type, through the public API: records are read as they were written, each column finds
//! them, and the pages of a keyset are the rows of `all()`.

use activerecord::prelude::*;
use activerecord::query::Order;
use activerecord::value::Value;
use activerecord::{Model, Row, connection, with_connection};
use activerecord_core::statement::CreateTable;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use fastrand::Rng;

use crate::generate::values;
use crate::site::Site;

#[derive(ActiveRecord, Clone, Debug, PartialEq)]
#[table = "fuzzed_records"]
pub(crate) struct Record {
    id: i64,
    rank: i32,
    name: String,
    price: Decimal,
    truth: Option<bool>,
    small: Option<i16>,
    medium: Option<i32>,
    big: Option<i64>,
    single: Option<f32>,
    double: Option<f64>,
    decimal: Option<Decimal>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    uuid: Option<Uuid>,
    day: Option<NaiveDate>,
    clock: Option<NaiveTime>,
    datetime: Option<NaiveDateTime>,
    instant: Option<DateTime<Utc>>,
    document: Option<serde_json::Value>,
}

/// Records, and how pages of them are read.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    records: Vec<Record>,
    order: Vec<Order<Record>>,
    /// The number of rows of a page.
    size: u64,
    /// Only the records below this rank.
    below: i32,
}

/// Calls a macro with the columns that have an order, and their fields.
macro_rules! ordered {
    ($then:ident!($($argument:expr),*)) => {
        $then!(($($argument),*) RANK rank, NAME name, PRICE price, TRUTH truth, SMALL small, MEDIUM medium, BIG big,
            SINGLE single, DOUBLE double, DECIMAL decimal, TEXT text, BYTES bytes, UUID uuid, DAY day, CLOCK clock,
            DATETIME datetime, INSTANT instant)
    };
}

macro_rules! ascending {
    (() $($column:ident $field:ident),*) => { [$(Record::$column.asc()),*] };
}

macro_rules! descending {
    (() $($column:ident $field:ident),*) => { [$(Record::$column.desc()),*] };
}

/// Returns the name of the first column by whose value the record is not found.
macro_rules! missed {
    (($record:expr) $($column:ident $field:ident),*) => {{
        let record: &Record = $record;
        $(
            let found = Record::filter(Record::$column.eq(record.$field.clone())).all().await?;
            if !found.contains(record) {
                return Ok(Some(format!("{} does not find {record:?}\nfound: {found:?}", stringify!($field))));
            }
        )*
    }};
}

/// Creates the table on a connection.
///
/// # Errors
/// Those of the server.
pub(crate) async fn create(name: &str) -> Result<()> {
    connection(name)?.create_table(&CreateTable::from(Record::TABLE)).await
}

impl Case {
    pub(crate) fn generate(rng: &mut Rng) -> Result<Self> {
        let records = (1..=rng.i64(0..12)).map(|id| Record::generate(rng, id)).collect::<Result<_>>()?;
        let order = (0..rng.usize(..=3)).map(|_| order(rng)).collect();
        Ok(Self { records, order, size: rng.u64(1..=5), below: rng.i32(0..=10) })
    }

    pub(crate) fn len(&self) -> u64 {
        self.records.len() as u64
    }

    /// Returns the smallest case that breaks a rule on a database, as a text.
    pub(crate) async fn check(mut self, site: &Site) -> Option<String> {
        let (name, kind) = (site.connection(), site.name());
        let mut text = self.broken(name).await?;
        let mut at = 0;
        while at < self.records.len() {
            let mut smaller = self.clone();
            smaller.records.remove(at);
            match smaller.broken(name).await {
                Some(found) => (self, text) = (smaller, found),
                None => at += 1,
            }
        }
        let Self { records, order, size, below } = self;
        Some(format!("{kind}: {text}\nrecords: {records:#?}\norder: {order:?}, pages of {size}, below {below}"))
    }

    /// Returns the rule that the connection breaks. An error breaks each rule.
    async fn broken(&self, name: &str) -> Option<String> {
        let found = with_connection(name, async || {
            Record::query().delete().await?;
            Record::bulk_insert(&self.records).await?;
            match self.lost().await? {
                Some(lost) => Ok(Some(lost)),
                None => self.misplaced().await,
            }
        });
        found.await.unwrap_or_else(|error| Some(error.to_string()))
    }

    async fn lost(&self) -> Result<Option<String>> {
        for record in &self.records {
            let found = Record::find(record.id).await?;
            if found != *record {
                return Ok(Some(format!("written: {record:?}\nread: {found:?}")));
            }
            ordered!(missed!(record));
            missed!((record) DOCUMENT document);
        }
        Ok(None)
    }

    async fn misplaced(&self) -> Result<Option<String>> {
        let query = || Record::filter(Record::RANK.lt(self.below)).order_by(self.order.clone());
        let all = query().order_by(Record::ID.asc()).all().await?;
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = query().keyset(after.as_ref(), self.size).await?;
            pages.extend(page.items);
            match page.next {
                Some(next) if pages.len() <= self.records.len() => after = Some(next.to_string().parse()?),
                _ => break,
            }
        }
        let ids = |records: &[Record]| records.iter().map(|record| record.id).collect::<Vec<_>>();
        Ok((all != pages).then(|| format!("all: {:?}\npages: {:?}", ids(&all), ids(&pages))))
    }
}

impl Record {
    fn generate(rng: &mut Rng, id: i64) -> Result<Self> {
        let columns = Self::TABLE.columns;
        let mut cells: Vec<_> = columns.iter().map(|def| values::wild(rng, def.ty, def.nullable)).collect();
        cells[0] = Value::I64(id);
        // Pages need records with equal values.
        cells[1] = Value::I32(rng.i32(0..3));
        let names = columns.iter().map(|def| def.name.into()).collect();
        Self::from_row(&Row::new(names, cells), 0)
    }
}

fn order(rng: &mut Rng) -> Order<Record> {
    let columns = if rng.bool() { ordered!(ascending!()) } else { ordered!(descending!()) };
    let [order] = rng.choose_multiple(columns, 1).try_into().unwrap_or_else(|_| [Record::ID.asc()]);
    match rng.u8(..4) {
        0 => order.nulls_first(),
        1 => order.nulls_last(),
        _ => order,
    }
}
