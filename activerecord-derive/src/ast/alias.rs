//! A second name of a model.

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
    /// Reads an alias. What it has for fields is its own business: nothing is kept in it.
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        no_generics(ctxt, input, "Alias", "it is one name of one model");
        let model = Attrs::new(ctxt, &input.attrs).path(ALIAS, &input.ident, "an alias names its model");
        Self { ident: &input.ident, model, name: names::snake_case(&input.ident.unraw().to_string()) }
    }
}
