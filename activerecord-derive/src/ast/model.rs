//! A model.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Attribute, DeriveInput, Field as SynField, Ident, LitStr, Type, Visibility};

use super::{constant, named_fields, no_generics};
use crate::attr::{
    Attrs, Column, Flatten,
    symbol::{CONNECTION, HOOKS, ON_FIELD, ON_STRUCT, PRIMARY_KEY, ROLES, SCOPE_REQUIRED, SKIP, TABLE},
};
use crate::ctxt::Ctxt;
use crate::names;

/// A struct that is a table.
pub(crate) struct Model<'a> {
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: &'a Ident,
    pub(crate) connection: String,
    pub(crate) table: String,
    pub(crate) hooks: bool,
    pub(crate) scope_required: bool,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field of a model.
pub(crate) struct Field<'a> {
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    /// The name of the column's constant.
    pub(crate) constant: Ident,
    /// The settings from `#[column]`.
    pub(crate) column: Column,
    pub(crate) primary_key: Option<&'a Attribute>,
    /// Whether `#[primary_key]` is misspelt.
    misspelt_key: bool,
    /// The column's roles, with their attributes.
    pub(crate) roles: Vec<(&'static str, &'a Attribute)>,
    pub(crate) skip: Option<&'a Attribute>,
    pub(crate) flatten: Option<Flatten<'a>>,
}

impl<'a> Model<'a> {
    /// Reads a model. Returns `None` when the item is not a struct with named fields.
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let attrs = Attrs::new(ctxt, &input.attrs);
        attrs.refuse(&ON_FIELD, "a field");
        let text = |word| attrs.text(word).map(|text| text.value());
        let connection = text(CONNECTION).unwrap_or_else(|| "primary".into());
        let table = text(TABLE).unwrap_or_else(|| names::table(&input.ident.unraw().to_string()));
        let hooks = attrs.flag(HOOKS).is_some() || attrs.misspelt(HOOKS);
        let scope_required = attrs.flag(SCOPE_REQUIRED).is_some();
        no_generics(ctxt, input, "ActiveRecord");
        let fields = named_fields(ctxt, input, "ActiveRecord")?.map(|field| Field::read(ctxt, field)).collect();
        Some(Self { vis: &input.vis, ident: &input.ident, connection, table, hooks, scope_required, fields })
    }

    /// Reads a common table expression: its name is that of the type, and its columns have no roles.
    pub(crate) fn read_cte(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        Attrs::new(ctxt, &input.attrs).refuse(&ON_FIELD, "a field");
        no_generics(ctxt, input, "Cte");
        let table = names::snake_case(&input.ident.unraw().to_string());
        let mut cte = Self::read_columns(ctxt, input, "Cte", table)?;
        // The compiler already reports that a Cte does not have this attribute.
        cte.fields.iter_mut().for_each(|field| field.flatten = None);
        Some(cte)
    }

    /// Reads an embedded struct: columns like those of a model, without a table.
    pub(crate) fn read_embedded(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        Attrs::new(ctxt, &input.attrs).refuse(&ON_FIELD, "a field");
        no_generics(ctxt, input, "Embedded");
        Self::read_columns(ctxt, input, "Embedded", String::new())
    }

    fn read_columns(ctxt: &Ctxt, input: &'a DeriveInput, derive: &str, table: String) -> Option<Self> {
        let fields = named_fields(ctxt, input, derive)?.map(|field| Field::read(ctxt, field)).collect();
        Some(Self {
            vis: &input.vis,
            ident: &input.ident,
            connection: String::new(),
            table,
            hooks: false,
            scope_required: false,
            fields,
        })
    }

    /// The fields that are one or more columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| field.skip.is_none())
    }

    /// The fields of the key, with their positions among [`columns`](Self::columns): those that are marked, else `id`.
    pub(crate) fn key(&self) -> Vec<(usize, &Field<'a>)> {
        let those = |is_key: fn(&Field<'a>) -> bool| -> Vec<_> {
            self.columns().enumerate().filter(|(_, field)| field.flatten.is_none() && is_key(field)).collect()
        };
        let kinds = [those(|field| field.primary_key.is_some()), those(|field| field.ident == "id")];
        kinds.into_iter().find(|key| !key.is_empty()).unwrap_or_else(|| those(|field| field.misspelt_key))
    }

    /// The position of the column with this role among [`columns`](Self::columns).
    pub(crate) fn role(&self, role: &str) -> Option<usize> {
        self.columns().position(|field| field.role(role).is_some())
    }
}

impl<'a> Field<'a> {
    fn read(ctxt: &Ctxt, (field, ident): (&'a SynField, &'a Ident)) -> Self {
        let attrs = Attrs::new(ctxt, &field.attrs);
        attrs.refuse(&ON_STRUCT, "the struct");
        Self {
            vis: &field.vis,
            ident,
            ty: &field.ty,
            constant: constant(ident),
            column: attrs.column(),
            primary_key: attrs.flag(PRIMARY_KEY),
            misspelt_key: attrs.misspelt(PRIMARY_KEY),
            roles: ROLES.iter().filter_map(|role| Some((*role, attrs.flag(role)?))).collect(),
            skip: attrs.flag(SKIP),
            flatten: attrs.flatten(),
        }
    }

    /// The name of the column.
    pub(crate) fn column(&self) -> String {
        self.column.name.as_ref().map_or_else(|| self.name(), LitStr::value)
    }

    /// The span of the column's name.
    pub(crate) fn column_span(&self) -> Span {
        self.column.name.as_ref().map_or_else(|| self.ident.span(), LitStr::span)
    }

    /// The name of the field.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// The attribute that gives the column this role.
    pub(crate) fn role(&self, role: &str) -> Option<&'a Attribute> {
        self.roles.iter().find(|(word, _)| *word == role).map(|(_, attr)| *attr)
    }
}
