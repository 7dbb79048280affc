//! The same work with sqlx alone.

use std::sync::atomic::{AtomicU64, Ordering};

use activerecord::prelude::*;
use sqlx::mysql::MySqlPool;
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Executor as _};

/// A pool for each database.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    postgres: PgPool,
    mariadb: MySqlPool,
}

impl Pools {
    pub(crate) async fn open(postgres: &str, mariadb: &str) -> Result<Self> {
        let mariadb = mariadb.replacen("mariadb:", "mysql:", 1);
        Ok(Self {
            postgres: sqlx::postgres::PgPoolOptions::new()
                .max_connections(10)
                .connect(postgres)
                .await
                .map_err(Error::custom)?,
            mariadb: sqlx::mysql::MySqlPoolOptions::new()
                .max_connections(10)
                .connect(&mariadb)
                .await
                .map_err(Error::custom)?,
        })
    }

    /// Two transactions, committed one after the other.
    pub(crate) async fn two_commits(self) -> Result<()> {
        self.commit().await.map_err(Error::custom)
    }

    /// Both prepared, then both committed, without a log: after a crash the decision is unknown.
    pub(crate) async fn two_phases(self) -> Result<()> {
        self.prepare_and_commit().await.map_err(Error::custom)
    }

    async fn commit(&self) -> Result<(), sqlx::Error> {
        let mut first = self.postgres.begin().await?;
        let mut second = self.mariadb.begin().await?;
        first.execute(INSERT).await?;
        second.execute(INSERT).await?;
        first.commit().await?;
        second.commit().await
    }

    async fn prepare_and_commit(&self) -> Result<(), sqlx::Error> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let id = format!("bench-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (mut first, mut second) = (self.postgres.acquire().await?, self.mariadb.acquire().await?);
        let text = |text: String| sqlx::raw_sql(AssertSqlSafe(text));
        first.execute(sqlx::raw_sql("BEGIN")).await?;
        second.execute(text(format!("XA START '{id}'"))).await?;
        first.execute(INSERT).await?;
        second.execute(INSERT).await?;
        first.execute(text(format!("PREPARE TRANSACTION '{id}'"))).await?;
        second.execute(text(format!("XA END '{id}'; XA PREPARE '{id}'"))).await?;
        first.execute(text(format!("COMMIT PREPARED '{id}'"))).await?;
        second.execute(text(format!("XA COMMIT '{id}'"))).await?;
        Ok(())
    }
}

const INSERT: &str = "INSERT INTO entries (amount) VALUES (7)";
