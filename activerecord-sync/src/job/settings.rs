//! The settings of a job.

use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{Column, IntoColumns, Model};
use chrono::{DateTime, Utc};

use super::SyncJob;
use super::plan::{by_closure, ordinal};
use crate::copy::{Side, Tombstones};
use crate::progress::IntoProgress;

impl<S: Model, T: Model> SyncJob<S, T> {
    /// Writes on this connection. The default is the model's connection at the place where the job runs.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics");
    /// ```
    pub fn on(mut self, connection: impl Into<String>) -> Self {
        self.target = Some(connection.into());
        self
    }

    /// Maps a row of the source to a row of the target. A job between two different models needs it; a job from a model to
    /// itself copies all columns without it.
    ///
    /// The closure must be pure: a row can be mapped more than once, and `verify` compares its result with the target.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # #[derive(ActiveRecord)] struct Contact { id: i64, email: String }
    /// let job = SyncJob::from::<User>()
    ///     .to::<Contact>()
    ///     .map(|user| Contact { id: user.id, email: user.email.to_lowercase() });
    /// ```
    pub fn map(mut self, map: impl Fn(S) -> T + Send + Sync + 'static) -> Self {
        self.map = Some(Arc::new(map));
        self
    }

    /// The columns that identify a row of the target. They must be a unique key, and none of them can be NULL. The default is
    /// the target's primary key.
    ///
    /// A numeric primary key that is not among them is not written: the database generates it.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # #[derive(ActiveRecord)] struct Contact { id: i64, user_id: i64 }
    /// let job = SyncJob::from::<User>()
    ///     .to::<Contact>()
    ///     .map(|user| Contact { id: 0, user_id: user.id })
    ///     .keys([Contact::USER_ID]);
    /// ```
    pub fn keys(mut self, keys: impl IntoColumns<T>) -> Self {
        self.keys = keys.into_columns();
        self
    }

    /// Reads only rows whose value in this column is at least the watermark of the last run. The column is a time that every
    /// write sets, such as `#[updated_at]`, or a number that only grows. It cannot be NULL, and needs an index on it and the
    /// primary key.
    ///
    /// Rows that commit late are not missed, even if their time is older: the watermark stays before the start of the oldest
    /// open transaction of the source's database, minus the [`lag`](Self::lag). This holds for times only. A number that is
    /// assigned before the commit, such as a sequence, can be missed.
    ///
    /// Deleted rows are not seen: use [`tombstones`](Self::tombstones) or [`delete_missing`](Self::delete_missing).
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # #[derive(ActiveRecord)] struct User { id: i64, #[updated_at] updated_at: DateTime<Utc> }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").since(User::UPDATED_AT);
    /// ```
    pub fn since<V>(mut self, column: Column<S, V>) -> Self {
        self.since = Some(column.name());
        self
    }

    /// How far the clocks that stamp rows can be behind the clock of the source's database. The default is 10 seconds. Every
    /// run reads the rows of this time again, and writes only those that differ.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let minute = std::time::Duration::from_secs(60);
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").lag(minute);
    /// ```
    pub fn lag(mut self, lag: Duration) -> Self {
        self.options.lag = lag;
        self
    }

