//! The methods that every model has.

mod json;
mod transaction;

use std::any::TypeId;
use std::future::Future;

use crate::connection::{AsyncBody, ConnectionHandle, connection, connection_of, in_connection};
use crate::error::{Error, Result};
use crate::model::{IntoKey, Model};
use crate::persist;
use crate::query::{Query, RawQuery};
use crate::transaction::Transaction;
use crate::typed::{Condition, IntoAssignments, IntoColumns, IntoOrder, Selection};
use crate::value::IntoParams;

#[doc = include_str!("active_record.md")]
pub trait ActiveRecord: Model {
    /// Returns the record with this key. Pass a tuple, such as `(a, b)`, for a composite key. A record that
    /// `#[soft_delete]` marks as deleted is not found. Example: [Reading](ActiveRecord#reading).
    ///
    /// # Errors
    /// `NotFound` if no row has the key.
    fn find(key: impl IntoKey<Self::Key>) -> impl Future<Output = Result<Self>> + Send {
        persist::find(key.into_key())
    }

    /// Returns the first record, by its key, that meets the condition. Example: [Reading](ActiveRecord#reading).
    ///
    /// # Errors
    /// [Common errors](ActiveRecord#common-errors).
    fn find_by<C, I>(predicate: C) -> impl Future<Output = Result<Option<Self>>> + Send
    where
        C: Condition<Self, I>,
    {
        Self::filter(predicate).first()
    }

    /// Returns all records, in no guaranteed order. They are all in memory at once: for a large table use
    /// [`batch`](Query::batch) or [`stream`](Query::stream). Example: [Reading](ActiveRecord#reading).
    ///
    /// # Errors
    /// [Common errors](ActiveRecord#common-errors).
    fn all() -> impl Future<Output = Result<Vec<Self>>> + Send {
        Self::query().all()
    }

    /// Returns the first record in the order of the key. Example: [Reading](ActiveRecord#reading).
    ///
    /// # Errors
    /// [Common errors](ActiveRecord#common-errors).
    fn first() -> impl Future<Output = Result<Option<Self>>> + Send {
        Self::query().first()
    }

    /// Returns the last record in the order of the key. Example: [Reading](ActiveRecord#reading).
    ///
    /// # Errors
    /// [Common errors](ActiveRecord#common-errors).
    fn last() -> impl Future<Output = Result<Option<Self>>> + Send {
        Self::query().last()
    }

    /// Returns the number of records. Example: [Reading](ActiveRecord#reading).
    ///
    /// # Errors
    /// [Common errors](ActiveRecord#common-errors).
    fn count() -> impl Future<Output = Result<u64>> + Send {
        Self::query().count()
    }

    /// Returns a query on all records. Example: [Reading](ActiveRecord#reading).
    fn query() -> Query<Self> {
        Query::new(Self::TABLE)
    }

    /// Returns a query on the records that meet a condition: [`Query::filter`]. Example: [Reading](ActiveRecord#reading).
    fn filter<C, I>(predicate: C) -> Query<Self>
    where
        C: Condition<Self, I>,
    {
        Self::query().filter(predicate)
    }

    /// Returns a query on the records that meet a condition in SQL: see [`Query::filter_raw`].
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let adults = User::filter_raw("age >= ?", [18]).all().await?;
    /// # Ok(()) }
    /// ```
    fn filter_raw(sql: impl Into<String>, params: impl IntoParams) -> Query<Self> {
        Self::query().filter_raw(sql, params)
    }

    /// Returns a query in this order: see [`Query::order_by`]. Example: [Reading](ActiveRecord#reading).
    fn order_by<O, I>(order: O) -> Query<Self>
    where
        O: IntoOrder<Self, I>,
    {
        Self::query().order_by(order)
    }

    /// Returns a query that reads only these columns or expressions: see [`Query::select`]. Example:
    /// [Reading](ActiveRecord#reading).
    fn select<E, I>(columns: E) -> Query<Self, E::Output>
    where
        E: Selection<Self, I>,
    {
        Self::query().select(columns)
    }

    /// Returns a query on the connection of this name. It has precedence over all scopes.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let archived = User::using("archive").count().await?;
    /// # Ok(()) }
    /// ```
    fn using(connection: &str) -> Query<Self> {
        Self::query().using(connection)
    }

