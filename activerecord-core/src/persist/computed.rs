//! Values that the database computes in an UPDATE.

use crate::error::{Error, ErrorKind};
use crate::schema::TableDef;
use crate::statement::Expr;

/// Returns the columns whose values the database computes and checks.
pub(crate) fn columns<N: Clone>(set: &[(N, Expr)]) -> Vec<N> {
    set.iter().filter(|(_, value)| matches!(value, Expr::Checked(..))).map(|(column, _)| column.clone()).collect()
}

/// Adds the fields of the computed columns to the error of a value that does not fit: the databases do not name them.
#[cold]
pub(crate) fn explain(error: Error, table: &TableDef, columns: &[impl AsRef<str>]) -> Error {
    if error.kind() != ErrorKind::Conversion || columns.is_empty() {
        return error;
    }
    let field = |column: &str| {
        let def = table.ordinal(column).map(|ordinal| &table.columns[ordinal]);
        format!("`{column}` ({})", def.map_or("", |def| def.rust_type))
    };
    let fields: Vec<String> = columns.iter().map(|column| field(column.as_ref())).collect();
    error.context(format_args!("a value that the database computes for {} does not fit its field", fields.join(", ")))
}
