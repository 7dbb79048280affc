//! The table of a target, made after the one of its source.

use std::collections::HashSet;

use activerecord_core::{ColumnInfo, ConnectionHandle, Result, Row, TableInfo, ValueType};

use super::servers::{Server, translated};

/// What is made besides columns, keys and unique indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct With {
    pub(crate) indexes: bool,
    pub(crate) foreign_keys: bool,
    pub(crate) defaults: bool,
    /// Whether JSON becomes text where the database would change its numbers.
    pub(crate) json_as_text: bool,
}

impl Default for With {
    fn default() -> Self {
        Self { indexes: true, foreign_keys: true, defaults: true, json_as_text: false }
    }
}

/// A table that does not exist yet.
#[derive(Clone, Debug)]
pub(crate) struct NewTable {
    /// The table, with what it must have before its rows come.
    pub(crate) table: TableInfo,
    /// The same table with the indexes and the foreign keys that come after the rows.
    pub(crate) later: TableInfo,
    /// What differs from the source.
    pub(crate) notes: Vec<String>,
}

impl NewTable {
    /// Plans the table of `to` for this table of `from`.
    pub(crate) async fn plan(
        source: &TableInfo,
        from: &ConnectionHandle,
        to: &ConnectionHandle,
        with: With,
    ) -> Result<Self> {
        let mut notes = Vec::new();
        let mut source = source.clone();
        let are_alike = source.dialect == to.dialect();
        if !are_alike {
            for ordinal in 0..source.columns.len() {
                let column = source.columns[ordinal].clone();
                let ty = portable_type(&source, &column, from, to).await?;
                let column = &mut source.columns[ordinal];
                if ty.is_none() {
                    notes.push(format!("column `{}` of type `{}` becomes text", column.name, column.declared));
                    (column.enumeration, column.default) = (None, None);
                    column.sizes.clear();
                }
                column.ty = Some(ty.unwrap_or(ValueType::Text));
                // SQLite keeps 1.999 in a column of the type decimal(10, 2), and any text in one of the type varchar(5).
                if !from.capabilities().typed_columns {
                    column.sizes.clear();
                }
            }
        }
        if with.json_as_text && !to.dialect().capabilities().arrays {
            let is_json = |column: &&mut ColumnInfo| column.ty == Some(ValueType::Json);
            for column in source.columns.iter_mut().filter(is_json) {
                (column.ty, column.default) = (Some(ValueType::Text), None);
                if are_alike {
                    column.declared = "longtext".to_owned();
                }
            }
        }
        if are_alike && to.capabilities().arrays {
            notes.extend(known_types(&mut source, to).await?);
        }
        let server = Server::of(to).await?;
        let plan = source.translated(to.dialect())?;
        notes.extend(plan.left_out.iter().map(ToString::to_string));
        let mut table = plan.table;
        table.name = source.name.clone();
        if are_alike {
            notes.extend(translated(&mut table, server));
        } else {
            keep_lengths(&mut table, &source);
            exact_texts(&mut table, server);
        }
        if !with.defaults {
            table.columns.iter_mut().for_each(|column| column.default = None);
        }
        Ok(Self::divided(table, to, with, notes))
    }

    /// Divides what is made before and after the rows. Unique indexes come before: they name the row that they refuse.
    fn divided(mut table: TableInfo, to: &ConnectionHandle, with: With, notes: Vec<String>) -> Self {
        let mut later = table.clone();
        // SQLite adds no foreign key to a table. MySQL makes indexes inside of CREATE TABLE.
        let (adds_keys, adds_indexes) = (to.capabilities().typed_columns, !to.dialect().has_inline_indexes());
        let is_late = |index: &activerecord_core::IndexInfo| !index.unique && !index.constraint;
        later.indexes.retain(|index| with.indexes && adds_indexes && is_late(index));
        table.indexes.retain(|index| !is_late(index) || (with.indexes && !adds_indexes));
        if !with.foreign_keys || adds_keys {
            table.foreign_keys.clear();
        }
        if !with.foreign_keys || !adds_keys {
            later.foreign_keys.clear();
        }
        Self { table, later, notes }
    }

    /// Makes the table.
    pub(crate) async fn create(&self, to: &ConnectionHandle) -> Result<()> {
        to.create_like(&self.table).await
    }

    /// Makes the indexes and the foreign keys to tables that exist. Returns what could not be made.
    pub(crate) async fn finish(&self, to: &ConnectionHandle) -> Result<Vec<String>> {
        let mut later = self.later.clone();
        let known: HashSet<_> = to.tables().await?.into_iter().collect();
        let mut notes = Vec::new();
        later.foreign_keys.retain(|key| {
            let exists = known.contains(&key.table);
            if !exists {
                let name = key.name.as_deref().unwrap_or_default();
                notes.push(format!("foreign key `{name}`: the target has no table `{}`", key.table));
            }
            exists
        });
        for (name, error) in to.add_indexes_and_keys(&later).await? {
            notes.push(format!("{name}: {error}"));
        }
        Ok(notes)
    }
}

