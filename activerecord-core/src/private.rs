//! The only paths that generated code names. No program should.
#![doc(hidden)]

pub use crate::column::Column;
pub use crate::error::{Error, Result};
pub use crate::hooks::Hooks;
pub use crate::model::Model;
pub use crate::projection::Projection;
pub use crate::read::{cell, field};
pub use crate::schema::{ColumnDef, Table};
pub use crate::value::{FromValue, RowRef, ToValue, Value, ValueRef, ValueType};
