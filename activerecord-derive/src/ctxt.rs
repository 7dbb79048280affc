//! Collects every error of one derive, so that all are shown at once.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// The errors of one derive. Dropping it without [`check`](Self::check) panics, so a test finds the mistake.
#[derive(Debug)]
pub(crate) struct Ctxt {
    errors: RefCell<Option<Vec<syn::Error>>>,
}

/// All errors of one derive, at least one.
#[derive(Debug)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// An error at these tokens.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&self, error: syn::Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// Returns the errors, if there are any.
    pub(crate) fn check(self) -> Result<(), Errors> {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        if errors.is_empty() { Ok(()) } else { Err(Errors(errors)) }
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        assert!(std::thread::panicking() || self.errors.borrow().is_none(), "a Ctxt was dropped unchecked");
    }
}

impl Errors {
    /// An array type whose length is the first error. Code that depends on this type causes no further messages, and the
    /// compiler shows the error once.
    pub(crate) fn as_type(&self) -> TokenStream {
        let first = self.0.first().map(syn::Error::to_compile_error);
        quote!([(); #first])
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().map(syn::Error::to_compile_error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "a Ctxt was dropped unchecked")]
    fn a_forgotten_check_is_found() {
        drop(Ctxt::new());
    }

    #[test]
    fn every_error_is_kept() {
        let ctxt = Ctxt::new();
        ctxt.error(quote!(a), "first");
        ctxt.error(quote!(b), "second");
        let errors = ctxt.check().expect_err("two errors").into_token_stream().to_string();
        assert!(errors.contains("first") && errors.contains("second"), "{errors}");
    }
}
