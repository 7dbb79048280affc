//! An alias of a model: everything but the name comes from the model.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::Alias;

/// Returns `None` when the model is unknown.
pub(super) fn expand(alias: &Alias<'_>) -> Option<TokenStream> {
    let (ident, model, name) = (alias.ident, alias.model.as_ref()?, &alias.name);
    Some(quote! {
        #[automatically_derived]
        impl __ar::Relation for #ident {
            type Record = #model;
            const NAME: &'static str = #name;
            const MODEL: ::core::option::Option<&'static __ar::TableDef> = <#model as __ar::Relation>::MODEL;
            const COLUMNS: &'static [__ar::ColumnDef] = <#model as __ar::Relation>::COLUMNS;
            const KEY: &'static [usize] = <#model as __ar::Relation>::KEY;
            const FOUND: ::core::option::Option<__ar::Found<#model>> = <#model as __ar::Relation>::FOUND;
            fn read(row: &dyn __ar::RowRef, at: usize) -> __ar::Result<#model> {
                <#model as __ar::Relation>::read(row, at)
            }
        }
        #[automatically_derived]
        impl __ar::Alias for #ident {
            type Model = #model;
        }
    })
}
