//! The ordinals of columns: numbers, until a field with `#[flatten]` precedes them, because only the compiler knows its width.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Type};

use crate::ast::Model;

/// The ordinal of the first column of the field at this position among the fields that have columns.
pub(super) fn at(model: &Model<'_>, position: usize) -> TokenStream {
    if !is_counted(model, position) {
        let number = number(position);
        return quote!(#number);
    }
    let constant = constant(model, position);
    quote!(#constant)
}

/// The number of all columns.
pub(super) fn width(model: &Model<'_>) -> TokenStream {
    at(model, model.columns().count())
}

/// A constant for each ordinal that is not a plain number.
pub(super) fn constants(model: &Model<'_>) -> TokenStream {
    let constants = model.columns().enumerate().filter(|(position, _)| is_counted(model, position + 1));
    let constants = constants.map(|(position, field)| {
        let (next, this) = (constant(model, position + 1), at(model, position));
        let width = if field.flatten.is_some() { width_of(field.ty) } else { quote!(1) };
        quote!(const #next: usize = #this + #width;)
    });
    quote!(#(#constants)*)
}

pub(super) fn number(position: usize) -> Literal {
    Literal::usize_unsuffixed(position)
}

fn width_of(ty: &Type) -> TokenStream {
    quote!(<#ty as __ar::Embedded>::TABLE.columns.len())
}

/// Whether an embedded struct precedes this position.
fn is_counted(model: &Model<'_>, position: usize) -> bool {
    model.columns().take(position).any(|field| field.flatten.is_some())
}

fn constant(model: &Model<'_>, position: usize) -> Ident {
    model
        .columns()
        .nth(position)
        .map_or_else(|| format_ident!("__WIDTH"), |field| format_ident!("__AT_{}", field.constant))
}
