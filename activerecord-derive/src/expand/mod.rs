//! Turns what was read into generated code. Nothing here decides anything at run time.

mod alias;
mod cte;
mod embedded;
mod enumeration;
mod model;
mod ordinals;
mod projection;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use crate::ast::{Alias, Enumeration, Model, Projection};
use crate::attr::krate;
use crate::check;
use crate::ctxt::{Ctxt, Errors};
use crate::fallback;

/// `#[derive(ActiveRecord)]`
pub(crate) fn model(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let krate = krate(&ctxt, &input.attrs);
    let model = Model::read(&ctxt, input);
    if let Some(model) = &model {
        check::model(&ctxt, model);
    }
    // Only the library's own crates use the name of the core.
    let own = krate.is_ident("activerecord_core");
    finish(ctxt, &krate, model.as_ref().map(|model| model::expand(model, own)), |errors| fallback::model(input, errors))
}

/// `#[derive(Embedded)]`
pub(crate) fn embedded(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let krate = krate(&ctxt, &input.attrs);
    let embedded = Model::read_embedded(&ctxt, input);
    if let Some(embedded) = &embedded {
        check::embedded(&ctxt, embedded);
    }
    let columns = embedded.as_ref().and_then(|embedded| embedded::columns(embedded, &krate));
    let impls =
        finish(ctxt, &krate, embedded.as_ref().map(embedded::expand), |errors| fallback::embedded(input, errors));
    quote!(#columns #impls)
}

/// `#[derive(ActiveEnum)]`
pub(crate) fn active_enum(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let krate = krate(&ctxt, &input.attrs);
    let enumeration = Enumeration::read(&ctxt, input);
    if let Some(enumeration) = &enumeration {
        check::enumeration(&ctxt, enumeration);
    }
    finish(ctxt, &krate, enumeration.as_ref().map(enumeration::expand), |_| fallback::enumeration(input))
}

/// `#[derive(Projection)]`
pub(crate) fn projection(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let krate = krate(&ctxt, &input.attrs);
    let projection = Projection::read(&ctxt, input);
    if let Some(projection) = &projection {
        check::projection(&ctxt, projection);
    }
    let expanded = projection.as_ref().and_then(projection::expand);
    finish(ctxt, &krate, expanded, |errors| fallback::projection(input, projection.as_ref(), errors))
}

/// `#[derive(Alias)]`
pub(crate) fn alias(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let krate = krate(&ctxt, &input.attrs);
    let alias = Alias::read(&ctxt, input);
    let expanded = alias::expand(&alias);
    finish(ctxt, &krate, expanded, |errors| fallback::alias(input, &alias, errors))
}

/// `#[derive(Cte)]`
pub(crate) fn cte(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let krate = krate(&ctxt, &input.attrs);
    let cte = Model::read_cte(&ctxt, input);
    if let Some(cte) = &cte {
        check::cte(&ctxt, cte);
    }
    finish(ctxt, &krate, cte.as_ref().map(cte::expand), |errors| fallback::cte(input, errors))
}

/// The expansion; or, after errors, the errors and impls that prevent further messages.
fn finish(
    ctxt: Ctxt,
    krate: &Path,
    expanded: Option<TokenStream>,
    fallback: impl FnOnce(&Errors) -> TokenStream,
) -> TokenStream {
    match ctxt.check() {
        Ok(()) => scope(krate, &expanded.unwrap_or_default()),
        Err(errors) => {
            let impls = scope(krate, &fallback(&errors));
            quote!(#errors #impls)
        }
    }
}

/// Names the crate once, so that a missing crate gives one message.
fn scope(krate: &Path, impls: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            use #krate::private as __ar;
            #impls
        };
    }
}
