//! What a type implements, found out by generated code: a method of [`Probe`] exists only for types that implement a
//! trait. For all others the method of [`Unknown`] is called, which returns `None`.
//!
//! No trait of the prelude has a method of these names. Otherwise the compiler would write that trait's path in full in
//! its messages about the program.

use serde::Serialize;

/// A value whose type may implement `Clone` or `Serialize`.
#[derive(Debug)]
pub struct Probe<'a, T>(pub &'a T);

impl<T: Clone> Probe<'_, T> {
    /// Returns a clone of the value.
    #[inline]
    pub fn maybe_clone(&self) -> Option<T> {
        Some(self.0.clone())
    }
}

impl<T: Serialize> Probe<'_, T> {
    /// Serializes the value.
    #[inline]
    pub fn maybe_json(&self) -> Option<serde_json::Result<serde_json::Value>> {
        Some(serde_json::to_value(self.0))
    }
}

/// The answers about a type that does not implement the trait. Inherent methods have precedence over those of a trait.
pub trait Unknown<T> {
    /// Returns `None`: the type is not `Clone`.
    fn maybe_clone(&self) -> Option<T> {
        None
    }

    /// Returns `None`: the type is not `Serialize`.
    fn maybe_json(&self) -> Option<serde_json::Result<serde_json::Value>> {
        None
    }
}

impl<T> Unknown<T> for Probe<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Serialize)]
    struct Both {
        n: i32,
    }

    struct Neither;

    #[test]
    fn a_method_exists_only_for_types_with_the_trait() {
        assert_eq!(Probe(&Both { n: 1 }).maybe_clone().map(|both| both.n), Some(1));
        assert_eq!(Probe(&Both { n: 1 }).maybe_json().and_then(Result::ok), Some(serde_json::json!({ "n": 1 })));
        assert!(Probe(&Neither).maybe_clone().is_none() && Probe(&Neither).maybe_json().is_none());
    }
}
