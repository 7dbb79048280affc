//! Some of a model's columns.

use syn::{DeriveInput, Ident, Path, Type};

use super::{named_fields, no_generics};
use crate::attr::{
    Attrs,
    symbol::{ACTIVERECORD, MODEL},
};
use crate::ctxt::Ctxt;

/// A struct with some of a model's columns.
pub(crate) struct Projection<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) model: Option<Path>,
    pub(crate) fields: Vec<Projected<'a>>,
}

/// A field of a projection.
pub(crate) struct Projected<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
}

impl<'a> Projection<'a> {
    /// Reads a projection. Returns `None` when the item is not a struct with named fields.
    pub(crate) fn read(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let model = Attrs::new(ctxt, &input.attrs).path(MODEL, &input.ident);
        no_generics(ctxt, input, "Projection");
        let fields = named_fields(ctxt, input, "Projection")?;
        let fields = fields.map(|(field, ident)| {
            Attrs::new(ctxt, &field.attrs).refuse(&[ACTIVERECORD, MODEL], "the struct");
            Projected { ident, ty: &field.ty }
        });
        Some(Self { ident: &input.ident, model, fields: fields.collect() })
    }
}