    /// Deletes the rows of the target that tombstones name. A tombstone is a row of the model `D` in the source's database,
    /// which the application or a trigger inserts when it deletes a row; `at` is the column with the time of the deletion.
    /// `gone` maps a tombstone to a row of the target, of which only the key is used.
    ///
    /// A run reads the tombstones that are new since the last run, and deletes before it copies. A row that was inserted again
    /// is copied again if its [`since`](Self::since) value is not older than its tombstone.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # #[derive(ActiveRecord)] struct User { id: i64, #[updated_at] updated_at: DateTime<Utc> }
    /// # #[derive(ActiveRecord, Default)] struct AnalyticsUser { id: i64, user_id: i64 }
    /// # #[derive(ActiveRecord)] struct DeletedUser { id: i64, user_id: i64, deleted_at: DateTime<Utc> }
    /// # async fn example(job: SyncJob<User, AnalyticsUser>) -> Result<()> {
    /// let job = job.since(User::UPDATED_AT).tombstones(DeletedUser::DELETED_AT, |gone: DeletedUser| AnalyticsUser {
    ///     user_id: gone.user_id,
    ///     ..AnalyticsUser::default()
    /// });
    /// # job.run().await.map(drop)
    /// # }
    /// ```
    pub fn tombstones<D: Model>(
        mut self,
        at: Column<D, DateTime<Utc>>,
        gone: impl Fn(D) -> T + Send + Sync + 'static,
    ) -> Self {
        let gone: Arc<dyn Fn(D) -> T + Send + Sync> = Arc::new(gone);
        self.tombstones = Some(Arc::new(move |connection, ordinals| {
            let every: Vec<_> = (0..D::TABLE.columns.len()).collect();
            let side = Side::of(connection, D::TABLE, &every, D::TABLE.key);
            let since = ordinal(D::TABLE, at.name()).unwrap_or_default();
            Tombstones { side, since, map: by_closure(Arc::clone(&gone), ordinals) }
        }));
        self
    }

    /// How many rows are read and written together. The default is 1,000; the least is 1.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").batch(10_000);
    /// ```
    pub fn batch(mut self, rows: u64) -> Self {
        self.options.batch = rows.max(1);
        self
    }

    /// Copies this many ranges of the source's primary key at once, each with about the same number of rows. The default is 1.
    ///
    /// Each range is a task with a connection of the source and one of the target; no more ranges run at once than the smaller
    /// pool has connections. Each range reads at its own moment: a row whose key changes during the run can be missed until the
    /// next run. A resumed run keeps the ranges of the run that was interrupted. It cannot be used with
    /// [`since`](Self::since).
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").ranges(4);
    /// ```
    pub fn ranges(mut self, ranges: usize) -> Self {
        self.options.ranges = ranges.max(1);
        self
    }

    /// Deletes the rows of the target that the source does not have. If they are more than this share of the target's rows (0.1
    /// is a tenth), nothing is deleted and the run fails. Every run then reads the whole source.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").delete_missing(0.1);
    /// ```
    pub fn delete_missing(mut self, share: f64) -> Self {
        self.options.delete = Some(share);
        self
    }

    /// The run fails when more rows than this are refused by the target or cannot be mapped. By default a run has no limit: it
    /// copies all other rows and reports the refused ones.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").max_bad_rows(100);
    /// ```
    pub fn max_bad_rows(mut self, rows: u64) -> Self {
        self.options.max_bad_rows = Some(rows);
        self
    }

    /// After a run and after a repair, moves the sequences of the target's table past the numbers in its rows:
    /// see [`ConnectionHandle::advance_sequences`]. Use it when the target takes over from the source, so that new rows are
    /// inserted there. By default the sequences stay as they are.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").advance_sequences();
    /// ```
    ///
    /// [`ConnectionHandle::advance_sequences`]: activerecord_core::ConnectionHandle::advance_sequences
    pub fn advance_sequences(mut self) -> Self {
        self.options.sequences = true;
        self
    }

    /// Reports the progress of a run: after each batch and once at the end to a closure, or with `true` as `tracing` events of
    /// level `INFO`, at most one in 10 seconds and one at the end. The default is `false`.
    ///
    /// The closure runs between two batches, in the order of the rows, never twice at once; a slow closure slows down the copy. To
    /// know the total, the run counts the rows of the source first. `verify` and `repair` do not report.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").progress(|p| println!("{p}"));
    /// ```
    pub fn progress(mut self, progress: impl IntoProgress) -> Self {
        self.options.reporter = progress.into_reporter();
        self
    }

    /// The name of its checkpoint. The default is `CONNECTION.TABLE>TABLE`, with the source's connection and both tables. Two
    /// jobs that write to one database need different names.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let job = SyncJob::from::<User>().to::<User>().on("analytics").name("users to analytics");
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}
