//! Expressions: the names and the functions in them.

use activerecord_core::statement::{Aggregate, Arithmetic, ColumnExpr, Compare, Expr, Function, Select, Set, Window};
use activerecord_core::{Value, ValueType};

use super::super::scope::{Base, Env, Header, unknown};
use super::super::{Answer, Refusal, conversion, expr, groups, invalid, json, number, order, unsupported, walk};
use super::below;

/// What an expression can name, and where it stands.
#[derive(Clone, Copy)]
pub(in crate::evaluate) struct Scope<'n> {
    env: Env<'n>,
    allows_aggregates: bool,
    allows_windows: bool,
    /// Whether there is a row that an INSERT could not insert.
    has_excluded: bool,
}

impl<'n> Scope<'n> {
    /// The scope of a clause that sees rows: WHERE, ON and GROUP BY.
    pub(in crate::evaluate) fn of_rows(base: Base<'n>, header: &'n Header) -> Self {
        let env = Env::of_row(base, header, &[]);
        Self { env, allows_aggregates: false, allows_windows: false, has_excluded: false }
    }

    pub(super) fn header(&self) -> &'n Header {
        self.env.header
    }

    /// The scope of the conflict of an INSERT.
    pub(in crate::evaluate) fn with_excluded(self, has_excluded: bool) -> Self {
        Self { has_excluded, ..self }
    }

    /// The scope of a clause that sees rows of the result, or groups: SELECT and ORDER BY.
    pub(super) fn of_result(self, groups: Option<&'n Select>) -> Self {
        let env = Env { grouped: groups, ..self.env };
        Self { env, allows_aggregates: groups.is_some(), allows_windows: true, ..self }
    }

    /// The scope of HAVING.
    pub(super) fn without_windows(self) -> Self {
        Self { allows_windows: false, ..self }
    }

    /// Checks an expression.
    pub(in crate::evaluate) fn check(&self, node: &Expr) -> Answer<()> {
        let levels = below(self.env.base.levels)?;
        let mut scope = self.of_group(node);
        scope.env.base.levels = levels;
        match node {
            Expr::Aggregate(function, argument) => return scope.aggregate(*function, argument.as_deref()),
            Expr::Over(inner, window) => return scope.over(inner, window),
            node => scope.itself(node)?,
        }
        // The empty set contains nothing, whatever the expression is.
        if matches!(node, Expr::In(_, Set::Values(_, values)) if values.is_empty()) {
            return Ok(());
        }
        if let Some(query) = walk::query(node) {
            let is_exists = matches!(node, Expr::Exists(_));
            let found =
                scope.env.inside().query(&if is_exists { walk::without_items(query) } else { query.clone() })?;
            if !is_exists && found.columns.len() != 1 {
                return Err(invalid("the query inside an expression has one column"));
            }
        }
        walk::operands(node).into_iter().try_for_each(|operand| scope.check(operand))
    }

    /// The parts of a group are those of its rows.
    fn of_group(self, node: &Expr) -> Self {
        match self.env.grouped {
            Some(query) if query.group_by.contains(node) => Self::of_rows(self.env.base, self.env.header),
            _ => self,
        }
    }

    fn itself(&self, node: &Expr) -> Answer<()> {
        match node {
            Expr::Column(column) => self.column(column),
            Expr::Value(bound) => value(bound),
            Expr::In(_, Set::Values(_, values)) => values.iter().try_for_each(value),
            Expr::Excluded(_) if !self.has_excluded => Err(invalid("excluded() outside of the conflict of an INSERT")),
            Expr::Arithmetic(_, Arithmetic::Divide | Arithmetic::Remainder, _)
                if node.ty() == Some(ValueType::Decimal) =>
            {
                Err(unsupported("each database rounds a quotient of decimals to another number of digits"))
            }
            Expr::Compare(_, Compare::Eq | Compare::Ne, _) => Ok(()),
            Expr::Compare(left, _, right) => order::require_order(left.ty()).and(order::require_order(right.ty())),
            Expr::CompareRows(pairs, _) => pairs.iter().try_for_each(|(left, _)| order::require_order(left.ty())),
            Expr::Between(inner, ..) => order::require_order(inner.ty()),
            Expr::Like(_, like) if like.pattern.contains('\0') => Err(NUL),
            Expr::Call(function, arguments) => call(*function, arguments.len()),
            Expr::Case(case) if case.arms.is_empty() => Err(invalid("a CASE without a condition")),
            Expr::Raw(_) => Err(Refusal::NotCovered("the caller's own SQL")),
            Expr::Digest(_) => Err(Refusal::NotCovered("a digest")),
            Expr::Refused(why) => Err(expr::refused(*why)),
            _ => Ok(()),
        }
    }

    /// A column belongs to the innermost query that reads its table.
    fn column(&self, column: &ColumnExpr) -> Answer<()> {
        if self.env.header.has(&column.table) {
            return match self.env.header.find(column) {
                Some(_) if column.outer => Err(invalid(format!("both queries read `{}`", column.table))),
                Some(_) => Ok(()),
                None => Err(unknown(column)),
            };
        }
        let enclosing = std::iter::successors(self.env.base.outer, |env| env.base.outer);
        let env = enclosing.into_iter().find(|env| env.header.has(&column.table)).ok_or_else(|| unknown(column))?;
        env.header.find(column).ok_or_else(|| unknown(column))?;
        match env.grouped {
            Some(query) if !groups::has_one_value(column, query, env.header) => Err(groups::not_grouped(column)),
            _ => Ok(()),
        }
    }

    fn aggregate(&self, function: Aggregate, argument: Option<&Expr>) -> Answer<()> {
        if !self.allows_aggregates {
            return Err(invalid("an aggregate outside of SELECT, HAVING and ORDER BY, or inside another"));
        }
        let Some(argument) = argument else { return Ok(()) };
        // Such an aggregate belongs to the enclosing query.
        if walk::any_column(argument, |column| !self.env.header.has(&column.table)) {
            return Err(Refusal::NotCovered("an aggregate of columns of another query"));
        }
        require_type(function, argument)?;
        let env = Env { grouped: None, ..self.env };
        Self { env, allows_aggregates: false, allows_windows: false, ..*self }.check(argument)
    }

    fn over(&self, inner: &Expr, window: &Window) -> Answer<()> {
        if !self.allows_windows {
            return Err(invalid("a window outside of SELECT and ORDER BY, or inside another"));
        }
        match inner {
            Expr::Aggregate(Aggregate::CountDistinct, _) => {
                return Err(unsupported("no database counts distinct values of a window"));
            }
            Expr::Aggregate(function, argument) => {
                argument.iter().try_for_each(|argument| require_type(*function, argument))?;
            }
            Expr::Call(function, _) if needs_order(*function) && window.order_by.is_empty() => {
                return Err(unsupported("a place needs an order"));
            }
            Expr::Call(function, _) if needs_window(*function) => {}
            _ => return Err(invalid("only aggregates and window functions have a window")),
        }
        let order = || window.order_by.iter().map(|item| &item.expr);
        let scope = self.without_windows();
        for operand in walk::operands(inner).into_iter().chain(&window.partition_by).chain(order()) {
            if self.env.grouped.is_none() && operand.is_aggregate() {
                return Err(Refusal::NotCovered("an aggregate that is only in a window"));
            }
            scope.check(operand)?;
        }
        if window.partition_by.iter().any(|expr| expr.ty() == Some(ValueType::Json)) {
            return Err(unsupported("a window that is partitioned by JSON"));
        }
        order().try_for_each(|expr| order::require_order(expr.ty()))
    }
}

