//! A projection: the columns of its fields, by the model's own constants.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;
use syn::ext::IdentExt;

use crate::ast::{constant, named_fields};
use crate::attr::Attrs;
use crate::ctxt::Ctxt;

pub(super) fn expand(ctxt: &Ctxt, input: &DeriveInput) -> TokenStream {
    let attrs = Attrs::new(ctxt, &input.attrs);
    let (krate, model, ident) = (attrs.krate(), attrs.model(), &input.ident);
    let fields = named_fields(ctxt, input, "Projection");
    let (Some(fields), true) = (fields, input.generics.params.is_empty()) else { return TokenStream::new() };
    let fields: Vec<_> = fields.map(|(field, ident)| (ident, &field.ty)).collect();
    if fields.is_empty() {
        ctxt.error(ident, format!("`{ident}` has no fields"));
    }
    let Some(model) = model else {
        if !attrs.has_model() {
            ctxt.error(ident, "a projection names its model: add `#[model(User)]`");
        }
        return TokenStream::new();
    };
    let columns = fields.iter().map(|(field, ty)| {
        let (constant, name) = (constant(field), field.unraw().to_string());
        // The model's constant is checked against the field's type here, at the field.
        let column = quote_spanned!(field.span()=> <#model>::#constant);
        quote!(#krate::private::projected::<#model, #ty>(#name, #column))
    });
    let reads =
        fields.iter().enumerate().map(|(ordinal, (field, _))| quote!(#field: #krate::private::cell(row, #ordinal)?));
    quote! {
        impl #krate::private::Projection for #ident {
            type Model = #model;
            const COLUMNS: &'static [#krate::private::ColumnDef] = &[#(#columns),*];
            fn from_row(row: &dyn #krate::private::RowRef) -> #krate::private::Result<Self> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }
        }
    }
}
