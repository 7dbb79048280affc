//! Walks over trees: the parts directly below an expression or a query.

use super::{Expr, FromItem, Refusal, Select, Set, Statement, Subquery};

/// The number of levels that expressions can be nested. A level is an operator, a function, or a list of conditions that
/// are all joined by AND or by OR, or a query inside another. What is nested more deeply is `Unsupported` when it is
/// rendered, before anything is sent.
///
/// The typed API builds no deeper tree, so that every walk over a tree fits the stack of a task. Trees that are built by
/// hand must not be deeper.
pub const MAX_DEPTH: usize = 100;

macro_rules! walk {
    ($part:ident, $any_child:ident, $iter:ident, $as_deref:ident $(, $mutable:tt)?) => {
        /// A part directly below a statement, a query or an expression.
        #[derive(Debug)]
        // Not `#[non_exhaustive]`: a walk must see every part.
        pub enum $part<'t> {
            /// An expression.
            Expr(&'t $($mutable)? Expr),
            /// A query inside the statement, such as a common table expression.
            Query(&'t $($mutable)? Select),
        }

        impl Expr {
            /// Visits the parts directly below the expression, until `visit` returns true. Returns whether it did.
            pub fn $any_child<'t>(&'t $($mutable)? self, visit: &mut dyn FnMut($part<'t>) -> bool) -> bool {
                match self {
                    Self::Column(_)
                    | Self::Value(_)
                    | Self::Excluded(_)
                    | Self::Digest(_)
                    | Self::Raw(_)
                    | Self::Aggregate(_, None)
                    | Self::Refused(_) => false,
                    Self::Not(inner)
                    | Self::IsNull(inner)
                    | Self::Like(inner, _)
                    | Self::Aggregate(_, Some(inner))
                    | Self::DatePart(_, inner)
                    | Self::Json(inner, ..)
                    | Self::Typed(inner, _)
                    | Self::Checked(inner, _) => visit($part::Expr(inner)),
                    Self::Compare(left, _, right) | Self::Arithmetic(left, _, right) | Self::JsonContains(left, right) => {
                        visit($part::Expr(left)) || visit($part::Expr(right))
                    }
                    Self::CompareRows(pairs, _) => {
                        pairs.$iter().any(|(left, right)| visit($part::Expr(left)) || visit($part::Expr(right)))
                    }
                    Self::And(all) | Self::Or(all) | Self::Call(_, all) | Self::InRows(all, _) => {
                        all.$iter().any(|item| visit($part::Expr(item)))
                    }
                    Self::Between(inner, low, high) => {
                        visit($part::Expr(inner)) || visit($part::Expr(low)) || visit($part::Expr(high))
                    }
                    Self::In(inner, Set::Values(..)) => visit($part::Expr(inner)),
                    Self::In(inner, Set::Query(query)) => {
                        visit($part::Expr(inner)) || visit($part::Query(&$($mutable)? query.select))
                    }
                    Self::Exists(query) | Self::Subquery(query) => visit($part::Query(&$($mutable)? query.select)),
                    Self::Case(case) => {
                        case.arms.$iter().any(|(when, value)| visit($part::Expr(when)) || visit($part::Expr(value)))
                            || case.otherwise.$iter().any(|value| visit($part::Expr(value)))
                    }
                    Self::Over(inner, window) => {
                        visit($part::Expr(inner))
                            || window.partition_by.$iter().any(|value| visit($part::Expr(value)))
                            || window.order_by.$iter().any(|item| visit($part::Expr(&$($mutable)? item.expr)))
                    }
                }
            }
        }

        impl Select {
            /// Visits the parts directly below the query, until `visit` returns true. Returns whether it did.
            pub fn $any_child<'t>(&'t $($mutable)? self, visit: &mut dyn FnMut($part<'t>) -> bool) -> bool {
                let ctes = self.with.$iter().any(|cte| {
                    visit($part::Query(&$($mutable)? cte.query.select))
                        || cte.step.$iter().any(|(_, step)| visit($part::Query(&$($mutable)? step.select)))
                });
                let from = ctes || match &$($mutable)? self.from {
                    FromItem::Table(_) | FromItem::Named(_) => false,
                    FromItem::Query(query, _) => visit($part::Query(query)),
                    FromItem::Compound(compound, _) => {
                        visit($part::Query(&$($mutable)? compound.first.select))
                            || compound.others.$iter().any(|query| visit($part::Query(&$($mutable)? query.select)))
                    }
                };
                from || self.distinct.$as_deref().$iter().any(|expr| visit($part::Expr(expr)))
                    || self.items.$iter().any(|item| visit($part::Expr(&$($mutable)? item.expr)))
                    || self.joins.$iter().any(|join| visit($part::Expr(&$($mutable)? join.on)))
                    || self.filter.$iter().any(|expr| visit($part::Expr(expr)))
                    || self.group_by.$iter().any(|expr| visit($part::Expr(expr)))
                    || self.having.$iter().any(|expr| visit($part::Expr(expr)))
                    || self.order_by.$iter().any(|item| visit($part::Expr(&$($mutable)? item.expr)))
            }
        }

        impl Statement {
            /// Visits the topmost expressions and queries of the statement, until `visit` returns true. Returns whether it
            /// did.
            pub fn $any_child<'t>(&'t $($mutable)? self, visit: &mut dyn FnMut($part<'t>) -> bool) -> bool {
                match self {
                    Self::Select(query) => visit($part::Query(query)),
                    Self::Insert(insert) => insert.conflict.$iter().any(|conflict| {
                        conflict.update.$iter().any(|(_, value)| visit($part::Expr(value)))
                    }),
                    Self::Update(update) => {
                        update.set.$iter().any(|(_, value)| visit($part::Expr(value)))
                            || update.filter.$iter().any(|filter| visit($part::Expr(filter)))
                    }
                    Self::Delete(delete) => delete.filter.$iter().any(|filter| visit($part::Expr(filter))),
                    _ => false,
                }
            }
        }
    };
}
walk!(Part, any_child, iter, columns);
walk!(PartMut, any_child_mut, iter_mut, columns_mut, mut);

impl Part<'_> {
    fn exceeds(&self, levels: usize) -> bool {
        match self {
            Self::Expr(expr) => expr.exceeds(levels),
            Self::Query(query) => query.exceeds(levels),
        }
    }
}

