//! Queries.

use activerecord_core::statement::{
    Aggregate, Compound, Cte, Distinct, Expr, FromItem, Join, JoinKind, Name, Select, SelectItem, SetOperator,
    Subquery, TableRef,
};
use activerecord_core::{Stored, Value, ValueType};

use super::expr::ORDERED;
use super::{Generator, Scope, boxed, column, column_name, values};

/// The rows that a query reads.
struct Source {
    query: Select,
    scope: Scope,
    /// Expressions that together differ in each row. Empty: none are known.
    keys: Vec<Expr>,
}

impl Generator<'_> {
    /// Returns a query that is a statement.
    pub(super) fn query(&mut self) -> Select {
        let mut source = self.source(&Scope::default(), 3);
        let width = self.rng.usize(1..=4);
        match self.rng.u8(..10) {
            0..=2 => self.grouped(source, width),
            3 => {
                let over =
                    (0..self.rng.usize(1..=2)).map(|_| self.over(&source.scope, &source.keys)).collect::<Vec<_>>();
                let keys = source.keys.iter().cloned();
                source.query.items = items(keys.chain(over));
                source.query
            }
            _ => {
                let types: Vec<_> = (0..width).map(|_| self.pick(&source.scope.types())).collect();
                self.listed(source, &types, 2)
            }
        }
    }

    /// Sets the SELECT list, the order and the limit.
    fn listed(&mut self, source: Source, types: &[ValueType], depth: u32) -> Select {
        let Source { mut query, scope, keys } = source;
        query.items = items(types.iter().map(|ty| self.expr(*ty, &scope, depth)));
        if self.one_in(6) {
            query.distinct = Distinct::Rows;
            let has_order = |expr: &Expr| expr.ty() != Some(ValueType::Json);
            let order = query.items.iter().map(|item| item.expr.clone()).filter(has_order).collect::<Vec<_>>();
            query.order_by =
                if self.rng.bool() { order.into_iter().map(|item| self.direction(item)).collect() } else { Vec::new() };
        } else if self.one_in(12) {
            query = self.distinct_on(query, &scope, &keys);
        } else if self.rng.bool() {
            query.order_by = self.order(&scope, &keys, 1);
            if self.one_in(6) {
                // The next page of a keyset.
                let types: Vec<_> = query.order_by.iter().filter_map(|item| item.expr.ty()).collect();
                let place: Vec<_> = types.into_iter().map(|ty| values::stored(self.rng, ty, true)).collect();
                query.after(&place);
            }
        }
        if !query.order_by.is_empty() && self.one_in(3) {
            query.limit = Some(self.rng.u64(..=4));
            query.offset = self.rng.bool().then(|| self.rng.u64(..=2));
        }
        query
    }

    /// Keeps the first of the rows with equal columns.
    fn distinct_on(&mut self, mut query: Select, scope: &Scope, keys: &[Expr]) -> Select {
        let columns: Vec<_> = (0..self.rng.usize(1..=2))
            .map(|_| {
                let ty = self.ordered(scope);
                self.leaf(ty, scope)
            })
            .collect();
        query.order_by = columns.iter().chain(keys).map(|key| self.direction(key.clone())).collect();
        query.distinct = Distinct::On(columns);
        query
    }

    fn grouped(&mut self, source: Source, width: usize) -> Select {
        let Source { mut query, scope, .. } = source;
        for _ in 0..self.rng.usize(..=2) {
            let ty = self.pick(&scope.types());
            query.group_by.push(self.expr(ty, &scope, 1));
        }
        let groups = query.group_by.clone();
        let aggregates = (0..width).map(|_| self.aggregate(&scope, 1, true)).collect::<Vec<_>>();
        query.items = items(groups.iter().cloned().chain(aggregates));
        if self.one_in(3) {
            let left = self.aggregate(&scope, 0, true);
            let ty = left.ty().unwrap_or(ValueType::I64);
            let right = self.literal(ty);
            query.having = Some(left.compare(activerecord_core::statement::Compare::Ge, right));
        }
        if self.rng.bool() {
            let has_order = |expr: &Expr| expr.ty() != Some(ValueType::Json);
            query.order_by = groups.into_iter().filter(has_order).map(|group| self.direction(group)).collect();
        }
        query
    }

    /// Returns FROM, JOIN and WHERE.
    fn source(&mut self, outer: &Scope, depth: u32) -> Source {
        let mut source = match self.rng.u8(..12) {
            0 if depth > 0 => self.derived(depth - 1),
            1 if depth > 0 => self.compound(depth - 1),
            2 if depth > 0 && outer.columns.is_empty() => self.with(depth - 1),
            3 if depth > 0 && outer.columns.is_empty() => self.recursive(),
            _ => self.table(!outer.columns.is_empty()),
        };
        while depth > 1 && self.one_in(3) {
            self.join(&mut source);
        }
        let seen = source.scope.clone().and(outer);
        if self.rng.bool() {
            source.query.filter = Some(self.predicate(&seen, depth));
        }
        source.scope = seen;
        source
    }

    fn table(&mut self, aliased: bool) -> Source {
        let def = self.world.tables[self.rng.usize(..self.world.tables.len())].def;
        let alias = aliased.then(|| self.name("s"));
        let table = TableRef { alias, ..TableRef::from(def) };
        let scope = Scope::of_table(def, table.label(), false);
        let keys = vec![column(&scope.columns[0])];
        Source { query: Select::from(FromItem::Table(table)), scope, keys }
    }

    fn join(&mut self, source: &mut Source) {
        let def = self.world.tables[self.rng.usize(..self.world.tables.len())].def;
        let table = TableRef { alias: Some(self.name("j")), ..TableRef::from(def) };
        let kind = if self.rng.bool() { JoinKind::Inner } else { JoinKind::Left };
        let joined = Scope::of_table(def, table.label(), kind == JoinKind::Left);
        let both = source.scope.clone().and(&joined);
        let on = if self.one_in(3) {
            // MySQL loses rows of a left join by EXISTS beside another EXISTS.
            self.predicate(&both, u32::from(kind == JoinKind::Inner))
        } else {
            let left = self.leaf(ValueType::I64, &source.scope);
            Expr::Compare(boxed(left), activerecord_core::statement::Compare::Eq, boxed(column(&joined.columns[0])))
        };
        if !source.keys.is_empty() {
            source.keys.push(column(&joined.columns[0]));
        }
        source.query.joins.push(Join { kind, table, on });
        source.scope = both;
    }

    /// Returns the rows of another query.
    fn derived(&mut self, depth: u32) -> Source {
        let (types, name) = (self.types(), self.name("d"));
        let inner = self.source(&Scope::default(), depth);
        let inner = aliased(self.listed(inner, &types, 1), &name);
        Self::named(Select::from(FromItem::Query(Box::new(inner), name.clone())), &name, &types)
    }

    fn compound(&mut self, depth: u32) -> Source {
        let (types, name) = (self.types(), self.name("d"));
        let operator = self.operator();
        let mut first = self.member(&types, depth);
        *first.select = aliased(*first.select, &name);
        let others = (0..self.rng.usize(1..=2)).map(|_| self.member(&types, depth)).collect();
        let compound = Box::new(Compound { first, operator, others });
        Self::named(Select::from(FromItem::Compound(compound, name.clone())), &name, &types)
    }

    fn operator(&mut self) -> SetOperator {
        self.pick(&[SetOperator::Union, SetOperator::UnionAll, SetOperator::Intersect, SetOperator::Except])
    }

    fn named(query: Select, name: &Name, types: &[ValueType]) -> Source {
        Source { query, scope: Scope::of_query(name, types), keys: Vec::new() }
    }

    fn types(&mut self) -> Vec<ValueType> {
        (0..self.rng.usize(1..=2))
            .map(|_| if self.one_in(20) { ValueType::Json } else { self.pick(&ORDERED) })
            .collect()
    }

    /// Returns a query of columns of these types, without an order.
    fn member(&mut self, types: &[ValueType], depth: u32) -> Subquery {
        let Source { mut query, scope, .. } = self.source(&Scope::default(), depth.min(1));
        query.items = items(types.iter().map(|ty| self.expr(*ty, &scope, 1)));
        subquery(query)
    }

    /// Returns the rows of a common table expression.
    fn with(&mut self, depth: u32) -> Source {
        let (types, name) = (self.types(), self.name("w"));
        let query = self.member(&types, depth);
        let mut source = Self::named(Select::from(cte_rows(&name)), &name, &types);
        source.query.with.push(cte(&name, types.len(), query, None));
        source
    }

    /// Returns the numbers from a key up to a limit.
    fn recursive(&mut self) -> Source {
        let name = self.name("w");
        let Source { query: mut first, scope, .. } = self.table(false);
        first.items = items([column(&scope.columns[0])]);
        let types = [ValueType::I64];
        let mut source = Self::named(Select::from(cte_rows(&name)), &name, &types);
        let number = column(&source.scope.columns[0]);
        let mut step = Select::from(cte_rows(&name));
        let one = Expr::Value(Value::I64(self.rng.i64(1..=3)));
        let next = Expr::Arithmetic(boxed(number.clone()), activerecord_core::statement::Arithmetic::Add, boxed(one));
        step.items = items([next]);
        let most = if self.one_in(10) { 1_500 } else { 12 };
        let end = self.number(2, most);
        step.filter = Some(number.compare(activerecord_core::statement::Compare::Lt, end));
        let operator = self.pick(&[SetOperator::Union, SetOperator::UnionAll]);
        source.query.with.push(cte(&name, 1, subquery(first), Some((operator, subquery(step)))));
        source
    }

    /// Returns a query with one column of this type.
    pub(super) fn column_query(&mut self, ty: ValueType, scope: &Scope, depth: u32) -> Subquery {
        let outer = scope.outside();
        let Source { mut query, scope, .. } = self.source(&outer, depth.min(1));
        // MariaDB cannot run some prepared statements again, if the item of IN is an outer column of several queries' rows.
        query.items = items([self.expr(ty, &scope.own(), 1)]);
        subquery(query)
    }

    /// Returns a query with at most one row as a value.
    pub(super) fn scalar_query(&mut self, ty: ValueType, scope: &Scope, depth: u32) -> Expr {
        let outer = scope.outside();
        let Source { mut query, scope, .. } = self.source(&outer, depth.min(1));
        // An aggregate of outer columns alone would be one of the outer query.
        let value = self.expr(ty, &scope.own(), 0);
        let function = self.pick(&[Aggregate::Min, Aggregate::Max]);
        query.items = items([Expr::Aggregate(function, Some(boxed(value)))]);
        Expr::Subquery(subquery(query))
    }
}

fn cte_rows(name: &Name) -> FromItem {
    FromItem::Table(TableRef { name: name.clone(), alias: None, model: None })
}

fn cte(name: &Name, columns: usize, query: Subquery, step: Option<(SetOperator, Subquery)>) -> Cte {
    let names = (0..columns).map(|at| column_name(name, at)).collect();
    Cte { name: name.clone(), columns: names, stored: vec![Stored::Default; columns], query, step }
}

fn subquery(query: Select) -> Subquery {
    Subquery { select: Box::new(query), connection: None }
}

fn items(items: impl IntoIterator<Item = Expr>) -> Vec<SelectItem> {
    items.into_iter().map(SelectItem::from).collect()
}

/// Names the items of a query that others read by this name. No other query has these names.
fn aliased(mut query: Select, name: &Name) -> Select {
    for (at, item) in query.items.iter_mut().enumerate() {
        item.alias = Some(column_name(name, at));
    }
    query
}
