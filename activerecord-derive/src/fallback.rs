//! What is emitted beside an error about something that is not even a struct with fields: an empty model, so that the rest of
//! the program adds no messages of its own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

/// Impls of `Hooks` and `Model` that type-check and are never run.
pub(crate) fn model(input: &DeriveInput) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let ident = &input.ident;
    quote! {
        impl ::activerecord::private::Hooks for #ident {}
        impl ::activerecord::private::Model for #ident {
            type Key = ();
            const TABLE: &'static ::activerecord::private::Table = &::activerecord::private::Table::new("", "", "");
            const HOOKS: bool = false;
            fn from_row(_: &dyn ::activerecord::private::RowRef) -> ::activerecord::private::Result<Self> {
                ::core::unreachable!()
            }
            fn value(&self, _: usize) -> ::activerecord::private::Value {
                ::core::unreachable!()
            }
            fn set_value(&mut self, _: usize, _: ::activerecord::private::ValueRef<'_>) -> ::activerecord::private::Result<()> {
                ::core::unreachable!()
            }
            fn key(&self) -> Self::Key {}
            fn key_values(_: &Self::Key) -> ::std::vec::Vec<::activerecord::private::Value> {
                ::core::unreachable!()
            }
        }
    }
}
