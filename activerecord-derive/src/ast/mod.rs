//! The item of a derive, as the rest of the crate sees it.

mod alias;
mod enumeration;
mod model;
mod projection;

pub(crate) use alias::Alias;
pub(crate) use enumeration::{Enumeration, Storage, Variant};
pub(crate) use model::{Field, Model};
pub(crate) use projection::{Projected, Projection};

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field as SynField, Fields, Ident, Type};

use crate::ctxt::Ctxt;
use crate::names;

/// The named fields of a struct, or an error that says what the item is instead.
fn named_fields<'a>(
    ctxt: &Ctxt,
    input: &'a DeriveInput,
    derive: &str,
) -> Option<impl Iterator<Item = (&'a SynField, &'a Ident)> + use<'a>> {
    let what = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return Some(fields.named.iter().filter_map(|field| Some((field, field.ident.as_ref()?))));
            }
            Fields::Unnamed(_) => "a tuple struct",
            Fields::Unit => "a struct without fields",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    ctxt.error(&input.ident, format!("{derive} needs a struct with named fields, but `{}` is {what}", input.ident));
    None
}

fn no_generics(ctxt: &Ctxt, input: &DeriveInput, derive: &str) {
    if !input.generics.params.is_empty() {
        ctxt.error(&input.generics, format!("{derive} does not support generic parameters"));
    }
}

/// The name of the constant of a field's column.
pub(crate) fn constant(field: &Ident) -> Ident {
    Ident::new(&names::snake_case(&field.unraw().to_string()).to_uppercase(), field.span())
}

/// The source text of a type, for messages.
pub(crate) fn written(ty: &Type) -> String {
    names::spaced(&ty.to_token_stream().to_string())
}
