//! From what was read to what is emitted. Nothing here decides anything at run time.

mod enumeration;
mod model;
mod projection;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ast;
use crate::check;
use crate::ctxt::Ctxt;
use crate::fallback;

/// `#[derive(ActiveRecord)]`
pub(crate) fn model(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let read = ast::Model::read(&ctxt, input);
    if let Some(model) = &read {
        check::check(&ctxt, model);
    }
    let expanded = match read.filter(|_| input.generics.params.is_empty()) {
        Some(model) => model::expand(&model),
        None => fallback::model(input),
    };
    with_errors(ctxt, expanded)
}

/// `#[derive(ActiveEnum)]`
pub(crate) fn active_enum(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let expanded = enumeration::expand(&ctxt, input);
    with_errors(ctxt, expanded)
}

/// `#[derive(Projection)]`
pub(crate) fn projection(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let expanded = projection::expand(&ctxt, input);
    with_errors(ctxt, expanded)
}

/// The expansion, and every error beside it: what the rest of the program names is there either way.
fn with_errors(ctxt: Ctxt, expanded: TokenStream) -> TokenStream {
    let errors = ctxt.check().err().map(|error| error.to_compile_error());
    quote!(#errors #expanded)
}

#[cfg(test)]
mod tests;
