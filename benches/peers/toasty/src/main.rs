//! Toasty as its guide recommends: models, queries by key, `create_many` for a batch.

use std::time::Duration;

use protocol::{CONNECTIONS, Change, Contestant, Job, Result, Row, Store, Tally, Workload, serve_tokio};
use toasty::{Db, Deferred};

fn main() -> Result<()> {
    serve_tokio::<Toasty>()
}

#[derive(Clone)]
struct Toasty {
    database: Db,
}

#[derive(Debug, toasty::Model)]
#[table = "users"]
struct User {
    #[key]
    #[auto]
    id: i64,
    name: String,
    hair_color: Option<String>,
    #[has_many]
    posts: Deferred<Vec<Post>>,
}

#[derive(Debug, toasty::Model)]
#[table = "posts"]
struct Post {
    #[key]
    #[auto]
    id: i64,
    #[index]
    user_id: i64,
    #[belongs_to]
    user: Deferred<User>,
    title: String,
    body: Option<String>,
    #[has_many]
    comments: Deferred<Vec<Comment>>,
}

#[derive(Debug, toasty::Model)]
#[table = "comments"]
struct Comment {
    #[key]
    #[auto]
    id: i64,
    #[index]
    post_id: i64,
    #[belongs_to]
    post: Deferred<Post>,
    text: String,
}

protocol::records!(User, Post, Comment);

impl Contestant for Toasty {
    type Batch = Vec<Row>;
    type Record = Change;

    fn unsupported(workload: Workload, store: &Store) -> Option<&'static str> {
        match (workload, store) {
            (_, Store::Mariadb(_)) => Some("its driver needs MariaDB 11.8 or later"),
            (Workload::Join(_), _) => Some("no query returns joined rows; it loads included associations by itself"),
            _ => None,
        }
    }

    async fn open(store: &Store, workload: Workload) -> Result<Self> {
        // SQLite's settings belong to a connection, and Toasty has no hook that could set them on each connection.
        let connections = if matches!(store, Store::File(_)) && workload != Workload::Tasks { 1 } else { CONNECTIONS };
        let mut builder = Db::builder();
        builder.models(toasty::models!(User, Post, Comment)).max_pool_size(connections);
        let mut database = builder.connect(&url(store)).await?;
        if store.url().is_none() {
            for pragma in protocol::PRAGMAS.split_terminator(';') {
                toasty::sql::query(pragma).exec(&mut database).await?;
            }
        }
        Ok(Self { database })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        // In SQLite a pragma is a query, even if its result is not used.
        if sql.starts_with("PRAGMA") {
            toasty::sql::query(sql).exec(&mut self.database).await?;
        } else {
            toasty::sql::statement(sql).exec(&mut self.database).await?;
        }
        Ok(())
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        let rows = toasty::sql::query(sql).exec(&mut self.database).await?;
        let record = rows.into_iter().next().ok_or("no row")?.into_record();
        Ok(record[0].as_str().ok_or("no text")?.to_owned())
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        tally.user(&User::get_by_id(&mut self.database, &key).await?);
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        protocol::tasks(job, |_| self.clone()).await
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        tally.users(&User::all().exec(&mut self.database).await?);
        Ok(())
    }

    async fn join(&mut self, _: &mut Tally) -> Result<()> {
        Err("Toasty has no joins".into())
    }

    /// Does not use `include`: version 0.11 panics there ("cannot cast") for keys of type `i64`.
    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let users = User::all().exec(&mut self.database).await?;
        let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
        let posts = Post::filter(Post::fields().user_id().in_list(ids)).exec(&mut self.database).await?;
        let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let comments = Comment::filter(Comment::fields().post_id().in_list(ids)).exec(&mut self.database).await?;
        tally.families(&protocol::group(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Vec<Row> {
        rows.to_vec()
    }

    async fn insert(&mut self, rows: &Vec<Row>) -> Result<u64> {
        let new = rows.iter().fold(User::create_many(), |new, row| {
            new.with_item(|user| user.name(&row.name).hair_color(row.hair_color.clone()))
        });
        Ok(new.exec(&mut self.database).await?.len() as u64)
    }

    /// Toasty does not report the number of written rows; the table is checked afterwards.
    async fn update(&mut self, change: &Change) -> Result<u64> {
        User::filter_by_id(change.id).update().name(&change.name).exec(&mut self.database).await?;
        Ok(1)
    }

    fn record(change: &Change) -> Change {
        change.clone()
    }

    async fn save(&mut self, change: Change) -> Result<u64> {
        let update = User::filter_by_id(change.id).update().name(change.name).hair_color(change.hair_color);
        update.exec(&mut self.database).await?;
        Ok(1)
    }
}

fn url(store: &Store) -> String {
    match store {
        Store::Memory => "sqlite::memory:".to_owned(),
        Store::File(path) => format!("sqlite:{}", path.display()),
        Store::Postgres(url) => url.clone(),
        Store::Mariadb(url) => format!("{}?ssl-mode=disabled", url.replacen("mysql", "mariadb", 1)),
    }
}
