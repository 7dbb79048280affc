//! activerecord as a program would use it: models and their verbs, and the pool's default settings except its size.

use std::time::Duration;

use activerecord::prelude::*;
use activerecord::PoolOptions;
use protocol::{CONNECTIONS, Change, Contestant, Job, Row, Store, Tally, Workload, serve_tokio};

fn main() -> protocol::Result<()> {
    serve_tokio::<ActiveRecords>()
}

#[derive(ActiveRecord, Clone, Default)]
struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

#[derive(ActiveRecord, Clone, Default)]
struct Post {
    id: i64,
    user_id: i64,
    title: String,
    body: Option<String>,
}

#[derive(ActiveRecord, Clone, Default)]
struct Comment {
    id: i64,
    post_id: i64,
    text: String,
}

protocol::records!(User, Post, Comment);

/// The registered connection `primary`.
struct ActiveRecords;

impl Contestant for ActiveRecords {
    type Batch = Vec<User>;
    type Record = User;

    async fn open(store: &Store, workload: Workload) -> protocol::Result<Self> {
        // As the documentation recommends for an in-memory database that one task uses at a time.
        let alone = *store == Store::Memory && workload != Workload::Tasks;
        let connections = if alone { 1 } else { CONNECTIONS };
        let mut config = Config::url(url(store))?.pool(PoolOptions::new().max_connections(connections));
        if alone {
            config = config.option("locking_mode", "exclusive");
        }
        ConnectionManager::replace("primary", config).await?;
        Ok(Self)
    }

    async fn execute(&mut self, sql: &str) -> protocol::Result<()> {
        connection("primary")?.execute(sql, []).await?;
        Ok(())
    }

    async fn text(&mut self, sql: &str) -> protocol::Result<String> {
        let rows = connection("primary")?.query(sql, []).await?;
        Ok(rows.first().ok_or("no row")?.get(0)?)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> protocol::Result<()> {
        tally.user(&User::find(key).await?);
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> protocol::Result<(Duration, Tally)> {
        protocol::tasks(job, |_| Self).await
    }

    async fn all(&mut self, tally: &mut Tally) -> protocol::Result<()> {
        tally.users(&User::all().await?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> protocol::Result<()> {
        let pairs = User::query()
            .left_join(Post::USER_ID.eq(User::ID))
            .filter(User::HAIR_COLOR.eq("black"))
            .order_by(User::ID.asc())
            .all()
            .await?;
        tally.pairs(&pairs);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> protocol::Result<()> {
        let users = User::all().await?;
        let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
        let posts = Post::filter(Post::USER_ID.is_in(ids)).order_by(Post::ID.asc()).all().await?;
        let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let comments = Comment::filter(Comment::POST_ID.is_in(ids)).order_by(Comment::ID.asc()).all().await?;
        tally.families(&protocol::group(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Vec<User> {
        rows.iter().map(|row| User { id: 0, name: row.name.clone(), hair_color: row.hair_color.clone() }).collect()
    }

    async fn insert(&mut self, users: &Vec<User>) -> protocol::Result<u64> {
        Ok(User::bulk_insert(users).await?)
    }

    /// An error if there is no such record.
    async fn update(&mut self, change: &Change) -> protocol::Result<u64> {
        let mut user = User { id: change.id, ..User::default() };
        user.update_columns((User::NAME.set(&change.name),)).await?;
        Ok(1)
    }

    fn record(change: &Change) -> User {
        User { id: change.id, name: change.name.clone(), hair_color: change.hair_color.clone() }
    }

    /// An error if there is no such record.
    async fn save(&mut self, mut user: User) -> protocol::Result<u64> {
        user.save().await?;
        Ok(1)
    }
}

fn url(store: &Store) -> String {
    match store {
        Store::Memory => "sqlite::memory:".to_owned(),
        Store::File(path) => format!("sqlite://{}?mode=rwc&synchronous=normal", path.display()),
        Store::Postgres(url) => url.clone(),
        Store::Mariadb(url) => format!("{url}?ssl-mode=disabled"),
    }
}
