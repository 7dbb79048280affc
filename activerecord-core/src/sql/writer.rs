//! Collects the text and the binds of one statement.

use std::sync::Arc;

use super::scope::Scope;
use super::stored::{Cells, Met};
use super::{Access, Details, ReturnedKey, Sql};
use crate::dialect::{BoundTypes, Dialect, Placeholder};
use crate::error::{Error, Result};
use crate::schema::TableDef;
use crate::statement::{Name, qualified};
use crate::value::Value;

/// Writes text and binds in one dialect.
pub(super) struct Writer<'d> {
    pub(super) dialect: &'d Dialect,
    /// The tables of the current query.
    pub(super) scope: Scope,
    /// The tables of the enclosing queries, the outermost first.
    pub(super) around: Vec<Scope>,
    /// The names of the common table expressions that the current query can read.
    pub(super) ctes: Vec<Name>,
    /// The models whose tables the statement reads.
    pub(super) models: Vec<&'static TableDef>,
    /// The table of an UPDATE or a DELETE.
    pub(super) writes: Option<Name>,
    /// Whether raw SQL in the statement can change the session.
    pub(super) changes_session: bool,
    /// A name that the database would shorten.
    long_name: Option<String>,
    /// How the next SELECT list is written.
    pub(super) list: List,
    /// What an INSERT of one row returns, if that is one column.
    pub(super) returned_key: Option<Arc<ReturnedKey>>,
    /// Whether the statement can change a table.
    pub(super) defines: bool,
    /// How the cells of the result are spelled.
    pub(super) cells: Option<Cells>,
    /// Whether the text is used again with other values, so that each value has a placeholder.
    pub(super) is_template: bool,
    text: String,
    binds: Vec<Value>,
    /// The binds that meet a column with a declared spelling.
    met: Vec<(usize, Met)>,
}

/// How a SELECT list is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    /// Equal rows count as one, so values must be equal for the database too.
    pub(super) merges: bool,
    /// The values are only compared, and not returned.
    pub(super) compares: bool,
    /// The query is a part of a recursive one, so its columns have no length and no scale.
    pub(super) widens: bool,
}

impl<'d> Writer<'d> {
    pub(super) fn new(dialect: &'d Dialect) -> Self {
        Self {
            dialect,
            scope: Scope::default(),
            around: Vec::new(),
            ctes: Vec::new(),
            models: Vec::new(),
            writes: None,
            changes_session: false,
            long_name: None,
            list: List::default(),
            returned_key: None,
            defines: false,
            cells: None,
            is_template: false,
            text: String::with_capacity(256),
            binds: Vec::new(),
            met: Vec::new(),
        }
    }

    pub(super) fn finish(self, access: Access) -> (Sql, Vec<&'static TableDef>) {
        let Self { returned_key, defines, changes_session, cells, met, text, binds, models, .. } = self;
        let has_details = returned_key.is_some() || cells.is_some() || !met.is_empty();
        let details = has_details.then(|| Arc::new(Details { returned_key, generated_key: None, met, cells }));
        let sql = Sql { defines, changes_session, details, ..Sql::new(text, binds, access) };
        (sql, models)
    }

    /// Refuses a name that the database would shorten: it could then be that of another table, column or index.
    ///
    /// # Errors
    /// `Unsupported`.
    pub(super) fn check_names(&self) -> Result<()> {
        match (&self.long_name, self.dialect.name_bytes) {
            (Some(name), Some(most)) => Err(long_name(name, most)),
            _ => Ok(()),
        }
    }

    /// Writes a number into the text, where no bind is allowed.
    pub(super) fn number(&mut self, number: u32) -> &mut Self {
        self.text.push_str(&number.to_string());
        self
    }

    /// The length of the text so far, in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text from this length on.
    pub(super) fn written(&self, start: usize) -> &str {
        &self.text[start..]
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Writes the quoted name of a column.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        if self.dialect.name_bytes.is_some_and(|most| name.len() > most) {
            self.long_name.get_or_insert_with(|| name.to_owned());
        }
        self.dialect.quote(name, &mut self.text);
        self
    }

    /// Writes the quoted name of a table. A dot separates the schema and the table.
    pub(super) fn table(&mut self, name: &str) -> &mut Self {
        let (schema, table) = qualified::parts(name);
        if let Some(schema) = schema {
            self.name(&schema).push(".");
        }
        self.name(&table)
    }

    /// Binds a value and writes its placeholder.
    pub(super) fn bind(&mut self, value: Value) -> &mut Self {
        self.binds.push(value);
        self.placeholder(self.binds.len());
        self
    }

    /// Writes a value of an expression in the spelling that it meets: a placeholder, or the word NULL. A database that
    /// guesses the types of bound values guesses that none of them is NULL, too, and its optimizer relies on that.
    pub(super) fn value(&mut self, value: Value, met: Option<Met>) -> Result<()> {
        if value.is_null() && !self.is_template && self.dialect.bound_types == BoundTypes::Guessed {
            self.push("NULL");
            return Ok(());
        }
        self.bind_as(value, met)
    }

    /// Binds a value in the spelling that it meets, and writes its placeholder.
    pub(super) fn bind_as(&mut self, value: Value, met: Option<Met>) -> Result<()> {
        let Some(met) = met else {
            self.bind(value);
            return Ok(());
        };
        self.met.push((self.binds.len(), met));
        self.bind(met.bind(value)?);
        Ok(())
    }

    /// Binds the values and writes rows of `width` placeholders, separated by commas. `met` has the spellings of the
    /// columns.
    pub(super) fn rows(&mut self, width: usize, mut values: Vec<Value>, met: &[Option<Met>]) -> Result<()> {
        let (bound, count) = (self.binds.len(), values.len());
        if met.iter().any(Option::is_some) {
            for (index, value) in values.iter_mut().enumerate() {
                let Some(met) = met[index % width] else { continue };
                *value = met.bind(std::mem::replace(value, Value::Bool(false)))?;
                self.met.push((bound + index, met));
            }
        }
        self.binds.append(&mut values);
        self.text.reserve(4 * count);
        for index in 0..count {
            self.text.push_str(if index == 0 {
                "("
            } else if index % width == 0 {
                "), ("
            } else {
                ", "
            });
            self.placeholder(bound + index + 1);
        }
        self.text.push(')');
        Ok(())
    }

    /// Writes the placeholder of a bind. The first bind has the number 1.
    fn placeholder(&mut self, number: usize) {
        match self.dialect.placeholder {
            Placeholder::Question => self.text.push('?'),
            Placeholder::Dollar => {
                self.text.push('$');
                self.text.push_str(&number.to_string());
            }
        }
    }

    /// Writes each item by `write`, separated by commas.
    pub(super) fn list<T, E>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), E>,
    ) -> Result<(), E> {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            write(self, item)?;
        }
        Ok(())
    }

    /// Writes `spelling`, and calls `part` for each `{}` in it.
    pub(super) fn fill(&mut self, spelling: &str, mut part: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        for (index, text) in spelling.split("{}").enumerate() {
            if index > 0 {
                part(self)?;
            }
            self.text.push_str(text);
        }
        Ok(())
    }

    /// Writes quoted names, separated by commas.
    pub(super) fn names<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) {
        for (index, name) in names.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.name(name.as_ref());
        }
    }
}

#[cold]
fn long_name(name: &str, most: usize) -> Error {
    Error::unsupported(format!(
        "the name `{name}` has {} bytes; the database shortens names to {most}: use a shorter one",
        name.len()
    ))
}
