//! A portable definition of a table becomes the exact one of a dialect, which [`define`](super::define) renders.

use std::borrow::Cow;

use super::constant::constant;
use super::writer::Writer;
use super::{Access, Sql};
use crate::catalog::{ColumnInfo, Identity, IndexInfo, TableInfo};
use crate::dialect::{AutoIncrement, Dialect, Size};
use crate::error::{Error, Result};
use crate::statement::{CreateIndex, CreateTable, Name, NewColumn};
use crate::value::{Purpose, Spelling, Stored, ValueType};

/// Returns the table in the SQL of a dialect.
///
/// # Errors
/// `Unsupported` when the dialect has no type for a column, or the definition does not say how a column is computed.
pub(crate) fn table(table: &CreateTable, dialect: &Dialect) -> Result<TableInfo> {
    if let Some(column) = table.computed.first() {
        return Err(computed(table, column));
    }
    let mut info = empty(&table.table, dialect)?;
    info.columns = table.columns.iter().map(|column| self::column(table, column, dialect)).collect::<Result<_>>()?;
    info.key = table.key.iter().map(|name| name.clone().into_owned()).collect();
    let key = IndexInfo { unique: true, constraint: true, ..IndexInfo::on(info.key.iter().cloned()) };
    info.primary_key = Some(key).filter(|key| !key.parts.is_empty());
    info.indexes = table.indexes.iter().map(index).collect();
    Ok(info)
}

/// Returns the statement that sets the first number of a new table's key; None: it is 1.
pub(crate) fn first_number(table: &CreateTable, dialect: &Dialect) -> Option<Sql> {
    let (first, key) = (table.first_number?, table.key.first()?);
    let mut w = Writer::new(dialect);
    match dialect.definitions.autoincrement {
        AutoIncrement::Identity => {
            w.push("ALTER TABLE ").table(&table.table).push(" ALTER COLUMN ").name(key).push(" RESTART WITH ");
            w.push(&first.to_string());
        }
        AutoIncrement::InColumn(_) => {
            w.push("ALTER TABLE ").table(&table.table).push(" AUTO_INCREMENT = ").push(&first.to_string());
        }
        // The row of the table is missing until its first insert.
        AutoIncrement::InKey(_) => {
            let name = format!("'{}'", table.table.replace('\'', "''"));
            w.push("INSERT INTO sqlite_sequence (name, seq) SELECT ").push(&name).push(", ");
            w.push(&(first - 1).to_string()).push(" WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ");
            w.push(&name).push(")");
        }
    }
    Some(w.finish(Access::Write).0)
}

/// Returns the index of a CREATE INDEX, in a table that has nothing else.
pub(crate) fn table_of(index: &CreateIndex, dialect: &Dialect) -> Result<TableInfo> {
    Ok(TableInfo { indexes: vec![self::index(index)], ..empty(&index.table, dialect)? })
}

fn empty(name: &Name, dialect: &Dialect) -> Result<TableInfo> {
    let options = Some(dialect.definitions.options.to_owned()).filter(|options| !options.is_empty());
    Ok(TableInfo { options, ..TableInfo::new("".into(), &**name, Dialect::named(dialect.name)?) })
}

fn index(index: &CreateIndex) -> IndexInfo {
    let columns = index.columns.iter().map(|column| column.clone().into_owned());
    IndexInfo { name: Some(index.name.clone().into_owned()), unique: index.unique, ..IndexInfo::on(columns) }
}

