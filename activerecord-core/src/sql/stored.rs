//! Where values meet columns: values are bound in the spelling of the column, and the cells of a result are read in it.

use std::sync::Arc;

use super::writer::Writer;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::schema::ColumnDef;
use crate::statement::{Expr, FromItem, Name, Select};
use crate::value::{Misspelt, Purpose, RowRef, Spelling, Stored, Value, ValueRef};

/// The spelling that a bound value must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) spelling: Spelling,
    pub(crate) purpose: Purpose,
}

impl Met {
    /// Returns a value in the spelling.
    ///
    /// # Errors
    /// `Conversion` when the spelling cannot hold the value.
    pub(crate) fn bind(self, value: Value) -> Result<Value> {
        self.spelling.bind(value, self.purpose)
    }

    /// Returns a value in the spelling; None when no stored value equals it.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub(super) fn exactly(self, value: Value) -> Result<Option<Value>> {
        self.spelling.exactly(value)
    }
}

/// Returns how values that meet these expressions are spelled; None: in their canonical form.
///
/// # Errors
/// `Unsupported` when the expressions have different spellings: the database cannot compare them.
pub(super) fn common<'e>(
    dialect: &Dialect,
    expressions: impl IntoIterator<Item = &'e Expr>,
    purpose: Purpose,
) -> Result<Option<Met>> {
    let mut common: Option<Spelling> = None;
    for expr in expressions {
        let Some(spelling) = spelling(dialect, expr) else { continue };
        match common {
            Some(first) if !is_alike(first, spelling) => return Err(different(first, spelling)),
            Some(_) => {}
            None => common = Some(spelling),
        }
    }
    Ok(met(common, purpose))
}

/// Refuses to merge the rows of two queries whose columns have different spellings.
///
/// # Errors
/// As [`common`].
pub(super) fn merged(dialect: &Dialect, one: &Select, other: &Select) -> Result<()> {
    let pairs = one.items.iter().zip(&other.items);
    pairs
        .map(|(one, other)| common(dialect, [&one.expr, &other.expr], Purpose::Store))
        .try_for_each(|met| met.map(drop))
}

/// Refuses a query whose column is stored in another way than the column of the common table expression that it fills.
///
/// # Errors
/// `Unsupported`, with what to declare.
pub(super) fn fills(dialect: &Dialect, query: &Select, columns: &[Name], stored: &[Stored]) -> Result<()> {
    for ((item, column), declared) in query.items.iter().zip(columns).zip(stored) {
        let Some(selected) = spelling(dialect, &item.expr) else { continue };
        if dialect.spelling(selected.ty, *declared) != selected.stored {
            return Err(unlike(column, selected.stored));
        }
    }
    Ok(())
}

#[cold]
fn unlike(column: &str, selected: Stored) -> Error {
    Error::unsupported(format!(
        "the column `{column}` of the common table expression gets values that are stored as `{}`; declare its field as \
         #[column(stored = \"{0}\")]",
        selected.name()
    ))
}

/// Returns how a value of a column is spelled; None: in its canonical form.
pub(super) fn of_column(dialect: &Dialect, spelling: Spelling, purpose: Purpose) -> Option<Met> {
    met(Some(Spelling { stored: dialect.spelling(spelling.ty, spelling.stored), ..spelling }), purpose)
}

fn met(spelling: Option<Spelling>, purpose: Purpose) -> Option<Met> {
    let spelling = spelling.filter(|spelling| spelling.stored != Stored::Canonical)?;
    Some(Met { spelling, purpose })
}

/// Returns the spelling of an expression that has stored values of a type with spellings.
fn spelling(dialect: &Dialect, expr: &Expr) -> Option<Spelling> {
    let (ty, stored) = expr.stored().filter(|(ty, _)| Stored::Canonical.fits(*ty))?;
    Some(Spelling { ty, stored: dialect.spelling(ty, stored) })
}

/// A date and time and an instant are alike if they are canonical or numbers.
fn is_alike(one: Spelling, other: Spelling) -> bool {
    one.stored == other.stored && (one.ty == other.ty || one.stored == Stored::Canonical || one.stored.unit().is_some())
}

#[cold]
fn different(one: Spelling, other: Spelling) -> Error {
    Error::unsupported(format!(
        "the statement combines a {} that is stored as `{}` with a {} that is stored as `{}`, and the database cannot compare \
         them: convert one of the columns and its `stored`, or read one of them first",
        one.ty.name(),
        one.stored.name(),
        other.ty.name(),
        other.stored.name(),
    ))
}

