//! An enum as a column type: one match on the variants per direction.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;
use syn::ext::IdentExt;

use crate::ast::{Enumeration, Storage};

pub(super) fn expand(enumeration: &Enumeration<'_>) -> TokenStream {
    let ident = enumeration.ident;
    let conversions = match &enumeration.storage {
        Storage::Text => text(enumeration),
        Storage::Integer(repr) => integer(enumeration, repr),
    };
    quote! {
        #conversions
        #[automatically_derived]
        impl __ar::MaybeNull for #ident {
            type Option = ::core::option::Option<Self>;
        }
    }
}

fn text(enumeration: &Enumeration<'_>) -> TokenStream {
    let (ident, name) = (enumeration.ident, enumeration.ident.unraw().to_string());
    let (idents, texts): (Vec<_>, Vec<_>) =
        enumeration.variants.iter().map(|variant| (variant.ident, variant.text())).unzip();
    quote! {
        #[automatically_derived]
        impl __ar::ToValue for #ident {
            const TYPE: __ar::ValueType = __ar::ValueType::Text;
            fn to_value(&self) -> __ar::Value {
                __ar::ToValue::to_value(match self {
                    #(Self::#idents => #texts,)*
                })
            }
        }
        #[automatically_derived]
        impl __ar::FromValue for #ident {
            fn from_value(value: __ar::ValueRef<'_>) -> __ar::Result<Self> {
                ::core::result::Result::Ok(match __ar::text(&value, #name)? {
                    #(#texts => Self::#idents,)*
                    _ => return ::core::result::Result::Err(__ar::unknown(#name, &[#(&#texts),*])),
                })
            }
        }
    }
}

fn integer(enumeration: &Enumeration<'_>, repr: &Ident) -> TokenStream {
    let (ident, name) = (enumeration.ident, enumeration.ident.unraw().to_string());
    let idents: Vec<_> = enumeration.variants.iter().map(|variant| variant.ident).collect();
    quote! {
        #[automatically_derived]
        impl __ar::ToValue for #ident {
            const TYPE: __ar::ValueType = <#repr as __ar::ToValue>::TYPE;
            fn to_value(&self) -> __ar::Value {
                __ar::ToValue::to_value(&match self {
                    #(Self::#idents => Self::#idents as #repr,)*
                })
            }
        }
        #[automatically_derived]
        impl __ar::FromValue for #ident {
            fn from_value(value: __ar::ValueRef<'_>) -> __ar::Result<Self> {
                ::core::result::Result::Ok(match <#repr as __ar::FromValue>::from_value(value)? {
                    #(number if number == Self::#idents as #repr => Self::#idents,)*
                    _ => return ::core::result::Result::Err(__ar::unknown(#name, &[#(&(Self::#idents as #repr)),*])),
                })
            }
        }
    }
}
