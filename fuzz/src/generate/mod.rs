//! Generates statements as the typed API builds them: each operand has the type that its place needs.

mod expr;
mod predicate;
mod query;
pub(crate) mod values;
mod write;

use activerecord_core::statement::{ColumnExpr, Expr, Name};
use activerecord_core::{Stored, TableDef, ValueType};
use fastrand::Rng;

use crate::step::Step;
use crate::world::World;

/// Generates the steps of a program.
pub(crate) struct Generator<'w> {
    pub(crate) rng: &'w mut Rng,
    world: &'w World,
    /// How many names were given.
    names: usize,
}

impl<'w> Generator<'w> {
    pub(crate) fn new(rng: &'w mut Rng, world: &'w World) -> Self {
        Self { rng, world, names: 0 }
    }

    /// Returns a query, or writes that are undone after it was looked at their effect.
    pub(crate) fn step(&mut self) -> Step {
        if self.rng.u8(..3) == 0 { Step::Write(self.writes()) } else { Step::Read(self.query()) }
    }

    /// Returns a name that the statement does not have yet.
    fn name(&mut self, prefix: &str) -> Name {
        self.names += 1;
        format!("{prefix}{}", self.names).into()
    }

    fn one_in(&mut self, parts: u32) -> bool {
        self.rng.u32(..parts) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        values::pick(self.rng, of)
    }
}

/// The columns that an expression can name.
#[derive(Clone, Debug, Default)]
struct Scope {
    columns: Vec<ColumnExpr>,
}

impl Scope {
    fn of_table(def: &'static TableDef, label: &Name, optional: bool) -> Self {
        let column = |column: &'static activerecord_core::ColumnDef| ColumnExpr {
            table: label.clone(),
            outer: false,
            name: column.name.into(),
            ty: column.ty,
            nullable: column.nullable || optional,
            stored: Stored::Default,
        };
        Self { columns: def.columns.iter().map(column).collect() }
    }

    /// The columns of a query with this name.
    fn of_query(name: &Name, types: &[ValueType]) -> Self {
        let column = |(at, ty): (usize, &ValueType)| ColumnExpr {
            table: name.clone(),
            outer: false,
            name: column_name(name, at),
            ty: *ty,
            nullable: true,
            stored: Stored::Default,
        };
        Self { columns: types.iter().enumerate().map(column).collect() }
    }

    fn and(mut self, other: &Self) -> Self {
        self.columns.extend(other.columns.iter().cloned());
        self
    }

    /// The columns as a query inside this one sees them. Those of two levels above are not seen.
    fn outside(&self) -> Self {
        let own = self.own().columns.into_iter();
        Self { columns: own.map(|column| ColumnExpr { outer: true, ..column }).collect() }
    }

    /// The columns of the query itself.
    fn own(&self) -> Self {
        Self { columns: self.columns.iter().filter(|column| !column.outer).cloned().collect() }
    }

    fn of_type(&self, ty: ValueType) -> Vec<&ColumnExpr> {
        self.columns.iter().filter(|column| column.ty == ty).collect()
    }

    /// The types of the columns.
    fn types(&self) -> Vec<ValueType> {
        let types: Vec<_> = self.columns.iter().map(|column| column.ty).collect();
        if types.is_empty() { vec![ValueType::I64] } else { types }
    }
}

/// The name of a column of the query with this name.
fn column_name(query: &Name, at: usize) -> Name {
    format!("{query}c{}", at + 1).into()
}

fn column(column: &ColumnExpr) -> Expr {
    Expr::Column(column.clone())
}

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}
