//! Queries, and the expressions in them.
//!
//! [`Query`] reads rows of a model. A column is an expression, and so is what the methods of [`Scalar`], [`TextScalar`],
//! [`DateScalar`], [`JsonScalar`] and [`WindowScalar`] make of it. The prelude imports these traits.
//!
//! ```
//! use activerecord::prelude::*;
//! use activerecord::query::{count_rows, outer, exists};
//!
//! # #[derive(ActiveRecord)] struct User { id: i64, city: String }
//! # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64 }
//! let writers = User::filter(exists(Post::filter(Post::USER_ID.eq(outer(User::ID)))));
//! let cities = writers.group_by(User::CITY).having(count_rows().gt(10)).select((User::CITY, count_rows()));
//! println!("{:?}", cities.to_sql("postgresql")?);
//! # Ok::<(), Error>(())
//! ```

pub use activerecord_core::{
    Assignment, Batches, Case, Column, Condition, Cursor, DateScalar, Divide, Expression, FromJson, HasDate, HasTime,
    InSet, Integer, IntoAssignments, IntoColumns, IntoJsonPath, IntoOrder, IsJson, JsonScalar, KeysetPage, Left,
    Literal, MaybeNull, Number, Operand, Order, Page, Plan, Predicate, Query, RawQuery, RowStream, RowValue, Scalar,
    Selection, Text, TextScalar, Window, WindowScalar, case, count_rows, dense_rank, exists, literal, ntile, outer,
    rank, raw, record, row, row_number, subquery, window,
};
pub use activerecord_core::{Row, RowIndex};
