//! The digest of the rows of a table.

use super::scope;
use super::writer::Writer;
use crate::dialect::{Digests, Spellings};
use crate::error::{Error, Result};
use crate::statement::ColumnExpr;
use crate::value::row_digest;

/// Writes the sum of the digests of all rows.
pub(super) fn digest(w: &mut Writer<'_>, columns: &[ColumnExpr]) -> Result<()> {
    match w.dialect.digests {
        Digests::Function(name) => by_function(w, name, columns),
        Digests::Spelled(spellings) => by_spelling(w, spellings, columns),
    }
}

fn by_function(w: &mut Writer<'_>, name: &str, columns: &[ColumnExpr]) -> Result<()> {
    let letters: Option<String> = columns.iter().map(|column| row_digest::letter(column.ty)).collect();
    let letters = letters.ok_or_else(|| Error::unsupported("a column has a type without a digest"))?;
    w.push(name).push("('").push(&letters).push("'");
    for column in columns {
        w.push(", ");
        scope::column(w, column)?;
    }
    w.push(")");
    Ok(())
}

fn by_spelling(w: &mut Writer<'_>, spellings: Spellings, columns: &[ColumnExpr]) -> Result<()> {
    w.push(spellings.around.0).push("CONCAT_WS(','");
    for column in columns {
        w.push(", ");
        let none = || Error::unsupported(format!("values of the type {} have no digest", column.ty.name()));
        let spelling = spellings.of(column.ty).ok_or_else(none)?;
        // The model does not prove that the column is NOT NULL in the database, and CONCAT_WS skips NULLs.
        w.push("COALESCE(");
        w.fill(spelling, |w| scope::column(w, column))?;
        w.push(", 'N')");
    }
    w.push(")").push(spellings.around.1);
    Ok(())
}
