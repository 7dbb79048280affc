//! Renders paths into JSON. A value of another type than the expected one is NULL on every database. A plain cast would
//! convert it or fail, depending on the database.

use super::expr::expr;
use super::writer::Writer;
use crate::dialect::JsonPaths;
use crate::error::{Error, Result};
use crate::statement::{Expr, JsonKind, JsonStep};
use crate::value::{Value, ValueType};

/// Writes a test of the type of the value at a path, then the value.
pub(super) fn value(w: &mut Writer<'_>, json: Expr, path: &[JsonStep], kind: JsonKind) -> Result<()> {
    let spelling = match w.dialect.json {
        JsonPaths::Jsonb => typed(kind),
        JsonPaths::Extract => extracted(kind),
        JsonPaths::ExtractJson => extracted_json(kind),
    };
    w.fill(spelling, |w| place(w, json.clone(), path))
}

/// Writes the JSON value and the path as two arguments.
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

/// A key is quoted, because it can contain a dot.
fn dotted(step: &JsonStep) -> String {
    match step {
        JsonStep::Key(key) => format!(".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")),
        JsonStep::Index(index) => format!("[{index}]"),
    }
}

/// `{}` stands for the JSON value and the path. A number outside of 64 bits is no integer.
fn typed(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Text => {
            "CASE WHEN jsonb_typeof(jsonb_extract_path({})) IN ('string', 'number', 'boolean') \
             THEN jsonb_extract_path_text({}) END"
        }
        JsonKind::Integer => {
            "CASE jsonb_typeof(jsonb_extract_path({})) WHEN 'number' THEN \
             CASE WHEN TRUNC(CAST(jsonb_extract_path_text({}) AS numeric)) BETWEEN -9223372036854775808 AND 9223372036854775807 \
             THEN CAST(TRUNC(CAST(jsonb_extract_path_text({}) AS numeric)) AS bigint) END END"
        }
        JsonKind::Float => {
            "CASE jsonb_typeof(jsonb_extract_path({})) WHEN 'number' \
             THEN CAST(jsonb_extract_path_text({}) AS double precision) END"
        }
        JsonKind::Bool => {
            "CASE jsonb_typeof(jsonb_extract_path({})) WHEN 'boolean' THEN CAST(jsonb_extract_path_text({}) AS boolean) END"
        }
    }
}

fn extracted(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Text => {
            "CASE json_type({}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN NULL \
             WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE CAST(json_extract({}) AS TEXT) END"
        }
        JsonKind::Integer => {
            "CASE WHEN json_type({}) IN ('integer', 'real') \
             AND json_extract({}) BETWEEN -9223372036854775808 AND 9223372036854775807 \
             THEN CAST(json_extract({}) AS INTEGER) END"
        }
        JsonKind::Float => "CASE WHEN json_type({}) IN ('integer', 'real') THEN CAST(json_extract({}) AS REAL) END",
        JsonKind::Bool => "CASE WHEN json_type({}) IN ('true', 'false') THEN json_extract({}) END",
    }
}

/// An integer is cast to a decimal, because a float would lose digits. A number that is too large for the decimal is
/// refused as a float before: the cast would fail in an UPDATE.
fn extracted_json(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Text => {
            "CASE WHEN JSON_TYPE(JSON_EXTRACT({})) NOT IN ('NULL', 'OBJECT', 'ARRAY') \
             THEN JSON_UNQUOTE(JSON_EXTRACT({})) END"
        }
        JsonKind::Integer => {
            "CASE WHEN JSON_TYPE(JSON_EXTRACT({})) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') \
             AND JSON_UNQUOTE(JSON_EXTRACT({})) + 0e0 BETWEEN -9223372036854775808 AND 9223372036854775807 \
             THEN CASE WHEN CAST(JSON_UNQUOTE(JSON_EXTRACT({})) AS DECIMAL(65, 20)) \
             BETWEEN -9223372036854775808 AND 9223372036854775807 \
             THEN CAST(TRUNCATE(CAST(JSON_UNQUOTE(JSON_EXTRACT({})) AS DECIMAL(65, 20)), 0) AS SIGNED) END END"
        }
        JsonKind::Float => {
            "CASE WHEN JSON_TYPE(JSON_EXTRACT({})) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') \
             THEN CAST(JSON_UNQUOTE(JSON_EXTRACT({})) AS DOUBLE) END"
        }
        JsonKind::Bool => {
            "CASE WHEN JSON_TYPE(JSON_EXTRACT({})) = 'BOOLEAN' THEN JSON_UNQUOTE(JSON_EXTRACT({})) = 'true' END"
        }
    }
}

/// Writes a test whether a JSON value contains another one.
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
        "{database} cannot test whether JSON contains other JSON; postgresql and mysql can. Compare the value at a path \
         instead: SETTINGS.json::<String>([\"key\"]).eq(..)"
    ))
}
