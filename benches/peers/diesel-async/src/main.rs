//! diesel-async in deadpool's pool: derived structs, the query builder's cached statements, one statement for a batch.

mod connection;
#[cfg(feature = "sqlite")]
#[path = "../../diesel/src/insert.rs"]
mod insert;
#[path = "../../diesel/src/records.rs"]
mod records;

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use protocol::{Change, Contestant, Job, Result, Row, Store, Tally, Workload, serve_tokio};

use connection::Connection;
use records::{Comment, NewUser, OneText, Post, User, changed, comments, grouped, new_users, posts, users};

fn main() -> Result<()> {
    serve_tokio::<DieselAsync>()
}

#[derive(Clone)]
struct DieselAsync {
    pool: Pool<Connection>,
}

impl Contestant for DieselAsync {
    type Batch = Arc<Vec<NewUser>>;
    type Record = User;

    async fn open(store: &Store, _: Workload) -> Result<Self> {
        Ok(Self { pool: connection::pool(store)? })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection().await?.batch_execute(sql).await?)
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        let query = diesel::sql_query(format!("SELECT ({sql}) AS text"));
        let one: OneText = query.get_result(&mut self.connection().await?).await?;
        Ok(one.text)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        let query = users::table.find(key).select(User::as_select());
        tally.user(&query.get_result(&mut self.connection().await?).await?);
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        protocol::tasks(job, |_| self.clone()).await
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        tally.users(&users::table.select(User::as_select()).load(&mut self.connection().await?).await?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        let query = users::table.left_join(posts::table).filter(users::hair_color.eq("black")).order_by(users::id);
        let query = query.select((User::as_select(), Option::<Post>::as_select()));
        let pairs: Vec<(User, Option<Post>)> = query.load(&mut self.connection().await?).await?;
        tally.pairs(&pairs);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let connection = &mut self.connection().await?;
        let users = users::table.select(User::as_select()).load(connection).await?;
        let posts = Post::belonging_to(&users).order_by(posts::id).select(Post::as_select());
        let posts = posts.load(connection).await?;
        let comments = Comment::belonging_to(&posts).order_by(comments::id).select(Comment::as_select());
        let comments = comments.load(connection).await?;
        tally.families(&grouped(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Self::Batch {
        Arc::new(new_users(rows))
    }

    async fn insert(&mut self, rows: &Self::Batch) -> Result<u64> {
        Ok(insert_all(&mut *self.connection().await?, rows).await? as u64)
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        let query = diesel::update(users::table.find(change.id)).set(users::name.eq(&change.name));
        Ok(query.execute(&mut self.connection().await?).await? as u64)
    }

    fn record(change: &Change) -> User {
        changed(change)
    }

    async fn save(&mut self, user: User) -> Result<u64> {
        Ok(diesel::update(&user).set(&user).execute(&mut self.connection().await?).await? as u64)
    }
}

impl DieselAsync {
    async fn connection(&self) -> Result<Object<Connection>> {
        Ok(self.pool.get().await?)
    }
}

/// diesel-async's `execute` accepts no batch on SQLite. Diesel's does, in one task that may block.
#[cfg(feature = "sqlite")]
async fn insert_all(connection: &mut Connection, rows: &Arc<Vec<NewUser>>) -> QueryResult<usize> {
    let rows = Arc::clone(rows);
    connection.spawn_blocking(move |connection| insert::insert(connection, &rows)).await
}

/// The statement for one row is cached; the statement for a batch is prepared each time.
#[cfg(not(feature = "sqlite"))]
async fn insert_all(connection: &mut Connection, rows: &[NewUser]) -> QueryResult<usize> {
    match rows {
        [row] => diesel::insert_into(users::table).values(row).execute(connection).await,
        [..] => diesel::insert_into(users::table).values(rows).execute(connection).await,
    }
}
