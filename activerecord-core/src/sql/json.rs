//! What is inside JSON values. A value of another kind than is asked for is NULL on every database, though their casts
//! would make something of it, or fail.

use super::expr::expr;
use super::writer::Writer;
use crate::dialect::JsonPaths;
use crate::error::{Error, Result};
use crate::statement::{Expr, JsonKind, JsonStep};
use crate::value::{Value, ValueType};

/// The value at a path, as a kind: what tells its kind, then what takes it out. Both name the place.
pub(super) fn value(w: &mut Writer<'_>, json: Expr, path: &[JsonStep], kind: JsonKind) -> Result<()> {
    let [before, between, behind] = match w.dialect.json {
        JsonPaths::Jsonb => typed(kind),
        JsonPaths::Extract => extracted(kind),
        JsonPaths::ExtractJson => extracted_json(kind),
    };
    w.push(before);
    place(w, json.clone(), path)?;
    w.push(between);
    place(w, json, path)?;
    w.push(behind);
    Ok(())
}

/// The JSON value and the path into it, as two arguments.
fn place(w: &mut Writer<'_>, json: Expr, path: &[JsonStep]) -> Result<()> {
    if w.dialect.json == JsonPaths::Jsonb {
        w.push("CAST(");
        expr(w, json)?;
        w.push(" AS jsonb), VARIADIC ").bind(Value::Array(&ValueType::Text, path.iter().map(word).collect()));
    } else {
        expr(w, json)?;
        w.push(", ").bind(Value::Text(path.iter().fold("$".to_owned(), |path, step| path + &dotted(step))));
    }
    Ok(())
}

fn word(step: &JsonStep) -> Value {
    Value::Text(match step {
        JsonStep::Key(key) => key.clone(),
        JsonStep::Index(index) => index.to_string(),
    })
}

/// A key is quoted, so that a dot in it is no step.
fn dotted(step: &JsonStep) -> String {
    match step {
        JsonStep::Key(key) => format!(".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")),
        JsonStep::Index(index) => format!("[{index}]"),
    }
}

fn typed(kind: JsonKind) -> [&'static str; 3] {
    match kind {
        JsonKind::Text => [
            "CASE WHEN jsonb_typeof(jsonb_extract_path(",
            ")) IN ('string', 'number', 'boolean') THEN jsonb_extract_path_text(",
            ") END",
        ],
        JsonKind::Integer => [
            "CASE jsonb_typeof(jsonb_extract_path(",
            ")) WHEN 'number' THEN CAST(TRUNC(CAST(jsonb_extract_path_text(",
            ") AS numeric)) AS bigint) END",
        ],
        JsonKind::Float => [
            "CASE jsonb_typeof(jsonb_extract_path(",
            ")) WHEN 'number' THEN CAST(jsonb_extract_path_text(",
            ") AS double precision) END",
        ],
        JsonKind::Bool => [
            "CASE jsonb_typeof(jsonb_extract_path(",
            ")) WHEN 'boolean' THEN CAST(jsonb_extract_path_text(",
            ") AS boolean) END",
        ],
    }
}

fn extracted(kind: JsonKind) -> [&'static str; 3] {
    match kind {
        JsonKind::Text => [
            "CASE json_type(",
            ") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN NULL WHEN 'object' THEN NULL \
             WHEN 'array' THEN NULL ELSE CAST(json_extract(",
            ") AS TEXT) END",
        ],
        JsonKind::Integer => {
            ["CASE WHEN json_type(", ") IN ('integer', 'real') THEN CAST(json_extract(", ") AS INTEGER) END"]
        }
        JsonKind::Float => {
            ["CASE WHEN json_type(", ") IN ('integer', 'real') THEN CAST(json_extract(", ") AS REAL) END"]
        }
        JsonKind::Bool => ["CASE WHEN json_type(", ") IN ('true', 'false') THEN json_extract(", ") END"],
    }
}

/// An integer goes by way of a decimal, which has room for each of its digits.
fn extracted_json(kind: JsonKind) -> [&'static str; 3] {
    match kind {
        JsonKind::Text => [
            "CASE WHEN JSON_TYPE(JSON_EXTRACT(",
            ")) NOT IN ('NULL', 'OBJECT', 'ARRAY') THEN JSON_UNQUOTE(JSON_EXTRACT(",
            ")) END",
        ],
        JsonKind::Integer => [
            "CASE WHEN JSON_TYPE(JSON_EXTRACT(",
            ")) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CAST(TRUNCATE(CAST(JSON_UNQUOTE(JSON_EXTRACT(",
            ")) AS DECIMAL(65, 20)), 0) AS SIGNED) END",
        ],
        JsonKind::Float => [
            "CASE WHEN JSON_TYPE(JSON_EXTRACT(",
            ")) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CAST(JSON_UNQUOTE(JSON_EXTRACT(",
            ")) AS DOUBLE) END",
        ],
        JsonKind::Bool => {
            ["CASE WHEN JSON_TYPE(JSON_EXTRACT(", ")) = 'BOOLEAN' THEN JSON_UNQUOTE(JSON_EXTRACT(", ")) = 'true' END"]
        }
    }
}

/// Whether a JSON value holds all of another.
pub(super) fn contains(w: &mut Writer<'_>, json: Expr, other: Expr) -> Result<()> {
    if !w.dialect.capabilities.json_contains {
        return Err(no_contains(w.dialect.name));
    }
    let [before, between, behind] = match w.dialect.json {
        JsonPaths::Jsonb => ["(CAST(", " AS jsonb) @> CAST(", " AS jsonb))"],
        JsonPaths::Extract | JsonPaths::ExtractJson => ["JSON_CONTAINS(", ", ", ")"],
    };
    w.push(before);
    expr(w, json)?;
    w.push(between);
    expr(w, other)?;
    w.push(behind);
    Ok(())
}

#[cold]
fn no_contains(database: &str) -> Error {
    Error::unsupported(format!(
        "{database} cannot ask whether JSON holds other JSON; postgresql and mysql can. Compare what is at a path instead: \
         SETTINGS.json::<String>([\"key\"]).eq(..)"
    ))
}
