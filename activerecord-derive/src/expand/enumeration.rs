//! An enum as the type of a column: text, or an integer under `#[repr(..)]`.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, Path, Variant};

use crate::attr::Attrs;
use crate::attr::symbol::VALUE;
use crate::ctxt::Ctxt;
use crate::names;

pub(super) fn expand(ctxt: &Ctxt, input: &DeriveInput) -> TokenStream {
    let krate = Attrs::new(ctxt, &input.attrs).krate();
    let Some(variants) = variants(ctxt, input) else { return TokenStream::new() };
    match repr(input) {
        Some(repr) => integer(ctxt, &krate, &input.ident, &variants, &repr),
        None => text(ctxt, &krate, &input.ident, &variants),
    }
}

/// The variants of an enum that can be a column, or the errors that say why it cannot.
fn variants<'i>(ctxt: &Ctxt, input: &'i DeriveInput) -> Option<Vec<&'i Variant>> {
    let Data::Enum(data) = &input.data else {
        ctxt.error(&input.ident, format!("ActiveEnum is derived on an enum, and `{}` is none", input.ident));
        return None;
    };
    if !input.generics.params.is_empty() {
        ctxt.error(&input.generics, "ActiveEnum takes no generics");
        return None;
    }
    if data.variants.is_empty() {
        ctxt.error(&input.ident, format!("`{}` has no variants: no value could be stored", input.ident));
        return None;
    }
    for variant in data.variants.iter().filter(|variant| !matches!(variant.fields, Fields::Unit)) {
        ctxt.error(
            variant,
            format!(
                "`{}` carries data, which a column of an ActiveEnum cannot hold; use Json for such an enum",
                variant.ident
            ),
        );
    }
    data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)).then(|| data.variants.iter().collect())
}

/// The integer of `#[repr(..)]`, if there is one.
fn repr(input: &DeriveInput) -> Option<Ident> {
    const INTEGERS: [&str; 7] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32"];
    let mut found = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        // A malformed repr is the compiler's to report.
        let _ = attr.parse_nested_meta(|meta| {
            found = found
                .take()
                .or_else(|| meta.path.get_ident().filter(|ident| INTEGERS.iter().any(|name| *ident == name)).cloned());
            Ok(())
        });
    }
    found
}

fn text(ctxt: &Ctxt, krate: &Path, ident: &Ident, variants: &[&Variant]) -> TokenStream {
    let mut seen = HashMap::new();
    let mut texts = Vec::new();
    for variant in variants {
        let written = Attrs::new(ctxt, &variant.attrs).text(VALUE);
        let text = written.map_or_else(|| names::snake_case(&variant.ident.unraw().to_string()), |text| text.value());
        if let Some(other) = seen.insert(text.clone(), &variant.ident) {
            ctxt.error(&variant.ident, format!("`{text}` is already the value of `{other}`"));
        }
        texts.push(text);
    }
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let positions = 0..idents.len();
    quote! {
        impl #ident {
            const __VALUES: &'static [&'static str] = &[#(#texts),*];
        }
        impl #krate::private::ToValue for #ident {
            const TYPE: #krate::private::ValueType = #krate::private::ValueType::Text;
            fn to_value(&self) -> #krate::private::Value {
                #krate::private::ToValue::to_value(match self { #(Self::#idents => #texts),* })
            }
        }
        impl #krate::private::FromValue for #ident {
            fn from_value(value: #krate::private::ValueRef<'_>) -> #krate::private::Result<Self> {
                ::core::result::Result::Ok(match #krate::private::variant(value, ::core::stringify!(#ident), Self::__VALUES)? {
                    #(#positions => Self::#idents,)*
                    _ => ::core::unreachable!(),
                })
            }
        }
    }
}

fn integer(ctxt: &Ctxt, krate: &Path, ident: &Ident, variants: &[&Variant], repr: &Ident) -> TokenStream {
    for variant in variants {
        Attrs::new(ctxt, &variant.attrs)
            .refuse(&[VALUE], "a variant that is stored as text; under #[repr] its number is stored");
    }
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    quote! {
        impl #krate::private::ToValue for #ident {
            const TYPE: #krate::private::ValueType = <#repr as #krate::private::ToValue>::TYPE;
            fn to_value(&self) -> #krate::private::Value {
                #krate::private::ToValue::to_value(&match self { #(Self::#idents => Self::#idents as #repr),* })
            }
        }
        impl #krate::private::FromValue for #ident {
            fn from_value(value: #krate::private::ValueRef<'_>) -> #krate::private::Result<Self> {
                let number = <#repr as #krate::private::FromValue>::from_value(value)?;
                #(if number == Self::#idents as #repr { return ::core::result::Result::Ok(Self::#idents); })*
                ::core::result::Result::Err(#krate::private::no_variant(::core::stringify!(#ident)))
            }
        }
    }
}
