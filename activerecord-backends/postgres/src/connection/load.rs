//! Bulk loads: COPY in the binary format.

use activerecord_core::Result;
use activerecord_core::backend::Load;
use sqlx::postgres::PgTypeInfo;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, Statement as _};

use super::PostgresConnection;
use crate::value;

impl PostgresConnection {
    /// Copies rows into a table. `None`: a value does not have its column's type, and only INSERT may convert it.
    pub(super) async fn copy_in(&mut self, load: Load<'_>) -> Result<Option<u64>> {
        self.forget_stale().await?;
        for row in load.rows {
            value::check(row)?;
        }
        let types = self.column_types(load).await?;
        let Some(data) = value::copied(load.rows, &types)? else { return Ok(None) };
        self.unread = true;
        let copied = async {
            let mut copy = self.driver.copy_in_raw(load.sql.text()).await?;
            copy.send(data).await?;
            copy.finish().await
        };
        let copied = copied.await;
        self.answered(copied).map(Some)
    }

    /// Returns the types of the columns: the binary format needs them and does not contain them.
    async fn column_types(&mut self, load: Load<'_>) -> Result<Vec<PgTypeInfo>> {
        self.unread = true;
        let types = value::types(load.columns.binds(), value::Typing::Inferred);
        let text = AssertSqlSafe(std::sync::Arc::clone(load.columns.text())).into_sql_str();
        let prepared = self.driver.prepare_with(text, &types).await;
        let statement = self.answered(prepared)?;
        Ok(statement.columns().iter().map(|column| column.type_info().clone()).collect())
    }
}