impl<'t> Part<'t> {
    /// Tests the part and every part inside it, until `test` returns true. Returns whether it did.
    pub fn any(self, test: &mut dyn FnMut(&Part<'t>) -> bool) -> bool {
        test(&self)
            || match self {
                Self::Expr(expr) => expr.any_child(&mut |part| part.any(test)),
                Self::Query(query) => query.any_child(&mut |part| part.any(test)),
            }
    }
}

impl Expr {
    /// Returns true when the expression has more than this many levels. Never recurses further.
    pub(crate) fn exceeds(&self, levels: usize) -> bool {
        levels == 0 || self.any_child(&mut |part| part.exceeds(levels - 1))
    }
}

impl Select {
    /// Returns true when the query has more than this many levels. Never recurses further.
    pub(crate) fn exceeds(&self, levels: usize) -> bool {
        levels == 0 || self.any_child(&mut |part| part.exceeds(levels - 1))
    }

    /// Stands in place of a query that is nested too deeply.
    fn too_deep() -> Self {
        Self { filter: Some(Expr::Refused(Refusal::TooDeep)), ..Self::from(FromItem::Named("".into())) }
    }
}

impl Subquery {
    /// Returns the query as a part of another. A query that is nested too deeply becomes one that cannot be rendered.
    pub(crate) fn bounded(select: Select) -> Self {
        let select = if select.exceeds(MAX_DEPTH) { Select::too_deep() } else { select };
        Self { select: Box::new(select), connection: None }
    }
}

/// A part that was taken out of its tree.
enum Taken {
    Expr(Expr),
    Query(Box<Select>),
}

impl Statement {
    /// Returns the statement; None if it is nested too deeply.
    pub(crate) fn bounded(mut self) -> Option<Self> {
        let is_too_deep = self.any_child(&mut |part| match part {
            Part::Expr(expr) => expr.exceeds(MAX_DEPTH),
            // The query and its list of conditions are two more levels.
            Part::Query(query) => query.exceeds(MAX_DEPTH + 2),
        });
        if !is_too_deep {
            return Some(self);
        }
        // To drop such a tree as a whole would use up the stack.
        let mut rest = Vec::new();
        self.any_child_mut(&mut |part| part.take(&mut rest));
        while let Some(part) = rest.pop() {
            match part {
                Taken::Expr(mut expr) => expr.any_child_mut(&mut |part| part.take(&mut rest)),
                Taken::Query(mut query) => query.any_child_mut(&mut |part| part.take(&mut rest)),
            };
        }
        None
    }
}

impl PartMut<'_> {
    fn take(self, parts: &mut Vec<Taken>) -> bool {
        parts.push(match self {
            Self::Expr(expr) => Taken::Expr(std::mem::replace(expr, Expr::Refused(Refusal::TooDeep))),
            Self::Query(query) => Taken::Query(Box::new(std::mem::replace(query, Select::too_deep()))),
        });
        false
    }
}
