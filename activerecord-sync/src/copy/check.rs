//! The checks before the first row.

use std::collections::BTreeSet;

use activerecord_core::{Error, ErrorKind, Result, TableInfo, TableKind, Value, ValueRef, ValueType};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Copy;
use super::side::{Side, SideColumn};
use super::tombstones::Tombstones;

impl Copy {
    /// Fails for a job that cannot run, and finds out whether rows can be compared by digests.
    pub(crate) async fn check(&mut self) -> Result<()> {
        self.reach().await?;
        self.learn().await?;
        self.since.map_or(Ok(()), |since| self.check_watermark(&self.source.columns[since]))
    }

    /// Opens both connections. The caller must not be in a transaction on one of them.
    async fn reach(&self) -> Result<()> {
        for side in [&self.source, &self.target] {
            if side.connection.in_transaction() {
                return Err(in_transaction(side));
            }
            side.connection.learn().await?;
        }
        Ok(())
    }

    /// Describes both tables, and takes from the descriptions how rows are read, compared and written.
    pub(crate) async fn learn(&mut self) -> Result<()> {
        let (source, target) = (self.source.check().await?, self.target.check().await?);
        self.source.learn(source.as_ref());
        self.target.learn(target.as_ref());
        if let Some(table) = &target {
            self.target.require_unique(table)?;
        }
        let have_digests = source.is_some_and(|table| self.source.has_digest(&table))
            && target.is_some_and(|table| self.target.has_digest(&table));
        let named = |side: &Side| side.key.iter().map(|&key| side.columns[key].name.clone()).collect::<Vec<_>>();
        let have_ranges = self.source.has_ranges() && self.target.has_ranges();
        self.by_digest = self.is_plain && have_digests && have_ranges && named(&self.source) == named(&self.target);
        if let Some(tombstones) = &self.tombstones {
            tombstones.check().await?;
        }
        Ok(())
    }

    /// As [`check`](Self::check), for tables without a key.
    pub(crate) async fn check_whole(&mut self) -> Result<()> {
        self.reach().await?;
        for side in [&mut self.source, &mut self.target] {
            let table = side.check().await?;
            side.learn(table.as_ref());
        }
        match self.since {
            Some(_) => Err(Error::configuration(format!("{} has no key, so it has no watermark", self.source.place()))),
            None => Ok(()),
        }
    }

    fn check_watermark(&self, column: &SideColumn) -> Result<()> {
        if self.options.ranges > 1 {
            return Err(Error::configuration(format!(
                "the job `{}` reads in the order of `{}`, so it cannot be split into {} ranges of the key; remove .ranges(..) or .since(..)",
                self.job, column.name, self.options.ranges
            )));
        }
        if column.nullable {
            return Err(Error::configuration(format!(
                "`{}` of {} can be NULL, so it cannot be a watermark: changes of rows without a value would be missed",
                column.name,
                self.source.place()
            )));
        }
        Ok(())
    }
}

#[cold]
fn in_transaction(side: &Side) -> Error {
    Error::invalid(format!(
        "a job cannot run inside a transaction on `{}`: it begins its own transactions",
        side.connection.name()
    ))
}

impl Tombstones {
    async fn check(&self) -> Result<()> {
        if self.side.key.is_empty() {
            return Err(Error::configuration(format!("{} has no key; tombstones need one", self.side.place())));
        }
        self.side.check().await.map(drop)
    }
}

impl Side {
    /// Fails when a column does not exist or cannot hold values of its field's type. Returns the table's description, if the
    /// database has one.
    async fn check(&self) -> Result<Option<TableInfo>> {
        for key in &self.key {
            if self.columns[*key].nullable && self.model.is_some() {
                return Err(Error::configuration(format!(
                    "`{}` of {} can be NULL, so it cannot be a key of a copy",
                    self.columns[*key].name,
                    self.place()
                )));
            }
        }
        let mut nothing = self.select();
        nothing.limit = Some(0);
        let unexpected = |error: Error| error.context(format_args!("the copy does not fit the table {}", self.place()));
        self.connection.read(nothing).await.map_err(unexpected)?;
        let table = self.connection.describe(&self.table).await?;
        if self.model.is_some()
            && self.connection.capabilities().typed_columns
            && let Some(table) = &table
        {
            self.check_types(table).map_err(unexpected)?;
        }
        Ok(table)
    }

    /// Takes from the description what the columns keep, and how places in the order of the key are compared.
    fn learn(&mut self, table: Option<&TableInfo>) {
        let Some(table) = table else { return };
        for ordinal in 0..self.columns.len() {
            self.columns[ordinal].learn(table, self.key.contains(&ordinal));
        }
    }

    /// Fails when the key is not a unique key of the table.
    fn require_unique(&self, table: &TableInfo) -> Result<()> {
        let names: BTreeSet<_> = self.key.iter().map(|&key| &*self.columns[key].name).collect();
        let is_it = |columns: &[String]| columns.iter().map(String::as_str).collect::<BTreeSet<_>>() == names;
        let mut keys = table.unique.iter().map(|unique| &unique.columns[..]).chain([&table.key[..]]);
        if keys.any(is_it) || !matches!(table.kind, TableKind::Table | TableKind::Partitioned) {
            return Ok(());
        }
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        Err(Error::new(
            ErrorKind::InvalidStatement,
            format!(
                "{} is not a unique key of {}; rows are found by it: add a unique index",
                names.join(", "),
                self.place()
            ),
        ))
    }

    fn check_types(&self, table: &TableInfo) -> Result<()> {
        for SideColumn { name, ty, stored, .. } in &self.columns {
            let Some(column) = table.column(name) else { continue };
            let is_number = self.connection.dialect().spelling(*ty, *stored).is_number();
            let ty = if is_number { &ValueType::I64 } else { ty };
            if column.ty.is_some_and(|held| !can_be(held, *ty)) {
                let message = format!(
                    "column `{name}` has the type `{}`, which cannot hold values of the type {}; change the column, or the type of the field",
                    column.declared,
                    ty.name()
                );
                return Err(Error::new(ErrorKind::InvalidStatement, message));
            }
        }
        Ok(())
    }
}

/// Whether a column with values of the type `held` can hold one of the type `ty`. Texts, bytes and JSON can represent any type.
fn can_be(held: ValueType, ty: ValueType) -> bool {
    let example = match held {
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
    Value::from_cell(example, ty).is_ok()
}
