//! Windows: aggregates and functions over the rows around the current one.

use std::ops::Range;

use activerecord_core::statement::{Aggregate, Expr, Frame, FrameEnd, Function, Window};
use activerecord_core::{Value, ValueType};

use super::scope::{Env, Unit};
use super::{Answer, Refusal, Row, aggregate, expr, invalid, order, unsupported};

/// Returns a function over a window of the current row.
pub(super) fn over(inner: &Expr, window: &Window, env: &Env<'_>) -> Answer<Value> {
    let (units, at) = env.units.ok_or_else(|| invalid("a window function outside of SELECT and ORDER BY"))?;
    let partition = Partition::of(units, at, window, env)?;
    match inner {
        Expr::Aggregate(Aggregate::CountDistinct, _) => {
            Err(unsupported("no database counts distinct values of a window"))
        }
        Expr::Aggregate(function, argument) => {
            let frame = partition.frame(window)?;
            let of = |argument: &Expr| frame.clone().map(|at| partition.value(argument, at)).collect();
            let values = argument.as_deref().map(of).transpose()?;
            aggregate::fold(*function, frame.len(), values, argument.as_deref().and_then(Expr::ty))
        }
        Expr::Call(function, arguments) => partition.call(*function, arguments.first(), window),
        _ => Err(invalid("only aggregates and window functions have a window")),
    }
}

/// The rows with the same partition as the current row, in the order of the window.
struct Partition<'w> {
    env: &'w Env<'w>,
    units: &'w [Unit],
    /// The ordinal and the key of each row.
    members: Vec<(usize, Row)>,
    /// The place of the current row.
    current: usize,
    /// The places of the rows that are equal to the current row in the order.
    peers: Range<usize>,
    /// Whether no two rows are equal in the order.
    is_decided: bool,
}

impl<'w> Partition<'w> {
    fn of(units: &'w [Unit], at: usize, window: &Window, env: &'w Env<'w>) -> Answer<Self> {
        let here = expr::all(&window.partition_by, env)?;
        let mut members = Vec::new();
        for other in 0..units.len() {
            let env = Env { excluded: env.excluded, ..Env::of_unit(env.base, env.header, units, other) };
            if order::same_row(&here, &expr::all(&window.partition_by, &env)?)? {
                members.push((other, expr::all(window.order_by.iter().map(|item| &item.expr), &env)?));
            }
        }
        order::sort(&mut members, |(_, key)| key, &window.order_by)?;
        let current = members.iter().position(|(other, _)| *other == at).ok_or_else(|| invalid("no current row"))?;
        let is_peer = |pair: [&(usize, Row); 2]| order::by_keys(&pair[0].1, &pair[1].1, &window.order_by);
        let mut peers = current..current + 1;
        while peers.start > 0 && is_peer([&members[peers.start - 1], &members[current]])?.is_eq() {
            peers.start -= 1;
        }
        while peers.end < members.len() && is_peer([&members[peers.end], &members[current]])?.is_eq() {
            peers.end += 1;
        }
        let ties =
            members.windows(2).map(|pair| Ok(is_peer([&pair[0], &pair[1]])?.is_eq())).collect::<Answer<Vec<_>>>()?;
        Ok(Self { env, units, members, current, peers, is_decided: !ties.contains(&true) })
    }

    /// Returns the value of an expression for the row at a place.
    fn value(&self, argument: &Expr, place: usize) -> Answer<Value> {
        let (at, _) = self.members.get(place).ok_or_else(|| invalid("no such row of the window"))?;
        let env = Env::of_unit(self.env.base, self.env.header, self.units, *at);
        expr::eval(argument, &Env { units: None, ..env })
    }

    fn value_or_null(&self, argument: Option<&Expr>, place: Option<usize>) -> Answer<Value> {
        let argument = argument.ok_or_else(|| invalid("a window function without its argument"))?;
        match place.filter(|place| *place < self.members.len()) {
            Some(place) => self.value(argument, place),
            None => Ok(Value::Null(argument.ty().unwrap_or(ValueType::Text))),
        }
    }

