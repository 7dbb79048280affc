//! An alias of a model.

use syn::ext::IdentExt;
use syn::{DeriveInput, Ident, Path};

use super::no_generics;
use crate::attr::{Attrs, symbol::ALIAS};
use crate::ctxt::Ctxt;
use crate::names;

/// A type that stands for a model's table under another name.
pub(crate) struct Alias<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) model: Option<Path>,
    /// The name, which is the type's in `snake_case`.
    pub(crate) name: String,
}

impl<'a> Alias<'a> {
    /// Reads an alias. Its fields do not matter, because the type is never constructed.
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        no_generics(ctxt, input, "Alias");
        let model = Attrs::new(ctxt, &input.attrs).path(ALIAS, &input.ident);
        Self { ident: &input.ident, model, name: names::snake_case(&input.ident.unraw().to_string()) }
    }
}
