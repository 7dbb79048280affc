//! The rules of a model, one function each.

use std::collections::HashMap;

use crate::ast::{Field, Model, ROLES, is_named};
use crate::attr::symbol::{SOFT_DELETE, VERSION};
use crate::ctxt::Ctxt;

/// Checks every rule.
pub(crate) fn check(ctxt: &Ctxt, model: &Model<'_>) {
    has_columns(ctxt, model);
    has_key(ctxt, model);
    each_role_once(ctxt, model);
    names_are_unique(ctxt, model);
    for field in &model.fields {
        skip_stands_alone(ctxt, field);
        key_has_no_role(ctxt, field);
        one_role(ctxt, field);
        soft_delete_is_optional(ctxt, field);
        version_is_an_integer(ctxt, field);
    }
}

fn has_columns(ctxt: &Ctxt, model: &Model<'_>) {
    if model.columns().next().is_none() {
        ctxt.error(model.ident, format!("`{}` has no columns", model.ident));
    }
}

fn has_key(ctxt: &Ctxt, model: &Model<'_>) {
    if model.key.is_empty() && model.columns().next().is_some() {
        ctxt.error(
            model.ident,
            format!(
                "`{}` has no primary key: name a field `id`, or mark one or several with #[primary_key]",
                model.ident
            ),
        );
    }
}

fn each_role_once(ctxt: &Ctxt, model: &Model<'_>) {
    for role in ROLES {
        let marked = model.fields.iter().flat_map(|field| &field.roles).filter(|(word, _)| *word == role);
        for (_, again) in marked.skip(1) {
            ctxt.error(again, format!("a model has one `#[{role}]` column at most"));
        }
    }
}

fn names_are_unique(ctxt: &Ctxt, model: &Model<'_>) {
    let mut columns = HashMap::new();
    let mut constants = HashMap::new();
    for field in model.columns() {
        let (name, span) = &field.column;
        if let Some(other) = columns.insert(name.clone(), field.ident) {
            ctxt.push(syn::Error::new(*span, format!("column `{name}` is already that of the field `{other}`")));
        } else if let Some(other) = constants.insert(field.constant(), field.ident) {
            let constant = field.constant();
            ctxt.error(
                field.ident,
                format!("the constant `{constant}` is already that of the field `{other}`; rename one of them"),
            );
        }
    }
}

fn skip_stands_alone(ctxt: &Ctxt, field: &Field<'_>) {
    let Some(skip) = field.skip else { return };
    if field.primary_key.is_some() || !field.roles.is_empty() || field.renamed.is_some() {
        ctxt.error(skip, "a field with #[skip] is no column, and takes no other attribute of a column");
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

fn soft_delete_is_optional(ctxt: &Ctxt, field: &Field<'_>) {
    if has_role(field, SOFT_DELETE) && !is_named(field.ty, &["Option"]) {
        ctxt.error(
            field.ty,
            "a #[soft_delete] column is an Option<DateTime<Utc>>: None says that the row is not deleted",
        );
    }
}

fn version_is_an_integer(ctxt: &Ctxt, field: &Field<'_>) {
    const OTHERS: [&str; 8] = ["bool", "char", "f32", "f64", "String", "Option", "Vec", "Uuid"];
    if has_role(field, VERSION) && is_named(field.ty, &OTHERS) {
        ctxt.error(field.ty, "a #[version] column is an integer, such as i32");
    }
}

fn has_role(field: &Field<'_>, role: &str) -> bool {
    field.roles.iter().any(|(word, _)| *word == role)
}
