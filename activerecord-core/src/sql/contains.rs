//! Whether JSON contains other JSON. PostgreSQL has the rule: an object contains its members, an array its elements, each by
//! the same rule, and an array as a whole also one of its scalars.

use serde_json::Value as Json;

use super::expr::expr;
use super::json::dotted;
use super::writer::Writer;
use crate::dialect::JsonPaths;
use crate::error::{Error, Result};
use crate::statement::{Expr, JsonStep};
use crate::value::Value;

/// Writes a test whether a JSON value contains another one.
///
/// # Errors
/// `Unsupported` when the database has no such test, or the other JSON is not a bound value.
pub(super) fn contains(w: &mut Writer<'_>, json: Expr, other: Expr) -> Result<()> {
    if !w.dialect.capabilities.json_contains {
        return Err(no_contains(w.dialect.name));
    }
    let Expr::Value(other) = other else { return Err(not_bound()) };
    match (w.dialect.json, &other) {
        (JsonPaths::ExtractJson, Value::Json(text)) => match serde_json::from_str(text) {
            Ok(parsed) => by_parts(w, &json, other, &parsed),
            // The value is refused before it is sent.
            Err(_) => written(w, ["JSON_CONTAINS(", ", ", ")"], json, other),
        },
        (JsonPaths::ExtractJson, _) => Err(not_bound()),
        _ => written(w, ["(CAST(", " AS jsonb) @> CAST(", " AS jsonb))"], json, other),
    }
}

fn written(w: &mut Writer<'_>, [before, between, behind]: [&str; 3], json: Expr, other: Value) -> Result<()> {
    w.push(before);
    expr(w, json)?;
    w.push(between).bind(other).push(behind);
    Ok(())
}

/// Writes the test of the database, which an index can serve, and then that of the parts: for the database, an array also
/// contains what the arrays in it contain.
fn by_parts(w: &mut Writer<'_>, json: &Expr, other: Value, parsed: &Json) -> Result<()> {
    w.push("(");
    written(w, ["JSON_CONTAINS(", ", ", ")"], json.clone(), other)?;
    w.push(" AND CASE WHEN ");
    expr(w, json.clone())?;
    w.push(" IS NOT NULL THEN COALESCE(");
    let place = Place { root: Root::Json(json), path: Vec::new(), depth: 0 };
    match parsed {
        Json::Object(_) | Json::Array(_) => place.holds(w, parsed)?,
        scalar => {
            place.has_type(w, "CASE WHEN ", " = 'ARRAY' THEN ")?;
            place.has_element(w, scalar)?;
            w.push(" ELSE ");
            place.equals(w, scalar)?;
            w.push(" END");
        }
    }
    w.push(", FALSE) END)");
    Ok(())
}

/// The value at a path.
struct Place<'e> {
    root: Root<'e>,
    path: Vec<JsonStep>,
    /// The number of arrays around the value.
    depth: u32,
}

#[derive(Clone, Copy)]
enum Root<'e> {
    Json(&'e Expr),
    /// The element of an array, in the derived table with this number.
    Element(u32),
}

impl Place<'_> {
    fn write(&self, w: &mut Writer<'_>) -> Result<()> {
        w.push("JSON_EXTRACT(");
        match self.root {
            Root::Json(json) => expr(w, json.clone())?,
            // MySQL makes an element `null` a NULL of SQL.
            Root::Element(number) => {
                w.push("COALESCE(ar_element_").number(number).push(".value, JSON_EXTRACT('null', '$'))");
            }
        }
        w.push(", ").bind(Value::Text(dotted(&self.path))).push(")");
        Ok(())
    }

    fn has_type(&self, w: &mut Writer<'_>, before: &str, behind: &str) -> Result<()> {
        w.push(before).push("JSON_TYPE(");
        self.write(w)?;
        w.push(")").push(behind);
        Ok(())
    }

    fn equals(&self, w: &mut Writer<'_>, scalar: &Json) -> Result<()> {
        w.push("JSON_CONTAINS(");
        self.write(w)?;
        w.push(", ").bind(Value::Json(scalar.to_string())).push(")");
        Ok(())
    }

    fn holds(&self, w: &mut Writer<'_>, other: &Json) -> Result<()> {
        match other {
            Json::Object(members) => {
                self.has_type(w, "(", " = 'OBJECT'")?;
                for (key, member) in members {
                    w.push(" AND ");
                    let path = self.path.iter().cloned().chain([JsonStep::Key(key.clone())]).collect();
                    Place { path, ..*self }.holds(w, member)?;
                }
            }
            Json::Array(elements) => {
                self.has_type(w, "(", " = 'ARRAY'")?;
                for element in elements {
                    w.push(" AND ");
                    self.has_element(w, element)?;
                }
            }
            scalar => {
                self.has_type(w, "(", " <> 'ARRAY' AND ")?;
                self.equals(w, scalar)?;
            }
        }
        w.push(")");
        Ok(())
    }

    /// MySQL merges a nested EXISTS into the query around it, and then finds other rows. It does not merge a value. MariaDB
    /// refuses a COUNT inside the argument of an aggregate.
    fn has_element(&self, w: &mut Writer<'_>, element: &Json) -> Result<()> {
        w.push("(SELECT 1 FROM JSON_TABLE(");
        self.write(w)?;
        let number = self.depth + 1;
        w.push(", '$[*]' COLUMNS (value JSON PATH '$')) AS ar_element_").number(number).push(" WHERE ");
        Place { root: Root::Element(number), path: Vec::new(), depth: number }.holds(w, element)?;
        w.push(" LIMIT 1) IS NOT NULL");
        Ok(())
    }
}

#[cold]
fn no_contains(database: &str) -> Error {
    Error::unsupported(format!(
        "{database} cannot test whether JSON contains other JSON; postgresql and mysql can. Compare the value at a path \
         instead: SETTINGS.json::<String>([\"key\"]).eq(..)"
    ))
}

#[cold]
fn not_bound() -> Error {
    Error::unsupported("JSON can be tested for other JSON only if that is a value, and not another expression")
}
