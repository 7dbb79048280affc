//! The rules of an enum.

use std::collections::HashMap;

use syn::LitStr;

use crate::ast::{Enumeration, Storage, Variant};
use crate::ctxt::Ctxt;

pub(crate) fn enumeration(ctxt: &Ctxt, enumeration: &Enumeration<'_>) {
    has_variants(ctxt, enumeration);
    for variant in &enumeration.variants {
        holds_no_data(ctxt, variant);
    }
    match &enumeration.storage {
        Storage::Text => {
            values_differ(ctxt, enumeration);
            text_has_no_numbers(ctxt, enumeration);
        }
        Storage::Integer(repr) => {
            repr_is_of_a_fixed_size(ctxt, repr);
            numbers_have_no_other_value(ctxt, enumeration, repr);
        }
    }
}

fn has_variants(ctxt: &Ctxt, enumeration: &Enumeration<'_>) {
    if enumeration.variants.is_empty() {
        ctxt.error(enumeration.ident, format!("`{}` has no variants to store", enumeration.ident));
    }
}

fn holds_no_data(ctxt: &Ctxt, variant: &Variant<'_>) {
    if !variant.is_unit {
        let message =
            format!("`{}` holds data, which ActiveEnum cannot store: use a column of Json<..>", variant.ident);
        ctxt.error(variant.ident, message);
    }
}

fn values_differ(ctxt: &Ctxt, enumeration: &Enumeration<'_>) {
    let mut seen = HashMap::new();
    for variant in &enumeration.variants {
        let text = variant.text();
        if let Some(other) = seen.insert(text.clone(), variant.ident) {
            let span = variant.renamed.as_ref().map_or_else(|| variant.ident.span(), LitStr::span);
            ctxt.push(syn::Error::new(span, format!("the variant `{other}` already has the value \"{text}\"")));
        }
    }
}

fn text_has_no_numbers(ctxt: &Ctxt, enumeration: &Enumeration<'_>) {
    let number = enumeration.variants.iter().find_map(|variant| Some((variant.ident, variant.number?)));
    if let Some((ident, number)) = number {
        let message = format!(
            "without #[repr] `{ident}` is stored as text, not as this number: add #[repr(i16)] to `{}`, or remove the \
             numbers",
            enumeration.ident
        );
        ctxt.error(number, message);
    }
}

fn repr_is_of_a_fixed_size(ctxt: &Ctxt, repr: &syn::Ident) {
    if repr == "isize" || repr == "usize" {
        ctxt.error(
            repr,
            format!("the size of {repr} differs between machines: use an integer of a fixed size, such as i16"),
        );
    } else if repr == "i128" || repr == "u128" {
        ctxt.error(repr, format!("{repr} cannot be the type of a column: use a smaller integer, such as i16"));
    }
}

fn numbers_have_no_other_value(ctxt: &Ctxt, enumeration: &Enumeration<'_>, repr: &syn::Ident) {
    for value in enumeration.variants.iter().filter_map(|variant| variant.renamed.as_ref()) {
        ctxt.error(
            value,
            format!("#[repr({repr})] stores the number of the variant: remove #[value], or #[repr] to store text"),
        );
    }
}
