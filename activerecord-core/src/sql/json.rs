//! Renders paths into JSON. A value of another type than the expected one is NULL on every database. A plain cast would
//! convert it or fail, depending on the database.

use super::expr::{expr, refused};
use super::writer::Writer;
use crate::dialect::JsonPaths;
use crate::error::{Error, Result};
use crate::statement::{Expr, JsonKind, JsonStep, MAX_DEPTH, Refusal};
use crate::value::Value;

/// Writes a test of the type of the value at a path, then the value. A key enters only objects, and a position only arrays.
///
/// # Errors
/// `Unsupported` for a key that MariaDB cannot find, and for a path of more than [`MAX_DEPTH`] steps.
pub(super) fn value(w: &mut Writer<'_>, json: Expr, path: &[JsonStep], kind: JsonKind) -> Result<()> {
    if path.len() > MAX_DEPTH {
        return Err(refused(Refusal::TooDeep));
    }
    if let Some(key) = path.iter().find_map(hidden) {
        return Err(hidden_key(key));
    }
    match w.dialect.json {
        JsonPaths::Jsonb => in_arrays(w, &json, path, typed(kind), "jsonb_typeof({}) = 'array'"),
        JsonPaths::Extract => w.fill(extracted(kind), |w| place(w, json.clone(), path)),
        JsonPaths::ExtractJson => {
            in_arrays(w, &json, path, extracted_json(kind), "JSON_TYPE(JSON_EXTRACT({})) = 'ARRAY'")
        }
    }
}

/// Writes a value whose positions must be those of arrays. For PostgreSQL a scalar is also an array of itself, and for MySQL
/// an object too.
fn in_arrays(w: &mut Writer<'_>, json: &Expr, path: &[JsonStep], spelling: &str, is_array: &str) -> Result<()> {
    let mut is_guarded = false;
    for (at, _) in path.iter().enumerate().filter(|(_, step)| matches!(step, JsonStep::Index(_))) {
        w.push(if is_guarded { " AND " } else { "CASE WHEN " });
        w.fill(is_array, |w| place(w, json.clone(), &path[..at]))?;
        is_guarded = true;
    }
    w.push(if is_guarded { " THEN " } else { "" });
    w.fill(spelling, |w| place(w, json.clone(), path))?;
    w.push(if is_guarded { " END" } else { "" });
    Ok(())
}

/// Writes the JSON value and the path as two arguments; for PostgreSQL, as operators, which tell keys from positions.
fn place(w: &mut Writer<'_>, json: Expr, path: &[JsonStep]) -> Result<()> {
    if w.dialect.json == JsonPaths::Jsonb {
        w.push("(CAST(");
        expr(w, json)?;
        w.push(" AS jsonb)");
        for step in path {
            w.push(" -> ").bind(operand(step));
        }
        w.push(")");
    } else {
        expr(w, json)?;
        w.push(", ").bind(Value::Text(dotted(path)));
    }
    Ok(())
}

/// No array has as many elements as 32 bits with a sign can count.
fn operand(step: &JsonStep) -> Value {
    match step {
        JsonStep::Key(key) => Value::Text(key.clone()),
        JsonStep::Index(index) => Value::I32(i32::try_from(*index).unwrap_or(i32::MAX)),
    }
}

/// Returns a path as text. A key is a text of JSON, because it can contain a dot, a quote or a line break.
pub(super) fn dotted(path: &[JsonStep]) -> String {
    path.iter().fold("$".to_owned(), |path, step| match step {
        JsonStep::Key(key) => format!("{path}.{}", serde_json::Value::from(&**key)),
        JsonStep::Index(index) => format!("{path}[{index}]"),
    })
}

/// MariaDB does not find such a key, in any spelling of the path.
fn hidden(step: &JsonStep) -> Option<&str> {
    match step {
        JsonStep::Key(key) if key.starts_with('-') => Some(key),
        _ => None,
    }
}

#[cold]
fn hidden_key(key: &str) -> Error {
    Error::unsupported(format!(
        "the JSON key `{key}` begins with `-`, and mariadb finds no such key: rename it, or read the whole document"
    ))
}

/// `{}` stands for the JSON value at the path. A number outside of 64 bits is no integer.
fn typed(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Text => {
            "CASE WHEN jsonb_typeof({}) IN ('string', 'number', 'boolean') THEN {} #>> CAST(ARRAY[] AS text[]) END"
        }
        JsonKind::Integer => {
            "CASE jsonb_typeof({}) WHEN 'number' THEN \
             CASE WHEN TRUNC(CAST({} AS numeric)) BETWEEN -9223372036854775808 AND 9223372036854775807 \
             THEN CAST(TRUNC(CAST({} AS numeric)) AS bigint) END END"
        }
        JsonKind::Float => "CASE jsonb_typeof({}) WHEN 'number' THEN CAST({} AS double precision) END",
        JsonKind::Bool => "CASE jsonb_typeof({}) WHEN 'boolean' THEN CAST({} AS boolean) END",
    }
}

/// `{}` stands for the JSON value and the path. From 2^53 on, a float stands for the decimal with the fewest digits, which a
/// cast would not return.
fn extracted(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Text => {
            "CASE json_type({}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN NULL \
             WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE CAST(json_extract({}) AS TEXT) END"
        }
        JsonKind::Integer => {
            "CASE WHEN json_type({}) IN ('integer', 'real') \
             AND json_extract({}) BETWEEN -9223372036854775808 AND 9223372036854775807 \
             THEN CASE WHEN json_type({}) = 'integer' OR ABS(json_extract({})) < 9007199254740992 \
             THEN CAST(json_extract({}) AS INTEGER) WHEN json_extract({}) > -9223372036854775808 \
             THEN CAST(decimal_add(json_extract({}), 0) AS INTEGER) END END"
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
