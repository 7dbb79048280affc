//! tokio-postgres with deadpool's pool, which by default does not ping a connection before use.

use std::sync::LazyLock;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use protocol::{
    CONNECTIONS, Change, Comment, Contestant, Database, Job, Post, Result, Row, Store, Tally, Texts, User, Workload,
    serve_tokio,
};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls};

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(Database::Postgres));

/// The binds of a statement.
type Values<'a> = [&'a (dyn ToSql + Sync)];

fn main() -> Result<()> {
    serve_tokio::<TokioPostgres>()
}

#[derive(Clone)]
struct TokioPostgres {
    pool: Pool,
}

impl Contestant for TokioPostgres {
    type Batch = (String, Vec<Row>);
    type Record = Change;

    async fn open(store: &Store, _: Workload) -> Result<Self> {
        let config: Config = store.url().ok_or("not a server")?.parse()?;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        Ok(Self { pool: Pool::builder(manager).max_size(CONNECTIONS).build()? })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.pool.get().await?.batch_execute(sql).await?)
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        Ok(self.pool.get().await?.query_one(sql, &[]).await?.try_get(0)?)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        let connection = self.pool.get().await?;
        let statement = connection.prepare_cached(&TEXTS.find).await?;
        tally.user(&user(&connection.query_one(&statement, &[&key]).await?)?);
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        protocol::tasks(job, |_| self.clone()).await
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        tally.users(&read(&self.pool.get().await?, TEXTS.all, &[], user).await?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        tally.pairs(&read(&self.pool.get().await?, &TEXTS.join, &[&"black"], pair).await?);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let connection = self.pool.get().await?;
        let users = read(&connection, TEXTS.all, &[], user).await?;
        let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
        let posts = read(&connection, &TEXTS.posts(ids.len()), &[&ids], |row| post(row, 0)).await?;
        let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let comments = read(&connection, &TEXTS.comments(ids.len()), &[&ids], comment).await?;
        tally.families(&protocol::group(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Self::Batch {
        (TEXTS.insert(rows.len()), rows.to_vec())
    }

    async fn insert(&mut self, (sql, rows): &Self::Batch) -> Result<u64> {
        let values: Vec<&(dyn ToSql + Sync)> =
            rows.iter().flat_map(|row| [&row.name as &(dyn ToSql + Sync), &row.hair_color]).collect();
        self.write(sql, &values).await
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        self.write(&TEXTS.update, &[&change.name, &change.id]).await
    }

    fn record(change: &Change) -> Change {
        change.clone()
    }

    async fn save(&mut self, change: Change) -> Result<u64> {
        self.write(&TEXTS.save, &[&change.name, &change.hair_color, &change.id]).await
    }
}

impl TokioPostgres {
    async fn write(&self, sql: &str, values: &Values<'_>) -> Result<u64> {
        let connection = self.pool.get().await?;
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.execute(&statement, values).await?)
    }
}

async fn read<T>(
    connection: &Object,
    sql: &str,
    values: &Values<'_>,
    record: impl Fn(&tokio_postgres::Row) -> Result<T>,
) -> Result<Vec<T>> {
    let statement = connection.prepare_cached(sql).await?;
    connection.query(&statement, values).await?.iter().map(record).collect()
}

fn user(row: &tokio_postgres::Row) -> Result<User> {
    Ok(User { id: row.try_get(0)?, name: row.try_get(1)?, hair_color: row.try_get(2)? })
}

/// Reads the columns from `first` on.
fn post(row: &tokio_postgres::Row, first: usize) -> Result<Post> {
    let (id, user_id) = (row.try_get(first)?, row.try_get(first + 1)?);
    Ok(Post { id, user_id, title: row.try_get(first + 2)?, body: row.try_get(first + 3)? })
}

fn pair(row: &tokio_postgres::Row) -> Result<(User, Option<Post>)> {
    let post = match row.try_get::<_, Option<i64>>(3)? {
        Some(_) => Some(post(row, 3)?),
        None => None,
    };
    Ok((user(row)?, post))
}

fn comment(row: &tokio_postgres::Row) -> Result<Comment> {
    Ok(Comment { id: row.try_get(0)?, post_id: row.try_get(1)?, text: row.try_get(2)? })
}
