//! Generated code beside errors: impls that never run. They keep the rest of the program, which needs the impls, from causing
//! further messages.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Field, Generics, TypeParamBound, parse_quote};

use crate::ast::{Alias, Projection, constant};
use crate::attr::symbol::{FLATTEN, HOOKS, SKIP};
use crate::ctxt::Errors;

/// The constants, `Hooks` and `Model`. The type of the key is unknown, so every key compiles.
pub(crate) fn model(input: &DeriveInput, errors: &Errors) -> TokenStream {
    let ident = &input.ident;
    let generics = generics(input);
    let (params, arguments, bounds) = generics.split_for_impl();
    let constants = constants(input, errors);
    let key = errors.as_type();
    let marked = has(&input.attrs, HOOKS);
    let hook_kind = if marked { quote!(__ar::Marked) } else { quote!(__ar::Unmarked) };
    let hooks = (!marked).then(|| quote!(impl #params __ar::Hooks<#hook_kind> for #ident #arguments #bounds {}));
    quote! {
        impl #params #ident #arguments #bounds {
            #(#constants)*
        }
        #hooks
        impl #params __ar::HasHooks<__ar::Marked> for #ident #arguments #bounds {}
        impl #params __ar::Model for #ident #arguments #bounds {
            type Key = #key;
            type HookKind = #hook_kind;
            const TABLE: &'static __ar::TableDef = &__ar::TableDef::of::<()>("", "", "");
            const HOOKS: bool = false;
            fn from_row(_: &dyn __ar::RowRef, _: usize) -> __ar::Result<Self> {
                ::core::unreachable!()
            }
            fn value(&self, _: usize) -> __ar::Value {
                ::core::unreachable!()
            }
            fn set_value(&mut self, _: usize, _: __ar::ValueRef<'_>) -> __ar::Result<()> {
                ::core::unreachable!()
            }
            fn key(&self) -> Self::Key {
                ::core::unreachable!()
            }
            fn key_values(_: &Self::Key) -> ::std::vec::Vec<__ar::Value> {
                ::core::unreachable!()
            }
        }
    }
}

/// `Embedded`, with one column, because a model cannot embed a struct without columns.
pub(crate) fn embedded(input: &DeriveInput, errors: &Errors) -> TokenStream {
    let ident = &input.ident;
    let generics = generics(input);
    let (params, arguments, bounds) = generics.split_for_impl();
    let columns = errors.as_type();
    quote! {
        impl #params __ar::Embedded for #ident #arguments #bounds {
            type Columns<__M> = #columns;
            const TABLE: &'static __ar::TableDef = &__ar::TableDef::of::<()>("", "", "")
                .columns(&[__ar::Kind::UNKNOWN.column::<(), ()>("", "").def("", "")], &[]);
            fn read(_: &dyn __ar::RowRef, _: usize, _: usize, _: &'static __ar::TableDef) -> __ar::Result<Self> {
                ::core::unreachable!()
            }
            fn value(&self, _: usize) -> __ar::Value {
                ::core::unreachable!()
            }
            fn set_value(&mut self, _: usize, _: __ar::ValueRef<'_>) -> __ar::Result<()> {
                ::core::unreachable!()
            }
        }
    }
}

/// `ToValue` and `FromValue`.
pub(crate) fn enumeration(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (params, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        impl #params __ar::ToValue for #ident #arguments #bounds {
            const TYPE: __ar::ValueType = __ar::ValueType::Text;
            fn to_value(&self) -> __ar::Value {
                ::core::unreachable!()
            }
        }
        impl #params __ar::FromValue for #ident #arguments #bounds {
            fn from_value(_: __ar::ValueRef<'_>) -> __ar::Result<Self> {
                ::core::unreachable!()
            }
        }
    }
}