/// Refuses a bound value that some database cannot hold.
pub(in crate::evaluate) fn value(value: &Value) -> Answer<()> {
    match value {
        Value::Text(text) if text.contains('\0') => Err(NUL),
        Value::U64(n) if i64::try_from(*n).is_err() => Err(Refusal::NotCovered(number::BEYOND_I64)),
        Value::F32(x) if !x.is_finite() => Err(expr::INFINITE),
        Value::F64(x) if !x.is_finite() => Err(expr::INFINITE),
        Value::Json(text) if text.is_empty() => Err(conversion("a value that JSON cannot represent")),
        Value::Json(text) if text.contains("\\u0000") => Err(NUL),
        Value::Json(_) => json::document(value).map(drop),
        Value::Array(_, values) => values.iter().try_for_each(self::value),
        _ => Ok(()),
    }
}

/// PostgreSQL has no texts with NUL, and a text of SQLite ends there for some functions.
const NUL: Refusal = Refusal::NotCovered("a NUL character");

fn require_type(function: Aggregate, argument: &Expr) -> Answer<()> {
    let ty = argument.ty();
    match function {
        Aggregate::Min | Aggregate::Max => order::require_order(ty),
        Aggregate::Sum | Aggregate::Avg if !ty.is_some_and(is_number) => {
            Err(Refusal::NotCovered("a sum of values that are not numbers"))
        }
        _ => Ok(()),
    }
}

fn is_number(ty: ValueType) -> bool {
    number::wider(ty, ValueType::F64) == Some(ValueType::F64)
}

fn needs_window(function: Function) -> bool {
    use Function::{Coalesce, Concat, Length, Lower, Upper};
    !matches!(function, Coalesce | Concat | Length | Lower | Upper)
}

fn needs_order(function: Function) -> bool {
    use Function::{DenseRank, Lag, Lead, Ntile, Rank};
    matches!(function, Rank | DenseRank | Ntile(_) | Lag(_) | Lead(_))
}

fn call(function: Function, arguments: usize) -> Answer<()> {
    match function {
        function if needs_window(function) => Err(invalid("a window function without a window")),
        Function::Coalesce if arguments < 2 => Err(Refusal::NotCovered("COALESCE of fewer than two values")),
        _ => Ok(()),
    }
}
