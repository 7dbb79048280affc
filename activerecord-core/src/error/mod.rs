//! The error type of this library.

mod format;
mod kind;
mod predicates;

pub use kind::ErrorKind;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The result type of this library. The second parameter is the error type, as in [`std::result::Result`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this library: its [`kind`](Error::kind), a message, and, where they are known, the connection, the model
/// and the SQL text.
///
/// It never contains a bound value or a password.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    connection: Option<Arc<str>>,
    model: Option<&'static str>,
    sql: Option<Arc<str>>,
    constraint: Option<String>,
    code: Option<String>,
    record_index: Option<usize>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    record: Option<Box<dyn Any + Send + Sync>>,
}

/// An error of another library. No type implements it: it exists for the message of a `?` on such an error.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `activerecord::Error`",
    label = "write `.map_err(Error::custom)?`, or use `try_transaction` with an error type of your own"
)]
pub trait IntoError {
    fn into_error(self) -> Error;
}

#[doc(hidden)]
impl<E: IntoError> From<E> for Error {
    fn from(error: E) -> Self {
        error.into_error()
    }
}

/// Constructors.
impl Error {
    /// Creates an error of `kind`. The message says what happened and what to do about it.
    ///
    /// ```
    /// # use activerecord_core::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::NotFound, "no rate for this currency");
    /// assert!(error.is_not_found());
    /// ```
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            connection: None,
            model: None,
            sql: None,
            constraint: None,
            code: None,
            record_index: None,
            source: None,
            record: None,
        }))
    }

    /// Wraps the caller's own error, so that a closure that returns [`Result`] can return it.
    /// [`downcast_ref`](Self::downcast_ref) gives it back.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// let error = Error::custom(std::fmt::Error);
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    /// ```
    #[cold]
    pub fn custom(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = error.into();
        Self::new(ErrorKind::Custom, source.to_string()).with_boxed_source(source)
    }

    /// Creates the error that a `validate` hook returns for a record that it refuses.
    ///
    /// ```
    /// # use activerecord_core::{Error, Result};
    /// fn validate(age: u32) -> Result<()> {
    ///     if age < 18 { Err(Error::invalid("age must be at least 18")) } else { Ok(()) }
    /// }
    /// assert!(validate(12).is_err_and(|error| error.is_invalid()));
    /// ```
    #[cold]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// Creates the error of work whose outcome is not known: it may have happened or not. A saga compensates a step with this
    /// error as if it had happened.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// let error = Error::unknown("the payment service closed the connection before it answered");
    /// assert!(error.is_commit_outcome_unknown());
    /// ```
    #[cold]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::CommitOutcomeUnknown, message)
    }

    /// Creates an error about a wrong setting.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// assert!(Error::configuration("`port` is not a number").is_configuration());
    /// ```
    #[cold]
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// Creates an error about an operation that the database does not support. Use it only before anything is sent.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// assert!(Error::unsupported("SQLite does not lock rows").is_unsupported());
    /// ```
    #[cold]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// Creates an error about a value that does not fit its type. Implementations of [`FromValue`](crate::FromValue)
    /// return it.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// assert!(Error::conversion("a color has six hexadecimal digits").is_conversion());
    /// ```
    #[cold]
    pub fn conversion(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conversion, message)
    }

    /// Adds the name of the connection, unless the error has one.
    #[must_use]
    pub fn with_connection(mut self, name: &Arc<str>) -> Self {
        self.0.connection.get_or_insert_with(|| Arc::clone(name));
        self
    }

    /// Adds the name of the model, unless the error has one.
    #[must_use]
    pub fn with_model(mut self, model: &'static str) -> Self {
        self.0.model.get_or_insert(model);
        self
    }

    /// Adds the SQL text, unless the error has one. The text must not contain bound values.
    #[must_use]
    pub fn with_sql(mut self, sql: &Arc<str>) -> Self {
        self.0.sql.get_or_insert_with(|| Arc::clone(sql));
        self
    }

    /// Replaces the SQL text, because its constants can be secret.
    #[must_use]
    pub(crate) fn with_other_sql(mut self, sql: &Arc<str>) -> Self {
        self.0.sql = Some(Arc::clone(sql));
        self
    }

    /// Sets the name of the violated constraint.
    #[must_use]
    pub fn with_constraint(mut self, constraint: impl Into<String>) -> Self {
        self.0.constraint = Some(constraint.into());
        self
    }

    /// Sets the database's own code: an SQLSTATE or an error number.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    #[must_use]
    pub(crate) fn with_record_index(mut self, index: usize) -> Self {
        self.0.record_index = Some(index);
        self
    }

    /// Sets the record that the write concerns, which [`record`](Self::record) returns.
    #[must_use]
    pub(crate) fn with_record(mut self, record: impl Any + Send + Sync) -> Self {
        self.0.record = Some(Box::new(record));
        self
    }

    /// Moves the record of `other` to this error.
    #[must_use]
    pub(crate) fn with_record_of(mut self, other: &mut Self) -> Self {
        self.0.record = other.0.record.take();
        self
    }

    /// Sets the underlying error, which [`source`](StdError::source) returns.
    #[must_use]
    pub fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with_boxed_source(Box::new(source))
    }

    fn with_boxed_source(mut self, source: Box<dyn StdError + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    /// Prepends `context` and a colon to the message.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// let error = Error::conversion("not a number").context("line 3");
    /// assert_eq!(error.message(), "line 3: not a number");
    /// ```
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// Appends a semicolon and `advice` to the message.
    #[must_use]
    pub fn advice(mut self, advice: impl fmt::Display) -> Self {
        self.0.message = format!("{}; {advice}", self.0.message);
        self
    }
}

