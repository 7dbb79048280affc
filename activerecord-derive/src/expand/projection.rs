//! A projection: its fields' columns, from the model's constants.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use crate::ast::{Projected, Projection, constant, written};

/// Returns `None` when the model is unknown.
pub(super) fn expand(projection: &Projection<'_>) -> Option<TokenStream> {
    let (ident, model) = (projection.ident, projection.model.as_ref()?);
    let columns = projection.fields.iter().map(|Projected { ident, ty }| {
        let (constant, name, ty) = (constant(ident), ident.unraw().to_string(), written(ty));
        quote!(<#model>::#constant.def(#name, #ty))
    });
    let fields = projection.fields.iter().enumerate().map(|(position, Projected { ident, ty })| {
        let (constant, ordinal) = (constant(ident), Literal::usize_unsuffixed(position));
        quote!(#ident: __ar::of(<#model>::#constant).read::<#ty>(row, #ordinal)?)
    });
    Some(quote! {
        #[automatically_derived]
        impl __ar::Projection for #ident {
            type Model = #model;
            const COLUMNS: &'static [__ar::ColumnDef] = &[#(#columns),*];
            fn from_row(row: &dyn __ar::RowRef) -> __ar::Result<Self> {
                ::core::result::Result::Ok(Self { #(#fields),* })
            }
        }
    })
}
