//! An embedded struct: a struct of typed columns, the columns as data, and three small functions.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Ident, Path};

use super::model::{carry, origin, parts, record, roles, set, stored, value_of};
use super::ordinals;
use crate::ast::{Field, Model, written};

/// The struct of the columns, if there are any. Programs name it, so it is an item beside the embedded struct.
pub(super) fn columns(embedded: &Model<'_>, krate: &Path) -> Option<TokenStream> {
    embedded.columns().next()?;
    let (vis, ident, columns) = (embedded.vis, embedded.ident, columns_of(embedded.ident));
    let fields = embedded.columns().map(|Field { vis, ident, ty, flatten, .. }| {
        let (columns, what) = match flatten {
            Some(_) => (quote!(<#ty as #krate::private::Embedded>::Columns<__M>), "columns"),
            None => (quote!(#krate::private::Column<__M, #ty>), "column"),
        };
        let doc = format!("The {what} of `{}`.", ident.unraw());
        quote!(#[doc = #doc] #vis #ident: #columns)
    });
    let doc = format!("The columns of [`{ident}`] as columns of a model that embeds it.");
    Some(quote! {
        #[doc = #doc]
        #vis struct #columns<__M> {
            #(#fields),*
        }
    })
}

pub(super) fn expand(embedded: &Model<'_>) -> TokenStream {
    let (ident, columns, table) = (embedded.ident, columns_impls(embedded), table(embedded));
    let (record, values, sets) = (record(embedded, &quote!(first+), &quote!(table)), value_of(embedded), set(embedded));
    let (ordinals, type_, carry) = (ordinals::constants(embedded), columns_of(ident), carry(embedded));
    quote! {
        #columns
        #ordinals
        #table
        #[automatically_derived]
        impl __ar::Embedded for #ident {
            type Columns<__M> = #type_<__M>;
            const TABLE: &'static __ar::TableDef = __TABLE;
            fn read(
                row: &dyn __ar::RowRef,
                at: usize,
                first: usize,
                table: &'static __ar::TableDef,
            ) -> __ar::Result<Self> {
                #record
            }
            fn value(&self, ordinal: usize) -> __ar::Value {
                #values
            }
            fn set_value(&mut self, ordinal: usize, value: __ar::ValueRef<'_>) -> __ar::Result<()> {
                #sets
            }
            #carry
        }
    }
}

/// The constructor from a model's columns, and `Clone`, `Copy` and `Debug` without a bound on `__M`.
fn columns_impls(embedded: &Model<'_>) -> TokenStream {
    let columns = columns_of(embedded.ident);
    let fields = embedded.columns().enumerate().map(|(position, Field { ident, ty, flatten, .. })| {
        let at = ordinals::at(embedded, position);
        match flatten {
            Some(_) => quote! {
                #ident: <<#ty as __ar::Embedded>::Columns<__M>>::__of(columns.split_at(#at).1)
            },
            None => quote!(#ident: <#ty as __ar::ColumnType>::KIND.of(&columns[#at])),
        }
    });
    let idents = embedded.columns().map(|field| field.ident);
    let (name, names) = (columns.to_string(), embedded.columns().map(Field::name));
    quote! {
        impl<__M> #columns<__M> {
            #[doc(hidden)]
            pub const fn __of(columns: &'static [__ar::ColumnDef]) -> Self {
                Self { #(#fields),* }
            }
        }
        #[automatically_derived]
        impl<__M> ::core::clone::Clone for #columns<__M> {
            fn clone(&self) -> Self {
                *self
            }
        }
        #[automatically_derived]
        impl<__M> ::core::marker::Copy for #columns<__M> {}
        #[automatically_derived]
        impl<__M> ::core::fmt::Debug for #columns<__M> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name)#(.field(#names, &self.#idents))*.finish()
            }
        }
    }
}

fn table(embedded: &Model<'_>) -> TokenStream {
    let (ident, name) = (embedded.ident, embedded.ident.unraw().to_string());
    let columns = parts(embedded, |field, column, name| {
        let (ty, rust_type, origin, stored) = (field.ty, written(field.ty), origin(field), stored(field));
        let column = quote!(<#ty as __ar::ColumnType>::KIND.column::<#ident, #ty>("", #column) #stored);
        quote!(#column.def(#name, #rust_type) #origin)
    });
    let roles = roles(embedded);
    quote! {
        const __TABLE: &__ar::TableDef = &__ar::TableDef::of::<#ident>(#name, "", "")
            .columns(#columns, &[])
            #roles;
    }
}

/// The name of the struct of the columns.
pub(crate) fn columns_of(embedded: &Ident) -> Ident {
    format_ident!("{}Columns", embedded.unraw())
}
