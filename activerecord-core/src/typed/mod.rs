//! Columns, expressions and conditions with Rust's types. They build plain statement trees.

mod assignment;
mod column;
mod column_type;
mod expression;
mod operand;
mod operators;
mod order;
mod predicate;
mod selection;
mod source;
mod type_class;

pub use assignment::{Assignment, IntoAssignments};
pub use column::Column;
pub use column_type::{ColumnType, Kind};
pub use expression::{
    Case, DateScalar, Expression, FromJson, IntoJsonPath, JsonScalar, RowValue, RowValueColumns, Scalar, TextScalar,
    Window, WindowScalar, case, count_rows, dense_rank, literal, ntile, outer, rank, raw, row, row_number, window,
};
pub use operand::{InSet, Literal, Operand};
pub use operators::{UseMethodEqInstead, UseMethodLtInstead};
pub use order::{IntoOrder, Order};
pub use predicate::{Condition, Predicate};
pub use selection::{IntoColumns, Selection, Whole, record};
pub use source::{
    Anywhere, At, Both, Covers, Found, Here, JoinWith, Leading, Left, MaybeAt, Meet, Member, Only, Relation, Source,
};
pub(crate) use source::{columns, key_columns, table_ref};
pub use type_class::{Divide, HasDate, HasTime, Integer, IsJson, MaybeNull, Number, Text};
