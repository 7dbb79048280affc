//! The implementation of `Relation` for models.

use super::Model;
use super::hooks::found;
use crate::backend::BoxFuture;
use crate::error::Result;
use crate::schema::{ColumnDef, TableDef};
use crate::typed::{Found, Relation};
use crate::value::RowRef;

impl<M: Model> Relation for M {
    type Record = M;

    const NAME: &'static str = M::TABLE.name;
    const MODEL: Option<&'static TableDef> = Some(M::TABLE);
    const COLUMNS: &'static [ColumnDef] = M::TABLE.columns;
    const KEY: &'static [usize] = M::TABLE.key;
    const FOUND: Option<Found<M>> = if M::HOOKS { Some(found_boxed::<M>) } else { None };

    fn read(row: &dyn RowRef, at: usize) -> Result<M> {
        M::from_row(row, at)
    }
}

fn found_boxed<M: Model>(mut record: M) -> BoxFuture<'static, Result<M>> {
    Box::pin(async move { found(&mut record).await.map(|()| record) })
}
