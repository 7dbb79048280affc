//! The key of an inserted row without RETURNING. For RETURNING, SQLite fills a temporary table at every run, which
//! takes longer than the insert itself. SQLite knows the number of the last inserted row anyway, and a table's INTEGER
//! PRIMARY KEY is that number.

use std::ffi::CStr;
use std::sync::Arc;

use activerecord_core::sql::{GeneratedKey, ReturnedKey};
use activerecord_core::{Result, RowRef, ValueRef};
use rusqlite::ffi;

use super::{Cursor, Database, Statement, Step};
use crate::cache::Slot;
use crate::value::Batch;

/// What a statement returns that was compiled without its RETURNING clause.
#[derive(Debug)]
pub(super) struct Key {
    returned: Arc<ReturnedKey>,
    /// The names of the returned columns: one.
    columns: Arc<[Box<str>]>,
}

impl Database {
    /// Compiles an INSERT without its RETURNING clause. None when the key is not the number of the row.
    pub(super) fn compile_for_key(&mut self, text: &str, key: &Arc<ReturnedKey>) -> Result<Option<Statement>> {
        let Some(insert) = text.get(..key.clause).filter(|_| self.is_row_number(&key.table, &key.column)) else {
            return Ok(None);
        };
        let mut compiled = self.compile(insert)?;
        if let Some(statement) = &mut compiled {
            let columns = [Box::from(&*key.column)].into();
            statement.key = Some(Key { returned: Arc::clone(key), columns });
        }
        Ok(compiled)
    }

    /// What the statement in a slot, which has just been run, returns beside its rows. None when that is nothing.
    pub(crate) fn returned_key(&mut self, slot: Slot) -> Result<Option<Batch>> {
        let statement = self.statements.get_mut(slot);
        let Some(key) = &statement.key else { return Ok(None) };
        // SAFETY: the statement is valid.
        let again = unsafe { ffi::sqlite3_stmt_status(statement.raw.as_ptr(), ffi::SQLITE_STMTSTATUS_REPREPARE, 0) };
        if again > 0 {
            let returned = Arc::clone(&key.returned);
            let Some(row) = self.row_number() else { return Ok(None) };
            return self.look_up(&returned, row).map(Some);
        }
        let columns = Arc::clone(&key.columns);
        Ok(self.row_number().map(|row| Batch::of_key(columns, row)))
    }

    /// The number of the row that the last statement, an INSERT of one row, has inserted, if it has.
    fn row_number(&self) -> Option<i64> {
        (self.connection.changes() == 1).then(|| self.connection.last_insert_rowid())
    }

    /// Whether a table has a negative key. False when the key is not the number of the row.
    pub(crate) fn has_negative_key(&mut self, key: &GeneratedKey) -> Result<bool> {
        if !self.is_row_number(&key.table, &key.column) {
            return Ok(false);
        }
        let least = self.number(&format!("SELECT min(rowid) FROM {}", table(&key.table)))?;
        Ok(least.is_some_and(|least| least < 0))
    }

    /// The greatest key, from which SQLite generates the next one: that of a row, or that of the table's AUTOINCREMENT.
    /// An empty table has the least number. None when the key is not the number of the row.
    pub(crate) fn greatest_key(&mut self, key: &GeneratedKey) -> Result<Option<i64>> {
        if !self.is_row_number(&key.table, &key.column) {
            return Ok(None);
        }
        let greatest = self.number(&format!("SELECT max(rowid) FROM {}", table(&key.table)))?;
        let (schema, name) = key.table.split_once('.').unwrap_or(("main", &key.table));
        let name = name.replace('\'', "''");
        let sequence =
            format!("SELECT seq FROM {}.sqlite_sequence WHERE name = '{name}' COLLATE NOCASE", quoted(schema));
        // A database without AUTOINCREMENT does not have this table.
        let sequence = self.number(&sequence).unwrap_or_default();
        Ok(Some(greatest.max(sequence).unwrap_or(i64::MIN)))
    }

    /// The number that a query returns.
    fn number(&mut self, query: &str) -> Result<Option<i64>> {
        let Some(mut statement) = self.compile(query)? else { return Ok(None) };
        let mut cursor = Cursor { statement: &mut statement };
        match cursor.step() {
            Step::Row => Ok(match cursor.row().value(0)? {
                ValueRef::I64(number) => Some(number),
                _ => None,
            }),
            Step::Done => Ok(None),
            Step::Failed(code) => Err(cursor.error(code)),
        }
    }

