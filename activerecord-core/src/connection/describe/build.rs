//! The rows of a catalog query become the description of a table.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::rows::{CatalogRow, foreign_key, index};
use crate::catalog::{ColumnInfo, ExclusionInfo, Identity, IndexInfo, IndexPart, IndexTerm, TableInfo, UniqueKey};
use crate::dialect::Dialect;
use crate::sql::created::{self, CreatedIndex, CreatedTable};

/// Builds the description; None when the rows contain no table.
pub(super) fn described(mut info: TableInfo, mut rows: Vec<CatalogRow>) -> Option<TableInfo> {
    let dialect = info.dialect;
    rows.sort_by_key(|row| row.place);
    let of = |kind| rows.iter().filter(move |row| row.is(kind));
    let table = of("table").next()?;
    info.schema = Some(table.name.clone());
    info.kind = table.table_kind();
    info.temporary = table.has("temporary");
    info.comment = table.cell(2);
    info.options = table.cell(3);
    info.unknown = table.unknown();
    info.columns = of("column").map(|row| row.column(dialect)).collect();
    for row in of("label") {
        change(&mut info, &row.name, |column| row.label(&mut column.enumeration));
    }
    for row in of("sequence") {
        change(&mut info, &row.name, |column| column.sequence = Some(row.sequence()));
    }
    let indexes = grouped(of("index").filter(|row| !row.has("exclusion")));
    for rows in &indexes {
        let index = index(rows);
        if rows[0].has("primary") { info.primary_key = Some(index) } else { info.indexes.push(index) }
    }
    info.foreign_keys = grouped(of("foreign")).iter().map(|rows| foreign_key(rows)).collect();
    info.checks = grouped(of("check")).iter().map(|rows| rows[0].check()).collect();
    let exclusion = |row: &CatalogRow| ExclusionInfo { name: row.name.clone(), definition: row.required(0) };
    info.exclusions = grouped(of("exclusion")).iter().map(|rows| exclusion(rows[0])).collect();
    let texts: BTreeMap<&str, String> = of("text").map(|row| (&*row.name, row.required(0))).collect();
    let created = texts.get("").map(|text| created::table(text, dialect)).unwrap_or_default();
    add_rowid(&mut info, of("key").collect(), created.autoincrement);
    if !texts.is_empty() {
        Completion { texts: &texts, created: &created, dialect }.complete(&mut info);
    }
    info.unique = info.indexes.iter().filter_map(UniqueKey::of).collect();
    let key = info.primary_key.iter().flat_map(|key| &key.parts);
    info.key = key.filter_map(IndexPart::column).map(str::to_owned).collect();
    Some(info)
}

/// The rows of each name, ordered by name.
fn grouped<'r>(rows: impl Iterator<Item = &'r CatalogRow>) -> Vec<Vec<&'r CatalogRow>> {
    let mut groups: BTreeMap<&str, Vec<&CatalogRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(&row.name).or_default().push(row);
    }
    groups.into_values().collect()
}

fn change(info: &mut TableInfo, name: &str, change: impl FnOnce(&mut ColumnInfo)) {
    if let Some(column) = info.columns.iter_mut().find(|column| column.name == name) {
        change(column);
    }
}

/// Adds the primary key of a table of SQLite that has no index for it: the key is the rowid.
fn add_rowid(info: &mut TableInfo, rows: Vec<&CatalogRow>, autoincrement: bool) {
    for row in &rows {
        let never_null = row.has("without_rowid");
        change(info, &row.required(0), |column| column.nullable &= !never_null);
    }
    let ([row], None) = (&rows[..], &info.primary_key) else { return };
    let identity = if autoincrement { Identity::AutoIncrement } else { Identity::Rowid };
    change(info, &row.required(0), |column| {
        *column = ColumnInfo { nullable: false, ..column.clone() }.numbered_by(Some(identity));
    });
    info.primary_key = Some(IndexInfo { unique: true, constraint: true, ..IndexInfo::on([row.required(0)]) });
}

/// Adds what only the text of the CREATE statements says.
struct Completion<'t> {
    /// The texts of the indexes by name, and that of the table under the empty name.
    texts: &'t BTreeMap<&'t str, String>,
    created: &'t CreatedTable,
    dialect: &'t Dialect,
}

impl Completion<'_> {
    fn complete(&self, info: &mut TableInfo) {
        info.columns.iter_mut().for_each(|column| self.column(column));
        info.checks.clone_from(&self.created.checks);
        info.unknown.extend(self.created.conflicts.iter().cloned());
        // The catalog numbers the foreign keys from the last to the first.
        info.foreign_keys.sort_by_key(|key| Reverse(number(key.name.as_deref())));
        let mut said = self.created.foreign_keys.iter();
        for key in &mut info.foreign_keys {
            (key.name, key.deferrable) = said.next().cloned().unwrap_or_default();
        }
        // The keys without a name come last, in the order of the statement.
        info.indexes.sort_by_key(|index| self.text(index).is_none().then(|| number(index.name.as_deref())));
        let TableInfo { indexes, primary_key, columns, .. } = info;
        indexes.iter_mut().chain(primary_key).for_each(|index| self.index(index, columns));
    }

    fn column(&self, column: &mut ColumnInfo) {
        let said = self.created.columns.iter().find(|said| said.name.eq_ignore_ascii_case(&column.name));
        let Some(said) = said else { return };
        column.collation.clone_from(&said.collation);
        column.collation.take_if(|collation| self.is_plain(collation));
        if let Some(generated) = &mut column.generated {
            generated.expression = said.expression.clone().unwrap_or_default();
        }
    }

    /// The text of the CREATE INDEX; None for the index of a constraint.
    fn text(&self, index: &IndexInfo) -> Option<&String> {
        self.texts.get(index.name.as_deref()?)
    }

    fn index(&self, index: &mut IndexInfo, columns: &[ColumnInfo]) {
        let said = self.text(index).map(|text| created::index(text, self.dialect));
        if said.is_none() {
            index.name = self.name_of(index);
        }
        let said = said.unwrap_or_default();
        for (place, part) in index.parts.iter_mut().enumerate() {
            if let IndexTerm::Expression(expression) = &mut part.term {
                *expression = said.parts.get(place).cloned().unwrap_or_default();
            }
            let column = part.column().and_then(|name| columns.iter().find(|column| column.name == name));
            let own =
                column.and_then(|column| column.collation.as_deref()).unwrap_or(self.dialect.catalog.plain_collation);
            part.collation.take_if(|collation| collation.eq_ignore_ascii_case(own));
        }
        let CreatedIndex { predicate, .. } = said;
        index.predicate = predicate;
    }

    /// The name of a constraint, which the catalog does not know.
    fn name_of(&self, index: &IndexInfo) -> Option<String> {
        let columns = index.columns().unwrap_or_default();
        let same = |said: &[String]| {
            said.len() == columns.len() && said.iter().zip(&columns).all(|(one, other)| one.eq_ignore_ascii_case(other))
        };
        let unique = self.created.unique.iter().find(|(_, said)| same(said));
        unique.map_or_else(|| self.created.primary_key.clone(), |(name, _)| name.clone())
    }

    fn is_plain(&self, collation: &str) -> bool {
        collation.eq_ignore_ascii_case(self.dialect.catalog.plain_collation)
    }
}

/// The number at the end of a name that SQLite made.
fn number(name: Option<&str>) -> Option<u32> {
    name?.rsplit('_').next()?.parse().ok()
}
