//! The derive macros of `activerecord`. They emit data and small functions; behaviour lives in `activerecord-core`.
//!
//! `lib -> attr (words, with their spans) -> ast -> check (one function per rule) -> expand (one quote per function)`.

mod ast;
mod attr;
mod check;
mod ctxt;
mod expand;
mod fallback;
mod names;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a model.
///
/// On the struct: `#[connection = "primary"]` (the default), `#[table = "users"]` (default: the plural of the struct's name in
/// `snake_case`), `#[hooks]` (then `impl Hooks` is yours to write), `#[scope_required]`, `#[activerecord(crate = path)]`.
///
/// On a field: `#[primary_key]` (a field named `id` is the key by default; several make a composite key, in their order),
/// `#[column = "name"]`, `#[created_at]`, `#[updated_at]`, `#[version]`, `#[soft_delete]`, `#[skip]`.
#[proc_macro_derive(
    ActiveRecord,
    attributes(
        activerecord,
        connection,
        table,
        hooks,
        scope_required,
        primary_key,
        column,
        created_at,
        updated_at,
        version,
        soft_delete,
        skip
    )
)]
pub fn active_record(input: TokenStream) -> TokenStream {
    expand::model(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum of plain variants the type of a column.
///
/// A variant is stored as text: its name in `snake_case`, or what `#[value = ".."]` says. Under `#[repr(i16)]` (or another
/// integer) its number is stored.
#[proc_macro_derive(ActiveEnum, attributes(activerecord, value))]
pub fn active_enum(input: TokenStream) -> TokenStream {
    expand::active_enum(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct hold some of a model's columns, for `select_as`: `#[model(User)]` names the model, the fields its columns.
#[proc_macro_derive(Projection, attributes(activerecord, model))]
pub fn projection(input: TokenStream) -> TokenStream {
    expand::projection(&parse_macro_input!(input as DeriveInput)).into()
}