/// `Projection`, of an unknown model unless the attribute names it.
pub(crate) fn projection(input: &DeriveInput, projection: Option<&Projection<'_>>, errors: &Errors) -> TokenStream {
    let ident = &input.ident;
    let generics = generics(input);
    let (params, arguments, bounds) = generics.split_for_impl();
    let named = projection.and_then(|projection| projection.model.as_ref()).map(|model| quote!(#model));
    let model = named.unwrap_or_else(|| errors.as_type());
    quote! {
        impl #params __ar::Projection for #ident #arguments #bounds {
            type Model = #model;
            const COLUMNS: &'static [__ar::ColumnDef] = &[];
            fn from_row(_: &dyn __ar::RowRef) -> __ar::Result<Self> {
                ::core::unreachable!()
            }
        }
    }
}

/// `Relation` and `Alias`, of an unknown model unless the attribute names it.
pub(crate) fn alias(input: &DeriveInput, alias: &Alias<'_>, errors: &Errors) -> TokenStream {
    let generics = generics(input);
    let (params, arguments, bounds) = generics.split_for_impl();
    let ident = &input.ident;
    let model = alias.model.as_ref().map_or_else(|| errors.as_type(), |model| quote!(#model));
    let relation = relation(input, &model);
    quote! {
        #relation
        impl #params __ar::Alias for #ident #arguments #bounds {
            type Model = #model;
        }
    }
}

/// The constants, `Relation` and `Cte`. The type of the row is unknown.
pub(crate) fn cte(input: &DeriveInput, errors: &Errors) -> TokenStream {
    let ident = &input.ident;
    let generics = generics(input);
    let (params, arguments, bounds) = generics.split_for_impl();
    let constants = constants(input, errors);
    let relation = relation(input, &quote!(Self));
    let row = errors.as_type();
    quote! {
        impl #params #ident #arguments #bounds {
            #(#constants)*
        }
        #relation
        impl #params __ar::Cte for #ident #arguments #bounds {
            type Row = #row;
        }
    }
}

fn relation(input: &DeriveInput, record: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    let generics = generics(input);
    let (params, arguments, bounds) = generics.split_for_impl();
    quote! {
        impl #params __ar::Relation for #ident #arguments #bounds {
            type Record = #record;
            const NAME: &'static str = "";
            const MODEL: ::core::option::Option<&'static __ar::TableDef> = ::core::option::Option::None;
            const COLUMNS: &'static [__ar::ColumnDef] = &[];
            const KEY: &'static [usize] = &[];
            fn read(_: &dyn __ar::RowRef, _: usize) -> __ar::Result<Self::Record> {
                ::core::unreachable!()
            }
        }
    }
}

/// A constant for each field that may be a column; its type is unknown if the field is flattened.
fn constants(input: &DeriveInput, errors: &Errors) -> impl Iterator<Item = TokenStream> {
    let unknown = errors.as_type();
    let mut seen = HashSet::new();
    let fields = match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    };
    let columns = fields.into_iter().filter(|field| !has(&field.attrs, SKIP));
    columns.filter_map(move |Field { vis, ident, ty, attrs, .. }| {
        let constant = ident.as_ref().map(constant).filter(|constant| seen.insert(constant.clone()))?;
        if has(attrs, FLATTEN) {
            return Some(quote!(#vis const #constant: #unknown = ::core::unreachable!();));
        }
        Some(quote! {
            #vis const #constant: __ar::Column<Self, #ty> = __ar::Kind::UNKNOWN.column("", "");
        })
    })
}

/// The item's generics, with the bounds of the traits.
fn generics(input: &DeriveInput) -> Generics {
    let mut generics = input.generics.clone();
    for param in generics.type_params_mut() {
        param.bounds.extend::<[TypeParamBound; 3]>([
            parse_quote!(::core::marker::Send),
            parse_quote!(::core::marker::Sync),
            parse_quote!('static),
        ]);
    }
    for param in generics.lifetimes_mut() {
        param.bounds.push(parse_quote!('static));
    }
    generics
}

fn has(attrs: &[syn::Attribute], word: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(word))
}
