//! A model: a constant for each column, its table as data, and five small functions.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::ordinals::{self, number};
use crate::ast::{Field, Model, written};
use crate::attr::Origin;
use crate::attr::symbol::{CREATED_AT, SOFT_DELETE, UPDATED_AT, VERSION};

/// `own`: a model of the library itself, which the compiler must not list among the user's models.
pub(super) fn expand(model: &Model<'_>, own: bool) -> TokenStream {
    let ident = model.ident;
    let unlisted = own.then(|| quote!(#[diagnostic::do_not_recommend]));
    let (constants, table, hooks) = (constants(model), table(model), model.hooks);
    let ordinals = ordinals::constants(model);
    let (from_row, value, set_value, carry) = (from_row(model), value(model), set_value(model), carry(model));
    let (key, key_functions) = key(model);
    let (hook_kind, hook_trait) = match hooks {
        true => (quote!(__ar::Marked), quote!(__ar::HasHooks<__ar::Marked>)),
        false => (quote!(__ar::Unmarked), quote!(__ar::Hooks<__ar::Unmarked>)),
    };
    quote! {
        #constants
        #[automatically_derived]
        #unlisted
        impl #hook_trait for #ident {}
        #ordinals
        #table
        #[automatically_derived]
        #unlisted
        impl __ar::Model for #ident {
            type Key = #key;
            type HookKind = #hook_kind;
            const TABLE: &'static __ar::TableDef = __TABLE;
            const HOOKS: bool = #hooks;
            #from_row
            #value
            #set_value
            #carry
            #[inline]
            fn serialized(&self) -> ::core::option::Option<__ar::Serialized> {
                #[allow(unused_imports)]
                use __ar::Unknown as _;
                __ar::Probe(self).maybe_json()
            }
            #key_functions
        }
    }
}

/// A constant for each column.
pub(super) fn constants(model: &Model<'_>) -> TokenStream {
    let ident = model.ident;
    let constants = model.columns().enumerate().map(|(position, field)| match field.flatten {
        Some(_) => flattened_constant(model, position, field),
        None => constant(model, field),
    });
    quote! {
        impl #ident {
            #(#constants)*
        }
    }
}

fn constant(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (ident, table, column) = (model.ident, &model.table, field.column());
    let (Field { vis, ty, constant, .. }, stored) = (field, stored(field));
    let doc = format!("The column `{column}`.");
    quote! {
        #[doc = #doc]
        #vis const #constant: __ar::Column<#ident, #ty> =
            <#ty as __ar::ColumnType>::KIND.column(#table, #column) #stored;
    }
}

