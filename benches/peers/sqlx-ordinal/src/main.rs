//! sqlx's connections alone: no pool, rows decoded by ordinal as they arrive.

mod database;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::TryStreamExt;
use protocol::{
    CONNECTIONS, Change, Comment, Contestant, Job, Post, Result, Store, Tally, Texts, User, Workload, serve_tokio,
};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::sync::{Mutex, MutexGuard};

use database::{Arguments, DATABASE, Db};

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(DATABASE));

fn main() -> Result<()> {
    serve_tokio::<Ordinal>()
}

/// Some connections, and the index of the one in use.
struct Ordinal {
    connections: Arc<[Mutex<database::Connection>]>,
    mine: usize,
}

impl Contestant for Ordinal {
    type Batch = (Arc<str>, Vec<protocol::Row>);
    type Record = Change;

    async fn open(store: &Store, workload: Workload) -> Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..protocol::connections(store, workload) {
            connections.push(Mutex::new(database::Connection::connect_with(&database::options(store)?).await?));
        }
        Ok(Self { connections: connections.into(), mine: 0 })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *self.connection().await).await?;
        Ok(())
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *self.connection().await).await?)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        let query = sqlx::query(TEXTS.find.as_str()).bind(key);
        tally.user(&user(&query.fetch_one(&mut *self.connection().await).await?)?);
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        let member = |n| Self { connections: self.connections.clone(), mine: n % CONNECTIONS };
        protocol::tasks(job, member).await
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        tally.users(&read(&mut *self.connection().await, sqlx::query(TEXTS.all), user).await?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        let query = sqlx::query(TEXTS.join.as_str()).bind("black");
        tally.pairs(&read(&mut *self.connection().await, query, pair).await?);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let mut connection = self.connection().await;
        let users = read(&mut connection, sqlx::query(TEXTS.all), user).await?;
        let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
        let posts = bind_all(sqlx::query(AssertSqlSafe(TEXTS.posts(ids.len()))), ids);
        let posts = read(&mut connection, posts, |row| post(row, 0)).await?;
        let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let comments = bind_all(sqlx::query(AssertSqlSafe(TEXTS.comments(ids.len()))), ids);
        let comments = read(&mut connection, comments, comment).await?;
        tally.families(&protocol::group(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[protocol::Row]) -> Self::Batch {
        (TEXTS.insert(rows.len()).into(), rows.to_vec())
    }

    async fn insert(&mut self, (sql, rows): &Self::Batch) -> Result<u64> {
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for row in rows {
            query = query.bind(&row.name).bind(&row.hair_color);
        }
        Ok(query.execute(&mut *self.connection().await).await?.rows_affected())
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        let query = sqlx::query(TEXTS.update.as_str()).bind(&change.name).bind(change.id);
        Ok(query.execute(&mut *self.connection().await).await?.rows_affected())
    }

    fn record(change: &Change) -> Change {
        change.clone()
    }

    async fn save(&mut self, change: Change) -> Result<u64> {
        let query = sqlx::query(TEXTS.save.as_str()).bind(&change.name).bind(&change.hair_color).bind(change.id);
        Ok(query.execute(&mut *self.connection().await).await?.rows_affected())
    }
}

impl Ordinal {
    async fn connection(&self) -> MutexGuard<'_, database::Connection> {
        self.connections[self.mine].lock().await
    }
}

async fn read<T>(
    connection: &mut database::Connection,
    query: Query<'_, Db, Arguments>,
    record: impl Fn(&database::Row) -> sqlx::Result<T>,
) -> Result<Vec<T>> {
    let mut rows = query.fetch(connection);
    let mut records = Vec::new();
    while let Some(row) = rows.try_next().await? {
        records.push(record(&row)?);
    }
    Ok(records)
}

fn user(row: &database::Row) -> sqlx::Result<User> {
    Ok(User { id: row.try_get(0)?, name: row.try_get(1)?, hair_color: row.try_get(2)? })
}

/// Reads the columns from `first` on.
fn post(row: &database::Row, first: usize) -> sqlx::Result<Post> {
    let (id, user_id) = (row.try_get(first)?, row.try_get(first + 1)?);
    Ok(Post { id, user_id, title: row.try_get(first + 2)?, body: row.try_get(first + 3)? })
}

fn pair(row: &database::Row) -> sqlx::Result<(User, Option<Post>)> {
    let post = match row.try_get::<Option<i64>, _>(3)? {
        Some(_) => Some(post(row, 3)?),
        None => None,
    };
    Ok((user(row)?, post))
}

fn comment(row: &database::Row) -> sqlx::Result<Comment> {
    Ok(Comment { id: row.try_get(0)?, post_id: row.try_get(1)?, text: row.try_get(2)? })
}

/// Binds the values as one array.
#[cfg(feature = "postgres")]
fn bind_all(query: Query<'static, Db, Arguments>, ids: Vec<i64>) -> Query<'static, Db, Arguments> {
    query.bind(ids)
}

/// Binds the values one by one.
#[cfg(not(feature = "postgres"))]
fn bind_all(query: Query<'static, Db, Arguments>, ids: Vec<i64>) -> Query<'static, Db, Arguments> {
    ids.into_iter().fold(query, Query::bind)
}
