//! The names of a query, and the row that they stand for.

use std::rc::Rc;

use activerecord_core::statement::{ColumnExpr, Name, Select, Subquery};
use activerecord_core::{Value, ValueType};

use super::{Answer, Database, Relation, Row, Table, invalid, unsupported};

/// A column of a relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name. None: a computed value without an alias, which no other query can name.
    pub name: Option<Name>,
    /// The type of the values.
    pub ty: ValueType,
}

/// The tables of a query, in their order. A row of the query has the columns of all.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    tables: Vec<Named>,
}

#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) label: Name,
    pub(super) fields: Vec<Field>,
    /// The names of the primary key's columns. Empty: the rows of a query.
    pub(super) key: Vec<Name>,
}

/// Common table expressions, the innermost last.
pub(super) type Ctes = [(Name, Rc<Relation>)];

/// What a query sees before it reads its own tables.
#[derive(Clone, Copy)]
pub(super) struct Base<'e> {
    pub(super) db: &'e Database,
    pub(super) ctes: &'e Ctes,
    /// The row of the enclosing query.
    pub(super) outer: Option<&'e Env<'e>>,
    /// What is done with a query inside this one: it is checked, or its rows are returned.
    pub(super) inner: fn(&Base<'_>, &Select) -> Answer<Relation>,
    /// The number of levels that can follow. Only the check counts them.
    pub(super) levels: usize,
}

/// What an expression sees.
#[derive(Clone, Copy)]
pub(super) struct Env<'e> {
    pub(super) base: Base<'e>,
    pub(super) header: &'e Header,
    /// The current row; any row of the group in a query with groups.
    pub(super) row: &'e [Value],
    /// The query whose groups the expression sees, for the check.
    pub(super) grouped: Option<&'e Select>,
    /// The rows of the group, for aggregates.
    pub(super) group: Option<&'e [Row]>,
    /// All rows or groups of the query, and the ordinal of the current one, for windows.
    pub(super) units: Option<(&'e [Unit], usize)>,
    /// The row that an INSERT could not insert.
    pub(super) excluded: Option<(&'e Table, &'e [Value])>,
}

/// A row of a query, or a group of its rows.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The row, or any row of the group. Empty: the group has no rows.
    pub(super) row: Row,
    pub(super) group: Option<Vec<Row>>,
}

impl Header {
    /// Adds a table.
    pub(super) fn add(&mut self, table: Named) -> Answer<()> {
        if self.has(&table.label) {
            return Err(invalid(format!("the query reads `{}` twice", table.label)));
        }
        self.tables.push(table);
        Ok(())
    }

    /// Returns the header of the first tables.
    pub(super) fn first(&self, tables: usize) -> Self {
        Self { tables: self.tables.iter().take(tables).cloned().collect() }
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.tables.iter().any(|table| table.label == label)
    }

    /// Returns the ordinal of a column in a row.
    pub(super) fn find(&self, column: &ColumnExpr) -> Option<usize> {
        let mut before = 0;
        for table in &self.tables {
            if table.label == column.table {
                let is_it = |field: &Field| field.name.as_ref() == Some(&column.name);
                return table.fields.iter().position(is_it).map(|at| before + at);
            }
            before += table.fields.len();
        }
        None
    }

    /// Returns the names of the key of a table.
    pub(super) fn key_of(&self, label: &str) -> &[Name] {
        self.tables.iter().find(|table| table.label == label).map_or(&[], |table| &table.key)
    }

    /// Returns the columns of a row.
    pub(super) fn fields(&self) -> Vec<Field> {
        self.tables.iter().flat_map(|table| table.fields.clone()).collect()
    }
}

impl Base<'_> {
    /// Returns the rows of a query inside another. It runs where the other one runs.
    pub(super) fn query(&self, query: &Subquery) -> Answer<Relation> {
        match &query.connection {
            Some(_) => Err(unsupported("a query inside another names a connection")),
            None => (self.inner)(self, &query.select),
        }
    }
}

impl<'e> Env<'e> {
    /// The environment of one row of a query without groups.
    pub(super) fn of_row(base: Base<'e>, header: &'e Header, row: &'e [Value]) -> Self {
        Self { base, header, row, grouped: None, group: None, units: None, excluded: None }
    }

    /// The environment of a row or a group among all.
    pub(super) fn of_unit(base: Base<'e>, header: &'e Header, units: &'e [Unit], at: usize) -> Self {
        let Unit { row, group } = &units[at];
        Self { group: group.as_deref(), units: Some((units, at)), ..Self::of_row(base, header, row) }
    }

    /// What a query inside the expression sees.
    pub(super) fn inside(&'e self) -> Base<'e> {
        Base { outer: Some(self), ..self.base }
    }

    /// Returns the value of a column: of the innermost query that has its table.
    pub(super) fn column(&self, column: &ColumnExpr) -> Answer<Value> {
        if !self.header.has(&column.table) {
            return self.base.outer.ok_or_else(|| unknown(column))?.column(column);
        }
        let value = self.header.find(column).and_then(|at| self.row.get(at));
        value.cloned().ok_or_else(|| unknown(column))
    }

    /// Returns the value of a column of the row that could not be inserted.
    pub(super) fn excluded(&self, name: &Name) -> Answer<Value> {
        let (table, row) = self.excluded.ok_or_else(|| invalid("excluded() outside of an INSERT"))?;
        let at = table.ordinal(name)?;
        row.get(at).cloned().ok_or_else(|| invalid(format!("no value for `{name}`")))
    }
}

impl Table {
    /// Returns the columns as those of a relation.
    pub(super) fn fields(&self) -> Vec<Field> {
        self.columns.iter().map(|column| Field { name: Some(column.name.clone()), ty: column.ty }).collect()
    }

    /// Returns the names of the primary key's columns.
    pub(super) fn key_names(&self) -> Vec<Name> {
        self.key.iter().filter_map(|at| self.columns.get(*at)).map(|column| column.name.clone()).collect()
    }
}

pub(super) fn unknown(column: &ColumnExpr) -> super::Refusal {
    invalid(format!("no column `{}` of `{}`", column.name, column.table))
}
