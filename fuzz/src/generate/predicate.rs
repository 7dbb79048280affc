//! Conditions.

use activerecord_core::statement::{Compare, Expr, LikePattern, Set};
use activerecord_core::{Value, ValueType};

use super::{Generator, Scope, boxed, column, values};

const COMPARE: [Compare; 6] = [Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge];

const PATTERNS: [&str; 14] = ["%", "a%", "%a", "_", "%\\%%", "\\_", "a_b", "A%", "%b%", "", "\\\\", "__", "%ä%", "a %"];

impl Generator<'_> {
    pub(super) fn predicate(&mut self, scope: &Scope, depth: u32) -> Expr {
        if depth > 0 {
            match self.rng.u8(..9) {
                0 => return Expr::And(self.predicates(scope, depth - 1)),
                1 => return Expr::Or(self.predicates(scope, depth - 1)),
                2 => return Expr::Not(boxed(self.predicate(scope, depth - 1))),
                3 if self.one_in(2) => return self.in_query(scope, depth - 1),
                4 if self.one_in(2) => return self.exists(scope, depth - 1),
                _ => {}
            }
        }
        self.simple(scope, depth)
    }

    fn predicates(&mut self, scope: &Scope, depth: u32) -> Vec<Expr> {
        (0..self.rng.usize(..=3)).map(|_| self.predicate(scope, depth)).collect()
    }

    /// Returns a condition without others inside.
    fn simple(&mut self, scope: &Scope, depth: u32) -> Expr {
        let ty = self.pick(&scope.types());
        let depth = depth.min(2);
        let left = if self.one_in(12) { self.literal(ty) } else { self.expr(ty, scope, depth) };
        match self.rng.u8(..9) {
            0 => Expr::IsNull(boxed(left)),
            1 | 2 if ty == ValueType::Json => self.json_contains(scope),
            // JSON has no order, so most of its comparisons are for equality.
            3.. if ty == ValueType::Json && !self.one_in(8) => {
                let (op, right) = (self.pick(&COMPARE[..2]), self.operand(ty, scope, depth));
                left.compare(op, right)
            }
            1 => {
                let (low, high) = (self.operand(ty, scope, depth), self.operand(ty, scope, depth));
                Expr::Between(boxed(left), boxed(low), boxed(high))
            }
            2 => {
                let values = (0..self.rng.usize(..=3)).map(|_| values::value(self.rng, ty)).collect();
                Expr::In(boxed(left), Set::Values(ty, values))
            }
            3 | 4 if ty == ValueType::Text => {
                let (pattern, ignore_case) = (self.pick(&PATTERNS).to_owned(), self.one_in(3));
                Expr::Like(boxed(left), LikePattern { pattern, ignore_case })
            }
            5 => self.rows(scope),
            _ => {
                let (op, right) = (self.pick(&COMPARE), self.operand(ty, scope, depth));
                left.compare(op, right)
            }
        }
    }

    /// Returns a test of a column of a table: MySQL cannot test all computed JSON.
    fn json_contains(&mut self, scope: &Scope) -> Expr {
        let columns = scope.of_type(ValueType::Json).into_iter().filter(|column| column.name.starts_with('j'));
        match columns.collect::<Vec<_>>().as_slice() {
            [] => Expr::Or(Vec::new()),
            [first, ..] => {
                let other = Expr::Value(values::value(self.rng, ValueType::Json));
                Expr::JsonContains(boxed(column(first)), boxed(other))
            }
        }
    }

    /// Returns a comparison of rows.
    fn rows(&mut self, scope: &Scope) -> Expr {
        let pair = |_| {
            let ty = self.pick(&scope.types());
            (self.leaf(ty, scope), self.operand(ty, scope, 0))
        };
        let pairs: Vec<_> = (0..2).map(pair).collect();
        Expr::CompareRows(pairs, self.pick(&[Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge]))
    }

    fn in_query(&mut self, scope: &Scope, depth: u32) -> Expr {
        let ty = self.pick(&scope.types());
        let left = self.expr(ty, scope, depth.min(1));
        let query = self.column_query(ty, scope, depth);
        Expr::In(boxed(left), Set::Query(query))
    }

    fn exists(&mut self, scope: &Scope, depth: u32) -> Expr {
        let ty = self.pick(&scope.types());
        Expr::Exists(self.column_query(ty, scope, depth))
    }

    /// Returns a value of this type for a recursion or a limit.
    pub(super) fn number(&mut self, from: i64, to: i64) -> Expr {
        Expr::Value(Value::I64(self.rng.i64(from..=to)))
    }
}
