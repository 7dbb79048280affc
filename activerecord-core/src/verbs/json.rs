//! Records as JSON.

use serde_json::{Map, Value};

use crate::model::Model;

/// Returns the record as serde writes it, or its columns if the model does not implement `Serialize`.
pub(super) fn of_record<M: Model>(record: &M) -> Value {
    match record.serialized() {
        // The columns would show what serde hides.
        Some(json) => json.unwrap_or_default(),
        None => of_columns(record),
    }
}

/// Returns the columns under the names of their fields.
pub(super) fn of_columns<M: Model>(record: &M) -> Value {
    let columns = M::TABLE.columns.iter().enumerate();
    let fields = columns.map(|(ordinal, def)| (def.field.to_owned(), record.value(ordinal).to_json()));
    fields.collect::<Map<_, _>>().into()
}
