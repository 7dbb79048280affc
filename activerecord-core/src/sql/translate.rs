//! A described table in the SQL of another database, and what that database cannot express.

use super::constant::{Meaning, constant, meaning};
use super::create::{identity, type_of};
use crate::catalog::{
    CheckInfo, ColumnInfo, Deferrable, ForeignKeyInfo, Identity, IndexInfo, LeftOut, TableInfo, Translated, UniqueKey,
};
use crate::dialect::{Comments, Dialect};
use crate::error::{Error, Result};
use crate::statement::qualified;
use crate::value::ValueType;

/// The number of characters of a table's name in the name of its index. Names of indexes can have about 60 characters.
const NAME_LENGTH: usize = 30;

impl TableInfo {
    /// Returns this table in the SQL of another database, with a list of what that database cannot express. For the same
    /// dialect it is this table, with everything that the description contains.
    ///
    /// Kept are the columns in types that hold the same values, the keys, the indexes on columns, the foreign keys, the
    /// defaults that are constants or the current time, the labels of an enumeration as a check, and comments where the
    /// database has them. A computed column becomes an ordinary one. Left out, and listed, are all expressions that are SQL of
    /// one database: checks, computed columns, other defaults, partial indexes and indexes on expressions, and collations
    /// that do not compare all characters.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let (legacy, modern) = (connection("legacy")?, connection("modern")?);
    /// if let Some(users) = legacy.describe("users").await? {
    ///     let users = users.translated(modern.dialect())?;
    ///     for lost in &users.left_out {
    ///         println!("not copied: {lost}");
    ///     }
    ///     modern.create_like(&users.table).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` when this library does not support the type of a column, or the database has no type for its values. The
    /// error names the connection, the table and the column.
    pub fn translated(&self, dialect: &'static Dialect) -> Result<Translated> {
        let mut translation = Translation { source: self, dialect, left_out: Vec::new() };
        for property in &self.unknown {
            translation.leave_out("property", property, "this library cannot create it");
        }
        if self.dialect.has_sql_of(dialect) {
            let table = TableInfo { unknown: Vec::new(), ..self.clone() };
            return Ok(Translated { table, left_out: translation.left_out });
        }
        if self.columns.is_empty() {
            let message = format!("table `{}` has no columns; the other database needs one", self.name);
            return Err(Error::unsupported(message).with_connection(&self.connection));
        }
        let table = translation.table()?;
        Ok(Translated { table, left_out: translation.left_out })
    }
}

struct Translation<'s> {
    source: &'s TableInfo,
    dialect: &'static Dialect,
    left_out: Vec<LeftOut>,
}