    /// Returns a query in this transaction. It has precedence over all scopes.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let transaction = Transaction::begin("primary").await?;
    /// let users = User::on(&transaction).all().await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    fn on(transaction: &Transaction) -> Query<Self> {
        Self::query().on(transaction)
    }

    /// Returns a query that reads records by SQL: see [`RawQuery`]. `?` binds the next value on every database, and
    /// `??` is a question mark.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let users = User::raw_query("SELECT * FROM users WHERE age > ?", [18]).all().await?;
    /// # Ok(()) }
    /// ```
    fn raw_query(sql: impl Into<String>, params: impl IntoParams) -> RawQuery<Self> {
        RawQuery::new(sql.into(), params)
    }

    /// Writes the record. If its key is [unset](ActiveRecord#writing), this is an INSERT. Otherwise it is an
    /// [`update`](Self::update), and an INSERT if no row has the key. A record with a `#[version]` that is set, so not 0,
    /// was stored before: it is not inserted again. Example: [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// `Stale` if the row's `#[version]` is not the record's, or the row of a record with a version is gone; a
    /// constraint violation, such as `UniqueViolation`; `Invalid` or another error of a hook.
    fn save(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::save(self)
    }

    /// Inserts the record, and sets its generated key, its timestamps and the values of columns that the database
    /// supplies. Example: [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// `UniqueViolation` if a row has the same key; another constraint violation; `Invalid` or another error of a hook.
    fn insert(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::insert(self)
    }

    /// Updates every column of the record's row, except `#[soft_delete]`, which only [`destroy`](Self::destroy),
    /// [`restore`](Self::restore) and [`update_columns`](Self::update_columns) change, and `#[column(generated)]`.
    /// Example: [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// `NotFound` if the key is unset or no row has it; `Stale` if the row's `#[version]` is not the record's; a
    /// constraint violation; `Invalid` or another error of a hook.
    fn update(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::update(self)
    }

    /// Updates some columns of the record's row, and `#[updated_at]` and `#[version]`. Sets the record's fields to the
    /// values that were written. Without assignments it does nothing.
    ///
    /// Hooks run, and see the assigned values. What they make of these values is written; what they change in other
    /// columns is not. The value of an expression, such as `User::AGE.add(1)`, is known only in the database: hooks see
    /// the old value before the statement, and `validate` does not check the new one.
    ///
    /// The key can be assigned: the row keeps its other columns, and the record has the new key.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// # let mut user = User::find(1).await?;
    /// user.update_columns((User::EMAIL.set("b@example.org"), User::AGE.add(1))).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update). `Unsupported` before anything is sent: a column is assigned twice, the database
    /// computes it, or the key is assigned the value of an unset key.
    fn update_columns(&mut self, set: impl IntoAssignments<Self>) -> impl Future<Output = Result<()>> + Send {
        let set = set.into_assignments();
        persist::update_columns(self, set)
    }

    /// Removes the mark of a soft deletion from the record's row. It is an [`update_columns`](Self::update_columns): the
    /// same hooks run. `save` and `update` never do this.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, #[soft_delete] deleted_at: Option<chrono::NaiveDateTime> }
    /// # async fn example() -> Result<()> {
    /// let mut user = User::query().only_deleted().one().await?;
    /// user.restore().await?;
    /// assert_eq!(user.deleted_at, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update); `Unsupported` if the model has no `#[soft_delete]`.
    fn restore(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::restore(self)
    }

    /// Deletes the record's row. If the model has `#[soft_delete]`, marks the row as deleted: [`restore`](Self::restore)
    /// removes the mark. Example: [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// `NotFound` if the key is unset or no row has it; `Stale` if the row's `#[version]` is not the record's;
    /// `ForeignKeyViolation` if another row refers to it; an error of a hook.
    fn destroy(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::destroy(self)
    }

    /// Deletes the record's row, even if the model has `#[soft_delete]`. Example: [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// As [`destroy`](Self::destroy).
    fn purge(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::purge(self)
    }

    /// Reads the record's row again, even if it is marked as deleted. `#[skip]` fields become their default. Example:
    /// [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// `NotFound` if the key is unset or no row has it; an error of the `after_find` hook.
    fn reload(&mut self) -> impl Future<Output = Result<()>> + Send {
        persist::reload(self)
    }

    /// [Inserts](Self::insert) a record and returns it, with its generated key and timestamps. Example:
    /// [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// As [`insert`](Self::insert). The error contains the record: [`Error::into_record`](crate::Error::into_record).
    fn create(record: Self) -> impl Future<Output = Result<Self>> + Send {
        async move {
            let mut record = record;
            match record.insert().await {
                Ok(()) => Ok(record),
                Err(error) => Err(error.with_record(record)),
            }
        }
    }

    /// Inserts many records in as few statements as the database allows, all or none. Returns their number. Timestamps
    /// and UUID keys are filled in; generated keys are not read back. **No hook runs.**
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let users: Vec<User> = (18..60).map(|age| User { age, ..User::default() }).collect();
    /// assert_eq!(User::bulk_insert(&users).await?, 42);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A constraint violation, with the index of the record if it is known
    /// ([`record_index`](crate::Error::record_index)); then no record is inserted.
    fn bulk_insert(records: &[Self]) -> impl Future<Output = Result<u64>> + Send {
        persist::bulk_insert(records)
    }

    /// Moves the sequences of the model's table past the numbers in its rows, so that the next generated key is free. The
    /// verbs of a model do this for the keys that they write; call it after other SQL has written some.
    /// Example: [Writing](ActiveRecord#writing).
    ///
    /// # Errors
    /// As [`ConnectionHandle::advance_sequences`].
    fn advance_sequences() -> impl Future<Output = Result<()>> + Send {
        persist::advance_sequences::<Self>()
    }

    /// Inserts the record, or updates the row that has the same values in `keys`, the columns of a unique constraint.
    /// An updated row keeps its primary key, `#[created_at]`, and the columns with `#[column(default)]` whose fields are
    /// not set. The record itself does not change. **No hook runs.**
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let user = User { email: "a@example.org".into(), age: 18, ..User::default() };
    /// User::insert_or_update(&user, User::EMAIL).await?; // email is unique
    /// User::bulk_insert_or_update(&[user], [User::EMAIL]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidStatement` if `keys` are not exactly the columns of a unique constraint; `Unsupported` if `keys` is
    /// empty; a violation of another constraint.
    fn insert_or_update(record: &Self, keys: impl IntoColumns<Self>) -> impl Future<Output = Result<()>> + Send {
        let keys = keys.into_columns();
        async move { persist::upsert(std::slice::from_ref(record), keys).await.map(|_| ()) }
    }

    /// [`insert_or_update`](Self::insert_or_update) for many records, all or none. Returns their number. Of records with
    /// the same key the last one counts. **No hook runs.**
    ///
    /// # Errors
    /// As [`insert_or_update`](Self::insert_or_update); `UniqueViolation` if only the database finds two keys equal.
    fn bulk_insert_or_update(
        records: &[Self],
        keys: impl IntoColumns<Self>,
    ) -> impl Future<Output = Result<u64>> + Send {
        let keys = keys.into_columns();
        persist::upsert(records, keys)
    }

    /// Returns the record as JSON. If the model implements serde's `Serialize`, this is what serde makes of it: its
    /// names, without the fields that it skips. Otherwise it is [`columns_to_json`](Self::columns_to_json).
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// #[derive(ActiveRecord, Default, serde::Serialize)]
    /// struct User {
    ///     id: i64,
    ///     #[serde(rename = "mail")]
    ///     email: String,
    ///     #[serde(skip)]
    ///     password: String,
    /// }
    ///
    /// let user = User { id: 1, email: "a@example.org".into(), password: "secret".into() };
    /// assert_eq!(user.to_json().to_string(), r#"{"id":1,"mail":"a@example.org"}"#);
    /// assert_eq!(user.columns_to_json()["password"], "secret");
    /// ```
    ///
    /// It is null if serde cannot write the record, such as a map whose keys are not strings.
    fn to_json(&self) -> serde_json::Value {
        json::of_record(self)
    }

    /// Returns the record's columns as a JSON object. Its keys are the names of the struct's fields. Example:
    /// [`to_json`](Self::to_json).
    fn columns_to_json(&self) -> serde_json::Value {
        json::of_columns(self)
    }

    /// Runs `body` in a scope in which *this model* uses the connection `name`. It has precedence over
    /// [`with_connection`](crate::with_connection()), which is for all models.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let archived = User::with_connection("archive", async || User::find(1).await).await?;
    /// # type BoxError = Box<dyn std::error::Error>;
    /// let work = async || Ok("42".parse::<u64>()? + User::count().await?);
    /// User::try_with_connection::<u64, BoxError, _>("archive", work).await.ok();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Configuration` if the connection does not exist, before `body` runs; the error of `body`.
    fn with_connection<T, F>(name: &str, body: F) -> impl Future<Output = Result<T>>
    where
        F: AsyncBody<T>,
    {
        let scope = in_connection(Some(TypeId::of::<Self>()), name, Box::pin(body()));
        async move { scope.await? }
    }

    /// [`with_connection`](Self::with_connection) for a `body` with another error type.
    ///
    /// # Errors
    /// As [`with_connection`](Self::with_connection).
    fn try_with_connection<T, E, F>(name: &str, body: F) -> impl Future<Output = Result<T, E>>
    where
        E: From<Error>,
        F: AsyncBody<T, E>,
    {
        let scope = in_connection(Some(TypeId::of::<Self>()), name, Box::pin(body()));
        async move { scope.await.map_err(E::from)? }
    }

    /// Returns the connection that this model uses in the current scope.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// User::connection()?.execute("VACUUM", []).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Configuration` if the connection does not exist; `NoScope` if the model requires a scope.
    fn connection() -> Result<ConnectionHandle> {
        connection(&connection_of(Self::TABLE)?)
    }

    /// Runs `body` in a transaction on the connection that this model uses in the current scope.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// User::transaction(async || {
    ///     let mut user = User::find(1).await?;
    ///     user.age += 1;
    ///     user.save().await
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`transaction`](crate::transaction()).
    fn transaction<T, F>(body: F) -> impl Future<Output = Result<T>>
    where
        F: AsyncBody<T>,
    {
        let body = Box::pin(body());
        async move { Transaction::begin(connection_of(Self::TABLE)?).independent().run_boxed(body).await }
    }
}

impl<M: Model> ActiveRecord for M {}
