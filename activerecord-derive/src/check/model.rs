//! The rules of a model, and of what has columns like one.

use std::collections::HashMap;

use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::ast::{Field, Model, written};
use crate::attr::symbol::{CREATED_AT, ROLES, SOFT_DELETE, UPDATED_AT, VERSION};
use crate::ctxt::Ctxt;

pub(crate) fn model(ctxt: &Ctxt, model: &Model<'_>) {
    has_columns(ctxt, model);
    has_key(ctxt, model);
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

/// The rules of a column, whatever it is in.
fn column(ctxt: &Ctxt, field: &Field<'_>) {
    skip_stands_alone(ctxt, field);
    flatten_stands_alone(ctxt, field);
    flattened_is_always_there(ctxt, field);
    one_role(ctxt, field);
    version_is_an_integer(ctxt, field);
    soft_delete_is_optional(ctxt, field);
    role_of_a_time(ctxt, field);
}

/// The rules of a common table expression.
pub(crate) fn cte(ctxt: &Ctxt, cte: &Model<'_>) {
    has_columns(ctxt, cte);
    columns_differ(ctxt, cte);
    constants_differ(ctxt, cte);
    for field in &cte.fields {
        skip_stands_alone(ctxt, field);
    }
}

fn has_columns(ctxt: &Ctxt, model: &Model<'_>) {
    if model.columns().next().is_none() {
        ctxt.error(model.ident, format!("`{}` has no columns", model.ident));
    }
}

fn has_key(ctxt: &Ctxt, model: &Model<'_>) {
    // A key that is skipped is refused for that.
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
            ctxt.error(again, format!("a model has one `#[{role}]` at most"));
        }
    }
}

fn columns_differ(ctxt: &Ctxt, model: &Model<'_>) {
    let mut seen = HashMap::new();
    // That those of embedded structs differ is the compiler's to check, which knows them.
    for field in model.columns().filter(|field| field.flatten.is_none()) {
        let column = field.column();
        if let Some(other) = seen.insert(column.clone(), field.ident) {
            let message = format!("the column `{column}` is already that of the field `{other}`");
            ctxt.push(syn::Error::new(field.column_span(), message));
        }
    }
}

fn constants_differ(ctxt: &Ctxt, model: &Model<'_>) {
    let mut seen = HashMap::new();
    for field in model.columns() {
        let constant = &field.constant;
        if let Some(other) = seen.insert(constant, field.ident) {
            let message = format!("the constant `{constant}` is already that of the field `{other}`: rename one");
            ctxt.error(field.ident, message);
        }
    }
}

fn skip_stands_alone(ctxt: &Ctxt, field: &Field<'_>) {
    if let (Some(skip), true) = (field.skip, is_one_column(field)) {
        ctxt.error(skip, "a field with #[skip] is no column, and takes no other attribute of one");
    }
}

fn flatten_stands_alone(ctxt: &Ctxt, field: &Field<'_>) {
    let Some(flatten) = &field.flatten else { return };
    if is_one_column(field) || field.skip.is_some() {
        ctxt.error(flatten.attr, "a field with #[flatten] is several columns, and takes no attribute of one");
    }
}

/// Whether a field has an attribute that only a column has.
fn is_one_column(field: &Field<'_>) -> bool {
    field.primary_key.is_some() || !field.roles.is_empty() || field.renamed.is_some()
}

fn flattened_is_always_there(ctxt: &Ctxt, field: &Field<'_>) {
    if let (Some(_), Some(embedded)) = (&field.flatten, optional(field.ty)) {
        let message = format!(
            "a flattened struct is always there, as its columns are: write `{}`, and make those of its fields that may \
             be missing an Option",
            written(embedded)
        );
        ctxt.error(field.ty, message);
    }
}

fn key_is_the_models(ctxt: &Ctxt, field: &Field<'_>) {
    if let Some(key) = field.primary_key {
        ctxt.error(key, "an embedded struct has no primary key: it is a field of the model itself");
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

// What a name stands for is not known here, so the rules below refuse only what is plainly wrong.

const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];
const TIMES: [&str; 3] = ["DateTime", "NaiveDateTime", "NaiveDate"];
const OTHERS: [&str; 11] =
    ["bool", "f32", "f64", "String", "Vec", "Decimal", "Uuid", "Json", "NaiveTime", "Box", "Arc"];

fn version_is_an_integer(ctxt: &Ctxt, field: &Field<'_>) {
    if field.role(VERSION).is_some()
        && (named(field.ty, &OTHERS) || named(field.ty, &TIMES) || optional(field.ty).is_some())
    {
        ctxt.error(field.ty, "a #[version] is an integer, such as i32");
    }
}

fn soft_delete_is_optional(ctxt: &Ctxt, field: &Field<'_>) {
    if field.role(SOFT_DELETE).is_some() && optional(field.ty).is_none() {
        ctxt.error(field.ty, "a #[soft_delete] is an Option, such as Option<DateTime<Utc>>: None is not deleted");
    }
}

fn role_of_a_time(ctxt: &Ctxt, field: &Field<'_>) {
    let ty = optional(field.ty).unwrap_or(field.ty);
    for role in [CREATED_AT, UPDATED_AT, SOFT_DELETE] {
        if field.role(role).is_some() && (named(ty, &INTEGERS) || named(ty, &OTHERS)) {
            ctxt.error(ty, format!("a #[{role}] is a time, such as DateTime<Utc>"));
        }
    }
}

/// Whether a type is written as one of these names, with or without a path and arguments.
fn named(ty: &Type, names: &[&str]) -> bool {
    last_segment(ty).is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// What an `Option` is of.
fn optional(ty: &Type) -> Option<&Type> {
    let last = last_segment(ty).filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The last name of a path, also of one that a macro passed on, which is in an invisible group.
fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}
