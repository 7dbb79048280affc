//! mysql_async with its pool, whose connections keep their prepared statements.

use std::sync::LazyLock;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Params, Pool, PoolConstraints, PoolOpts, Value};
use protocol::{
    CONNECTIONS, Change, Comment, Contestant, Database, Job, Post, Result, Row, Store, Tally, Texts, User, Workload,
    serve_tokio,
};

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(Database::Mariadb));

fn main() -> Result<()> {
    serve_tokio::<MysqlAsync>()
}

#[derive(Clone)]
struct MysqlAsync {
    pool: Pool,
}

/// The columns of a user.
type UserRow = (i64, String, Option<String>);

/// The columns of a user and of the user's post, if there is one.
type PairRow = (i64, String, Option<String>, Option<i64>, Option<i64>, Option<String>, Option<String>);

impl Contestant for MysqlAsync {
    type Batch = (String, Vec<Row>);
    type Record = Change;

    async fn open(store: &Store, _: Workload) -> Result<Self> {
        let constraints = PoolConstraints::new(1, CONNECTIONS).ok_or("no such pool")?;
        let pool = PoolOpts::new().with_constraints(constraints).with_reset_connection(false);
        let options = Opts::from_url(store.url().ok_or("not a server")?)?;
        // Over TCP, as all contestants.
        let options = OptsBuilder::from_opts(options).pool_opts(pool).prefer_socket(false);
        Ok(Self { pool: Pool::new(options) })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.pool.get_conn().await?.query_drop(sql).await?)
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        let found: Option<String> = self.pool.get_conn().await?.query_first(sql).await?;
        Ok(found.ok_or("no row")?)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        let mut connection = self.pool.get_conn().await?;
        let row: Option<UserRow> = connection.exec_first(TEXTS.find.as_str(), (key,)).await?;
        tally.user(&user(row.ok_or("no row")?));
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        protocol::tasks(job, |_| self.clone()).await
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        tally.users(&self.pool.get_conn().await?.exec_map(TEXTS.all, (), user).await?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        tally.pairs(&self.pool.get_conn().await?.exec_map(TEXTS.join.as_str(), ("black",), pair).await?);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let mut connection = self.pool.get_conn().await?;
        let users: Vec<User> = connection.exec_map(TEXTS.all, (), user).await?;
        let ids = Params::Positional(users.iter().map(|user| Value::from(user.id)).collect());
        let posts: Vec<Post> = connection.exec_map(TEXTS.posts(users.len()), ids, post).await?;
        let ids = Params::Positional(posts.iter().map(|post| Value::from(post.id)).collect());
        let comments = connection.exec_map(TEXTS.comments(posts.len()), ids, comment).await?;
        tally.families(&protocol::group(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Self::Batch {
        (TEXTS.insert(rows.len()), rows.to_vec())
    }

    async fn insert(&mut self, (sql, rows): &Self::Batch) -> Result<u64> {
        let values = rows.iter().flat_map(|row| [Value::from(&row.name), Value::from(&row.hair_color)]);
        self.write(sql, Params::Positional(values.collect())).await
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        self.write(&TEXTS.update, (&change.name, change.id).into()).await
    }

    fn record(change: &Change) -> Change {
        change.clone()
    }

    async fn save(&mut self, change: Change) -> Result<u64> {
        self.write(&TEXTS.save, (change.name, change.hair_color, change.id).into()).await
    }
}

impl MysqlAsync {
    async fn write(&self, sql: &str, values: Params) -> Result<u64> {
        let mut connection: Conn = self.pool.get_conn().await?;
        connection.exec_drop(sql, values).await?;
        Ok(connection.affected_rows())
    }
}

fn user((id, name, hair_color): UserRow) -> User {
    User { id, name, hair_color }
}

fn post((id, user_id, title, body): (i64, i64, String, Option<String>)) -> Post {
    Post { id, user_id, title, body }
}

fn comment((id, post_id, text): (i64, i64, String)) -> Comment {
    Comment { id, post_id, text }
}

fn pair((id, name, hair_color, post, user_id, title, body): PairRow) -> (User, Option<Post>) {
    let post = post.zip(user_id).zip(title);
    (User { id, name, hair_color }, post.map(|((id, user_id), title)| Post { id, user_id, title, body }))
}
