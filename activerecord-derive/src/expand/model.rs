//! A model: a constant for each column, its table as data, and five small functions.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use crate::ast::{Field, Model, written};
use crate::attr::symbol::{CREATED_AT, SOFT_DELETE, UPDATED_AT, VERSION};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let ident = model.ident;
    let (constants, table, hooks) = (constants(model), table(model), model.hooks);
    let (from_row, value, set_value) = (from_row(model), value(model), set_value(model));
    let (key, key_functions) = key(model);
    let no_hooks = (!hooks).then(|| quote!(#[automatically_derived] impl __ar::Hooks for #ident {}));
    quote! {
        #constants
        #no_hooks
        #table
        #[automatically_derived]
        impl __ar::Model for #ident {
            type Key = #key;
            const TABLE: &'static __ar::Table = __TABLE;
            const HOOKS: bool = #hooks;
            #from_row
            #value
            #set_value
            #key_functions
        }
    }
}

/// A constant for each column.
pub(super) fn constants(model: &Model<'_>) -> TokenStream {
    let ident = model.ident;
    let constants = model.columns().map(|field| constant(model, field));
    quote! {
        impl #ident {
            #(#constants)*
        }
    }
}

fn constant(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (ident, table, column) = (model.ident, &model.table, field.column());
    let Field { vis, ty, constant, .. } = field;
    let doc = format!("The column `{column}`.");
    quote! {
        #[doc = #doc]
        #vis const #constant: __ar::Column<#ident, #ty> =
            <#ty as __ar::ColumnType>::KIND.column(#table, #column);
    }
}

/// The table stands beside the impl, and no function there says `Self::`: it would ask once more for what `Model` asks for,
/// and so report once more what is missing.
pub(super) fn table(model: &Model<'_>) -> TokenStream {
    let (ident, name) = (model.ident, model.ident.unraw().to_string());
    let (table, connection) = (&model.table, &model.connection);
    let columns = model.columns().map(|field| {
        let (constant, name, ty) = (&field.constant, field.name(), written(field.ty));
        quote!(#ident::#constant.def(#name, #ty))
    });
    let key = model.key().into_iter().map(|(position, _)| ordinal(position));
    let role = |role| model.role(role).map(ordinal).into_iter();
    let (created_at, updated_at) = (role(CREATED_AT), role(UPDATED_AT));
    let (version, soft_delete) = (role(VERSION), role(SOFT_DELETE));
    let scope_required = model.scope_required.then(|| quote!(.scope_required()));
    quote! {
        const __TABLE: &__ar::Table = &__ar::Table::of::<#ident>(#name, #table, #connection)
            .columns(&[#(#columns),*], &[#(#key),*])
            #(.created_at(#created_at))*
            #(.updated_at(#updated_at))*
            #(.version(#version))*
            #(.soft_delete(#soft_delete))*
            #scope_required;
    }
}

fn from_row(model: &Model<'_>) -> TokenStream {
    let record = record(model);
    quote! {
        fn from_row(row: &dyn __ar::RowRef, at: usize) -> __ar::Result<Self> {
            #record
        }
    }
}

/// The record that begins at ordinal `at` of `row`.
pub(super) fn record(model: &Model<'_>) -> TokenStream {
    let mut ordinals = (0..).map(ordinal);
    let fields = model.fields.iter().map(|Field { ident, ty, skip, .. }| match skip {
        Some(_) => quote!(#ident: <#ty as ::core::default::Default>::default()),
        None => {
            let ordinal = ordinals.next();
            quote!(#ident: <#ty as __ar::ColumnType>::read(row, at, #ordinal, __TABLE)?)
        }
    });
    quote!(::core::result::Result::Ok(Self { #(#fields),* }))
}

fn value(model: &Model<'_>) -> TokenStream {
    let arms = model.columns().enumerate().map(|(position, Field { ident, ty, .. })| {
        let ordinal = ordinal(position);
        quote!(#ordinal => <#ty as __ar::ColumnType>::bind(&self.#ident))
    });
    quote! {
        fn value(&self, ordinal: usize) -> __ar::Value {
            match ordinal {
                #(#arms,)*
                _ => __ar::no_column(__TABLE, ordinal),
            }
        }
    }
}

fn set_value(model: &Model<'_>) -> TokenStream {
    let arms = model.columns().enumerate().map(|(position, Field { ident, ty, .. })| {
        let ordinal = ordinal(position);
        quote!(#ordinal => <#ty as __ar::ColumnType>::set(&mut self.#ident, value))
    });
    quote! {
        fn set_value(&mut self, ordinal: usize, value: __ar::ValueRef<'_>) -> __ar::Result<()> {
            let set = match ordinal {
                #(#arms,)*
                _ => __ar::no_column(__TABLE, ordinal),
            };
            __ar::in_field(set, ordinal, __TABLE)
        }
    }
}

/// The type of the key, which is the field's own or a tuple, and the functions about it.
fn key(model: &Model<'_>) -> (TokenStream, TokenStream) {
    let key = model.key();
    let (types, idents): (Vec<_>, Vec<_>) = key.iter().map(|(_, field)| (field.ty, field.ident)).unzip();
    let (ty, value, values) = if let ([ty], [ident]) = (&types[..], &idents[..]) {
        (
            quote!(#ty),
            quote!(<#ty as ::core::clone::Clone>::clone(&self.#ident)),
            quote!(<#ty as __ar::ColumnType>::bind(key)),
        )
    } else {
        let ordinals = (0..key.len()).map(ordinal);
        (
            quote!((#(#types,)*)),
            quote!((#(<#types as ::core::clone::Clone>::clone(&self.#idents),)*)),
            quote!(#(<#types as __ar::ColumnType>::bind(&key.#ordinals)),*),
        )
    };
    let functions = quote! {
        fn key(&self) -> #ty {
            #value
        }
        fn key_values(key: &#ty) -> ::std::vec::Vec<__ar::Value> {
            <::std::vec::Vec<__ar::Value> as ::core::convert::From<_>>::from([#values])
        }
    };
    (ty, functions)
}

fn ordinal(position: usize) -> Literal {
    Literal::usize_unsuffixed(position)
}
