//! What is inside JSON.

use serde::Serialize;

use super::{Expression, Scalar};
use crate::statement::{Expr, JsonKind, JsonStep};
use crate::typed::{IsJson, Predicate};
use crate::value::{FromValue, Json, ToValue};

/// A column of JSON, or what is computed from JSON: what is inside it.
pub trait JsonScalar: Scalar {
    /// What is at a path of the JSON: `SETTINGS.json::<String>(["theme", "name"])`. None where there is nothing, or
    /// something else than a `K`; of a number, a `String` has it as the database writes it, and an `i64` its whole part.
    fn json<K: FromJson>(self, path: impl IntoJsonPath) -> Expression<Self::Scope, Option<K>>
    where
        Self::Type: IsJson,
    {
        Expression::new(Expr::Json(Box::new(self.into_tree()), path.into_json_path(), K::KIND))
    }

    /// Whether the JSON holds all of another: its members, its elements, or the same scalar. SQLite cannot say it:
    /// `Unsupported` there, see [`Capabilities::json_contains`](crate::Capabilities::json_contains).
    fn json_contains(self, other: impl Serialize) -> Predicate<Self::Scope>
    where
        Self::Type: IsJson,
    {
        let other = Expr::Value(Json(other).to_value());
        Predicate::new(Expr::JsonContains(Box::new(self.into_tree()), Box::new(other)))
    }
}

impl<S: Scalar> JsonScalar for S {}

/// As what JSON at a path is read.
#[diagnostic::on_unimplemented(
    message = "JSON at a path is not read as `{Self}`",
    note = "it is read as a String, an i64, an f64 or a bool"
)]
pub trait FromJson: FromValue {
    /// What the value has to be.
    const KIND: JsonKind;
}

impl FromJson for String {
    const KIND: JsonKind = JsonKind::Text;
}

impl FromJson for i64 {
    const KIND: JsonKind = JsonKind::Integer;
}

impl FromJson for f64 {
    const KIND: JsonKind = JsonKind::Float;
}

impl FromJson for bool {
    const KIND: JsonKind = JsonKind::Bool;
}

/// A path into JSON: a key, or an array of keys (`&str`) and positions (`u32`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no path into JSON",
    note = "write a key, an array of keys, or an array of `JsonStep::from(..)` of keys and positions"
)]
pub trait IntoJsonPath {
    /// The steps.
    fn into_json_path(self) -> Vec<JsonStep>;
}

impl IntoJsonPath for &str {
    fn into_json_path(self) -> Vec<JsonStep> {
        vec![self.into()]
    }
}

impl<T: Into<JsonStep>, const N: usize> IntoJsonPath for [T; N] {
    fn into_json_path(self) -> Vec<JsonStep> {
        self.into_iter().map(T::into).collect()
    }
}
