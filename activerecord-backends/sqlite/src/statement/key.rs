//! The key of an inserted row without RETURNING, for which SQLite makes a temporary table each time: that takes longer than
//! the insert itself. Where the key is the table's INTEGER PRIMARY KEY, SQLite tells it of the last inserted row anyway.

use std::ffi::CStr;
use std::sync::Arc;

use activerecord_core::Result;
use rusqlite::ffi;

use super::{Cursor, Database, Statement, Step};
use crate::cache::Slot;
use crate::value::Batch;

/// What a statement returns that was compiled without its RETURNING.
#[derive(Debug)]
pub(super) struct Key {
    table: Box<str>,
    /// The names of what is returned: the one column.
    columns: Arc<[Box<str>]>,
}

impl Key {
    fn column(&self) -> &str {
        self.columns.first().map_or("", |column| column)
    }
}

impl Database {
    /// Compiles an INSERT of one row that returns its key as one that does not. None when the text is no such INSERT as
    /// this library writes it, or when the key is another column than the row's number.
    pub(super) fn compile_for_key(&mut self, text: &str) -> Result<Option<Statement>> {
        let Some((insert, key)) = parse(text) else { return Ok(None) };
        if !self.is_row_number(&key) {
            return Ok(None);
        }
        let mut compiled = self.compile(insert)?;
        if let Some(statement) = &mut compiled {
            statement.key = Some(key);
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
            let (table, column) = (key.table.clone(), key.column().to_owned());
            let Some(row) = self.row_number() else { return Ok(None) };
            return self.look_up(&table, &column, row).map(Some);
        }
        let columns = Arc::clone(&key.columns);
        Ok(self.row_number().map(|row| Batch::of_key(columns, row)))
    }

    /// The number of the row that the last statement has inserted, if it has.
    fn row_number(&self) -> Option<i64> {
        self.last_insert_id().filter(|_| self.connection.changes() == 1)
    }

    /// Whether SQLite calls the row's number by the name of this column.
    fn is_row_number(&mut self, key: &Key) -> bool {
        // A column of its own may have one of these names.
        if ["rowid", "oid", "_rowid_"].iter().any(|name| key.column().eq_ignore_ascii_case(name)) {
            return false;
        }
        let Ok(Some(select)) = self.compile(&format!("SELECT rowid FROM \"{}\"", key.table)) else { return false };
        // SAFETY: the statement is valid and has one column; the name is compared before anything else is called.
        unsafe {
            let name = ffi::sqlite3_column_name(select.raw.as_ptr(), 0);
            !name.is_null() && CStr::from_ptr(name).to_bytes().eq_ignore_ascii_case(key.column().as_bytes())
        }
    }

    /// Reads the key of a row: the table has been changed since the INSERT was compiled.
    #[cold]
    fn look_up(&mut self, table: &str, column: &str, row: i64) -> Result<Batch> {
        let text = format!("SELECT \"{column}\" FROM \"{table}\" WHERE rowid = {row}");
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

/// The INSERT without RETURNING, and what it returns. Names that need escapes are left alone.
fn parse(text: &str) -> Option<(&str, Key)> {
    let (insert, column) = text.strip_suffix('"')?.rsplit_once(" RETURNING \"")?;
    let (table, rest) = insert.strip_prefix("INSERT INTO \"")?.split_once('"')?;
    let is_plain = rest.starts_with(' ') && !column.contains('"');
    is_plain.then(|| (insert, Key { table: table.into(), columns: [column.into()].into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(schema: &str, insert: &str) -> bool {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(schema).unwrap();
        Database::new(connection).compile_for_key(insert).unwrap().is_some()
    }

    #[test]
    fn only_the_number_of_a_row_is_told() {
        let insert = "INSERT INTO \"t\" (\"a\") VALUES (?) RETURNING \"id\"";
        assert!(key_of("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", insert));
        assert!(key_of("CREATE TABLE t (ID integer PRIMARY KEY AUTOINCREMENT, a)", insert));
        assert!(!key_of("CREATE TABLE t (id BIGINT PRIMARY KEY, a)", insert));
        assert!(!key_of("CREATE TABLE t (id TEXT PRIMARY KEY DEFAULT (hex(randomblob(8))), a)", insert));
        assert!(!key_of("CREATE TABLE t (id INTEGER DEFAULT 7, n INTEGER PRIMARY KEY, a)", insert));
        assert!(!key_of("CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a)", insert));
        assert!(!key_of("CREATE TABLE t (id INTEGER, a, PRIMARY KEY (id, a)) WITHOUT ROWID", insert));
        assert!(!key_of("CREATE TABLE t (rowid TEXT, a)", "INSERT INTO \"t\" (\"a\") VALUES (?) RETURNING \"rowid\""));
        assert!(!key_of("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "INSERT INTO t (a) VALUES (?) RETURNING id"));
    }

    /// The statement is kept, and the table is another one by now.
    #[test]
    fn a_table_that_was_made_anew() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, a)").unwrap();
        let mut database = Database::new(connection);
        let insert = |database: &mut Database| {
            let prepared = database.prepare("INSERT INTO \"t\" (\"a\") VALUES (?) RETURNING \"id\"", true).unwrap();
            let super::super::Prepared::One(slot) = prepared else { panic!("it is one statement") };
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
