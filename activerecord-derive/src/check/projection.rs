//! The rules of a projection. The compiler checks that its fields are columns of the model.

use crate::ast::Projection;
use crate::ctxt::Ctxt;

pub(crate) fn projection(ctxt: &Ctxt, projection: &Projection<'_>) {
    has_fields(ctxt, projection);
}

fn has_fields(ctxt: &Ctxt, projection: &Projection<'_>) {
    if projection.fields.is_empty() {
        ctxt.error(
            projection.ident,
            format!("`{}` has no fields: a projection needs at least one column", projection.ident),
        );
    }
}