/// Details.
impl Error {
    /// Returns the kind of failure.
    ///
    /// ```
    /// # use activerecord_core::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Database, "out of shared memory").with_code("53200");
    /// assert_eq!((error.kind(), error.code()), (ErrorKind::Database, Some("53200")));
    /// assert_eq!((error.connection(), error.model(), error.sql()), (None, None, None));
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the message without the connection, the model and the SQL text.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the name of the connection.
    pub fn connection(&self) -> Option<&str> {
        self.0.connection.as_deref()
    }

    /// Returns the name of the model.
    pub fn model(&self) -> Option<&str> {
        self.0.model
    }

    /// Returns the whole SQL text, with placeholders for the bound values. `Display` and `Debug` shorten a long text.
    pub fn sql(&self) -> Option<&str> {
        self.0.sql.as_deref()
    }

    /// Returns the name of the violated constraint. SQLite does not report the name; there it is `table.column`.
    pub fn constraint(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }

    /// Returns the database's own code: an SQLSTATE on PostgreSQL, an error number on the others.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns the index of the first record of a bulk write that the database refused, or whose column would change a
    /// value. None when the index is not
    /// known: a bulk write of one statement inside a transaction cannot be tried again record by record.
    pub fn record_index(&self) -> Option<usize> {
        self.0.record_index
    }

    /// Returns the record that a failed write concerns:
    ///
    /// - after a failed [`create`](crate::ActiveRecord::create), the record that it was given. If the error
    ///   [is of `after_commit`](Self::is_after_commit), the record is stored, and has its generated key.
    /// - after a transaction whose [`after_commit`](crate::Hooks::after_commit) hook failed, a copy of the record whose
    ///   hook it was.
    ///
    /// Otherwise, and if the record is of another model, `None`. The messages of the error never contain it.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord, Default)] struct User { id: i64, email: String }
    /// # async fn example(user: User) -> Result<User> {
    /// match User::create(user).await {
    ///     Err(error) if error.is_after_commit() => {
    ///         eprintln!("the user is stored, but {error}");
    ///         error.into_record()
    ///     }
    ///     result => result,
    /// }
    /// # }
    /// ```
    pub fn record<M: 'static>(&self) -> Option<&M> {
        self.0.record.as_ref()?.downcast_ref()
    }

    /// Returns the [`record`](Self::record), or the error itself if it has no record of this model.
    ///
    /// # Errors
    /// The error itself.
    pub fn into_record<M: 'static>(mut self) -> Result<M> {
        match self.0.record.take().map(<Box<dyn Any + Send + Sync>>::downcast) {
            Some(Ok(record)) => Ok(*record),
            Some(Err(other)) => {
                self.0.record = Some(other);
                Err(self)
            }
            None => Err(self),
        }
    }

    /// Returns the caller's own error of an [`Error::custom`], or the driver's error.
    ///
    /// ```
    /// # use activerecord_core::Error;
    /// let error = Error::custom("abc".parse::<u8>().unwrap_err());
    /// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_none());
    /// ```
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.source.as_ref()?.downcast_ref()
    }
}
