//! What a model is made of: the traits that the derives implement, hooks, and the description of a table.

pub use activerecord_core::{
    ActiveRecord, Alias, Change, ChangeKind, Column, ColumnDef, Cte, Embedded, Hooks, IntoKey, Model, Named, Origin,
    Projection, TableDef,
};