fn column(table: &CreateTable, column: &NewColumn, dialect: &Dialect) -> Result<ColumnInfo> {
    let in_key = table.key.contains(&column.name);
    let numbered = table.numbered && in_key;
    let stored = table.stored.iter().find(|(name, _)| *name == column.name);
    let spelling = Spelling {
        ty: column.ty,
        stored: dialect.spelling(column.ty, stored.map_or(Stored::Default, |(_, stored)| *stored)),
    };
    let declared = match dialect.definitions.stored.iter().find(|(stored, _)| *stored == spelling.stored) {
        Some((_, declared)) => (*declared).into(),
        None if numbered => spelled(dialect.definitions.numbers, column.ty)?.into(),
        None => {
            let ty = if spelling.stored.is_number() { ValueType::I64 } else { column.ty };
            type_of(ty, &column.sizes, table.index_of(&column.name), dialect)?
        }
    };
    let default = table.defaults.iter().find(|(name, _)| *name == column.name);
    let default = default.map(|(_, value)| -> Result<String> {
        // Some databases take a default of a long text only as an expression.
        Ok(format!("({})", constant(&spelling.bind(value.clone(), Purpose::Store)?, dialect)?))
    });
    Ok(ColumnInfo {
        ty: Some(column.ty),
        sizes: column.sizes.clone(),
        nullable: column.nullable && !in_key,
        default: default.transpose()?,
        ..ColumnInfo::new(&*column.name, declared).numbered_by(numbered.then(|| identity(dialect)))
    })
}

/// The identity of a key that the database generates.
pub(super) fn identity(dialect: &Dialect) -> Identity {
    match dialect.definitions.autoincrement {
        AutoIncrement::Identity => Identity::ByDefault,
        AutoIncrement::InKey(_) | AutoIncrement::InColumn(_) => Identity::AutoIncrement,
    }
}

/// Returns the SQL type for values of a type. `index`: the numbers of texts and of other columns in the largest index with the
/// column.
pub(super) fn type_of(
    ty: ValueType,
    sizes: &[u32],
    index: Option<(usize, usize)>,
    dialect: &Dialect,
) -> Result<Cow<'static, str>> {
    let definitions = &dialect.definitions;
    Ok(match (ty, index, definitions.array) {
        (ValueType::Text, Some(index), _) => definitions.indexed_text.spelled(sizes, index),
        (ValueType::Bytes, Some(index), _) => definitions.indexed_bytes.spelled(sizes, index),
        (ValueType::Decimal, ..) => definitions.decimal.spelled(sizes, (1, 0)),
        (ValueType::Array(_), _, Some(array)) => array.into(),
        (ValueType::Array(element), _, None) => format!("{}[]", spelled(definitions.types, *element)?).into(),
        (ty, ..) => spelled(definitions.types, ty)?.into(),
    })
}

impl Size {
    /// Returns the SQL type with these sizes, within the limits of the database. The texts and the other columns of an index
    /// share its limit.
    fn spelled(self, sizes: &[u32], (texts, others): (usize, usize)) -> Cow<'static, str> {
        match (self, sizes) {
            (Self::None(spelling), _) => spelling.into(),
            (Self::Length { word, usual, most }, _) => {
                // No other type takes more than 3 / 64 of a key: a UUID has 36 characters of up to four bytes.
                let [texts, others] = [texts, others].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
                let most = most * 64_u32.saturating_sub(others.saturating_mul(3)) / 64 / texts.max(1);
                format!("{word}({})", most.min(sizes.first().copied().unwrap_or(usual))).into()
            }
            (Self::Digits { word, most, scale, .. }, &[digits, places]) if digits <= most && places <= scale => {
                format!("{word}({digits}, {places})").into()
            }
            (Self::Digits { usual, .. }, _) => usual.into(),
        }
    }
}

fn spelled(types: &[(ValueType, &'static str)], ty: ValueType) -> Result<&'static str> {
    let known = types.iter().find(|(known, _)| *known == ty);
    let unsupported = || Error::unsupported(format!("this database has no such column type for a {}", ty.name()));
    known.map(|(_, spelling)| *spelling).ok_or_else(unsupported)
}

#[cold]
fn computed(table: &CreateTable, column: &str) -> Error {
    Error::unsupported(format!(
        "column `{column}` of table `{}` is #[column(generated)], and the model does not say how; create the table with SQL",
        table.table
    ))
}