    fn call(&self, function: Function, argument: Option<&Expr>, window: &Window) -> Answer<Value> {
        if !matches!(function, Function::Rank | Function::DenseRank) && !self.is_decided {
            return Err(TIES);
        }
        match function {
            Function::RowNumber => number(self.current),
            Function::Rank => number(self.peers.start),
            Function::DenseRank => number(self.ranks_before(window)?),
            Function::Ntile(parts) => self.part(parts),
            Function::Lag(rows) => self.value_or_null(argument, self.current.checked_sub(size(rows))),
            Function::Lead(rows) => self.value_or_null(argument, self.current.checked_add(size(rows))),
            Function::FirstValue => self.value_or_null(argument, self.frame(window)?.next()),
            Function::LastValue => self.value_or_null(argument, self.frame(window)?.next_back()),
            _ => Err(invalid("only aggregates and window functions have a window")),
        }
    }

    /// The number of different keys before that of the current row.
    fn ranks_before(&self, window: &Window) -> Answer<usize> {
        let mut ranks = 0;
        for pair in self.members.get(..=self.peers.start).unwrap_or_default().windows(2) {
            ranks += usize::from(order::by_keys(&pair[0].1, &pair[1].1, &window.order_by)?.is_ne());
        }
        Ok(ranks)
    }

    /// The rows are divided into parts of nearly equal size. The first parts are the larger ones.
    fn part(&self, parts: u32) -> Answer<Value> {
        let parts = size(parts);
        let rows = self.members.len();
        let (small, larger) = match rows.checked_div(parts) {
            Some(small) => (small, rows % parts),
            None => return Err(Refusal::NotCovered("NTILE(0)")),
        };
        let before = larger * (small + 1);
        match self.current.checked_sub(before) {
            None => number(self.current / (small + 1)),
            Some(behind) => number(larger + behind.checked_div(small).unwrap_or_default()),
        }
    }

    /// The places of the rows in the frame of the current row. Without a frame: up to the last peer, or all rows if the
    /// window has no order.
    fn frame(&self, window: &Window) -> Answer<Range<usize>> {
        let rows = self.members.len();
        let Some(Frame { from, to }) = window.frame else {
            return Ok(0..if window.order_by.is_empty() { rows } else { self.peers.end });
        };
        require_forwards(from, to)?;
        if !self.is_decided && (from, to) != (FrameEnd::Unbounded, FrameEnd::Unbounded) {
            return Err(TIES);
        }
        let start = match from {
            FrameEnd::Unbounded => 0,
            FrameEnd::Preceding(n) => self.current.saturating_sub(size(n)),
            FrameEnd::Following(n) => self.current.saturating_add(size(n)),
            _ => self.current,
        };
        let end = match to {
            FrameEnd::Unbounded => rows,
            FrameEnd::Preceding(n) => (self.current + 1).saturating_sub(size(n)),
            FrameEnd::Following(n) => self.current.saturating_add(size(n)).saturating_add(1),
            _ => self.current + 1,
        };
        Ok(start.min(rows)..end.min(rows).max(start.min(rows)))
    }
}

fn require_forwards(from: FrameEnd, to: FrameEnd) -> Answer<()> {
    use FrameEnd::{Current, Following, Preceding};
    match (from, to) {
        (Following(_), Preceding(_) | Current) | (Current, Preceding(_)) => {
            Err(invalid("a frame that ends before it begins"))
        }
        _ => Ok(()),
    }
}

const TIES: Refusal = Refusal::NotCovered("a window whose order does not decide between two rows");

/// The number of a row or a group of rows, from 1.
fn number(before: usize) -> Answer<Value> {
    i64::try_from(before + 1).map(Value::I64).map_err(|_| invalid("too many rows"))
}

fn size(rows: u32) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}
