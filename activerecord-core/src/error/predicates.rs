//! Predicates of errors, one for each reaction of a caller.

use super::{Error, ErrorKind};

macro_rules! predicates {
    ($($(#[doc = $doc:literal])+ $name:ident = $($kind:ident)|+;)*) => {
        /// Predicates.
        impl Error {
            $(
                $(#[doc = $doc])+
                pub fn $name(&self) -> bool {
                    matches!(self.kind(), $(ErrorKind::$kind)|+)
                }
            )*
        }

        #[cfg(test)]
        const PREDICATES: &[(&str, fn(&Error) -> bool)] = &[$((stringify!($name), Error::$name)),*];
    };
}

predicates! {
    /// Returns true when a required record does not exist.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)]
    /// # struct User { #[primary_key] id: i64, name: String }
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let name = match User::find(7).await {
    ///     Ok(user) => user.name,
    ///     Err(error) if error.is_not_found() => "unknown".to_owned(),
    ///     Err(error) => return Err(error),
    /// };
    /// # println!("{name}");
    /// # Ok(())
    /// # }
    /// ```
    is_not_found = NotFound;

    /// Returns true when several rows were found where at most one was expected.
    is_too_many = TooMany;

    /// Returns true when an optimistic lock failed. Reload the record and try again.
    is_stale = Stale;

    /// Returns true when the record failed its own `validate`.
    is_invalid = Invalid;

    /// Returns true when a unique or primary key constraint was violated. [`constraint`](Self::constraint) has its
    /// name.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let primary = connection("primary")?;
    /// match primary.execute("INSERT INTO users (email) VALUES (?)", ["a@example.com"]).await {
    ///     Ok(_) => println!("registered"),
    ///     Err(error) if error.is_unique_violation() => println!("{:?} exists already", error.constraint()),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    is_unique_violation = UniqueViolation;

    /// Returns true when a foreign key constraint was violated.
    is_foreign_key_violation = ForeignKeyViolation;

    /// Returns true when NULL was written to a NOT NULL column. [`constraint`](Self::constraint) has the column.
    is_not_null_violation = NotNullViolation;

    /// Returns true when a CHECK constraint was violated. [`constraint`](Self::constraint) has its name.
    is_check_violation = CheckViolation;

    /// Returns true when the same transaction can succeed if it runs again from its start: after a serialization
    /// failure, a deadlock, or a lock that was held for too long. [`retry`](crate::retry) runs it again.
    ///
    /// ```
    /// # use activerecord_core::{Error, ErrorKind};
    /// let deadlock = Error::new(ErrorKind::Deadlock, "deadlock detected");
    /// assert!(deadlock.is_retryable() && deadlock.is_deadlock());
    /// ```
    is_retryable = Serialization | Deadlock | Busy;

    /// Returns true when the database could not serialize the transaction with a concurrent one. It is also
    /// [retryable](Self::is_retryable).
    is_serialization_failure = Serialization;

    /// Returns true when the transaction was the victim of a deadlock. It is also [retryable](Self::is_retryable).
    is_deadlock = Deadlock;

    /// Returns true when another transaction held a lock for too long. It is also [retryable](Self::is_retryable).
    is_busy = Busy;

    /// Returns true when the statement ran for longer than its timeout, or was cancelled on the server.
    is_statement_timeout = StatementTimeout;

    /// Returns true when no connection of the pool became free within its `acquire_timeout`.
    is_pool_timeout = PoolTimeout;

    /// Returns true when the connection broke or could not be opened. This includes a connection that broke
    /// [during COMMIT](Self::is_commit_outcome_unknown).
    ///
    /// ```
    /// # use activerecord_core::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::CommitOutcomeUnknown, "the connection broke during COMMIT");
    /// assert!(error.is_connection_lost() && error.is_commit_outcome_unknown());
    /// ```
    is_connection_lost = ConnectionLost | CommitOutcomeUnknown;

    /// Returns true when the connection broke during COMMIT. The transaction may or may not be committed: read the data
    /// before you repeat it.
    is_commit_outcome_unknown = CommitOutcomeUnknown;

    /// Returns true when a participant of a two-phase commit waits for its decision.
    is_in_doubt = InDoubt;

    /// Returns true when the transaction is committed, but an `after_commit` hook failed. Do not run it again.
    is_after_commit = AfterCommit;

    /// Returns true when the login was refused, or lacks a permission.
    ///
    /// ```no_run
    /// # use activerecord_core::{ConnectionManager, Result};
    /// # async fn example() -> Result<()> {
    /// if let Err(error) = ConnectionManager::verify_all().await {
    ///     if error.is_permission_denied() || error.is_configuration() {
    ///         eprintln!("check the settings: {error}");
    ///     }
    ///     return Err(error);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    is_permission_denied = PermissionDenied;

    /// Returns true when a write was sent to a read-only database, server or transaction.
    is_read_only = ReadOnly;

    /// Returns true when the disk or a quota is full.
    is_disk_full = DiskFull;

    /// Returns true when the database file or the server's answer is damaged.
    is_corrupt = Corrupt;

    /// Returns true when the statement has a syntax error, or names a table, column or function that does not exist.
    is_invalid_statement = InvalidStatement;

    /// Returns true when the database does not support the operation. Nothing was sent.
    is_unsupported = Unsupported;

    /// Returns true when a setting, a URL or the name of a connection is wrong.
    is_configuration = Configuration;

    /// Returns true when a value does not fit its type.
    ///
    /// ```
    /// # use activerecord_core::{Row, Value};
    /// let row = Row::new([Box::from("age")].into(), vec![Value::I64(300)]);
    /// assert!(row.get::<u8>("age").is_err_and(|error| error.is_conversion()));
    /// ```
    is_conversion = Conversion;

    /// Returns true when a model with `#[scope_required]` was used outside every connection scope.
    is_no_scope = NoScope;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KINDS: [ErrorKind; 30] = [
        ErrorKind::NotFound,
        ErrorKind::TooMany,
        ErrorKind::Stale,
        ErrorKind::Invalid,
        ErrorKind::UniqueViolation,
        ErrorKind::ForeignKeyViolation,
        ErrorKind::NotNullViolation,
        ErrorKind::CheckViolation,
        ErrorKind::Serialization,
        ErrorKind::Deadlock,
        ErrorKind::Busy,
        ErrorKind::StatementTimeout,
        ErrorKind::PoolTimeout,
        ErrorKind::ConnectionLost,
        ErrorKind::CommitOutcomeUnknown,
        ErrorKind::InDoubt,
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnly,
        ErrorKind::DiskFull,
        ErrorKind::Corrupt,
        ErrorKind::InvalidStatement,
        ErrorKind::Unsupported,
        ErrorKind::Configuration,
        ErrorKind::Conversion,
        ErrorKind::Transaction,
        ErrorKind::AfterCommit,
        ErrorKind::Protocol("saga"),
        ErrorKind::NoScope,
        ErrorKind::Custom,
        ErrorKind::Database,
    ];

    /// The predicates in each row of docs/errors.md about this kind.
    fn documented<'d>(docs: &'d str, kind: &str) -> Vec<BTreeSet<&'d str>> {
        let row = |line: &'d str| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let [_, _, kinds, predicates, ..] = cells[..] else { return None };
            let is_predicate = |word: &&str| word.starts_with("is_");
            (kinds == format!("`{kind}`")).then(|| predicates.split(['`', ',', ' ']).filter(is_predicate).collect())
        };
        docs.lines().filter_map(row).collect()
    }

    #[test]
    fn each_kind_has_the_predicates_of_the_documentation() {
        let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md")).expect("docs");
        for kind in KINDS {
            let debug = format!("{kind:?}");
            let name = debug.split('(').next().unwrap_or_default();
            let error = Error::new(kind, "");
            let answered = PREDICATES.iter().filter(|(_, holds)| holds(&error)).map(|(name, _)| *name).collect();
            let rows = documented(&docs, name);
            assert!(!rows.is_empty(), "docs/errors.md has no row for {name}");
            assert!(rows.iter().all(|row| *row == answered), "{name}: {answered:?}, but documented are {rows:?}");
        }
    }

    #[test]
    fn no_kind_is_missing_above() {
        let is_variant = |line: &&str| line.starts_with("    ") && line.trim_start().starts_with(char::is_uppercase);
        assert_eq!(include_str!("kind.rs").lines().filter(is_variant).count(), KINDS.len());
    }
}
