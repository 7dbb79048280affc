//! Generated tables and their rows.

use std::fmt::Write;

use activerecord_core::statement::{CreateIndex, CreateTable, Insert, Statement};
use activerecord_core::{ColumnDef, TableDef, Value, ValueType};
use fastrand::Rng;

use crate::evaluate::{Column, Database, Table};
use crate::generate::values;
use crate::print;

/// Tables that join by their integers.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// The tables.
    pub(crate) tables: Vec<Content>,
    /// Whether the integers can be the least and the greatest ones. Then nothing is computed with them: databases differ
    /// in which rows they compute an expression for.
    pub(crate) is_extreme: bool,
}

/// A table and its rows.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// The definition. It is leaked, as that of a model is static.
    pub(crate) def: &'static TableDef,
    /// The ordinal of a column with a unique index.
    pub(crate) unique: Option<usize>,
    /// The rows.
    pub(crate) rows: Vec<Vec<Value>>,
}

/// The types of columns, in the order in which most faults were found.
const TYPES: [(ValueType, &str); 15] = [
    (ValueType::I64, "i64"),
    (ValueType::I32, "i32"),
    (ValueType::Text, "String"),
    (ValueType::F64, "f64"),
    (ValueType::Decimal, "Decimal"),
    (ValueType::Bool, "bool"),
    (ValueType::I16, "i16"),
    (ValueType::DateTime, "NaiveDateTime"),
    (ValueType::Date, "NaiveDate"),
    (ValueType::F32, "f32"),
    (ValueType::Time, "NaiveTime"),
    (ValueType::Timestamp, "DateTime<Utc>"),
    (ValueType::Uuid, "Uuid"),
    (ValueType::Bytes, "Vec<u8>"),
    (ValueType::Json, "serde_json::Value"),
];

/// Equal definitions are those of one model, so each table of a world has a type of its own.
struct Marked<const N: usize>;

const MARKS: [fn(&'static str, &'static str) -> TableDef; 3] = [
    |model, name| TableDef::of::<Marked<0>>(model, name, "primary"),
    |model, name| TableDef::of::<Marked<1>>(model, name, "primary"),
    |model, name| TableDef::of::<Marked<2>>(model, name, "primary"),
];

impl World {
    /// Generates tables. `number` is a part of their names, because servers remember the types of earlier statements.
    pub(crate) fn generate(rng: &mut Rng, number: usize) -> Self {
        let tables = MARKS.iter().zip(["a", "b", "c"]);
        let is_extreme = rng.u8(..4) == 0;
        let tables = tables.map(|(of, letter)| Content::generate(rng, *of, letter, number, is_extreme)).collect();
        Self { tables, is_extreme }
    }

    /// Returns the tables for the evaluator.
    pub(crate) fn evaluated(&self) -> Database {
        Database::new(self.tables.iter().map(Content::evaluated))
    }

    /// Returns the models whose tables the SQL names, and their rows.
    pub(crate) fn program(&self, sql: &str) -> String {
        let is_named = |table: &&Content| sql.contains(table.def.name);
        self.tables.iter().filter(is_named).map(Content::program).collect()
    }
}

impl Content {
    fn generate(
        rng: &mut Rng,
        of: fn(&'static str, &'static str) -> TableDef,
        letter: &str,
        number: usize,
        is_extreme: bool,
    ) -> Self {
        let name: &'static str = format!("{letter}{number}").leak();
        let model: &'static str = letter.to_uppercase().leak();
        let mut columns = vec![ColumnDef::new("id", name, "id", ValueType::I64, false, "i64")];
        for at in 1..=rng.usize(2..=5) {
            // The first types are chosen more often.
            let (ty, rust) = if rng.u8(..12) == 0 {
                TYPES[TYPES.len() - 1]
            } else {
                TYPES[rng.usize(..TYPES.len()).min(rng.usize(..TYPES.len()))]
            };
            let field: &'static str = format!("{}{at}", prefix(ty)).leak();
            columns.push(ColumnDef::new(field, name, field, ty, rng.bool(), rust));
        }
        let is_integer = |def: &ColumnDef| matches!(def.ty, ValueType::I16 | ValueType::I32 | ValueType::I64);
        let unique = (1..columns.len()).find(|&at| is_integer(&columns[at])).filter(|_| rng.u8(..3) == 0);
        let def: &'static TableDef = Box::leak(Box::new(of(model, name).columns(columns.leak(), &[0])));
        let mut content = Self { def, unique, rows: Vec::new() };
        content.fill(rng, is_extreme);
        content
    }

