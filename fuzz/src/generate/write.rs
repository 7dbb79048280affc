//! INSERT, UPDATE and DELETE.

use activerecord_core::statement::{Conflict, Delete, Expr, Insert, Name, Statement, Update};
use activerecord_core::{ColumnDef, Limits, TableDef, Value, ValueType};

use super::{Generator, Scope, values};
use crate::step::Write;

impl Generator<'_> {
    /// Returns statements, some of them in a savepoint.
    pub(super) fn writes(&mut self) -> Vec<Write> {
        let mut writes: Vec<Write> = (0..self.rng.usize(1..=2)).map(|_| Write::One(self.write())).collect();
        if self.one_in(4) {
            let inside = vec![Write::One(self.write())];
            writes.push(Write::Savepoint { inside, kept: self.rng.bool() });
        }
        writes
    }

    fn write(&mut self) -> Statement {
        let content = &self.world.tables[self.rng.usize(..self.world.tables.len())];
        match self.rng.u8(..5) {
            0 => self.insert(content.def, None),
            1 | 2 => {
                let conflict = self.conflict(content.def, content.unique);
                self.insert(content.def, Some(conflict))
            }
            3 => Statement::Delete(Delete { table: content.def.name.into(), filter: self.filter(content.def) }),
            _ => self.update(content.def),
        }
    }

    fn filter(&mut self, def: &'static TableDef) -> Option<Expr> {
        let scope = Scope::of_table(def, &def.name.into(), false);
        (!self.one_in(5)).then(|| self.predicate(&scope, 2))
    }

    fn insert(&mut self, def: &'static TableDef, conflict: Option<Conflict>) -> Statement {
        let mut values = Vec::new();
        let first = self.rng.i64(1..=12);
        for key in first..first + self.rng.i64(1..=2) {
            values.push(Value::I64(key));
            values.extend(def.columns.iter().skip(1).map(|def| values::stored(self.rng, def.ty, def.nullable)));
        }
        let columns = def.columns.iter().map(|def| def.name.into()).collect();
        Statement::Insert(Insert {
            table: def.name.into(),
            model: Some(def),
            columns,
            values,
            forms: Vec::new(),
            conflict,
            returning: Vec::new(),
        })
    }

    /// Returns the update of an existing row, as the verbs of a model write it.
    fn conflict(&mut self, def: &'static TableDef, unique: Option<usize>) -> Conflict {
        let key = unique.filter(|_| self.rng.bool()).unwrap_or(0);
        let others = def.columns.iter().enumerate().filter(|(at, _)| *at != key && *at != 0);
        let update = others.map(|(_, def)| (Name::from(def.name), Expr::Excluded(def.name.into())));
        Conflict { keys: vec![def.columns[key].name.into()], update: update.collect() }
    }

    fn update(&mut self, def: &'static TableDef) -> Statement {
        let scope = Scope::of_table(def, &def.name.into(), false);
        let mut set: Vec<(Name, Expr)> = Vec::new();
        for column in def.columns.iter().skip(1) {
            if self.rng.bool() {
                set.push((column.name.into(), self.assigned(column, &scope)));
            }
        }
        if set.is_empty() {
            let column = &def.columns[1];
            set.push((column.name.into(), self.assigned(column, &scope)));
        }
        self.rng.shuffle(&mut set);
        let filter = self.filter(def);
        Statement::Update(Update { table: def.name.into(), model: Some(def), set, filter, returning: Vec::new() })
    }

    fn assigned(&mut self, column: &ColumnDef, scope: &Scope) -> Expr {
        match self.expr(column.ty, scope, 2) {
            plain @ (Expr::Column(_) | Expr::Value(_)) => plain,
            computed if is_number(column.ty) => Expr::Checked(Box::new(computed), Limits::of(column.ty)),
            computed => computed,
        }
    }
}

fn is_number(ty: ValueType) -> bool {
    matches!(
        ty,
        ValueType::Bool
            | ValueType::I16
            | ValueType::I32
            | ValueType::I64
            | ValueType::F32
            | ValueType::F64
            | ValueType::Decimal
    )
}
