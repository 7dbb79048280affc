//! sqlx with `query_as` on its pool, and the connection's statement cache.

mod database;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use protocol::{Change, Contestant, Job, Result, Store, Tally, Texts, Workload, serve_tokio};
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, FromRow, Pool, Row};

use database::{Arguments, DATABASE, Db};

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(DATABASE));

fn main() -> Result<()> {
    serve_tokio::<Sqlx>()
}

#[derive(Clone)]
struct Sqlx {
    pool: Pool<Db>,
}

#[derive(FromRow)]
struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

#[derive(FromRow)]
struct Post {
    id: i64,
    user_id: i64,
    title: String,
    body: Option<String>,
}

#[derive(FromRow)]
struct Comment {
    id: i64,
    post_id: i64,
    text: String,
}

protocol::records!(User, Post, Comment);

/// A row of a join. Two of its columns have the same name, which a derived `FromRow` could not distinguish.
struct Pair((User, Option<Post>));

impl FromRow<'_, database::Row> for Pair {
    fn from_row(row: &database::Row) -> sqlx::Result<Self> {
        let user = User { id: row.try_get(0)?, name: row.try_get(1)?, hair_color: row.try_get(2)? };
        let post = match row.try_get::<Option<i64>, _>(3)? {
            Some(id) => Some(Post { id, user_id: row.try_get(4)?, title: row.try_get(5)?, body: row.try_get(6)? }),
            None => None,
        };
        Ok(Self((user, post)))
    }
}

impl Contestant for Sqlx {
    type Batch = (Arc<str>, Vec<protocol::Row>);
    type Record = Change;

    async fn open(store: &Store, _: Workload) -> Result<Self> {
        Ok(Self { pool: database::connect(store).await? })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await?;
        Ok(())
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await?)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        let user: User = sqlx::query_as(TEXTS.find.as_str()).bind(key).fetch_one(&self.pool).await?;
        tally.user(&user);
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        protocol::tasks(job, |_| self.clone()).await
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        let users: Vec<User> = sqlx::query_as(TEXTS.all).fetch_all(&self.pool).await?;
        tally.users(&users);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        let pairs: Vec<Pair> = sqlx::query_as(TEXTS.join.as_str()).bind("black").fetch_all(&self.pool).await?;
        tally.pairs(pairs.iter().map(|Pair(pair)| pair));
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let users: Vec<User> = sqlx::query_as(TEXTS.all).fetch_all(&self.pool).await?;
        let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
        let posts = sqlx::query_as(AssertSqlSafe(TEXTS.posts(ids.len())));
        let posts: Vec<Post> = bind_all(posts, ids).fetch_all(&self.pool).await?;
        let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let comments = sqlx::query_as(AssertSqlSafe(TEXTS.comments(ids.len())));
        let comments: Vec<Comment> = bind_all(comments, ids).fetch_all(&self.pool).await?;
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
        Ok(query.execute(&self.pool).await?.rows_affected())
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        let query = sqlx::query(TEXTS.update.as_str()).bind(&change.name).bind(change.id);
        Ok(query.execute(&self.pool).await?.rows_affected())
    }

    fn record(change: &Change) -> Change {
        change.clone()
    }

    async fn save(&mut self, change: Change) -> Result<u64> {
        let query = sqlx::query(TEXTS.save.as_str()).bind(&change.name).bind(&change.hair_color).bind(change.id);
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

/// Binds the values as one array.
#[cfg(feature = "postgres")]
fn bind_all<T>(query: QueryAs<'static, Db, T, Arguments>, ids: Vec<i64>) -> QueryAs<'static, Db, T, Arguments> {
    query.bind(ids)
}

/// Binds the values one by one.
#[cfg(not(feature = "postgres"))]
fn bind_all<T>(query: QueryAs<'static, Db, T, Arguments>, ids: Vec<i64>) -> QueryAs<'static, Db, T, Arguments> {
    ids.into_iter().fold(query, QueryAs::bind)
}
