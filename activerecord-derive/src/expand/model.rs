//! A model: its constants, its table as data, and five small functions.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use crate::ast::{Field, Model, type_span};
use crate::attr::symbol::{CREATED_AT, SOFT_DELETE, UPDATED_AT, VERSION};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let (krate, ident) = (&model.krate, model.ident);
    let (constants, table) = (constants(model), table(model));
    let (key, from_row, value, set_value) = (key(model), from_row(model), value(model), set_value(model));
    let hooks = model.hooks;
    let no_hooks = (!hooks).then(|| quote!(impl #krate::private::Hooks for #ident {}));
    quote! {
        impl #ident {
            #(#constants)*
        }
        #no_hooks
        impl #krate::private::Model for #ident {
            #table
            const HOOKS: bool = #hooks;
            #key
            #from_row
            #value
            #set_value
        }
    }
}

/// One constant for each column. Of two with one name, which is an error, the first.
fn constants<'m>(model: &'m Model<'_>) -> impl Iterator<Item = TokenStream> + use<'m> {
    let mut seen = HashSet::new();
    let (krate, ident) = (&model.krate, model.ident);
    model.columns().filter(move |field| seen.insert(field.constant())).map(move |field| {
        let (vis, constant, ty, column) = (field.vis, field.constant(), field.ty, &field.column.0);
        let doc = format!("The column `{column}`.");
        let new = quote_spanned!(type_span(ty)=> #krate::private::column::<#ident, #ty>);
        quote! {
            #[doc = #doc]
            #vis const #constant: #krate::private::Column<#ident, #ty> = #new(#column);
        }
    })
}

fn table(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let (name, table, connection) = (model.ident.unraw().to_string(), &model.table, &model.connection);
    let columns = model.columns().map(|field| column_def(model, field));
    let key = &model.key;
    let created_at = model.role(CREATED_AT).map(|ordinal| quote!(.created_at(#ordinal)));
    let updated_at = model.role(UPDATED_AT).map(|ordinal| quote!(.updated_at(#ordinal)));
    let version = model.role(VERSION).map(|ordinal| quote!(.version(#ordinal)));
    let soft_delete = model.role(SOFT_DELETE).map(|ordinal| quote!(.soft_delete(#ordinal)));
    let scope_required = model.scope_required.then(|| quote!(.scope_required()));
    quote! {
        const TABLE: &'static #krate::private::Table = &#krate::private::Table::new(#name, #table, #connection)
            .columns(&[#(#columns),*], &[#(#key),*])
            #created_at #updated_at #version #soft_delete #scope_required;
    }
}

fn column_def(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (krate, ty, column) = (&model.krate, field.ty, &field.column.0);
    let name = field.ident.unraw().to_string();
    let written = quote!(#ty).to_string().replace(' ', "");
    quote_spanned!(type_span(ty)=> #krate::private::column_def::<#ty>(#name, #column, #written))
}

/// The key's type and how it is read: the field's own, or a tuple.
fn key(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let columns: Vec<_> = model.columns().collect();
    let fields: Vec<_> = model.key.iter().map(|&ordinal| columns[ordinal]).collect();
    let (types, idents): (Vec<_>, Vec<_>) = fields.iter().map(|field| (field.ty, field.ident)).unzip();
    let positions = (0..fields.len()).map(syn::Index::from);
    let (ty, value, values) = match &fields[..] {
        [field] => {
            let (ty, ident) = (field.ty, field.ident);
            (
                quote!(#ty),
                quote!(::core::clone::Clone::clone(&self.#ident)),
                quote!(#krate::private::ToValue::to_value(key)),
            )
        }
        _ => (
            quote!((#(#types,)*)),
            quote!((#(::core::clone::Clone::clone(&self.#idents),)*)),
            quote!(#(#krate::private::ToValue::to_value(&key.#positions)),*),
        ),
    };
    let unused = fields.is_empty().then(|| quote!(let _ = key;));
    quote! {
        type Key = #ty;
        fn key(&self) -> Self::Key {
            #value
        }
        fn key_values(key: &Self::Key) -> ::std::vec::Vec<#krate::private::Value> {
            #unused
            ::std::vec![#values]
        }
    }
}

fn from_row(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let mut next = 0..;
    let fields = model.fields.iter().map(|field| {
        let (ident, ty) = (field.ident, field.ty);
        if field.skip.is_some() {
            return quote!(#ident: ::core::default::Default::default());
        }
        let ordinal: Option<usize> = next.next();
        quote_spanned!(type_span(ty)=> #ident: #krate::private::field(row, #ordinal, Self::TABLE)?)
    });
    quote! {
        fn from_row(row: &dyn #krate::private::RowRef) -> #krate::private::Result<Self> {
            ::core::result::Result::Ok(Self { #(#fields),* })
        }
    }
}

fn value(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let arms = model.columns().enumerate().map(|(ordinal, field)| {
        let (ident, ty) = (field.ident, field.ty);
        quote_spanned!(type_span(ty)=> #ordinal => #krate::private::ToValue::to_value(&self.#ident))
    });
    quote! {
        fn value(&self, ordinal: usize) -> #krate::private::Value {
            match ordinal {
                #(#arms,)*
                _ => #krate::private::no_column(Self::TABLE, ordinal),
            }
        }
    }
}

fn set_value(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let arms = model.columns().enumerate().map(|(ordinal, field)| {
        let (ident, ty) = (field.ident, field.ty);
        quote_spanned!(type_span(ty)=> #ordinal => self.#ident = #krate::private::set(value, #ordinal, Self::TABLE)?)
    });
    quote! {
        fn set_value(&mut self, ordinal: usize, value: #krate::private::ValueRef<'_>) -> #krate::private::Result<()> {
            match ordinal {
                #(#arms,)*
                _ => #krate::private::no_column(Self::TABLE, ordinal),
            }
            ::core::result::Result::Ok(())
        }
    }
}
