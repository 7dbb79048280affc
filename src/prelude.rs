//! Everything a program with models needs: `use activerecord::prelude::*;`

pub use activerecord_core::{
    Assignment, Change, ChangeKind, Column, Config, Error, ErrorKind, Hooks, Json, Model, Order, Pool, Predicate,
    Projection, Result, Row, Value, params,
};
pub use activerecord_derive::*;