    /// Whether the column is the number of the row: SQLite then calls `rowid` by the column's name.
    fn is_row_number(&mut self, of: &str, column: &str) -> bool {
        // An ordinary column may have one of these names.
        if ["rowid", "oid", "_rowid_"].iter().any(|name| column.eq_ignore_ascii_case(name)) {
            return false;
        }
        let Ok(Some(select)) = self.compile(&format!("SELECT rowid FROM {}", table(of))) else { return false };
        // SAFETY: the statement is valid and has one column; the name is compared before anything else is called.
        unsafe {
            let name = ffi::sqlite3_column_name(select.raw.as_ptr(), 0);
            !name.is_null() && CStr::from_ptr(name).to_bytes().eq_ignore_ascii_case(column.as_bytes())
        }
    }

    /// Reads the key of a row, after a change of the table since the INSERT was compiled.
    #[cold]
    fn look_up(&mut self, key: &ReturnedKey, row: i64) -> Result<Batch> {
        let text = format!("SELECT {} FROM {} WHERE rowid = {row}", quoted(&key.column), table(&key.table));
        let mut rows = Batch::default();
        let Some(mut statement) = self.compile(&text)? else { return Ok(rows) };
        let mut cursor = Cursor { statement: &mut statement };
        match cursor.step() {
            Step::Row => rows.push(&cursor.row()),
            Step::Done => {}
            Step::Failed(code) => return Err(cursor.error(code)),
        }
        Ok(rows)
    }
}

/// The quoted name of a table.
fn table(name: &str) -> String {
    name.split('.').map(quoted).collect::<Vec<_>>().join(".")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use activerecord_core::sql::{Sql, render};
    use activerecord_core::statement::{Insert, Name, Statement};
    use activerecord_core::{SQLITE, Value};

    use super::super::Prepared;
    use super::*;

    fn insert(table: &'static str, column: &'static str) -> Sql {
        let columns: Vec<Name> = vec!["a".into()];
        let returning = vec![column.into()];
        let (table, model, values) = (table.into(), None, vec![Value::I64(1)]);
        let insert = Insert { table, model, columns, values, forms: Vec::new(), conflict: None, returning };
        render(Statement::Insert(insert), &SQLITE).unwrap()
    }

    fn key_of(schema: &str, table: &'static str, column: &'static str) -> bool {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(schema).unwrap();
        let sql = insert(table, column);
        Database::new(connection).compile_for_key(sql.text(), sql.returned_key().unwrap()).unwrap().is_some()
    }

    #[test]
    fn only_the_number_of_a_row_is_such_a_key() {
        assert!(key_of("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "t", "id"));
        assert!(key_of("CREATE TABLE t (ID integer PRIMARY KEY AUTOINCREMENT, a)", "t", "id"));
        assert!(key_of("CREATE TABLE \"a \"\"t\" (\"i\"\"d\" INTEGER PRIMARY KEY, a)", "main.a \"t", "i\"d"));
        assert!(!key_of("CREATE TABLE t (id BIGINT PRIMARY KEY, a)", "t", "id"));
        assert!(!key_of("CREATE TABLE t (id TEXT PRIMARY KEY DEFAULT (hex(randomblob(8))), a)", "t", "id"));
        assert!(!key_of("CREATE TABLE t (id INTEGER DEFAULT 7, n INTEGER PRIMARY KEY, a)", "t", "id"));
        assert!(!key_of("CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a)", "t", "id"));
        assert!(!key_of("CREATE TABLE t (id INTEGER, a, PRIMARY KEY (id, a)) WITHOUT ROWID", "t", "id"));
        assert!(!key_of("CREATE TABLE t (rowid TEXT, a)", "t", "rowid"));
    }

    /// The statement is kept, and its table is a new one.
    #[test]
    fn a_table_that_was_made_anew() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, a)").unwrap();
        let mut database = Database::new(connection);
        let sql = insert("t", "id");
        let insert = |database: &mut Database| {
            let prepared = database.prepare(sql.text(), sql.returned_key()).unwrap();
            let Prepared::One(slot) = prepared else { panic!("it is one statement") };
            let mut cursor = database.cursor(slot);
            assert_eq!(cursor.step(), Step::Done);
            cursor.reset();
            let rows = database.returned_key(slot).unwrap().unwrap();
            format!("{:?}", activerecord_core::RowRef::value(&rows.row(0), 0).unwrap())
        };
        assert_eq!(insert(&mut database), "I64(1)");
        let anew = "DROP TABLE t; CREATE TABLE t (id TEXT DEFAULT 'one', a)";
        database.connection().execute_batch(anew).unwrap();
        assert_eq!(insert(&mut database), "Text(\"one\")");
    }
}
