//! The rules of models, embedded structs and common table expressions.

use std::collections::HashMap;

use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::ast::{Field, Model, written};
use crate::attr::symbol::{CREATED_AT, ROLES, SOFT_DELETE, UPDATED_AT, VERSION};
use crate::attr::{Column, Origin};
use crate::ctxt::Ctxt;

pub(crate) fn model(ctxt: &Ctxt, model: &Model<'_>) {
    has_columns(ctxt, model);
    has_key(ctxt, model);
    key_is_not_generated(ctxt, model);
    each_role_once(ctxt, model);
    columns_differ(ctxt, model);
    constants_differ(ctxt, model);
    for field in &model.fields {
        key_has_no_role(ctxt, field);
        column(ctxt, field);
    }
}

/// The rules of an embedded struct.
pub(crate) fn embedded(ctxt: &Ctxt, embedded: &Model<'_>) {
    has_columns(ctxt, embedded);
    each_role_once(ctxt, embedded);
    columns_differ(ctxt, embedded);
    for field in &embedded.fields {
        key_is_the_models(ctxt, field);
        column(ctxt, field);
    }
}

/// The rules of a column in a model or an embedded struct.
fn column(ctxt: &Ctxt, field: &Field<'_>) {
    skip_stands_alone(ctxt, field);
    flatten_stands_alone(ctxt, field);
    flattened_is_always_there(ctxt, field);
    one_role(ctxt, field);
    version_is_an_integer(ctxt, field);
    soft_delete_is_an_optional_time(ctxt, field);
    role_of_a_time(ctxt, field);
    option_of_no_option(ctxt, field);
    origin_has_no_role(ctxt, field);
}

/// The rules of a common table expression.
pub(crate) fn cte(ctxt: &Ctxt, cte: &Model<'_>) {
    has_columns(ctxt, cte);
    columns_differ(ctxt, cte);
    constants_differ(ctxt, cte);
    for field in &cte.fields {
        cte_is_not_written(ctxt, field);
        skip_stands_alone(ctxt, field);
        option_of_no_option(ctxt, field);
    }
}

fn has_columns(ctxt: &Ctxt, model: &Model<'_>) {
    if model.columns().next().is_none() {
        ctxt.error(model.ident, format!("`{}` has no columns", model.ident));
    }
}

fn has_key(ctxt: &Ctxt, model: &Model<'_>) {
    // A skipped key has an error of its own.
    let marked = model.fields.iter().any(|field| field.primary_key.is_some());
    if !marked && model.key().is_empty() && model.columns().next().is_some() {
        ctxt.error(
            model.ident,
            format!("`{}` has no primary key: name a field `id`, or mark one with #[primary_key]", model.ident),
        );
    }
}

fn each_role_once(ctxt: &Ctxt, model: &Model<'_>) {
    for role in ROLES {
        for again in model.columns().filter_map(|field| field.role(role)).skip(1) {
            ctxt.error(again, format!("a model has at most one `#[{role}]`"));
        }
    }
}

fn columns_differ(ctxt: &Ctxt, model: &Model<'_>) {
    let mut seen = HashMap::new();
    // The compiler checks the columns of embedded structs, which are unknown here.
    for field in model.columns().filter(|field| field.flatten.is_none()) {
        let column = field.column();
        if let Some(other) = seen.insert(column.clone(), field.ident) {
            let message = format!("the field `{other}` already has the column `{column}`");
            ctxt.push(syn::Error::new(field.column_span(), message));
        }
    }
}

fn constants_differ(ctxt: &Ctxt, model: &Model<'_>) {
    let mut seen = HashMap::new();
    for field in model.columns() {
        let constant = &field.constant;
        if let Some(other) = seen.insert(constant, field.ident) {
            let message =
                format!("the field `{other}` already has the constant `{constant}`: rename one of the fields");
            ctxt.error(field.ident, message);
        }
    }
}

fn skip_stands_alone(ctxt: &Ctxt, field: &Field<'_>) {
    if let (Some(skip), true) = (field.skip, is_one_column(field)) {
        ctxt.error(skip, "a field with #[skip] is not a column: remove #[skip] or the other attributes");
    }
}

fn flatten_stands_alone(ctxt: &Ctxt, field: &Field<'_>) {
    let Some(flatten) = &field.flatten else { return };
    if is_one_column(field) || field.skip.is_some() {
        ctxt.error(flatten.attr, "a field with #[flatten] holds several columns: remove its other attributes");
    }
}

/// Whether a field has an attribute that only a column has.
fn is_one_column(field: &Field<'_>) -> bool {
    let Column { name, origin, stored } = &field.column;
    let has_settings = name.is_some() || origin.is_some() || stored.is_some();
    field.primary_key.is_some() || !field.roles.is_empty() || has_settings
}

