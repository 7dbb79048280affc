//! Smaller variants of a step, by their number.

use activerecord_core::statement::{Distinct, Expr, FromItem, PartMut, Select, Set, Statement};
use activerecord_core::{Value, ValueType};

use crate::evaluate::walk::operands;
use crate::step::{Step, Write};

/// Returns the variant with this number; None when there are fewer. Each variant has one part less, or a value in place of
/// an expression.
pub(crate) fn variant(step: &Step, number: usize) -> Option<Step> {
    let mut step = step.clone();
    let mut editor = Editor { left: number };
    let is_found = match &mut step {
        Step::Read(query) => editor.query(query),
        Step::Write(writes) => editor.writes(writes),
    };
    is_found.then_some(step)
}

/// Counts down to the wanted edit, and makes it.
struct Editor {
    left: usize,
}

impl Editor {
    /// Whether the next edit is the wanted one.
    fn is_next(&mut self) -> bool {
        let is_next = self.left == 0;
        self.left = self.left.wrapping_sub(1);
        is_next
    }

    /// Removes one of the items.
    fn remove<T>(&mut self, items: &mut Vec<T>, least: usize) -> bool {
        let most = items.len();
        if most <= least {
            return false;
        }
        (0..most).any(|at| {
            let is_next = self.is_next();
            if is_next {
                items.remove(at);
            }
            is_next
        })
    }

    fn clear<T>(&mut self, item: &mut Option<T>) -> bool {
        let is_next = item.is_some() && self.is_next();
        if is_next {
            *item = None;
        }
        is_next
    }

    fn writes(&mut self, writes: &mut Vec<Write>) -> bool {
        self.remove(writes, 1)
            || writes.iter_mut().any(|write| match write {
                Write::One(statement) => self.statement(statement),
                Write::Savepoint { inside, .. } => self.writes(inside),
            })
    }

    fn statement(&mut self, statement: &mut Statement) -> bool {
        let is_less = match statement {
            Statement::Insert(insert) => {
                let width = insert.columns.len();
                let is_cut = insert.values.len() > width && self.is_next();
                if is_cut {
                    insert.values.truncate(width);
                }
                is_cut || self.clear(&mut insert.conflict)
            }
            Statement::Update(update) => self.remove(&mut update.set, 1) || self.clear(&mut update.filter),
            Statement::Delete(delete) => self.clear(&mut delete.filter),
            _ => false,
        };
        is_less || statement.any_child_mut(&mut |part| self.part(part))
    }

    fn query(&mut self, query: &mut Select) -> bool {
        self.clauses(query)
            || query.with.iter_mut().any(|cte| self.clear(&mut cte.step))
            || match &mut query.from {
                FromItem::Compound(compound, _) => self.remove(&mut compound.others, 1),
                _ => false,
            }
            || query.any_child_mut(&mut |part| self.part(part))
    }

    fn part(&mut self, part: PartMut<'_>) -> bool {
        match part {
            PartMut::Expr(expr) => self.expr(expr),
            PartMut::Query(query) => self.query(query),
        }
    }

    fn clauses(&mut self, query: &mut Select) -> bool {
        let is_distinct = query.distinct != Distinct::No && self.is_next();
        if is_distinct {
            query.distinct = Distinct::No;
        }
        is_distinct
            || self.clear(&mut query.filter)
            || self.clear(&mut query.having)
            || self.clear(&mut query.limit)
            || self.clear(&mut query.offset)
            || self.remove(&mut query.joins, 0)
            || self.remove(&mut query.order_by, 0)
            || self.remove(&mut query.group_by, 0)
            || self.remove(&mut query.items, 1)
            || self.remove(&mut query.with, 0)
    }

    fn expr(&mut self, expr: &mut Expr) -> bool {
        self.replace(expr) || self.parts(expr)
    }

    /// Replaces the expression by one of its operands, or by a value.
    fn replace(&mut self, expr: &mut Expr) -> bool {
        let ty = expr.ty();
        if matches!(expr, Expr::Value(_)) || is_true(expr) {
            return false;
        }
        let fitting = operands(expr).into_iter().filter(|operand| operand.ty() == ty).cloned();
        let values = ty.into_iter().flat_map(simple).filter(|_| !matches!(expr, Expr::Column(_)));
        match fitting.chain(values).find(|_| self.is_next()) {
            Some(smaller) => {
                *expr = smaller;
                true
            }
            None => false,
        }
    }

    fn parts(&mut self, expr: &mut Expr) -> bool {
        let is_less = match expr {
            Expr::And(all) | Expr::Or(all) => self.remove(all, 0),
            Expr::CompareRows(pairs, _) => self.remove(pairs, 1),
            Expr::In(_, Set::Values(_, values)) => self.remove(values, 0),
            Expr::Case(case) => self.remove(&mut case.arms, 1) || self.clear(&mut case.otherwise),
            Expr::Over(_, window) => {
                self.remove(&mut window.partition_by, 0)
                    || self.remove(&mut window.order_by, 0)
                    || self.clear(&mut window.frame)
            }
            _ => false,
        };
        is_less || expr.any_child_mut(&mut |part| self.part(part))
    }
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::And(all) if all.is_empty())
}

/// The simplest expressions of a type.
fn simple(ty: ValueType) -> Vec<Expr> {
    match ty {
        ValueType::Bool => vec![Expr::And(Vec::new())],
        ValueType::I16 => vec![Expr::Value(Value::I16(1))],
        ValueType::I32 => vec![Expr::Value(Value::I32(1))],
        ValueType::I64 => vec![Expr::Value(Value::I64(1))],
        ValueType::F64 => vec![Expr::Value(Value::F64(1.0))],
        ValueType::Text => vec![Expr::Value(Value::Text("a".into()))],
        ty => vec![Expr::Value(Value::Null(ty))],
    }
}
