//! The verbs of every model.

use std::any::TypeId;
use std::future::Future;

use crate::connection::{ConnectionHandle, connection, in_connection};
use crate::error::{Error, Result};
use crate::model::{IntoKey, Model};
use crate::persist;
use crate::query::{Query, RawQuery};
use crate::transaction::Transaction;
use crate::typed::{Covers, IntoAssignments, IntoColumns, IntoOrder, Predicate, Selection};
use crate::value::IntoParams;

/// What every model can do.
///
/// A record is a plain struct without hidden state: it does not know where it came from. Which connection a verb uses is
/// decided when it is called, in this order: the innermost [`with_connection`](Self::with_connection) scope of the model,
/// the innermost [`with_connection`](crate::with_connection()) scope of all models, the model's `#[connection]`. If this task
/// has a transaction open on that connection, the verb joins it. So **the scope in which `save` is called decides where the
/// record goes**, not the one in which it was read.
///
/// Verbs that need a key refuse a record whose key is not set (0, `None`, the nil UUID) with `NotFound`.
pub trait ActiveRecord: Model {
    /// The record with this key; `(a, b)` for a composite key.
    ///
    /// # Errors
    /// `NotFound` when there is none, or it is marked as deleted.
    fn find(key: impl IntoKey<Self::Key>) -> impl Future<Output = Result<Self>> + Send {
        persist::find(key.into_key())
    }

    /// The first record, in the order of the key, that meets the condition.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn find_by<P, I>(predicate: Predicate<P>) -> impl Future<Output = Result<Option<Self>>> + Send
    where
        Self: Covers<P, I>,
    {
        Self::filter(predicate).first()
    }