/// Writes an instant as the database has it, if it is stored as a number; otherwise the expression.
pub(super) fn instant(
    w: &mut Writer<'_>,
    node: Expr,
    write: impl Fn(&mut Writer<'_>, Expr) -> Result<()>,
) -> Result<()> {
    let Some(unit) = spelling(w.dialect, &node).and_then(|spelling| spelling.stored.unit()) else {
        return write(w, node);
    };
    // Rounded down, also before 1970: the remainder has the sign of the number.
    let per_second = u32::try_from(1_000_000 / unit).unwrap_or(1);
    let from_seconds = w.dialect.stores.from_seconds;
    w.fill(from_seconds, |w| {
        if per_second == 1 {
            return write(w, node.clone());
        }
        w.push("(");
        write(w, node.clone())?;
        w.push(" - (");
        write(w, node.clone())?;
        w.push(" % ").number(per_second).push(" + ").number(per_second).push(") % ").number(per_second);
        w.push(") / ").number(per_second);
        Ok(())
    })
}

/// How the cells of a result are spelled, by their ordinals.
pub(crate) type Cells = Arc<[Option<CellSpelling>]>;

/// How a cell is spelled, and the column that its values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellSpelling {
    pub(crate) spelling: Spelling,
    pub(crate) column: Option<(Name, Name)>,
}

/// Returns the spellings of a query's cells; None: the reader of the row knows them. The fields of a model read
/// canonical text, so only `strict` lists it: then every cell of a type that the database stores as text.
pub(crate) fn cells(dialect: &Dialect, query: &Select, strict: bool) -> Option<Cells> {
    if query.items.is_empty() {
        return match &query.from {
            FromItem::Query(inner, _) => cells(dialect, inner, strict),
            FromItem::Compound(compound, _) => cells(dialect, &compound.first.select, strict),
            FromItem::Table(_) | FromItem::Named(_) => None,
        };
    }
    let of = |expr: &Expr| {
        let (ty, stored) = expr.stored()?;
        let stored = dialect.spelling(ty, stored);
        let is_listed = stored != Stored::Canonical || (strict && dialect.stores.texts.contains(&ty));
        is_listed.then(|| CellSpelling { spelling: Spelling { ty, stored }, column: column(expr) })
    };
    if !query.items.iter().any(|item| of(&item.expr).is_some()) {
        return None;
    }
    Some(query.items.iter().map(|item| of(&item.expr)).collect())
}

/// Returns the spellings of the cells of these columns; None: each has the canonical spelling.
pub(crate) fn cells_of(
    dialect: &Dialect,
    columns: impl Iterator<Item = Option<&'static ColumnDef>> + Clone,
) -> Option<Cells> {
    let of = |def: Option<&'static ColumnDef>| {
        let ColumnDef { table, name, ty, stored, .. } = def?;
        let stored = dialect.spelling(*ty, *stored);
        let column = Some(((*table).into(), (*name).into()));
        (stored != Stored::Canonical).then_some(CellSpelling { spelling: Spelling { ty: *ty, stored }, column })
    };
    columns.clone().any(|def| of(def).is_some()).then(|| columns.map(of).collect())
}

/// The table and the column of an expression that is a column, or its least or greatest value.
fn column(expr: &Expr) -> Option<(Name, Name)> {
    match expr {
        Expr::Column(column) => Some((column.table.clone(), column.name.clone())),
        Expr::Aggregate(_, Some(inner)) => column(inner),
        _ => None,
    }
}

/// A row whose cells are read in their spellings.
pub(crate) struct SpelledRow<'r> {
    pub(crate) row: &'r dyn RowRef,
    pub(crate) cells: &'r [Option<CellSpelling>],
}

impl RowRef for SpelledRow<'_> {
    fn len(&self) -> usize {
        self.row.len()
    }

    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>> {
        let cell = self.row.value(ordinal)?;
        let Some(Some(CellSpelling { spelling, column })) = self.cells.get(ordinal) else { return Ok(cell) };
        spelling.read(cell).map_err(|error| match column {
            Some((table, column)) => Misspelt::at(error, table.clone(), column.clone()),
            None => error,
        })
    }

    fn column_name(&self, ordinal: usize) -> &str {
        self.row.column_name(ordinal)
    }
}
