//! An enum that is a column type.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Data, DeriveInput, Expr, Fields, Ident, LitStr, Variant as SynVariant, token};

use super::no_generics;
use crate::attr::{
    Attrs,
    symbol::{ACTIVERECORD, VALUE},
};
use crate::ctxt::Ctxt;
use crate::names;

/// An enum of unit variants.
pub(crate) struct Enumeration<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) storage: Storage,
    pub(crate) variants: Vec<Variant<'a>>,
}

/// How a variant is stored.
pub(crate) enum Storage {
    /// As text.
    Text,
    /// As its number, of this type.
    Integer(Ident),
}

/// A variant of the enum.
pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) is_unit: bool,
    /// Its explicit number.
    pub(crate) number: Option<&'a Expr>,
    /// The text from `#[value]`.
    pub(crate) renamed: Option<LitStr>,
}

impl<'a> Enumeration<'a> {
    /// Reads an enum. Returns `None` when the item is not an enum.
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        Attrs::new(ctxt, &input.attrs).refuse(&[VALUE], "a variant");
        no_generics(ctxt, input, "ActiveEnum");
        let Data::Enum(data) = &input.data else {
            let what = if matches!(input.data, Data::Struct(_)) { "a struct" } else { "a union" };
            ctxt.error(&input.ident, format!("ActiveEnum needs an enum, but `{}` is {what}", input.ident));
            return None;
        };
        let storage = repr(input).map_or(Storage::Text, Storage::Integer);
        let variants = data.variants.iter().map(|variant| Variant::read(ctxt, variant)).collect();
        Some(Self { ident: &input.ident, storage, variants })
    }
}

impl<'a> Variant<'a> {
    fn read(ctxt: &Ctxt, variant: &'a SynVariant) -> Self {
        let attrs = Attrs::new(ctxt, &variant.attrs);
        attrs.refuse(&[ACTIVERECORD], "the enum");
        let is_unit = matches!(variant.fields, Fields::Unit);
        let number = variant.discriminant.as_ref().map(|(_, number)| number);
        Self { ident: &variant.ident, is_unit, number, renamed: attrs.text(VALUE) }
    }

    /// The stored text.
    pub(crate) fn text(&self) -> String {
        let name = || names::snake_case(&self.ident.unraw().to_string());
        self.renamed.as_ref().map_or_else(name, LitStr::value)
    }
}

/// The integer of `#[repr(..)]`, if there is one.
fn repr(input: &DeriveInput) -> Option<Ident> {
    const INTEGERS: [&str; 12] =
        ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "isize", "usize", "i128", "u128"];
    let mut found = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        // The compiler reports a wrong repr.
        let _ = attr.parse_nested_meta(|meta| {
            if let Some(word) = meta.path.get_ident().filter(|word| INTEGERS.iter().any(|integer| word == integer)) {
                found = Some(word.clone());
            }
            skip_argument(meta.input)
        });
    }
    found
}

/// Skips the number of `align(4)`.
fn skip_argument(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(token::Paren) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