/// The type of the values in a database of another kind. None: text.
async fn portable_type(
    table: &TableInfo,
    column: &ColumnInfo,
    from: &ConnectionHandle,
    to: &ConnectionHandle,
) -> Result<Option<ValueType>> {
    let mut ty = table.carried_type(column);
    // The type that this library makes for an unsigned integer on PostgreSQL holds other numbers, too.
    if ty == Some(ValueType::Decimal)
        && column.ty == Some(ValueType::U64)
        && !has_values(table, column, from, "{} < 0 OR {} > 18446744073709551615").await?
    {
        ty = column.ty;
    }
    let is_vague = column.ty.is_none() && !from.capabilities().typed_columns;
    if is_vague && let Some(ty) = stored_type(table, column, from).await? {
        return Ok(Some(ty));
    }
    match ty {
        // A number of one digit is the boolean of MySQL, if it has no other values.
        Some(ValueType::I16) if column.ty == Some(ValueType::Bool) => {
            let has_others = has_values(table, column, from, "{} NOT IN (0, 1)").await?;
            Ok(if has_others { ty } else { Some(ValueType::Bool) })
        }
        // The TIME of MySQL is a duration, which can be negative or longer than a day.
        Some(ValueType::Time) => Ok(unless(ty, table, column, from, from.dialect().duration()).await?),
        Some(ValueType::Decimal) if to.dialect().room().limits_decimals => {
            Ok(unless(ty, table, column, from, from.dialect().wide_decimal()).await?)
        }
        Some(ValueType::Json | ValueType::Array(_)) if !to.dialect().room().indexes_json => {
            let is_indexed = table.key.contains(&column.name)
                || table.unique.iter().any(|unique| unique.columns.contains(&column.name));
            Ok(ty.filter(|_| !is_indexed))
        }
        // SQLite makes a float of an integer beyond 63 bits.
        Some(ValueType::U64) if !to.capabilities().typed_columns => {
            let is_large = has_values(table, column, from, "{} > 9223372036854775807").await?;
            Ok(ty.filter(|_| !is_large))
        }
        _ => Ok(ty),
    }
}

/// Replaces types and collations that the other database of PostgreSQL does not have: a domain becomes its base type, and the
/// type of an extension a text.
async fn known_types(table: &mut TableInfo, to: &ConnectionHandle) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for column in table.columns.iter_mut().filter(|column| column.enumeration.is_none()) {
        if !exists(to, "SELECT to_regtype(?) IS NOT NULL", &column.declared).await? {
            let base = column.base_type().unwrap_or("text").to_owned();
            let other = if exists(to, "SELECT to_regtype(?) IS NOT NULL", &base).await? { base } else { "text".into() };
            notes.push(format!(
                "column `{}`: the type `{}` does not exist, and becomes `{other}`",
                column.name, column.declared
            ));
            (column.declared, column.default) = (other, None);
        }
        if let Some(collation) = column.collation.clone()
            && !exists(to, "SELECT to_regcollation(?) IS NOT NULL", &collation).await?
        {
            notes.push(format!("column `{}`: the collation `{collation}` does not exist", column.name));
            column.collation = None;
        }
    }
    Ok(notes)
}

async fn exists(connection: &ConnectionHandle, sql: &str, name: &str) -> Result<bool> {
    let rows = connection.query(sql, [name]).await?;
    rows.first().map_or(Ok(false), |row| row.get(0))
}

/// The type, unless the column has values with this condition: they are carried as text.
async fn unless(
    ty: Option<ValueType>,
    table: &TableInfo,
    column: &ColumnInfo,
    from: &ConnectionHandle,
    condition: Option<&str>,
) -> Result<Option<ValueType>> {
    match condition {
        Some(condition) if has_values(table, column, from, condition).await? => Ok(None),
        _ => Ok(ty),
    }
}

/// Whether a column has values with this condition, in which `{}` stands for the column.
async fn has_values(table: &TableInfo, column: &ColumnInfo, from: &ConnectionHandle, condition: &str) -> Result<bool> {
    let dialect = from.dialect();
    let (name, column) = (dialect.quoted_name(&table.name), dialect.quoted_column(&column.name));
    let sql = format!("SELECT 1 FROM {name} WHERE {} LIMIT 1", condition.replace("{}", &column));
    let rows: Vec<Row> = from.query(&sql.replace('?', "??"), []).await?;
    Ok(!rows.is_empty())
}

/// The type of all values in a column of SQLite whose declared type is not known. None: there are no values, or several types.
async fn stored_type(table: &TableInfo, column: &ColumnInfo, from: &ConnectionHandle) -> Result<Option<ValueType>> {
    let dialect = from.dialect();
    let (name, column) = (dialect.quoted_name(&table.name), dialect.quoted_column(&column.name));
    let sql = format!("SELECT DISTINCT typeof({column}) FROM {name} WHERE {column} IS NOT NULL ORDER BY 1");
    let rows = from.query(&sql.replace('?', "??"), []).await?;
    let found = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<String>>>()?;
    Ok(match found.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["integer"] => Some(ValueType::I64),
        ["real"] => Some(ValueType::F64),
        ["integer", "real"] => Some(ValueType::Decimal),
        ["text"] => Some(ValueType::Text),
        ["blob"] => Some(ValueType::Bytes),
        _ => None,
    })
}

/// Keeps the lengths of texts, where the target has such a type. On MySQL all columns of a row share 65,535 bytes.
fn keep_lengths(table: &mut TableInfo, source: &TableInfo) {
    let mut room = table.dialect.room().row_bytes.unwrap_or(u32::MAX);
    for column in &mut table.columns {
        let Some(of) = source.column(&column.name).filter(|of| of.ty == Some(ValueType::Text)) else { continue };
        let is_long = matches!(&*column.declared.to_lowercase(), "text" | "longtext");
        if let (&[length], true) = (&of.sizes[..], is_long)
            && let Some(rest) = room.checked_sub(length.saturating_mul(4))
        {
            column.declared = format!("varchar({length})");
            column.sizes = vec![length];
            room = rest;
        }
    }
}

/// On MySQL and MariaDB each has its own name for the collation that tells all texts apart, also by blanks at the end.
fn exact_texts(table: &mut TableInfo, server: Server) {
    let Some(collation) = server.exact_collation() else { return };
    let options = format!("ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = {collation}");
    table.options = Some(options);
}