    /// All records.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn all() -> impl Future<Output = Result<Vec<Self>>> + Send {
        Self::query().all()
    }

    /// The first record in the order of the key.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn first() -> impl Future<Output = Result<Option<Self>>> + Send {
        Self::query().first()
    }

    /// The last record in the order of the key.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn last() -> impl Future<Output = Result<Option<Self>>> + Send {
        Self::query().last()
    }

    /// The number of records.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn count() -> impl Future<Output = Result<u64>> + Send {
        Self::query().count()
    }

    /// A query on all records.
    fn query() -> Query<Self> {
        Query::new(Self::TABLE)
    }

    /// A query on the records that meet a condition.
    fn filter<P, I>(predicate: Predicate<P>) -> Query<Self>
    where
        Self: Covers<P, I>,
    {
        Self::query().filter(predicate)
    }

    /// A query on the records that meet a condition in SQL: see [`Query::filter_raw`].
    fn filter_raw(sql: impl Into<String>, params: impl IntoParams) -> Query<Self> {
        Self::query().filter_raw(sql, params)
    }

    /// A query in this order.
    fn order_by<O, I>(order: O) -> Query<Self>
    where
        O: IntoOrder<Self, I>,
    {
        Self::query().order_by(order)
    }

    /// A query on some of the columns, or on what is computed from them.
    fn select<E, I>(columns: E) -> Query<Self, E::Output>
    where
        E: Selection<Self, I>,
    {
        Self::query().select(columns)
    }

    /// A query on the connection of this name, whatever the scope.
    fn using(connection: &str) -> Query<Self> {
        Self::query().using(connection)
    }

    /// A query inside this transaction, whatever the scope.
    fn on(transaction: &Transaction) -> Query<Self> {
        Self::query().on(transaction)
    }

    /// Records by SQL of the caller's own. `?` binds the next value on every database; columns are found by name.
    fn raw_query(sql: impl Into<String>, params: impl IntoParams) -> RawQuery<Self> {
        RawQuery::new(sql.into(), params)
    }

    /// Writes the record: an INSERT when its key is not set, else an UPDATE of every column, and an INSERT when no row has
    /// the key. The scope it is called in decides where it goes.
    ///
    /// # Errors
    /// `Stale` when somebody else wrote the row's `#[version]`; a violation for bad data; an error of a hook.
    fn save(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::save(self)
    }

    /// Inserts the record, and sets its generated key.
    ///
    /// # Errors
    /// `UniqueViolation` when a row has its key; other violations for bad data; an error of a hook.
    fn insert(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::insert(self)
    }

    /// Updates every column of the record's row.
    ///
    /// # Errors
    /// `NotFound` when no row has the key; `Stale` when somebody else wrote the row's `#[version]`; a violation for bad data;
    /// an error of a hook.
    fn update(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::update(self)
    }

    /// Updates some columns of the record's row, with `#[updated_at]` and `#[version]`, and reads them back into the record.
    /// Hooks run; what they change in other columns is not written.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    fn update_columns(&mut self, set: impl IntoAssignments<Self>) -> impl Future<Output = Result<()>> + Send {
        let set = set.into_assignments();
        persist::update_columns(self, set)
    }

    /// Deletes the record's row, or marks it as deleted when the model has `#[soft_delete]`.
    ///
    /// # Errors
    /// `NotFound` when no row has the key; `Stale` when somebody else wrote the row's `#[version]`; `ForeignKeyViolation`; an
    /// error of a hook.
    fn destroy(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::destroy(self)
    }

    /// Deletes the record's row, also where [`destroy`](Self::destroy) only marks it.
    ///
    /// # Errors
    /// As [`destroy`](Self::destroy).
    fn purge(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::purge(self)
    }

    /// Reads the record's row again, also when it is marked as deleted. `#[skip]` fields become their default.
    ///
    /// # Errors
    /// `NotFound` when no row has the key.
    fn reload(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::reload(self)
    }

    /// Saves a new record and returns it, with its generated key.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    fn create(record: Self) -> impl Future<Output = Result<Self>> + Send {
        async move {
            let mut record = record;
            record.insert().await?;
            Ok(record)
        }
    }

    /// Inserts many records in as few statements as the database allows, all or none, and returns their number. Timestamps
    /// and UUID keys are filled in; generated keys are not read back. **No hook runs.**
    ///
    /// # Errors
    /// A violation for bad data; then no record is inserted.
    fn bulk_insert(records: &[Self]) -> impl Future<Output = Result<u64>> + Send {
        persist::bulk_insert(records)
    }

    /// Inserts the record, or updates the row whose `keys` are taken: `keys` are the columns of a unique constraint. The
    /// row that is there keeps its primary key and `#[created_at]`. **No hook runs.**
    ///
    /// # Errors
    /// A violation for bad data; an error of the database when `keys` are not unique there.
    fn insert_or_update(record: &Self, keys: impl IntoColumns<Self>) -> impl Future<Output = Result<()>> + Send {
        let keys = keys.into_columns();
        async move { persist::upsert(std::slice::from_ref(record), keys).await.map(|_| ()) }
    }

    /// [`insert_or_update`](Self::insert_or_update) for many records, all or none; returns their number. **No hook runs.**
    ///
    /// # Errors
    /// As [`insert_or_update`](Self::insert_or_update); then no record is written.
    fn bulk_insert_or_update(
        records: &[Self],
        keys: impl IntoColumns<Self>,
    ) -> impl Future<Output = Result<u64>> + Send {
        let keys = keys.into_columns();
        persist::upsert(records, keys)
    }

    /// The record's columns as a JSON object, by the names of the struct's fields.
    fn to_json(&self) -> serde_json::Value {
        let field =
            |(ordinal, def): (usize, &crate::schema::ColumnDef)| (def.field.to_owned(), self.value(ordinal).to_json());
        Self::TABLE.columns.iter().enumerate().map(field).collect::<serde_json::Map<_, _>>().into()
    }

    /// Sends the statements of *this model* to the connection `name`, in this scope. It wins over the scopes of
    /// [`with_connection`](crate::with_connection()), which are for all models.
    ///
    /// # Errors
    /// `Configuration` when there is no such connection, before the closure runs; else the closure's own.
    fn with_connection<T, F>(name: &str, body: F) -> impl Future<Output = Result<T>>
    where
        F: AsyncFnOnce() -> Result<T>,
    {
        let scope = in_connection(Some(TypeId::of::<Self>()), name, Box::pin(body()));
        async move { scope.await? }
    }

    /// [`with_connection`](Self::with_connection) for a closure with an error type of its own.
    ///
    /// # Errors
    /// As [`with_connection`](Self::with_connection).
    fn try_with_connection<T, E, F>(name: &str, body: F) -> impl Future<Output = Result<T, E>>
    where
        E: From<Error>,
        F: AsyncFnOnce() -> Result<T, E>,
    {
        let scope = in_connection(Some(TypeId::of::<Self>()), name, Box::pin(body()));
        async move { scope.await.map_err(E::from)? }
    }

    /// The connection that statements on this model use here.
    ///
    /// # Errors
    /// `Configuration` when there is none of its name.
    fn connection() -> Result<ConnectionHandle> {
        connection(persist::here::<Self>()?.endpoint().name())
    }

    /// Runs `body` in a transaction on the connection that this model uses here.
    ///
    /// # Errors
    /// As [`transaction`](crate::transaction()).
    fn transaction<T, F>(body: F) -> impl Future<Output = Result<T>>
    where
        F: AsyncFnOnce() -> Result<T>,
    {
        let body = Box::pin(body());
        async move {
            let session = persist::here::<Self>()?;
            Transaction::begin(session.endpoint().name()).run_boxed(body).await
        }
    }
}

impl<M: Model> ActiveRecord for M {}