impl Translation<'_> {
    fn leave_out(&mut self, what: &'static str, name: &str, reason: &str) {
        self.left_out.push(LeftOut { what, name: name.to_owned(), reason: reason.to_owned() });
    }

    fn table(&mut self) -> Result<TableInfo> {
        let source = self.source;
        let options = Some(self.dialect.definitions.options.to_owned()).filter(|options| !options.is_empty());
        let mut table = TableInfo {
            options,
            key: source.key.clone(),
            ..TableInfo::new(source.connection.clone(), qualified::quoted(&source.local_name()), self.dialect)
        };
        table.comment = self.comment("table", &source.local_name(), source.comment.as_ref());
        table.primary_key = source.primary_key.as_ref().map(|key| self.primary_key(key));
        table.indexes =
            source.indexes.iter().zip(1..).filter_map(|(index, number)| self.index(index, number)).collect();
        // The types depend on the indexes.
        table.columns = source.columns.iter().map(untyped).collect();
        let columns = source.columns.iter().map(|column| self.column(column, table.index_of(&column.name)));
        table.columns = columns.collect::<Result<_>>()?;
        table.unique = table.indexes.iter().filter_map(UniqueKey::of).collect();
        table.checks = source.columns.iter().filter_map(|column| self.labels(column)).collect();
        table.foreign_keys = source.foreign_keys.iter().map(|key| self.foreign_key(key)).collect();
        for check in source.checks.iter().filter(|check| !is_of_type(source, check)) {
            self.leave_out(
                "check",
                check.name.as_deref().unwrap_or(&check.expression),
                "its expression is SQL of one database",
            );
        }
        for exclusion in &source.exclusions {
            self.leave_out("exclusion constraint", &exclusion.name, "the database has none");
        }
        Ok(table)
    }

    fn column(&mut self, source: &ColumnInfo, index: Option<(usize, usize)>) -> Result<ColumnInfo> {
        let (dialect, name) = (self.dialect, &source.name);
        let ty = self.source.type_of(source)?;
        let identity = self.identity(source, ty);
        let declared = match dialect.definitions.numbers.iter().find(|(known, _)| identity.is_some() && *known == ty) {
            Some((_, declared)) => (*declared).into(),
            None => type_of(ty, &source.sizes, index, dialect)
                .map_err(|error| error.context(format_args!("column `{name}` of table `{}`", self.source.name)))?,
        };
        if source.generated.is_some() {
            self.leave_out(
                "computation",
                name,
                "its expression is SQL of one database; the column becomes an ordinary one",
            );
        }
        if source.on_update.is_some() {
            self.leave_out("update expression", name, "the database has none");
        }
        if source.invisible {
            self.leave_out("invisibility", name, "the database has none");
        }
        if let Some(collation) = source.collation.as_deref().filter(|collation| !self.compares_all(collation)) {
            self.leave_out(
                "collation",
                name,
                &format!("`{collation}` is unknown there; texts are compared by all characters"),
            );
        }
        Ok(ColumnInfo {
            ty: Some(ty),
            sizes: source.sizes.clone(),
            nullable: source.nullable && !self.source.key.contains(name),
            default: self.default(source, ty),
            comment: self.comment("column", name, source.comment.as_ref()),
            ..ColumnInfo::new(&**name, declared).numbered_by(identity)
        })
    }

    /// The primary key is one integer that the database generates, or else the numbers are left out.
    fn identity(&mut self, source: &ColumnInfo, ty: ValueType) -> Option<Identity> {
        let is_key = self.source.numbered_key().is_some_and(|key| key.name == source.name);
        let has_numbers = self.dialect.definitions.numbers.iter().any(|(known, _)| *known == ty);
        if source.numbered && !(is_key && has_numbers) {
            self.leave_out(
                "generated number",
                &source.name,
                "only a primary key of one integer is generated everywhere",
            );
        }
        (source.numbered && is_key && has_numbers).then(|| identity(self.dialect))
    }

    fn default(&mut self, source: &ColumnInfo, ty: ValueType) -> Option<String> {
        let default = source.default.as_ref()?;
        let translated = match meaning(default, ty, self.source.dialect) {
            Some(Meaning::Constant(value)) => constant(&value, self.dialect).ok(),
            Some(Meaning::Now) => Some(self.dialect.now.to_owned()),
            Some(Meaning::Today) => Some("CURRENT_DATE".to_owned()),
            None => None,
        };
        if translated.is_none() {
            self.leave_out("default", &source.name, &format!("`{default}` is SQL of one database"));
        }
        // Some databases take a default of a long text only as an expression.
        translated.map(|default| format!("({default})"))
    }

    /// The labels of an enumeration as a check.
    fn labels(&mut self, source: &ColumnInfo) -> Option<CheckInfo> {
        let labels = &source.enumeration.as_ref()?.labels;
        if source.ty != Some(ValueType::Text) || source.declared.starts_with("set(") {
            self.leave_out("labels", &source.name, "only an enumeration of single labels becomes a check");
            return None;
        }
        let literals: Option<Vec<_>> =
            labels.iter().map(|label| super::constant::literal(label, self.dialect).ok()).collect();
        let expression = format!("{} IN ({})", column(&source.name, self.dialect), literals?.join(", "));
        Some(CheckInfo::new(Some(self.named(&format!("{}_label", source.name))), expression))
    }

    /// A name that begins with that of the table: on some databases it must be unique among all tables.
    fn named(&self, rest: &str) -> String {
        let table: String = self.source.local_name().chars().take(NAME_LENGTH).collect();
        if rest.starts_with(&*table) { rest.to_owned() } else { format!("{table}_{rest}") }
    }

    fn primary_key(&mut self, source: &IndexInfo) -> IndexInfo {
        if source.parts.iter().any(|part| part.prefix.is_some()) {
            self.leave_out("prefix", "primary key", "the key becomes one of whole columns");
        }
        self.checked_late("primary key", source.deferrable);
        let columns = source.parts.iter().filter_map(|part| part.column());
        IndexInfo { unique: true, constraint: true, ..IndexInfo::on(columns) }
    }

    /// An index on columns; None for any other.
    fn index(&mut self, source: &IndexInfo, number: usize) -> Option<IndexInfo> {
        let name = source.name.clone().unwrap_or_else(|| format!("unique_{number}"));
        let unsupported = [
            (source.predicate.is_some(), "its condition is SQL of one database"),
            (source.parts.iter().any(|part| part.column().is_none()), "its expressions are SQL of one database"),
            (source.method.is_some(), "its method belongs to one database"),
            (source.unique && source.parts.iter().any(|part| part.prefix.is_some()), "it compares prefixes"),
            (source.nulls_not_distinct, "it takes NULLs as equal"),
            (source.parts.iter().any(|part| part.operator_class.is_some()), "its operators belong to one database"),
            (source.invalid, "it is incomplete"),
        ];
        if let Some((_, reason)) = unsupported.into_iter().find(|(applies, _)| *applies) {
            self.leave_out("index", &name, reason);
            return None;
        }
        self.checked_late(&name, source.deferrable);
        if !source.include.is_empty() {
            self.leave_out("included columns", &name, "the index contains only its key");
        }
        let mut index = IndexInfo {
            name: Some(self.named(&name)),
            unique: source.unique,
            ..IndexInfo::on(source.parts.iter().filter_map(|part| part.column()))
        };
        for (part, source) in index.parts.iter_mut().zip(&source.parts) {
            part.descending = source.descending;
        }
        index.comment = self.comment("index", &name, source.comment.as_ref());
        Some(index)
    }

    fn foreign_key(&mut self, source: &ForeignKeyInfo) -> ForeignKeyInfo {
        let name = source.name.clone().unwrap_or_else(|| source.columns.join("_"));
        let deferrable = if self.dialect.definitions.deferrable_targets {
            source.deferrable
        } else {
            self.checked_late(&name, source.deferrable);
            Deferrable::No
        };
        if source.match_full {
            self.leave_out("MATCH FULL", &name, "a key with a NULL refers to no row");
        }
        if !source.on_delete_columns.is_empty() {
            self.leave_out("columns of ON DELETE", &name, "the action sets all columns");
        }
        let is_own = source.schema.is_none() || source.schema == self.source.schema;
        if !is_own {
            self.leave_out("schema of the target", &name, "the target is looked for beside the table");
        }
        ForeignKeyInfo {
            name: Some(self.named(&name)),
            schema: None,
            on_delete_columns: Vec::new(),
            match_full: false,
            deferrable,
            unchecked: false,
            ..source.clone()
        }
    }

    /// Leaves out that a constraint can be checked at the COMMIT.
    fn checked_late(&mut self, name: &str, deferrable: Deferrable) {
        if deferrable != Deferrable::No {
            self.leave_out("DEFERRABLE", name, "the constraint is checked at each statement");
        }
    }

    fn comment(&mut self, what: &'static str, name: &str, comment: Option<&String>) -> Option<String> {
        let comment = comment?;
        if self.dialect.definitions.comments == Comments::None {
            self.leave_out("comment", &format!("{what} {name}"), "the database has none");
            return None;
        }
        Some(comment.clone())
    }

    fn compares_all(&self, collation: &str) -> bool {
        self.source.dialect.catalog.exact_collations.iter().any(|exact| collation.ends_with(exact))
    }
}

/// The quoted name of a column.
fn column(name: &str, dialect: &Dialect) -> String {
    let mut text = String::new();
    dialect.quote(name, &mut text);
    text
}

/// Whether a check only makes a text a JSON value.
fn is_of_type(source: &TableInfo, check: &CheckInfo) -> bool {
    let column = check.column.as_ref().and_then(|name| source.column(name));
    column.is_some_and(|column| column.ty == Some(ValueType::Json))
}

/// The column with its type, for the indexes.
fn untyped(source: &ColumnInfo) -> ColumnInfo {
    ColumnInfo { ty: source.ty, ..ColumnInfo::new(&*source.name, "") }
}
