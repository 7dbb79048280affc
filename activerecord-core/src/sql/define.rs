//! Renders a described table as DDL: CREATE TABLE with all its clauses, and the statements before and after it.

use super::constant::literal;
use super::scan::{TokenKind, scan};
use super::writer::Writer;
use super::{Access, Sql};
use crate::catalog::{
    CheckInfo, ColumnInfo, Deferrable, ForeignKeyAction, ForeignKeyInfo, Identity, IndexInfo, IndexPart, IndexTerm,
    SequenceInfo, TableInfo,
};
use crate::dialect::{AutoIncrement, Comments, Dialect};
use crate::error::Result;
use crate::statement::qualified;

const IF_ABSENT: &str = "IF NOT EXISTS ";

/// Renders one statement of DDL.
pub(super) fn statement(dialect: &Dialect, write: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Result<Sql> {
    let mut w = Writer::new(dialect);
    w.defines = true;
    write(&mut w)?;
    Ok(w.finish(Access::Write).0)
}

/// Returns the statements that create the table with everything that belongs to it, in order. The types of enumerations are
/// left out: see [`types`]. `if_absent`: what exists already stays as it is.
///
/// # Errors
/// `Unsupported` for a comment that the dialect cannot write.
pub(crate) fn create(info: &TableInfo, dialect: &Dialect, if_absent: bool) -> Result<Vec<Sql>> {
    let mut all = Vec::new();
    let sequences = || info.columns.iter().filter(|column| column.identity == Some(Identity::Sequence));
    for sequence in sequences().filter_map(|column| column.sequence.as_ref()) {
        all.push(statement(dialect, |w| {
            w.push("CREATE SEQUENCE ").push(IF_ABSENT);
            local(w, info, sequence.schema.as_deref(), &sequence.name);
            w.push(" AS ").push(&sequence.declared);
            numbers(w, sequence);
            Ok(())
        })?);
    }
    all.push(statement(dialect, |w| table(w, info, if_absent))?);
    for column in sequences() {
        let Some(sequence) = column.sequence.as_ref().filter(|sequence| sequence.owned) else { continue };
        all.push(statement(dialect, |w| {
            w.push("ALTER SEQUENCE ");
            local(w, info, sequence.schema.as_deref(), &sequence.name);
            w.push(" OWNED BY ").table(&info.name).push(".").name(&column.name);
            Ok(())
        })?);
    }
    if !dialect.definitions.inline_indexes {
        for index in info.indexes.iter().filter(|index| !index.constraint) {
            all.push(statement(dialect, |w| self::index(w, info, index, if_absent))?);
        }
    }
    if dialect.definitions.comments == Comments::Statements {
        comments(info, dialect, &mut all)?;
    }
    Ok(all)
}

/// Returns the statements that create the types of the table's enumerations, with the names of the types.
pub(crate) fn types(info: &TableInfo, dialect: &Dialect) -> Result<Vec<(String, Sql)>> {
    let mut all: Vec<(String, Sql)> = Vec::new();
    for enumeration in info.columns.iter().filter_map(|column| column.enumeration.as_ref()) {
        let Some(name) = &enumeration.name else { continue };
        let mut qualified = Writer::new(dialect);
        local(&mut qualified, info, enumeration.schema.as_deref(), name);
        let qualified = qualified.finish(Access::Write).0.text().to_string();
        if all.iter().any(|(known, _)| *known == qualified) {
            continue;
        }
        let sql = statement(dialect, |w| {
            w.push("CREATE TYPE ").push(&qualified).push(" AS ENUM (");
            w.list(&enumeration.labels, |w, label| text(w, label))?;
            w.push(")");
            Ok(())
        })?;
        all.push((qualified, sql));
    }
    Ok(all)
}

/// Writes CREATE TABLE.
pub(super) fn table(w: &mut Writer<'_>, info: &TableInfo, if_absent: bool) -> Result<()> {
    let definitions = w.dialect.definitions;
    w.push("CREATE TABLE ").push(if if_absent { IF_ABSENT } else { "" }).table(&info.name).push(" (");
    w.list(&info.columns, |w, column| self::column(w, info, column))?;
    if let Some(key) = info.primary_key.as_ref().filter(|_| key_in_column(w.dialect, info).is_none()) {
        w.push(", ");
        constraint(w, key.name.as_deref().filter(|_| !definitions.inline_indexes));
        w.push("PRIMARY KEY ");
        key_parts(w, info, key);
    }
    for index in info.indexes.iter().filter(|index| index.constraint || definitions.inline_indexes) {
        w.push(", ");
        if definitions.inline_indexes {
            inline_index(w, index)?;
        } else {
            constraint(w, index.name.as_deref());
            w.push("UNIQUE ").push(if index.nulls_not_distinct { "NULLS NOT DISTINCT " } else { "" });
            key_parts(w, info, index);
        }
    }
    for check in info.checks.iter().filter(|check| check.column.is_none()) {
        w.push(", ");
        constraint(w, check.name.as_deref());
        self::check(w, check);
    }
    for key in &info.foreign_keys {
        w.push(", ");
        foreign_key(w, info, key);
    }
    for exclusion in &info.exclusions {
        w.push(", ");
        constraint(w, Some(&exclusion.name));
        w.push(&exclusion.definition);
    }
    w.push(")");
    if let Some(options) = &info.options {
        w.push(" ").push(options);
    }
    if let (Comments::Inline, Some(comment)) = (definitions.comments, &info.comment) {
        w.push(" COMMENT = ");
        text(w, comment)?;
    }
    Ok(())
}

/// Writes CREATE INDEX.
pub(super) fn index(w: &mut Writer<'_>, info: &TableInfo, index: &IndexInfo, if_absent: bool) -> Result<()> {
    w.push(if index.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
    w.push(if if_absent { IF_ABSENT } else { "" });
    let name = index.name.as_deref().unwrap_or_default();
    match qualified::parts(&info.name) {
        (Some(schema), table) if w.dialect.definitions.schema_of_index => {
            w.name(&schema).push(".").name(name).push(" ON ").name(&table)
        }
        _ => w.name(name).push(" ON ").table(&info.name),
    };
    if let Some(method) = &index.method {
        w.push(" USING ").push(method);
    }
    w.push(" ");
    parts(w, index);
    included(w, index);
    w.push(if index.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" });
    if let Some(options) = &index.options {
        w.push(" WITH (").push(options).push(")");
    }
    if let Some(predicate) = &index.predicate {
        w.push(" WHERE ").push(predicate);
    }
    Ok(())
}

/// Writes an index inside CREATE TABLE.
fn inline_index(w: &mut Writer<'_>, index: &IndexInfo) -> Result<()> {
    let definitions = w.dialect.definitions;
    let method = index.method.as_deref().unwrap_or_default();
    let is_keyword = definitions.index_keywords.contains(&method);
    if is_keyword {
        w.push(method).push(" ");
    }
    w.push(if index.unique { "UNIQUE KEY " } else { "KEY " }).name(index.name.as_deref().unwrap_or_default()).push(" ");
    parts(w, index);
    if !is_keyword && !method.is_empty() {
        w.push(" USING ").push(method);
    }
    if let Some(comment) = &index.comment {
        w.push(" COMMENT ");
        text(w, comment)?;
    }
    w.push(if index.invisible { definitions.invisible_index } else { "" });
    Ok(())
}

/// Returns the primary key that is written after its column. On SQLite, only there a descending key of one integer is not the
/// rowid.
fn key_in_column<'i>(dialect: &Dialect, info: &'i TableInfo) -> Option<&'i IndexInfo> {
    let key = info.primary_key.as_ref()?;
    let is_descending = matches!(&key.parts[..], [part] if part.descending);
    (is_descending && matches!(dialect.definitions.autoincrement, AutoIncrement::InKey(_))).then_some(key)
}

/// Writes the columns of a PRIMARY KEY or UNIQUE constraint.
fn key_parts(w: &mut Writer<'_>, info: &TableInfo, index: &IndexInfo) {
    let counted = |part: &IndexPart| {
        let column = part.column().and_then(|name| info.column(name));
        column.is_some_and(|column| column.identity == Some(Identity::AutoIncrement))
    };
    match (w.dialect.definitions.autoincrement, &index.parts[..]) {
        (AutoIncrement::InKey(word), [part]) if counted(part) => {
            w.push("(").name(part.column().unwrap_or_default()).push(word).push(")");
        }
        _ => parts(w, index),
    }
    included(w, index);
    deferrable(w, index.deferrable);
}

fn parts(w: &mut Writer<'_>, index: &IndexInfo) {
    let keyword = index.method.as_deref().is_some_and(|method| w.dialect.definitions.index_keywords.contains(&method));
    w.push("(");
    for (place, part) in index.parts.iter().enumerate() {
        w.push(if place > 0 { ", " } else { "" });
        match &part.term {
            IndexTerm::Column(column) => w.name(column),
            IndexTerm::Expression(expression) => w.push("(").push(expression).push(")"),
        };
        if let Some(length) = part.prefix.filter(|_| !keyword) {
            w.push("(").number(length).push(")");
        }
        if let Some(collation) = &part.collation {
            w.push(" COLLATE ").push(collation);
        }
        if let Some(class) = &part.operator_class {
            w.push(" ").push(class);
        }
        w.push(if part.descending { " DESC" } else { "" });
        w.push(match part.nulls_first {
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
            None => "",
        });
    }
    w.push(")");
}

fn included(w: &mut Writer<'_>, index: &IndexInfo) {
    if !index.include.is_empty() {
        w.push(" INCLUDE (");
        w.names(&index.include);
        w.push(")");
    }
}

pub(super) fn column(w: &mut Writer<'_>, info: &TableInfo, column: &ColumnInfo) -> Result<()> {
    let definitions = w.dialect.definitions;
    w.name(&column.name);
    if !column.declared.is_empty() {
        w.push(" ");
        declared(w, info, column);
    }
    if let Some(collation) = &column.collation {
        w.push(" COLLATE ").push(collation);
    }
    if let Some(generated) = &column.generated {
        w.push(" GENERATED ALWAYS AS (").push(&generated.expression);
        w.push(if generated.stored { ") STORED" } else { ") VIRTUAL" });
    }
    let in_key = matches!(definitions.autoincrement, AutoIncrement::InKey(_)) && column.numbered;
    if !column.nullable && !in_key {
        w.push(" NOT NULL");
    } else if column.nullable && definitions.explicit_null.contains(&&*column.declared) {
        w.push(" NULL");
    }
    if let Some(key) = key_in_column(w.dialect, info).filter(|key| key.parts[0].column() == Some(&column.name)) {
        w.push(" ");
        constraint(w, key.name.as_deref());
        w.push("PRIMARY KEY DESC");
    }
    default(w, info, column);
    if let Some(expression) = &column.on_update {
        w.push(" ON UPDATE ").push(expression);
    }
    identity(w, info, column);
    w.push(if column.invisible { " INVISIBLE" } else { "" });
    if let (Comments::Inline, Some(comment)) = (definitions.comments, &column.comment) {
        w.push(" COMMENT ");
        text(w, comment)?;
    }
    for check in info.checks.iter().filter(|check| check.column.as_ref() == Some(&column.name)) {
        w.push(" ");
        self::check(w, check);
    }
    Ok(())
}

/// Writes the type. That of an enumeration in the schema of the table follows the table.
fn declared(w: &mut Writer<'_>, info: &TableInfo, column: &ColumnInfo) {
    let named =
        column.enumeration.as_ref().and_then(|labels| Some((labels.schema.as_deref(), labels.name.as_deref()?)));
    let Some((schema, name)) = named else {
        w.push(&column.declared);
        return;
    };
    local(w, info, schema, name);
    w.push(if column.declared.ends_with("[]") { "[]" } else { "" });
}

fn default(w: &mut Writer<'_>, info: &TableInfo, column: &ColumnInfo) {
    if let (Some(Identity::Sequence), Some(sequence)) = (column.identity, &column.sequence) {
        let mut name = Writer::new(w.dialect);
        local(&mut name, info, sequence.schema.as_deref(), &sequence.name);
        let name = name.finish(Access::Write).0.text().replace('\'', "''");
        w.push(" DEFAULT nextval('").push(&name).push("')");
    } else if let Some(expression) = &column.default {
        let (open, close) = if is_constant(expression, w.dialect) { ("", "") } else { ("(", ")") };
        w.push(" DEFAULT ").push(open).push(expression).push(close);
    }
}

fn identity(w: &mut Writer<'_>, info: &TableInfo, column: &ColumnInfo) {
    match (column.identity, w.dialect.definitions.autoincrement) {
        (Some(Identity::AutoIncrement), AutoIncrement::InColumn(word)) => drop(w.push(word)),
        (Some(Identity::ByDefault), _) => drop(w.push(" GENERATED BY DEFAULT AS IDENTITY")),
        (Some(Identity::Always), _) => drop(w.push(" GENERATED ALWAYS AS IDENTITY")),
        _ => return,
    }
    if let Some(sequence) = &column.sequence {
        w.push(" (SEQUENCE NAME ");
        local(w, info, sequence.schema.as_deref(), &sequence.name);
        numbers(w, sequence);
        w.push(")");
    }
}

fn numbers(w: &mut Writer<'_>, sequence: &SequenceInfo) {
    let SequenceInfo { start, increment, least, greatest, cache, cycle, .. } = sequence;
    w.push(&format!(
        " INCREMENT BY {increment} MINVALUE {least} MAXVALUE {greatest} START WITH {start} CACHE {cache}{}",
        if *cycle { " CYCLE" } else { "" }
    ));
}

fn check(w: &mut Writer<'_>, check: &CheckInfo) {
    w.push("CHECK (").push(&check.expression).push(")");
    w.push(if check.no_inherit { " NO INHERIT" } else { "" });
    w.push(if check.not_enforced { " NOT ENFORCED" } else { "" });
}

pub(super) fn foreign_key(w: &mut Writer<'_>, info: &TableInfo, key: &ForeignKeyInfo) {
    constraint(w, key.name.as_deref());
    w.push("FOREIGN KEY (");
    w.names(&key.columns);
    w.push(") REFERENCES ");
    if w.dialect.definitions.schema_of_target {
        local(w, info, key.schema.as_deref(), &key.table);
    } else {
        w.name(&key.table);
    }
    if !key.target.is_empty() {
        w.push(" (");
        w.names(&key.target);
        w.push(")");
    }
    w.push(if key.match_full { " MATCH FULL" } else { "" });
    if key.on_delete != ForeignKeyAction::NoAction {
        w.push(" ON DELETE ").push(key.on_delete.as_sql());
        if !key.on_delete_columns.is_empty() {
            w.push(" (");
            w.names(&key.on_delete_columns);
            w.push(")");
        }
    }
    if key.on_update != ForeignKeyAction::NoAction {
        w.push(" ON UPDATE ").push(key.on_update.as_sql());
    }
    deferrable(w, key.deferrable);
}

fn constraint(w: &mut Writer<'_>, name: Option<&str>) {
    if let Some(name) = name {
        w.push("CONSTRAINT ").name(name).push(" ");
    }
}

fn deferrable(w: &mut Writer<'_>, deferrable: Deferrable) {
    w.push(match deferrable {
        Deferrable::No => "",
        Deferrable::Immediate => " DEFERRABLE",
        Deferrable::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    });
}

/// Writes the name of something that belongs to the table. If it is in the schema of the described table, it follows the table
/// into the schema of the new one.
fn local(w: &mut Writer<'_>, info: &TableInfo, schema: Option<&str>, name: &str) {
    let own = qualified::parts(&info.name).0;
    let schema = if schema.is_none() || schema == info.schema.as_deref() { own.as_deref() } else { schema };
    if let Some(schema) = schema {
        w.name(schema).push(".");
    }
    w.name(name);
}

fn comments(info: &TableInfo, dialect: &Dialect, all: &mut Vec<Sql>) -> Result<()> {
    let mut comment = |kind: &str, column: Option<&str>, comment: &Option<String>| -> Result<()> {
        let Some(comment) = comment else { return Ok(()) };
        all.push(statement(dialect, |w| {
            w.push("COMMENT ON ").push(kind).table(&info.name);
            if let Some(column) = column {
                w.push(".").name(column);
            }
            w.push(" IS ");
            text(w, comment)
        })?);
        Ok(())
    };
    comment("TABLE ", None, &info.comment)?;
    for column in &info.columns {
        comment("COLUMN ", Some(&column.name), &column.comment)?;
    }
    for index in info.primary_key.iter().chain(&info.indexes) {
        let (Some(name), Some(comment)) = (&index.name, &index.comment) else { continue };
        all.push(statement(dialect, |w| {
            w.push("COMMENT ON INDEX ");
            local(w, info, None, name);
            w.push(" IS ");
            text(w, comment)
        })?);
    }
    Ok(())
}

/// Whether a default needs no parentheses: it is a constant, or the current time.
fn is_constant(expression: &str, dialect: &Dialect) -> bool {
    const WORDS: [&str; 4] = ["NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP"];
    let mut tokens: Vec<_> = scan(expression, dialect).filter(|token| !token.is_blank()).collect();
    if matches!(tokens.first(), Some(token) if matches!(token.text, "-" | "+")) {
        tokens.remove(0);
    }
    match &tokens[..] {
        [token] if token.kind == TokenKind::Text => true,
        [prefix, text] if text.kind == TokenKind::Text => matches!(prefix.text, "b" | "B" | "x" | "X"),
        [first, rest @ ..] if WORDS.iter().any(|word| first.is_word(word)) => {
            matches!(rest.iter().map(|token| token.text).collect::<Vec<_>>()[..], [] | ["(", _, ")"] | ["(", ")"])
        }
        // `1.5` is two numbers with a point between them, `1e-5` a number, a sign and a number.
        [first, rest @ ..] if first.text.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            rest.iter().all(|token| token.kind == TokenKind::Other && !"()".contains(token.text))
                && expression.parse::<f64>().is_ok()
                || rest.is_empty()
        }
        _ => false,
    }
}

fn text(w: &mut Writer<'_>, text: &str) -> Result<()> {
    w.push(&literal(text, w.dialect)?);
    Ok(())
}
