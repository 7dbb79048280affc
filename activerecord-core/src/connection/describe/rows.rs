//! The rows of a catalog query, and the parts of a table that each describes.

use crate::catalog::{
    CheckInfo, ColumnInfo, Deferrable, EnumInfo, ForeignKeyAction, ForeignKeyInfo, Generated, Identity, IndexInfo,
    IndexPart, IndexTerm, SequenceInfo, TableKind,
};
use crate::dialect::{Dialect, sizes};
use crate::error::{Error, Result};
use crate::sql::created::{literals, unescaped};
use crate::value::{RowRef, Value};

/// The number of cells between the name and the flags.
const CELLS: usize = 9;

/// A row of a catalog query. Its kind says what it describes; the functions below say what its cells are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CatalogRow {
    kind: String,
    pub(super) name: String,
    cells: [Option<String>; CELLS],
    /// Words that are true.
    flags: Vec<String>,
    /// The order among the rows of a name.
    pub(super) place: i64,
}

impl CatalogRow {
    pub(super) fn read(row: &dyn RowRef) -> Result<Self> {
        let mut cells = [const { None }; CELLS];
        for (index, cell) in cells.iter_mut().enumerate() {
            *cell = text(row, 2 + index)?;
        }
        let flags = text(row, 2 + CELLS)?.unwrap_or_default();
        Ok(Self {
            kind: text(row, 0)?.unwrap_or_default(),
            name: text(row, 1)?.unwrap_or_default(),
            cells,
            flags: flags.split_whitespace().map(str::to_owned).collect(),
            place: text(row, 3 + CELLS)?.and_then(|place| place.parse().ok()).unwrap_or_default(),
        })
    }

    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }

    pub(super) fn cell(&self, index: usize) -> Option<String> {
        self.cells[index].clone()
    }

    pub(super) fn required(&self, index: usize) -> String {
        self.cell(index).unwrap_or_default()
    }

    /// An expression in the SQL of the database. MySQL escapes it once more.
    fn expression(&self, index: usize) -> Option<String> {
        let expression = self.cell(index)?;
        Some(if self.has("escaped") { unescaped(&expression) } else { expression })
    }

    fn deferrable(&self) -> Deferrable {
        match (self.has("deferred"), self.has("deferrable")) {
            (true, _) => Deferrable::Deferred,
            (false, true) => Deferrable::Immediate,
            (false, false) => Deferrable::No,
        }
    }
}

/// A cell as text, whatever type the database gives it.
fn text(row: &dyn RowRef, ordinal: usize) -> Result<Option<String>> {
    Ok(match row.value(ordinal)?.to_owned() {
        Value::Null(_) => None,
        Value::Text(text) => Some(text),
        Value::I64(number) => Some(number.to_string()),
        Value::U64(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.normalize().to_string()),
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => return Err(Error::conversion(format!("the catalog has a cell of the type {}", other.ty().name()))),
    })
}

/// The flags of properties that have no field.
const UNKNOWN: [(&str, &str); 5] = [
    ("unlogged", "the table is not logged"),
    ("inherits", "the table inherits from another one"),
    ("row_security", "row level security"),
    ("partitions", "partitions"),
    ("system_versions", "system versions of rows"),
];

impl CatalogRow {
    /// The row of the table: the name of its schema, then its kind, its name, its comment and its options.
    pub(super) fn table_kind(&self) -> TableKind {
        match self.cells[0].as_deref() {
            Some("partitioned") => TableKind::Partitioned,
            Some("view") => TableKind::View,
            Some("materialized_view") => TableKind::MaterializedView,
            Some("foreign") => TableKind::Foreign,
            _ => TableKind::Table,
        }
    }

    /// The properties of the table that have no field.
    pub(super) fn unknown(&self) -> Vec<String> {
        UNKNOWN.iter().filter(|(flag, _)| self.has(flag)).map(|(_, what)| (*what).to_owned()).collect()
    }

    /// A column: the declared type, the type that it stands for, the default, the expression of a computed column, the
    /// collation, the comment, and what an update assigns.
    pub(super) fn column(&self, dialect: &Dialect) -> ColumnInfo {
        const IDENTITIES: [(&str, Identity); 4] = [
            ("autoincrement", Identity::AutoIncrement),
            ("by_default", Identity::ByDefault),
            ("always", Identity::Always),
            ("sequence", Identity::Sequence),
        ];
        let (declared, meant) = (self.required(0), self.required(1));
        let (stored, computed) = (self.has("stored"), self.has("stored") || self.has("virtual"));
        let identity = IDENTITIES.into_iter().find(|(flag, _)| self.has(flag)).map(|(_, identity)| identity);
        ColumnInfo {
            ty: dialect.catalog.holds(&meant),
            sizes: sizes(&meant),
            base: Some(meant).filter(|meant| *meant != declared),
            collation: self.cell(4),
            nullable: self.has("nullable"),
            computed,
            generated: computed.then(|| Generated::new(self.expression(3).unwrap_or_default(), stored)),
            default: self.expression(2),
            on_update: self.cell(6),
            enumeration: labels(&declared, dialect),
            invisible: self.has("invisible"),
            comment: self.cell(5),
            ..ColumnInfo::new(&*self.name, declared).numbered_by(identity)
        }
    }

