//! SeaORM with sqlx's pool: entities, its loader for associations, `insert_many` for a batch.

mod entities;

use std::time::Duration;

use protocol::{CONNECTIONS, Change, Contestant, Job, Result, Row, Store, Tally, Workload, serve_tokio};
use sea_orm::ActiveValue::{NotSet, Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    LoaderTrait, QueryFilter, QueryOrder, Statement,
};

use entities::{comment, post, user};

fn main() -> Result<()> {
    serve_tokio::<SeaOrm>()
}

#[derive(Clone)]
struct SeaOrm {
    database: DatabaseConnection,
}

impl Contestant for SeaOrm {
    type Batch = Vec<Row>;
    type Record = user::ActiveModel;

    async fn open(store: &Store, _: Workload) -> Result<Self> {
        Ok(Self { database: Database::connect(options(store)).await? })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        self.database.execute_unprepared(sql).await?;
        Ok(())
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        let statement = Statement::from_string(self.database.get_database_backend(), sql);
        Ok(self.database.query_one_raw(statement).await?.ok_or("no row")?.try_get_by_index(0)?)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        tally.user(&user::Entity::find_by_id(key).one(&self.database).await?.ok_or("no row")?);
        Ok(())
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        protocol::tasks(job, |_| self.clone()).await
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        tally.users(&user::Entity::find().all(&self.database).await?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        let query = user::Entity::find().find_also_related(post::Entity).filter(user::Column::HairColor.eq("black"));
        tally.pairs(&query.order_by_asc(user::Column::Id).all(&self.database).await?);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let users = user::Entity::find().all(&self.database).await?;
        let by_id = post::Entity::find().order_by_asc(post::Column::Id);
        let posts: Vec<_> = users.load_many(by_id, &self.database).await?.into_iter().flatten().collect();
        let by_id = comment::Entity::find().order_by_asc(comment::Column::Id);
        let comments = posts.load_many(by_id, &self.database).await?.into_iter().flatten().collect();
        tally.families(&protocol::group(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Vec<Row> {
        rows.to_vec()
    }

    async fn insert(&mut self, rows: &Vec<Row>) -> Result<u64> {
        let user = |row: &Row| user::ActiveModel {
            id: NotSet,
            name: Set(row.name.clone()),
            hair_color: Set(row.hair_color.clone()),
        };
        Ok(user::Entity::insert_many(rows.iter().map(user)).exec_without_returning(&self.database).await?)
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        let query = user::Entity::update_many().col_expr(user::Column::Name, Expr::value(change.name.as_str()));
        Ok(query.filter(user::Column::Id.eq(change.id)).exec(&self.database).await?.rows_affected)
    }

    fn record(change: &Change) -> user::ActiveModel {
        let (name, hair_color) = (Set(change.name.clone()), Set(change.hair_color.clone()));
        user::ActiveModel { id: Unchanged(change.id), name, hair_color }
    }

    /// SeaORM always reads the record again; fails if it does not exist.
    async fn save(&mut self, user: user::ActiveModel) -> Result<u64> {
        user.update(&self.database).await?;
        Ok(1)
    }
}

/// Opens a pool without a ping before each use. The ping after each use cannot be switched off.
fn options(store: &Store) -> ConnectOptions {
    let url = match store {
        Store::Memory => "sqlite::memory:".to_owned(),
        Store::File(path) => format!("sqlite://{}?mode=rwc", path.display()),
        Store::Postgres(url) => url.clone(),
        Store::Mariadb(url) => format!("{url}?ssl-mode=disabled"),
    };
    // In memory, a second connection would open another database.
    let connections = if *store == Store::Memory { 1 } else { CONNECTIONS as u32 };
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).test_before_acquire(false).sqlx_logging(false);
    options.idle_timeout(None).max_lifetime(None);
    #[cfg(feature = "sqlite")]
    options.map_sqlx_sqlite_opts(|options| {
        use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
        options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal).foreign_keys(true)
    });
    options
}
