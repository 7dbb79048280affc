//! Values that can be passed as a key.

/// A value that can be passed as a key of type `K`, such as `&str` for `String`.
#[diagnostic::on_unimplemented(message = "expected a key of type `{K}`, found `{Self}`", label = "expected `{K}`")]
pub trait IntoKey<K> {
    /// Returns the key.
    fn into_key(self) -> K;
}

#[diagnostic::do_not_recommend]
impl<K> IntoKey<K> for K {
    fn into_key(self) -> K {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<K> IntoKey<Option<K>> for K {
    fn into_key(self) -> Option<K> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoKey<String> for &str {
    fn into_key(self) -> String {
        self.to_owned()
    }
}

#[diagnostic::do_not_recommend]
impl IntoKey<String> for &String {
    fn into_key(self) -> String {
        self.clone()
    }
}
