//! What was derived on, as the rest of the crate sees it.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field as SynField, Fields, Ident, LitStr, Path, Type, Visibility};

use crate::attr::Attrs;
use crate::attr::symbol::{
    COLUMN, CONNECTION, CREATED_AT, HOOKS, ON_FIELD, ON_STRUCT, PRIMARY_KEY, SCOPE_REQUIRED, SKIP, SOFT_DELETE, TABLE,
    UPDATED_AT, VERSION,
};
use crate::ctxt::Ctxt;
use crate::names;

/// A model.
pub(crate) struct Model<'a> {
    pub(crate) krate: Path,
    pub(crate) ident: &'a Ident,
    pub(crate) connection: String,
    pub(crate) table: String,
    pub(crate) hooks: bool,
    pub(crate) scope_required: bool,
    pub(crate) fields: Vec<Field<'a>>,
    /// The positions of the key among the columns.
    pub(crate) key: Vec<usize>,
}

/// A field of a model.
pub(crate) struct Field<'a> {
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    /// The name of the column, and where it was written.
    pub(crate) column: (String, Span),
    pub(crate) primary_key: Option<&'a Attribute>,
    /// The column's roles, with the words that gave them.
    pub(crate) roles: Vec<(&'static str, &'a Attribute)>,
    pub(crate) renamed: Option<LitStr>,
    pub(crate) skip: Option<&'a Attribute>,
}

/// What a column may be beside a plain one.
pub(crate) const ROLES: [&str; 4] = [CREATED_AT, UPDATED_AT, VERSION, SOFT_DELETE];

impl<'a> Model<'a> {
    /// Reads a model. None when it is not even a struct with named fields.
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let attrs = Attrs::new(ctxt, &input.attrs);
        attrs.refuse(&ON_FIELD, "a field");
        let text = |word| attrs.text(word).map(|text| text.value());
        let connection = text(CONNECTION).unwrap_or_else(|| "primary".into());
        let table = text(TABLE).unwrap_or_else(|| names::table(&input.ident.unraw().to_string()));
        let (hooks, scope_required) = (attrs.flag(HOOKS).is_some(), attrs.flag(SCOPE_REQUIRED).is_some());
        let krate = attrs.krate();
        let fields: Vec<_> = named_fields(ctxt, input, "ActiveRecord")?.map(|field| Field::read(ctxt, field)).collect();
        let key = key(&fields);
        Some(Self { krate, ident: &input.ident, connection, table, hooks, scope_required, fields, key })
    }

    /// The fields that are columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field<'a>> {
        columns(&self.fields)
    }

    /// The position among the columns of the one with this role.
    pub(crate) fn role(&self, role: &str) -> Option<usize> {
        self.columns().position(|field| field.roles.iter().any(|(word, _)| *word == role))
    }
}

fn columns<'f, 'a>(fields: &'f [Field<'a>]) -> impl Iterator<Item = &'f Field<'a>> {
    fields.iter().filter(|field| field.skip.is_none())
}

/// The fields marked as the key; if none is, the field named `id`.
fn key(fields: &[Field<'_>]) -> Vec<usize> {
    let positions = |wanted: &dyn Fn(&Field<'_>) -> bool| -> Vec<usize> {
        columns(fields).enumerate().filter(|(_, field)| wanted(field)).map(|(position, _)| position).collect()
    };
    let marked = positions(&|field| field.primary_key.is_some());
    if marked.is_empty() { positions(&|field| field.ident == "id") } else { marked }
}

impl<'a> Field<'a> {
    fn read(ctxt: &Ctxt, field: (&'a SynField, &'a Ident)) -> Self {
        let (field, ident) = field;
        let attrs = Attrs::new(ctxt, &field.attrs);
        attrs.refuse(&ON_STRUCT, "the struct");
        let renamed = attrs.text(COLUMN);
        let column = match &renamed {
            Some(name) => (name.value(), name.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        Self {
            vis: &field.vis,
            ident,
            ty: &field.ty,
            column,
            primary_key: attrs.flag(PRIMARY_KEY),
            roles: ROLES.iter().filter_map(|role| Some((*role, attrs.flag(role)?))).collect(),
            renamed,
            skip: attrs.flag(SKIP),
        }
    }

    /// The name of the column's constant.
    pub(crate) fn constant(&self) -> Ident {
        constant(self.ident)
    }
}

/// The name of the constant of a field's column.
pub(crate) fn constant(field: &Ident) -> Ident {
    Ident::new(&names::snake_case(&field.unraw().to_string()).to_uppercase(), field.span())
}

/// The named fields of a struct, or the error that says what was derived on instead.
pub(crate) fn named_fields<'a>(
    ctxt: &Ctxt,
    input: &'a DeriveInput,
    derive: &str,
) -> Option<impl Iterator<Item = (&'a SynField, &'a Ident)> + use<'a>> {
    if !input.generics.params.is_empty() {
        ctxt.error(
            &input.generics,
            format!("{derive} takes no generics: a table has one set of columns; write one struct for each table"),
        );
    }
    let what = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return Some(fields.named.iter().filter_map(|field| Some((field, field.ident.as_ref()?))));
            }
            Fields::Unnamed(_) => "a tuple struct: name its fields, as columns have names",
            Fields::Unit => "a struct without fields",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    ctxt.error(
        &input.ident,
        format!("{derive} is derived on a struct with named fields, and `{}` is {what}", input.ident),
    );
    None
}

/// Whether a type is written as this name, with or without a path and arguments.
pub(crate) fn is_named(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// The span of a type, for errors that the compiler itself reports.
pub(crate) fn type_span(ty: &Type) -> Span {
    ty.span()
}