    fn fill(&mut self, rng: &mut Rng, is_extreme: bool) {
        let mut keys: Vec<i64> = (1..=9).collect();
        rng.shuffle(&mut keys);
        for key in keys.into_iter().take(rng.usize(..=7)) {
            let cells =
                self.def.columns.iter().skip(1).map(|def| values::extreme(rng, def.ty, def.nullable, is_extreme));
            let row: Vec<Value> = std::iter::once(Value::I64(key)).chain(cells).collect();
            let is_twice = |at: usize| !row[at].is_null() && self.rows.iter().any(|other| other[at] == row[at]);
            if !self.unique.is_some_and(is_twice) {
                self.rows.push(row);
            }
        }
    }

    /// Returns the statement that creates the table.
    pub(crate) fn create(&self) -> CreateTable {
        let mut create = CreateTable::from(self.def);
        if let Some(at) = self.unique {
            let name = format!("{}_unique", self.def.name).into();
            let columns = vec![self.def.columns[at].name.into()];
            create.indexes.push(CreateIndex { name, table: self.def.name.into(), columns, unique: true });
        }
        create
    }

    /// Returns the statement that inserts the rows. None: there are none.
    pub(crate) fn insert(&self) -> Option<Statement> {
        let insert = Insert {
            table: self.def.name.into(),
            model: Some(self.def),
            columns: self.def.columns.iter().map(|def| def.name.into()).collect(),
            values: self.rows.concat(),
            forms: Vec::new(),
            conflict: None,
            returning: Vec::new(),
        };
        (!self.rows.is_empty()).then_some(Statement::Insert(insert))
    }

    fn evaluated(&self) -> Table {
        let column = |def: &ColumnDef| Column { name: def.name.into(), ty: def.ty, nullable: def.nullable };
        Table {
            name: self.def.name.to_owned(),
            columns: self.def.columns.iter().map(column).collect(),
            key: vec![0],
            unique: self.unique.iter().map(|at| vec![*at]).collect(),
            rows: self.rows.clone(),
        }
    }

    fn program(&self) -> String {
        let mut text =
            format!("#[derive(ActiveRecord)]\n#[table = \"{}\"]\nstruct {} {{\n", self.def.name, self.def.model);
        for def in self.def.columns {
            let ty = if def.nullable { format!("Option<{}>", def.rust_type) } else { def.rust_type.to_owned() };
            let _ = writeln!(text, "    {}: {ty},", def.name);
        }
        text.push_str("}\n");
        let fields = |row: &Vec<Value>| {
            let field = |(def, value): (&ColumnDef, &Value)| {
                let value = print::literal(value)?;
                Some(format!("{}: {}", def.name, if def.nullable { optional(value) } else { value }))
            };
            let fields = self.def.columns.iter().zip(row).filter_map(field).collect::<Vec<_>>();
            format!("{} {{ {} }}", self.def.model, fields.join(", "))
        };
        let rows: Vec<_> = self.rows.iter().map(fields).collect();
        if !rows.is_empty() {
            let _ = writeln!(text, "{}::bulk_insert(&[{}]).await?;", self.def.model, rows.join(", "));
        }
        text
    }
}

fn optional(value: String) -> String {
    if value.starts_with("None") { "None".to_owned() } else { format!("Some({value})") }
}

fn prefix(ty: ValueType) -> &'static str {
    match ty {
        ValueType::I16 | ValueType::I32 | ValueType::I64 => "n",
        ValueType::F32 | ValueType::F64 => "x",
        ValueType::Decimal => "d",
        ValueType::Text => "t",
        ValueType::Bool => "b",
        ValueType::Uuid => "u",
        ValueType::Bytes => "y",
        ValueType::Json => "j",
        _ => "at",
    }
}