    /// A label of a column's enumeration: the schema and the name of the type, and the label.
    pub(super) fn label(&self, enumeration: &mut Option<EnumInfo>) {
        let empty = || EnumInfo { schema: self.cell(0), name: self.cell(1), labels: Vec::new() };
        enumeration.get_or_insert_with(empty).labels.extend(self.cell(2));
    }

    /// The sequence of a column: its schema, its name, its type, and its numbers.
    pub(super) fn sequence(&self) -> SequenceInfo {
        let number =
            |index: usize| self.cells[index].as_ref().and_then(|number| number.parse().ok()).unwrap_or_default();
        SequenceInfo {
            schema: self.cell(0),
            name: self.required(1),
            declared: self.required(2),
            start: number(3),
            increment: number(4),
            least: number(5),
            greatest: number(6),
            cache: number(7),
            cycle: self.has("cycle"),
            owned: self.has("owned"),
        }
    }

    /// A part of an index: its column or its expression, the index's predicate and method, the operator class, the
    /// collation, the length of a prefix, and the index's comment and options.
    fn part(&self) -> IndexPart {
        let expression = || IndexTerm::Expression(self.expression(1).unwrap_or_default());
        let is_named = self.has("nulls_first") || self.has("nulls_last");
        IndexPart {
            descending: self.has("desc"),
            nulls_first: is_named.then(|| self.has("nulls_first")),
            prefix: self.cells[6].as_ref().and_then(|length| length.parse().ok()),
            collation: self.cell(5),
            operator_class: self.cell(4),
            ..IndexPart::new(self.cell(0).map_or_else(expression, IndexTerm::Column))
        }
    }

    /// A column of a foreign key: its name, the schema, the table and the column of the target, and the key's actions.
    fn foreign_key(&self) -> ForeignKeyInfo {
        let action = |index: usize| ForeignKeyAction::of(&self.required(index));
        ForeignKeyInfo {
            name: Some(self.name.clone()),
            columns: Vec::new(),
            schema: self.cell(1),
            table: self.required(2),
            target: Vec::new(),
            on_update: action(4),
            on_delete: action(5),
            on_delete_columns: Vec::new(),
            match_full: self.has("match_full"),
            deferrable: self.deferrable(),
            unchecked: self.has("unchecked"),
        }
    }

    /// A check: its expression, and its column.
    pub(super) fn check(&self) -> CheckInfo {
        CheckInfo {
            column: self.cell(1),
            not_enforced: self.has("not_enforced"),
            unchecked: self.has("unchecked"),
            no_inherit: self.has("no_inherit"),
            ..CheckInfo::new(Some(self.name.clone()), self.expression(0).unwrap_or_default())
        }
    }
}

/// The labels in a type such as `enum('a','b')`.
fn labels(declared: &str, dialect: &Dialect) -> Option<EnumInfo> {
    let is_enumeration = dialect.catalog.enumerations.iter().any(|word| declared.starts_with(word));
    is_enumeration.then(|| EnumInfo { schema: None, name: None, labels: literals(declared, dialect) })
}

/// The index of these rows, one for each part.
pub(super) fn index(rows: &[&CatalogRow]) -> IndexInfo {
    let first = rows[0];
    let (stored, ordered): (Vec<&CatalogRow>, Vec<_>) = rows.iter().copied().partition(|row| row.has("include"));
    IndexInfo {
        name: Some(first.name.clone()),
        parts: ordered.into_iter().map(CatalogRow::part).collect(),
        include: stored.into_iter().map(|row| row.required(0)).collect(),
        unique: first.has("unique"),
        constraint: first.has("constraint"),
        nulls_not_distinct: first.has("nulls_not_distinct"),
        deferrable: first.deferrable(),
        predicate: first.cell(2),
        method: first.cell(3),
        options: first.cell(8),
        invisible: first.has("invisible"),
        invalid: first.has("invalid"),
        comment: first.cell(7),
    }
}

/// The foreign key of these rows, one for each column.
pub(super) fn foreign_key(rows: &[&CatalogRow]) -> ForeignKeyInfo {
    let mut key = rows[0].foreign_key();
    for row in rows {
        key.columns.push(row.required(0));
        key.target.extend(row.cell(3));
        key.on_delete_columns.extend(row.has("set_on_delete").then(|| row.required(0)));
    }
    key
}
