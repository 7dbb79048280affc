//! The data that the derive emits about a model: plain `'static` data, and the functions that read it.

mod active_enum;
mod embedded;
mod read;
mod table;

pub use active_enum::{text, unknown};
pub use embedded::{Embedded, flattened, length, named, names};
pub(crate) use read::field;
pub use read::in_field;
pub use table::{ColumnDef, Named, Origin, TableDef};
