//! Keys that the database generates, on a database that gives out a key again after a rollback.

use std::sync::Arc;

use super::{Sql, render};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::statement::{Insert, Name, Statement};
use crate::value::Value;

/// The key that an INSERT leaves to the database.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GeneratedKey {
    /// The table, as its model names it: a dot joins a schema and a table.
    pub table: Name,
    /// The column.
    pub column: Name,
    /// The statement without its values.
    insert: Insert,
    rows: usize,
}

/// Renders an INSERT whose rows get the key `generated` from the database. `None`: it generates no key.
///
/// # Errors
/// As [`render`].
pub(crate) fn render_insert(insert: Insert, generated: Option<Name>, dialect: &Dialect) -> Result<Sql> {
    let key = generated.filter(|_| dialect.reuses_keys).map(|column| Arc::new(GeneratedKey::of(&insert, column)));
    let mut sql = render(Statement::Insert(insert), dialect)?;
    if key.is_some() {
        sql.details_mut().generated_key = key;
    }
    Ok(sql)
}

impl GeneratedKey {
    fn of(insert: &Insert, column: Name) -> Self {
        let Insert { table, columns, values, conflict, returning, .. } = insert;
        let rows = values.len().checked_div(columns.len()).unwrap_or(1);
        let (columns, conflict, returning) = (columns.clone(), conflict.clone(), returning.clone());
        let insert = Insert { table: table.clone(), model: None, columns, values: Vec::new(), forms: Vec::new(), conflict, returning };
        Self { table: table.clone(), column, insert, rows }
    }
}

impl Sql {
    /// The key that the database generates for each row of this INSERT. Only for a database that gives out a key again
    /// after the transaction that used it was rolled back.
    pub fn generated_key(&self) -> Option<&Arc<GeneratedKey>> {
        self.details.as_ref()?.generated_key.as_ref()
    }

    /// Returns the INSERT with keys: `first` for its first row, and the numbers after it for the other rows. None: the
    /// database generates no key for this statement, or the keys do not fit 64 bits.
    ///
    /// # Errors
    /// `Unsupported` when the database binds fewer values.
    pub fn with_keys(&self, first: i64, dialect: &Dialect) -> Result<Option<Self>> {
        let Some(GeneratedKey { column, insert, rows, .. }) = self.generated_key().map(Arc::as_ref) else {
            return Ok(None);
        };
        let Some(last) = i64::try_from(*rows).ok().and_then(|rows| first.checked_add(rows - 1)) else {
            return Ok(None);
        };
        let mut binds = self.binds.iter();
        let mut values = Vec::with_capacity(binds.len() + rows);
        for key in first..=last {
            values.push(Value::I64(key));
            values.extend(binds.by_ref().take(insert.columns.len()).cloned());
        }
        let columns = std::iter::once(column).chain(&insert.columns).cloned().collect();
        // The binds already have the spellings of their columns, so the statement is rendered with other values.
        let insert = Insert { columns, values: vec![Value::I64(first); values.len()], ..insert.clone() };
        let mut sql = render(Statement::Insert(insert), dialect)?;
        sql.binds.iter_mut().zip(values).for_each(|(bind, value)| *bind = value);
        Ok(Some(Self { one_row: self.one_row, ..sql }.with_cells(self.cells().cloned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Access;
    use crate::{POSTGRESQL, SQLITE};

    fn insert(columns: &[&'static str], values: Vec<Value>, dialect: &Dialect) -> Sql {
        let columns = columns.iter().map(|&column| column.into()).collect();
        let insert = Insert { table: "t".into(), model: None, columns, values, forms: Vec::new(), conflict: None, returning: Vec::new() };
        render_insert(insert, Some("id".into()), dialect).unwrap()
    }

    fn keyed(sql: &Sql) -> (String, Vec<Value>) {
        let sql = sql.with_keys(7, &SQLITE).unwrap().unwrap();
        (sql.text().to_string(), sql.binds().to_vec())
    }

    #[test]
    fn each_row_gets_the_next_key() {
        let [a, b, c, d] = [Value::Bool(true), Value::I64(1), Value::Bool(false), Value::I64(2)];
        let (text, binds) = keyed(&insert(&["a", "b"], vec![a.clone(), b.clone(), c.clone(), d.clone()], &SQLITE));
        assert_eq!(text, r#"INSERT INTO "t" ("id", "a", "b") VALUES (?, ?, ?), (?, ?, ?)"#);
        assert_eq!(binds, [Value::I64(7), a, b, Value::I64(8), c, d]);
        let (text, binds) = keyed(&insert(&[], Vec::new(), &SQLITE));
        assert_eq!((text.as_str(), binds), (r#"INSERT INTO "t" ("id") VALUES (?)"#, vec![Value::I64(7)]));
    }

    #[test]
    fn there_are_keys_only_where_the_database_may_repeat_them() {
        assert!(insert(&["a"], vec![Value::I64(1)], &POSTGRESQL).generated_key().is_none());
        assert!(Sql::new("INSERT", Vec::new(), Access::Write).with_keys(7, &SQLITE).unwrap().is_none());
        let two = insert(&["a"], vec![Value::I64(1); 2], &SQLITE);
        assert!(two.with_keys(i64::MAX - 1, &SQLITE).unwrap().is_some());
        assert!(two.with_keys(i64::MAX, &SQLITE).unwrap().is_none());
    }
}
