//! The rules of a projection. That its fields are columns of the model is the compiler's to check.

use crate::ast::Projection;
use crate::ctxt::Ctxt;

pub(crate) fn projection(ctxt: &Ctxt, projection: &Projection<'_>) {
    has_fields(ctxt, projection);
}

fn has_fields(ctxt: &Ctxt, projection: &Projection<'_>) {
    if projection.fields.is_empty() {
        ctxt.error(
            projection.ident,
            format!("`{}` has no fields: a projection is of one column at least", projection.ident),
        );
    }
}
