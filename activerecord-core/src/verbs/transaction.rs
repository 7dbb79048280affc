//! The verbs of a transaction: single writes that join it without a closure.

use std::any::TypeId;
use std::sync::Arc;

use super::ActiveRecord;
use crate::connection::{ConnectionHandle, in_connection, in_transaction};
use crate::error::Result;
use crate::model::{IntoKey, Model};
use crate::transaction::Transaction;
use crate::typed::{IntoAssignments, IntoColumns};
use crate::value::{IntoParams, Row};

/// Each verb is that of [`ActiveRecord`], in this transaction and on its connection, whatever the scope is. Its hooks run
/// in the transaction too. Its errors are those of the same verb, and `Transaction` after an earlier error.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord_core::{Result, Transaction};
/// # #[derive(ActiveRecord, Default)]
/// # struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let tx = Transaction::begin("primary").await?;
/// let mut user = tx.create(User { name: "Ada".to_owned(), ..User::default() }).await?;
/// user.age = 36;
/// tx.save(&mut user).await?;
/// tx.update_columns(&mut user, User::AGE.add(1)).await?;
/// let adults = User::filter(User::AGE.ge(18)).on(&tx).all().await?;
/// tx.commit().await
/// # }
/// ```
///
/// # Errors
/// Those of the verb in [`ActiveRecord`]; `Transaction` when the transaction can only be rolled back.
impl Transaction {
    /// [`ActiveRecord::find`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::find`].
    pub fn find<M: Model>(&self, key: impl IntoKey<M::Key>) -> impl Future<Output = Result<M>> + Send {
        self.verb::<M, _>(M::find(key))
    }

    /// [`ActiveRecord::save`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::save`].
    pub fn save<M: Model>(&self, record: &mut M) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.save())
    }

    /// [`ActiveRecord::insert`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::insert`].
    pub fn insert<M: Model>(&self, record: &mut M) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.insert())
    }

    /// [`ActiveRecord::create`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::create`].
    pub fn create<M: Model>(&self, record: M) -> impl Future<Output = Result<M>> + Send {
        self.verb::<M, _>(M::create(record))
    }

    /// [`ActiveRecord::update`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::update`].
    pub fn update<M: Model>(&self, record: &mut M) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.update())
    }

    /// [`ActiveRecord::update_columns`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::update_columns`].
    pub fn update_columns<M: Model>(
        &self,
        record: &mut M,
        set: impl IntoAssignments<M>,
    ) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.update_columns(set))
    }

    /// [`ActiveRecord::destroy`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::destroy`].
    pub fn destroy<M: Model>(&self, record: &mut M) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.destroy())
    }

    /// [`ActiveRecord::purge`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::purge`].
    pub fn purge<M: Model>(&self, record: &mut M) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.purge())
    }

    /// [`ActiveRecord::restore`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::restore`].
    pub fn restore<M: Model>(&self, record: &mut M) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.restore())
    }

    /// [`ActiveRecord::reload`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::reload`].
    pub fn reload<M: Model>(&self, record: &mut M) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(record.reload())
    }

    /// [`ActiveRecord::bulk_insert`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::bulk_insert`].
    pub fn bulk_insert<M: Model>(&self, records: &[M]) -> impl Future<Output = Result<u64>> + Send {
        self.verb::<M, _>(M::bulk_insert(records))
    }

    /// [`ActiveRecord::advance_sequences`] in this transaction: its own rows count. A rollback does not move the sequences
    /// back.
    ///
    /// # Errors
    /// As [`ActiveRecord::advance_sequences`].
    pub fn advance_sequences<M: Model>(&self) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(M::advance_sequences())
    }

    /// [`ActiveRecord::insert_or_update`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::insert_or_update`].
    pub fn insert_or_update<M: Model>(
        &self,
        record: &M,
        keys: impl IntoColumns<M>,
    ) -> impl Future<Output = Result<()>> + Send {
        self.verb::<M, _>(M::insert_or_update(record, keys))
    }

    /// [`ActiveRecord::bulk_insert_or_update`] in this transaction.
    ///
    /// # Errors
    /// As [`ActiveRecord::bulk_insert_or_update`].
    pub fn bulk_insert_or_update<M: Model>(
        &self,
        records: &[M],
        keys: impl IntoColumns<M>,
    ) -> impl Future<Output = Result<u64>> + Send {
        self.verb::<M, _>(M::bulk_insert_or_update(records, keys))
    }

    /// Runs SQL in this transaction: [`ConnectionHandle::execute`].
    ///
    /// # Errors
    /// As [`ConnectionHandle::execute`].
    pub async fn execute(&self, sql: &str, params: impl IntoParams) -> Result<u64> {
        let handle = ConnectionHandle::of(self.level().endpoint());
        self.claim();
        in_transaction(self.level(), handle.execute(sql, params)).await?
    }

    /// Runs SQL in this transaction and returns its rows: [`ConnectionHandle::query`].
    ///
    /// # Errors
    /// As [`ConnectionHandle::query`].
    pub async fn query(&self, sql: &str, params: impl IntoParams) -> Result<Vec<Row>> {
        let handle = ConnectionHandle::of(self.level().endpoint());
        self.claim();
        in_transaction(self.level(), handle.query(sql, params)).await?
    }

    /// Runs one verb of the model `M` on this connection and in this transaction.
    fn verb<M: Model, T>(
        &self,
        verb: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send {
        let level = Arc::clone(self.level());
        let name = Arc::clone(level.endpoint().name());
        self.claim();
        async move { in_connection(Some(TypeId::of::<M>()), &name, in_transaction(&level, verb)).await?? }
    }
}