/// The call that says how the values of a column are stored, if the field says so.
pub(super) fn stored(Field { column, ty, .. }: &Field<'_>) -> Option<TokenStream> {
    let stored = column.stored.as_ref()?;
    let kind = quote!(<#ty as __ar::ColumnType>::KIND);
    Some(quote_spanned!(stored.span()=> .stored(__ar::Stored::of_attribute(#stored, #kind.ty()))))
}

/// The constant of a flattened field: the embedded struct's columns as columns of the model.
fn flattened_constant(model: &Model<'_>, position: usize, field: &Field<'_>) -> TokenStream {
    let (model, at, name) = (model.ident, ordinals::at(model, position), field.name());
    let Field { vis, ty, constant, .. } = field;
    let doc = format!("The columns of `{name}`.");
    quote! {
        #[doc = #doc]
        #vis const #constant: <#ty as __ar::Embedded>::Columns<#model> =
            <<#ty as __ar::Embedded>::Columns<#model>>::__of(__TABLE.columns.split_at(#at).1);
    }
}

/// The table is a constant beside the impl, and the impl never uses it as `Self::TABLE`: this would require `Model`'s bounds
/// again, and report an unmet bound again.
pub(super) fn table(model: &Model<'_>) -> TokenStream {
    let (ident, name) = (model.ident, model.ident.unraw().to_string());
    let (table, connection) = (&model.table, &model.connection);
    let columns = parts(model, |field, _, name| {
        let (constant, ty, origin) = (&field.constant, written(field.ty), origin(field));
        quote!(#ident::#constant.def(#name, #ty) #origin)
    });
    let key = model.key().into_iter().map(|(position, _)| ordinals::at(model, position));
    let roles = roles(model);
    let scope_required = model.scope_required.then(|| quote!(.scope_required()));
    quote! {
        const __TABLE: &__ar::TableDef = &__ar::TableDef::of::<#ident>(#name, #table, #connection)
            .columns(#columns, &[#(#key),*])
            #roles
            #scope_required;
    }
}

/// The call that says where the values of a column come from, if not always from the field.
pub(super) fn origin(Field { ty, column, .. }: &Field<'_>) -> Option<TokenStream> {
    let (origin, word) = column.origin.as_ref()?;
    Some(match origin {
        Origin::Generated => quote!(.generated()),
        Origin::Default => quote_spanned!(word.span()=> .or_default(__ar::default_of::<#ty>)),
    })
}

/// The slice of all columns. `def` makes a column from the field, the column's name and the field's name.
pub(super) fn parts(model: &Model<'_>, def: impl Fn(&Field<'_>, String, String) -> TokenStream) -> TokenStream {
    let def = |field: &Field<'_>| def(field, field.column(), field.name());
    let columns: Vec<_> = model.columns().collect();
    if columns.iter().all(|field| field.flatten.is_none()) {
        let columns = columns.into_iter().map(def);
        return quote!(&[#(#columns),*]);
    }
    // Adjacent plain columns are one part, and so is each embedded struct.
    let parts = columns.chunk_by(|one, next| one.flatten.is_none() && next.flatten.is_none()).map(|part| match part {
        [Field { ty, flatten: Some(flatten), .. }] => match &flatten.prefix {
            Some(prefix) => quote!(__ar::prefixed!(#prefix, <#ty as __ar::Embedded>::TABLE.columns)),
            None => quote!(<#ty as __ar::Embedded>::TABLE.columns),
        },
        part => {
            let columns = part.iter().copied().map(def);
            quote!(&[#(#columns),*])
        }
    });
    let (table, width) = (&model.table, ordinals::width(model));
    quote!(const { &__ar::flattened::<#width>(#table, &[#(#parts),*]) })
}

/// The roles of the columns, as a chain of calls.
pub(super) fn roles(model: &Model<'_>) -> TokenStream {
    let role = |role| model.role(role).map(|position| ordinals::at(model, position)).into_iter();
    let (created_at, updated_at) = (role(CREATED_AT), role(UPDATED_AT));
    let (version, soft_delete) = (role(VERSION), role(SOFT_DELETE));
    let embedded = model.columns().enumerate().filter_map(|(position, Field { ty, flatten, .. })| {
        let (at, attr) = (ordinals::at(model, position), flatten.as_ref()?.attr);
        let span = attr.path().span();
        Some(quote_spanned!(span=> .embedding(#at, <#ty as __ar::Embedded>::TABLE)))
    });
    quote! {
        #(.created_at(#created_at))*
        #(.updated_at(#updated_at))*
        #(.version(#version))*
        #(.soft_delete(#soft_delete))*
        #(#embedded)*
    }
}

fn from_row(model: &Model<'_>) -> TokenStream {
    let record = record(model, &TokenStream::new(), &quote!(__TABLE));
    quote! {
        fn from_row(row: &dyn __ar::RowRef, at: usize) -> __ar::Result<Self> {
            #record
        }
    }
}

/// Reads the record from the columns of `table` from `first` on, which begin at ordinal `at` of the row.
pub(super) fn record(model: &Model<'_>, first: &TokenStream, table: &TokenStream) -> TokenStream {
    let mut positions = 0..;
    let fields = model.fields.iter().map(|Field { ident, ty, skip, flatten, .. }| {
        if skip.is_some() {
            return quote!(#ident: <#ty as ::core::default::Default>::default());
        }
        let ordinal = positions.next().map(|position| ordinals::at(model, position));
        let kind = kind(flatten.is_some());
        quote!(#ident: <#ty as #kind>::read(row, at, #first #ordinal, #table)?)
    });
    quote!(::core::result::Result::Ok(Self { #(#fields),* }))
}

/// The trait that the type of a field implements.
fn kind(is_flattened: bool) -> TokenStream {
    if is_flattened { quote!(__ar::Embedded) } else { quote!(__ar::ColumnType) }
}

fn value(model: &Model<'_>) -> TokenStream {
    let value = value_of(model);
    quote! {
        fn value(&self, ordinal: usize) -> __ar::Value {
            #value
        }
    }
}

/// The value of the column at `ordinal`.
pub(super) fn value_of(model: &Model<'_>) -> TokenStream {
    by_ordinal(model, |Field { ident, ty, flatten, .. }, at| match flatten {
        Some(_) => quote!(<#ty as __ar::Embedded>::value(&self.#ident, ordinal - #at)),
        None => quote!(<#ty as __ar::ColumnType>::bind(&self.#ident)),
    })
}

fn set_value(model: &Model<'_>) -> TokenStream {
    let set = set(model);
    quote! {
        fn set_value(&mut self, ordinal: usize, value: __ar::ValueRef<'_>) -> __ar::Result<()> {
            let set = #set;
            __ar::in_field(set, ordinal, __TABLE)
        }
    }
}

/// Sets the field of the column at `ordinal`.
pub(super) fn set(model: &Model<'_>) -> TokenStream {
    by_ordinal(model, |Field { ident, ty, flatten, .. }, at| match flatten {
        Some(_) => quote!(<#ty as __ar::Embedded>::set_value(&mut self.#ident, ordinal - #at, value)),
        None => quote!(<#ty as __ar::ColumnType>::set(&mut self.#ident, value)),
    })
}

/// Copies the skipped fields that can be cloned, also those inside embedded structs. `None`: there are none.
pub(super) fn carry(model: &Model<'_>) -> Option<TokenStream> {
    let copies = model.fields.iter().filter_map(|Field { ident, ty, skip, flatten, .. }| {
        if skip.is_some() {
            return Some(quote! {
                if let ::core::option::Option::Some(field) = __ar::Probe(&self.#ident).maybe_clone() {
                    copy.#ident = field;
                }
            });
        }
        flatten.as_ref().map(|_| quote!(<#ty as __ar::Embedded>::carry(&self.#ident, &mut copy.#ident);))
    });
    let copies: Vec<_> = copies.collect();
    (!copies.is_empty()).then(|| {
        quote! {
            fn carry(&self, copy: &mut Self) {
                #[allow(unused_imports)]
                use __ar::Unknown as _;
                #(#copies)*
            }
        }
    })
}

/// A match with one arm per field; each arm gets the ordinal of the field's first column.
fn by_ordinal(model: &Model<'_>, arm: impl Fn(&Field<'_>, &TokenStream) -> TokenStream) -> TokenStream {
    let arms = model.columns().enumerate().map(|(position, field)| {
        let at = ordinals::at(model, position);
        let pattern = match field.flatten {
            Some(_) => {
                let end = ordinals::at(model, position + 1);
                quote!(#at..#end)
            }
            None => at.clone(),
        };
        let arm = arm(field, &at);
        quote!(#pattern => #arm)
    });
    quote! {
        match ordinal {
            #(#arms,)*
            _ => __ar::no_column(__TABLE, ordinal),
        }
    }
}

/// The type of the key (the type of its field, or a tuple), and the functions of the key.
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
        let ordinals = (0..key.len()).map(number);
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
            ::core::convert::From::from([#values])
        }
    };
    (ty, functions)
}
