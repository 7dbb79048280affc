//! Expressions of a type.

use activerecord_core::statement::{
    Aggregate, Arithmetic, Case, DatePart, Direction, Expr, Frame, FrameEnd, Function, JsonKind, JsonStep, Nulls,
    OrderBy, Window,
};
use activerecord_core::{Value, ValueType};

use super::{Generator, Scope, boxed, column, values};

/// The types that can be ordered.
pub(super) const ORDERED: [ValueType; 14] = [
    ValueType::Bool,
    ValueType::I16,
    ValueType::I32,
    ValueType::I64,
    ValueType::F32,
    ValueType::F64,
    ValueType::Decimal,
    ValueType::Text,
    ValueType::Bytes,
    ValueType::Uuid,
    ValueType::Date,
    ValueType::Time,
    ValueType::DateTime,
    ValueType::Timestamp,
];

const NUMBERS: [ValueType; 6] =
    [ValueType::I16, ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64, ValueType::Decimal];

impl Generator<'_> {
    /// Returns an expression of this type without aggregates.
    pub(super) fn expr(&mut self, ty: ValueType, scope: &Scope, depth: u32) -> Expr {
        if depth == 0 || self.one_in(4) {
            return self.leaf(ty, scope);
        }
        match self.rng.u8(..10) {
            0 => self.case(ty, scope, depth - 1),
            1 => self.coalesce(ty, scope, depth - 1),
            2 if ty != ValueType::Json && self.one_in(2) => self.scalar_query(ty, scope, depth - 1),
            _ => self.operation(ty, scope, depth - 1),
        }
    }

    /// Returns a column, or a value if there is none of this type.
    pub(super) fn leaf(&mut self, ty: ValueType, scope: &Scope) -> Expr {
        let columns = scope.of_type(ty);
        if columns.is_empty() {
            return self.literal(ty);
        }
        column(columns[self.rng.usize(..columns.len())])
    }

    /// Returns a value, or an expression: the right side of an operator.
    pub(super) fn operand(&mut self, ty: ValueType, scope: &Scope, depth: u32) -> Expr {
        if self.one_in(2) { self.literal(ty) } else { self.expr(ty, scope, depth) }
    }

    pub(super) fn literal(&mut self, ty: ValueType) -> Expr {
        Expr::Value(if self.one_in(25) { Value::Null(ty) } else { values::value(self.rng, ty) })
    }

    fn operation(&mut self, ty: ValueType, scope: &Scope, depth: u32) -> Expr {
        match ty {
            ValueType::Bool | ValueType::I64 | ValueType::F64 | ValueType::Text
                if !scope.of_type(ValueType::Json).is_empty() && self.one_in(3) =>
            {
                self.inside_json(ty, scope)
            }
            ValueType::I64 if self.one_in(4) => {
                Expr::Call(Function::Length, vec![self.expr(ValueType::Text, scope, depth)])
            }
            ValueType::I32 if self.one_in(3) => self.date_part(scope, depth),
            ValueType::Date => {
                let of = self.pick(&[ValueType::DateTime, ValueType::Timestamp]);
                Expr::DatePart(DatePart::Date, boxed(self.expr(of, scope, depth)))
            }
            ValueType::I16 | ValueType::I32 | ValueType::I64 if self.world.is_extreme => self.leaf(ty, scope),
            // PostgreSQL also computes products of constants for rows that do not exist, and they do not fit.
            ValueType::I16 => self.arithmetic(&[Arithmetic::Divide, Arithmetic::Remainder], ty, scope, depth),
            ValueType::I32 | ValueType::I64 => self.arithmetic(
                &[
                    Arithmetic::Add,
                    Arithmetic::Subtract,
                    Arithmetic::Multiply,
                    Arithmetic::Divide,
                    Arithmetic::Remainder,
                ],
                ty,
                scope,
                depth,
            ),
            ValueType::F32 | ValueType::F64 => self.arithmetic(
                &[Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide],
                ty,
                scope,
                depth,
            ),
            ValueType::Decimal => {
                self.arithmetic(&[Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply], ty, scope, depth)
            }
            ValueType::Text => {
                let function = self.pick(&[Function::Lower, Function::Upper, Function::Concat, Function::Concat]);
                let first = self.expr(ty, scope, depth);
                match function {
                    Function::Concat => Expr::Call(function, vec![first, self.operand(ty, scope, depth)]),
                    _ => Expr::Call(function, vec![first]),
                }
            }
            _ => self.leaf(ty, scope),
        }
    }

    fn arithmetic(&mut self, of: &[Arithmetic], ty: ValueType, scope: &Scope, depth: u32) -> Expr {
        let op = self.pick(of);
        Expr::Arithmetic(boxed(self.expr(ty, scope, depth)), op, boxed(self.operand(ty, scope, depth)))
    }

    /// Returns the value at a path of a JSON column.
    fn inside_json(&mut self, ty: ValueType, scope: &Scope) -> Expr {
        let kind = match ty {
            ValueType::Bool => JsonKind::Bool,
            ValueType::I64 => JsonKind::Integer,
            ValueType::F64 => JsonKind::Float,
            _ => JsonKind::Text,
        };
        let steps = [JsonStep::Key("a".into()), JsonStep::Key("b".into()), JsonStep::Index(0), JsonStep::Index(1)];
        let path = (0..self.rng.usize(..=2)).map(|_| steps[self.rng.usize(..steps.len())].clone()).collect();
        Expr::Json(boxed(self.leaf(ValueType::Json, scope)), path, kind)
    }

    fn date_part(&mut self, scope: &Scope, depth: u32) -> Expr {
        let ty = self.pick(&[ValueType::Date, ValueType::Time, ValueType::DateTime, ValueType::Timestamp]);
        let dates = [DatePart::Year, DatePart::Month, DatePart::Day, DatePart::Weekday];
        let times = [DatePart::Hour, DatePart::Minute, DatePart::Second];
        let part = match ty {
            ValueType::Date => self.pick(&dates),
            ValueType::Time => self.pick(&times),
            _ => self.pick(&[&dates[..], &times].concat()),
        };
        Expr::DatePart(part, boxed(self.expr(ty, scope, depth)))
    }

    fn case(&mut self, ty: ValueType, scope: &Scope, depth: u32) -> Expr {
        let arms = (0..self.rng.usize(1..=2)).map(|_| (self.predicate(scope, depth), self.expr(ty, scope, depth)));
        let arms = arms.collect();
        let otherwise = if self.rng.bool() { Some(self.operand(ty, scope, depth)) } else { None };
        Expr::Case(Box::new(Case { arms, otherwise }))
    }

    fn coalesce(&mut self, ty: ValueType, scope: &Scope, depth: u32) -> Expr {
        Expr::Call(Function::Coalesce, vec![self.expr(ty, scope, depth), self.operand(ty, scope, depth)])
    }

    /// Returns an aggregate, or an expression of several.
    pub(super) fn aggregate(&mut self, scope: &Scope, depth: u32, counts_distinct: bool) -> Expr {
        let numbers: Vec<_> = scope.types().into_iter().filter(|ty| NUMBERS.contains(ty)).collect();
        let number = if numbers.is_empty() { ValueType::I64 } else { self.pick(&numbers) };
        let any = self.pick(&scope.types());
        let (function, ty) = match self.rng.u8(..8) {
            0 => return Expr::Aggregate(Aggregate::Count, None),
            1 => (Aggregate::Count, any),
            2 if counts_distinct => (Aggregate::CountDistinct, any),
            3 => (Aggregate::Avg, number),
            4 | 5 => (Aggregate::Sum, number),
            6 => (Aggregate::Min, self.ordered(scope)),
            _ => (Aggregate::Max, self.ordered(scope)),
        };
        Expr::Aggregate(function, Some(boxed(self.expr(ty, scope, depth.min(1)))))
    }

    /// Returns a function over a window.
    pub(super) fn over(&mut self, scope: &Scope, keys: &[Expr]) -> Expr {
        let ty = self.ordered(scope);
        let value = self.expr(ty, scope, 1);
        let call = |function| Expr::Call(function, Vec::new());
        let (function, ordered, framed) = match self.rng.u8(..10) {
            0 => (call(Function::RowNumber), true, false),
            1 => (call(Function::Rank), true, false),
            2 => (call(Function::DenseRank), true, false),
            3 => (call(Function::Ntile(self.rng.u32(1..=3))), true, false),
            4 => (Expr::Call(Function::Lag(self.rng.u32(0..=2)), vec![value]), true, false),
            5 => (Expr::Call(Function::Lead(self.rng.u32(0..=2)), vec![value]), true, false),
            6 => (Expr::Call(Function::FirstValue, vec![value]), true, true),
            7 => (Expr::Call(Function::LastValue, vec![value]), true, true),
            _ => {
                // Over a window it is refused.
                let counts_distinct = self.one_in(20);
                (self.aggregate(scope, 1, counts_distinct), self.rng.bool(), true)
            }
        };
        let partition_by = if self.rng.bool() { vec![self.expr(ty, scope, 1)] } else { Vec::new() };
        let order_by = if ordered { self.order(scope, keys, 1) } else { Vec::new() };
        let frame = (framed && ordered && self.rng.bool()).then(|| self.frame());
        Expr::Over(boxed(function), Box::new(Window { partition_by, order_by, frame }))
    }

    fn frame(&mut self) -> Frame {
        let from = self.rng.u32(..3);
        let to = self.rng.u32(..3);
        let end = |rows: u32, some: fn(u32) -> FrameEnd| match rows {
            0 => FrameEnd::Current,
            1 => FrameEnd::Unbounded,
            rows => some(rows - 1),
        };
        Frame { from: end(from, FrameEnd::Preceding), to: end(to, FrameEnd::Following) }
    }

    /// Returns a type of the columns. JSON has no order, so it is rare.
    pub(super) fn ordered(&mut self, scope: &Scope) -> ValueType {
        match self.pick(&scope.types()) {
            ValueType::Json if !self.one_in(8) => ValueType::I64,
            ty => ty,
        }
    }

    /// Returns an ORDER BY. Mostly the keys decide at the end.
    pub(super) fn order(&mut self, scope: &Scope, keys: &[Expr], depth: u32) -> Vec<OrderBy> {
        let mut order = Vec::new();
        for _ in 0..self.rng.usize(..=2) {
            let ty = self.ordered(scope);
            let expr = self.expr(ty, scope, depth);
            order.push(self.direction(expr));
        }
        if !self.one_in(5) {
            for key in keys {
                order.push(self.direction(key.clone()));
            }
        }
        order
    }

    pub(super) fn direction(&mut self, expr: Expr) -> OrderBy {
        let direction = self.pick(&[Direction::Asc, Direction::Desc]);
        let nulls = self.pick(&[Nulls::Smallest, Nulls::Smallest, Nulls::First, Nulls::Last]);
        OrderBy { expr, direction, nulls }
    }
}
