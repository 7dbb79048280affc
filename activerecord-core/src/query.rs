//! Queries.
use crate::statement::Select;
use std::marker::PhantomData;

/// A query.
#[derive(Debug)]
pub struct Query<M, R = M> {
    select: Select,
    _of: PhantomData<fn() -> (M, R)>,
}

impl<M, R> Query<M, R> {
    pub(crate) fn into_select(self) -> Select {
        self.select
    }
}
