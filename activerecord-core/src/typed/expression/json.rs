//! Values inside JSON.

use serde::Serialize;

use super::{Expression, Scalar};
use crate::statement::{Expr, JsonKind, JsonStep};
use crate::typed::{IsJson, Predicate};
use crate::value::{FromValue, Json, ToValue};

/// Values inside a JSON column or expression.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, settings: serde_json::Value }
/// # async fn example() -> Result<()> {
/// let dark = User::filter(User::SETTINGS.json::<String>(["theme", "name"]).eq("dark")).all().await?;
/// let sizes: Vec<Option<i64>> = User::select(User::SETTINGS.json::<i64>("size")).all().await?;
/// let admins = User::filter(User::SETTINGS.json_contains(serde_json::json!({ "roles": ["admin"] }))).all().await?;
/// # Ok(()) }
/// ```
pub trait JsonScalar: Scalar {
    /// Returns the value at a path of the JSON. It is `None` if the path does not exist or its value is not a `K`. A key
    /// enters only objects, and a position only arrays. A number can be read as a `String`, as the database writes it, and
    /// as an `i64`, without its fraction. A key that begins with `-` is `Unsupported`, because MariaDB finds no such key.
    fn json<K: FromJson>(self, path: impl IntoJsonPath) -> Expression<Self::Scope, Option<K>>
    where
        Self::Type: IsJson,
    {
        Expression::new(Expr::Json(Box::new(self.into_tree()), path.into_json_path(), K::KIND))
    }

    /// Is true if the JSON contains all of `other`: its members, its elements, or the same scalar. An array also contains
    /// a scalar that is one of its elements, but only if that array is the whole JSON. SQLite does not support it:
    /// `Unsupported`, see [`Capabilities::json_contains`](crate::Capabilities::json_contains).
    fn json_contains(self, other: impl Serialize) -> Predicate<Self::Scope>
    where
        Self::Type: IsJson,
    {
        let other = Expr::Value(Json(other).to_value());
        Predicate::new(Expr::JsonContains(Box::new(self.into_tree()), Box::new(other)))
    }
}

impl<S: Scalar> JsonScalar for S {}

/// A type that a value inside JSON can be read as: `String`, `i64`, `f64` or `bool`.
#[diagnostic::on_unimplemented(
    message = "JSON at a path cannot be read as `{Self}`",
    note = "read it as a String, an i64, an f64 or a bool"
)]
pub trait FromJson: FromValue {
    /// The kind that the value must have.
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

/// A path into JSON: a key, or an array or a `Vec` of keys (`&str`) or of positions (`u32`). For both in one path, use an
/// array of [`JsonStep`].
#[diagnostic::on_unimplemented(
    message = "expected a path into JSON, found `{Self}`",
    note = "write a key, an array of keys, or an array of `JsonStep::from(..)` of keys and positions"
)]
pub trait IntoJsonPath {
    /// Returns the steps.
    fn into_json_path(self) -> Vec<JsonStep>;
}

impl IntoJsonPath for &str {
    fn into_json_path(self) -> Vec<JsonStep> {
        vec![self.into()]
    }
}

impl<T: Into<JsonStep>> IntoJsonPath for Vec<T> {
    fn into_json_path(self) -> Vec<JsonStep> {
        self.into_iter().map(T::into).collect()
    }
}

impl<T: Into<JsonStep>, const N: usize> IntoJsonPath for [T; N] {
    fn into_json_path(self) -> Vec<JsonStep> {
        self.into_iter().map(T::into).collect()
    }
}
