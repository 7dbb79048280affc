//! Joined relations: tuples.

use std::marker::PhantomData;

use super::{Found, Relation, Source, columns};
use crate::backend::BoxFuture;
use crate::error::Result;
use crate::statement::{JoinKind, SelectItem};
use crate::value::{RowRef, ValueRef, advance};

/// A relation that is joined by `left_join`. It is `None` if it has no matching row.
#[derive(Clone, Copy, Debug)]
pub struct Left<R>(PhantomData<R>);

/// One of the relations of a query: a relation, or a [`Left`] one that may have no row.
#[diagnostic::on_unimplemented(message = "a query cannot read `{Self}`")]
pub trait Member: 'static {
    /// The relation.
    type Relation: Relation;

    /// The type in a row: a record, or an option of one.
    type Row: Send + 'static;

    /// The kind of join.
    const KIND: JoinKind;

    /// Reads it from the columns that start at ordinal `at`.
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its type.
    fn read(row: &dyn RowRef, at: usize) -> Result<Self::Row>;

    /// Runs the `after_find` hooks.
    fn found(row: Self::Row) -> impl Future<Output = Result<Self::Row>> + Send;
}

impl<R: Relation> Member for R {
    type Relation = R;
    type Row = R::Record;

    const KIND: JoinKind = JoinKind::Inner;

    #[inline]
    fn read(row: &dyn RowRef, at: usize) -> Result<R::Record> {
        R::read(row, at)
    }

    async fn found(record: R::Record) -> Result<R::Record> {
        match R::FOUND {
            Some(found) => found(record).await,
            None => Ok(record),
        }
    }
}

impl<R: Relation> Member for Left<R> {
    type Relation = R;
    type Row = Option<R::Record>;

    const KIND: JoinKind = JoinKind::Left;

    /// If there is no row, its key is NULL. A relation without a key is then NULL in all columns.
    #[inline]
    fn read(row: &dyn RowRef, at: usize) -> Result<Option<R::Record>> {
        let deciding = if R::KEY.is_empty() { 0..R::COLUMNS.len() } else { R::KEY[0]..R::KEY[0] + 1 };
        let mut is_missing = true;
        for ordinal in deciding {
            is_missing = is_missing && matches!(row.value(at + ordinal)?, ValueRef::Null);
        }
        if is_missing { Ok(None) } else { R::read(row, at).map(Some) }
    }

    async fn found(record: Option<R::Record>) -> Result<Option<R::Record>> {
        match record {
            Some(record) => R::found(record).await.map(Some),
            None => Ok(None),
        }
    }
}

/// A source to which the relation `J` can be joined.
#[diagnostic::on_unimplemented(
    message = "`{J}` cannot be joined to `{Self}`",
    note = "a query reads at most six relations; join them before `select`"
)]
pub trait JoinWith<J> {
    /// The source after the join.
    type Output: Source;
}

impl<R: Relation, J: Member> JoinWith<J> for R {
    type Output = (R, J);
}

macro_rules! joined {
    ($(($first:ident $($name:ident)+))*) => {$(
        impl<$first: Relation, $($name: Member),+> Source for ($first, $($name),+) {
            type Root = $first;
            type Row = ($first::Record, $($name::Row),+);

            const FOUND: Option<Found<Self::Row>> =
                if $first::FOUND.is_some() $(|| <$name::Relation as Relation>::FOUND.is_some())+ {
                    Some(|row| -> BoxFuture<'static, Result<Self::Row>> {
                        #[allow(non_snake_case, reason = "the macro names values like their types")]
                        Box::pin(async move {
                            let ($first, $($name),+) = row;
                            Ok((<$first as Member>::found($first).await?, $(<$name as Member>::found($name).await?),+))
                        })
                    })
                } else {
                    None
                };

            fn items() -> Vec<SelectItem> {
                columns::<$first>()$(.chain(columns::<$name::Relation>()))+.map(SelectItem::from).collect()
            }

            fn read(row: &dyn RowRef) -> Result<Self::Row> {
                let mut at = 0;
                Ok((
                    <$first as Relation>::read(row, advance(&mut at, $first::COLUMNS.len()))?,
                    $(<$name as Member>::read(row, advance(&mut at, <$name::Relation as Relation>::COLUMNS.len()))?),+
                ))
            }
        }
    )*};
}
joined! {
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
}

macro_rules! join_with {
    ($(($($name:ident)+) $next:ident;)*) => {$(
        impl<$($name,)+ $next> JoinWith<$next> for ($($name,)+)
        where
            ($($name,)+ $next,): Source,
        {
            type Output = ($($name,)+ $next,);
        }
    )*};
}
join_with! {
    (A B) C;
    (A B C) D;
    (A B C D) E;
    (A B C D E) F;
}
