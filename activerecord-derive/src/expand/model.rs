//! A model: its constants, its table as data, and five small functions.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use crate::ast::{Field, Model, type_span};
use crate::attr::symbol::{CREATED_AT, SOFT_DELETE, UPDATED_AT, VERSION};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let (krate, ident) = (&model.krate, model.ident);
    let (constants, table) = (constants(model), table(model));
    let (key, from_row, value, set_value) = (key(model), from_row(model), value(model), set_value(model));
    // At the struct's name, so that a missing `impl Hooks` is reported there, and once.
    let model_trait = respan(quote!(#krate::private::Model), ident.span());
    let hooks = model.hooks;
    let no_hooks = (!hooks).then(|| quote!(impl #krate::private::Hooks for #ident {}));
    quote! {
        impl #ident {
            #(#constants)*
        }
        #no_hooks
        const _: () = {
            #table
            impl #model_trait for #ident {
                const TABLE: &'static #krate::private::Table = TABLE;
                const HOOKS: bool = #hooks;
                #key
                #from_row
                #value
                #set_value
            }
        };
    }
}

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let at_span = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(at_span).collect()
}

/// One constant for each column. Of two with one name, which is an error, the first.
fn constants<'m>(model: &'m Model<'_>) -> impl Iterator<Item = TokenStream> + use<'m> {
    let mut seen = HashSet::new();
    let (krate, ident) = (&model.krate, model.ident);
    model.columns().filter(move |field| seen.insert(field.constant())).map(move |field| {
        let (vis, constant, ty, column) = (field.vis, field.constant(), field.ty, &field.column.0);
        let doc = format!("The column `{column}`.");
        let (value_type, nullable) = (column_type(model, field, "TYPE"), column_type(model, field, "NULLABLE"));
        quote! {
            #[doc = #doc]
            #vis const #constant: #krate::private::Column<#ident, #ty> =
                #krate::private::Column::new(#column, #value_type, #nullable);
        }
    })
}

/// The table, beside the impl: inside, the functions would name it by the trait, and a missing `Hooks` would be reported by each.
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
    let (value_type, nullable) = (column_type(model, field, "TYPE"), column_type(model, field, "NULLABLE"));
    quote!(#krate::private::ColumnDef::new(#name, #column, #value_type, #nullable, #written))
}

/// `<T as ColumnType>::ITEM`, at the field's type: always in these words, so that the compiler, which reports the same error at
/// the same place once, says once that `T` is no type of a column.
fn column_type(model: &Model<'_>, field: &Field<'_>, item: &str) -> TokenStream {
    let (krate, ty) = (&model.krate, field.ty);
    let item = Ident::new(item, type_span(ty));
    quote_spanned!(type_span(ty)=> <#ty as #krate::private::ColumnType>::#item)
}

/// The key's type and how it is read: the field's own, or a tuple.
fn key(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let columns: Vec<_> = model.columns().collect();
    let fields: Vec<_> = model.key.iter().map(|&ordinal| columns[ordinal]).collect();
    let (types, idents): (Vec<_>, Vec<_>) = fields.iter().map(|field| (field.ty, field.ident)).unzip();
    let positions = (0..fields.len()).map(syn::Index::from);
    let binds = fields.iter().map(|field| column_type(model, field, "bind"));
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
            quote!(#(#binds(&key.#positions)),*),
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
        let ident = field.ident;
        if field.skip.is_some() {
            return quote!(#ident: ::core::default::Default::default());
        }
        let ordinal: Option<usize> = next.next();
        let read = column_type(model, field, "read");
        quote!(#ident: #read(row, #ordinal, TABLE)?)
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
        let (ident, bind) = (field.ident, column_type(model, field, "bind"));
        quote!(#ordinal => #bind(&self.#ident))
    });
    quote! {
        fn value(&self, ordinal: usize) -> #krate::private::Value {
            match ordinal {
                #(#arms,)*
                _ => #krate::private::no_column(TABLE, ordinal),
            }
        }
    }
}

fn set_value(model: &Model<'_>) -> TokenStream {
    let krate = &model.krate;
    let arms = model.columns().enumerate().map(|(ordinal, field)| {
        let (ident, set) = (field.ident, column_type(model, field, "set"));
        quote!(#ordinal => self.#ident = #set(value, #ordinal, TABLE)?)
    });
    quote! {
        fn set_value(&mut self, ordinal: usize, value: #krate::private::ValueRef<'_>) -> #krate::private::Result<()> {
            match ordinal {
                #(#arms,)*
                _ => #krate::private::no_column(TABLE, ordinal),
            }
            ::core::result::Result::Ok(())
        }
    }
}
