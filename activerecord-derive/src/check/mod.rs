//! The rules, one function each.

mod enumeration;
mod model;
mod projection;

pub(crate) use enumeration::enumeration;
pub(crate) use model::{cte, embedded, model};
pub(crate) use projection::projection;
