//! A common table expression: the constants and the reading of a model, without a table.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{constants, record, table};
use crate::ast::Model;

pub(super) fn expand(cte: &Model<'_>) -> TokenStream {
    let (ident, name) = (cte.ident, &cte.table);
    let (constants, table, record) = (constants(cte), table(cte), record(cte, &TokenStream::new(), &quote!(__TABLE)));
    let types = cte.columns().map(|field| field.ty);
    quote! {
        #constants
        #table
        #[automatically_derived]
        impl __ar::Relation for #ident {
            type Record = Self;
            const NAME: &'static str = #name;
            const MODEL: ::core::option::Option<&'static __ar::TableDef> = ::core::option::Option::None;
            const COLUMNS: &'static [__ar::ColumnDef] = __TABLE.columns;
            const KEY: &'static [usize] = &[];
            fn read(row: &dyn __ar::RowRef, at: usize) -> __ar::Result<Self> {
                #record
            }
        }
        #[automatically_derived]
        impl __ar::Cte for #ident {
            type Row = (#(#types,)*);
        }
    }
}