fn flattened_is_always_there(ctxt: &Ctxt, field: &Field<'_>) {
    if let (Some(_), Some(embedded)) = (&field.flatten, optional(field.ty)) {
        let message = format!(
            "a flattened struct cannot be an Option, because its columns always exist: write `{}`, and make its fields \
             an Option where they may be NULL",
            written(embedded)
        );
        ctxt.error(field.ty, message);
    }
}

fn key_is_the_models(ctxt: &Ctxt, field: &Field<'_>) {
    if let Some(key) = field.primary_key {
        ctxt.error(key, "an embedded struct cannot have a primary key: put the key into the model");
    }
}

fn key_has_no_role(ctxt: &Ctxt, field: &Field<'_>) {
    if let (Some(_), Some((role, attr))) = (field.primary_key, field.roles.first()) {
        ctxt.error(attr, format!("a column of the primary key cannot be `#[{role}]`"));
    }
}

fn one_role(ctxt: &Ctxt, field: &Field<'_>) {
    if let [(first, _), (second, attr), ..] = &field.roles[..] {
        ctxt.error(attr, format!("a column cannot be both `#[{first}]` and `#[{second}]`"));
    }
}

// The meaning of a name is unknown here, so the rules below refuse only types that are certainly wrong.

const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];
const TIMES: [&str; 3] = ["DateTime", "NaiveDateTime", "NaiveDate"];
const OTHERS: [&str; 11] =
    ["bool", "f32", "f64", "String", "Vec", "Decimal", "Uuid", "Json", "NaiveTime", "Box", "Arc"];

fn version_is_an_integer(ctxt: &Ctxt, field: &Field<'_>) {
    let is_other = named(field.ty, &OTHERS) || named(field.ty, &TIMES) || optional(field.ty).is_some();
    if field.role(VERSION).is_some() && is_other {
        expected(ctxt, field, VERSION, "an integer, such as i32");
    }
}

fn soft_delete_is_an_optional_time(ctxt: &Ctxt, field: &Field<'_>) {
    let is_time = optional(field.ty).is_some_and(|ty| !is_no_time(ty));
    if field.role(SOFT_DELETE).is_some() && !is_time {
        expected(ctxt, field, SOFT_DELETE, "an optional time, such as Option<DateTime<Utc>>");
    }
}

fn role_of_a_time(ctxt: &Ctxt, field: &Field<'_>) {
    for role in [CREATED_AT, UPDATED_AT] {
        if field.role(role).is_some() && is_no_time(optional(field.ty).unwrap_or(field.ty)) {
            expected(ctxt, field, role, "a time, such as DateTime<Utc>");
        }
    }
}

fn expected(ctxt: &Ctxt, field: &Field<'_>, role: &str, what: &str) {
    ctxt.error(field.ty, format!("#[{role}] needs {what}; found `{}`", written(field.ty)));
}

fn is_no_time(ty: &Type) -> bool {
    named(ty, &INTEGERS) || named(ty, &OTHERS)
}

/// A write fills in a column with a role, so the database cannot.
fn origin_has_no_role(ctxt: &Ctxt, field: &Field<'_>) {
    let Some((_, word)) = &field.column.origin else { return };
    if let Some((role, _)) = field.roles.first() {
        ctxt.error(word, format!("a `{word}` column cannot be `#[{role}]`, because this library writes its values"));
    }
}

fn key_is_not_generated(ctxt: &Ctxt, model: &Model<'_>) {
    for (_, field) in model.key() {
        if let Some((Origin::Generated, word)) = &field.column.origin {
            ctxt.error(
                word,
                "a key cannot be `generated`, because writes find the row by it: remove the word from an integer key, \
                 and write `default` for another key that the database supplies",
            );
        }
    }
}

fn cte_is_not_written(ctxt: &Ctxt, field: &Field<'_>) {
    if let Some((_, word)) = &field.column.origin {
        ctxt.error(word, format!("a common table expression is not written: remove `{word}`"));
    }
}

/// Both `None` would be NULL.
fn option_of_no_option(ctxt: &Ctxt, field: &Field<'_>) {
    let Some(inner) = optional(field.ty).filter(|inner| optional(inner).is_some()) else { return };
    if field.skip.is_none() && field.flatten.is_none() {
        let message = format!(
            "an Option of an Option cannot be a column, because both None are NULL: write `{}`",
            written(inner)
        );
        ctxt.error(field.ty, message);
    }
}

/// Whether a type has one of these names, with or without a path and arguments.
fn named(ty: &Type, names: &[&str]) -> bool {
    last_segment(ty).is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// The type inside an `Option`.
fn optional(ty: &Type) -> Option<&Type> {
    let last = last_segment(ty).filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The last name of a path. A macro may have put the path into an invisible group.
fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}
