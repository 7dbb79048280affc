//! Faults that are put back, so that a test shows that the machine finds them.

use activerecord::connection;
use activerecord_core::sql::render;
use activerecord_core::statement::{Arithmetic, Expr, Name, Part, PartMut, Select, Statement, Update};
use activerecord_core::{Result, Row, ValueType};

/// A fault of earlier versions on MySQL and MariaDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// An assignment of UPDATE sees the columns that stand before it as they are after it.
    LeftToRight,
    /// Floats are divided as integers.
    IntegerDivision,
    /// MariaDB ends a recursion after 1,000 steps, without an error.
    RecursionLimit,
}

impl Broken {
    /// The statements that each session runs.
    pub(crate) fn settings(self) -> Vec<String> {
        match self {
            Self::RecursionLimit => vec!["SET max_recursive_iterations = 1000".to_owned()],
            _ => Vec::new(),
        }
    }

    /// Reads as the library would with the fault.
    pub(crate) async fn read(self, name: &str, query: Select) -> Result<Vec<Row>> {
        let here = connection(name)?;
        if self != Self::IntegerDivision || !divides_floats(&query) {
            return here.read(query).await;
        }
        let sql = render(Statement::Select(query), here.dialect())?;
        here.query(&sql.text().replace(" / ", " DIV "), sql.binds().to_vec()).await
    }

    /// The statement that has the effect of the fault.
    pub(crate) fn written(self, statement: Statement) -> Statement {
        match statement {
            Statement::Update(update) if self == Self::LeftToRight => Statement::Update(left_to_right(update)),
            other => other,
        }
    }
}

/// Puts each assigned expression in the place of its column in the assignments behind it.
fn left_to_right(mut update: Update) -> Update {
    for at in 1..update.set.len() {
        let (before, behind) = update.set.split_at_mut(at);
        for (column, value) in before.iter() {
            replace(&mut behind[0].1, column, value);
        }
    }
    update
}

fn replace(expr: &mut Expr, name: &Name, by: &Expr) {
    match expr {
        Expr::Column(column) if column.name == *name && !column.outer => *expr = by.clone(),
        other => {
            other.any_child_mut(&mut |part| {
                if let PartMut::Expr(operand) = part {
                    replace(operand, name, by);
                }
                false
            });
        }
    }
}

fn divides_floats(query: &Select) -> bool {
    let is_float = |expr: &Expr| matches!(expr.ty(), Some(ValueType::F32 | ValueType::F64));
    let divides = |expr: &Expr| is_float(expr) && matches!(expr, Expr::Arithmetic(_, Arithmetic::Divide, _));
    query
        .items
        .iter()
        .any(|item| Part::Expr(&item.expr).any(&mut |part| matches!(part, Part::Expr(expr) if divides(expr))))
}
