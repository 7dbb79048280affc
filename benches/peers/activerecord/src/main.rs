//! activerecord as a program would write it: models and their verbs, the pool's default settings.

use std::time::{Duration, Instant};

use activerecord::prelude::*;
use protocol::{Contestant, Job, Store, Tally, Workload, serve};
use tokio::runtime::Runtime;

/// The worker threads of the runtime, and so of [`Workload::Tasks`].
const WORKERS: usize = 2;

fn main() -> protocol::Result<()> {
    serve::<ActiveRecords>()
}

#[derive(ActiveRecord, Clone, Default)]
struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

/// A runtime, and the registered connection `primary`.
struct ActiveRecords {
    runtime: Runtime,
}

impl Contestant for ActiveRecords {
    fn open(store: &Store, _: Workload) -> protocol::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
        let url = match store {
            Store::Memory => "sqlite::memory:?synchronous=normal".to_owned(),
            Store::File(path) => format!("sqlite://{}?mode=rwc&synchronous=normal", path.display()),
        };
        runtime.block_on(ConnectionManager::replace("primary", url))?;
        Ok(Self { runtime })
    }

    fn execute(&mut self, sql: &str) -> protocol::Result<()> {
        self.runtime.block_on(connection("primary")?.execute(sql, []))?;
        Ok(())
    }

    fn text(&mut self, sql: &str) -> protocol::Result<String> {
        let rows = self.runtime.block_on(connection("primary")?.query(sql, []))?;
        Ok(rows.first().ok_or("no row")?.get(0)?)
    }

    fn run(&mut self, job: &Job) -> protocol::Result<(Duration, Tally)> {
        let run = async || match job.workload {
            Workload::Point => find(&job.keys).await,
            Workload::Tasks => tasks(job).await,
            Workload::Rows(_) => all(job).await,
            Workload::Insert(_) => insert(job).await,
            Workload::Update => update(job).await,
            Workload::Save => save(job).await,
        };
        Ok(self.runtime.block_on(run())?)
    }
}

async fn find(keys: &[i64]) -> Result<(Duration, Tally)> {
    let mut tally = Tally::default();
    let start = Instant::now();
    for key in keys {
        let user = User::find(*key).await?;
        tally.read(user.id, &user.name, user.hair_color.as_deref());
    }
    Ok((start.elapsed(), tally))
}

/// The clock runs from before the first task is spawned until the last one has ended.
async fn tasks(job: &Job) -> Result<(Duration, Tally)> {
    let keys: Vec<Vec<i64>> = job.tasks().map(<[i64]>::to_vec).collect();
    let mut sum = Tally::default();
    let start = Instant::now();
    let tasks: Vec<_> = keys.into_iter().map(|keys| tokio::spawn(async move { find(&keys).await })).collect();
    for task in tasks {
        let (_, tally) = task.await.map_err(Error::custom)??;
        sum.add(tally);
    }
    Ok((start.elapsed(), sum))
}

async fn all(job: &Job) -> Result<(Duration, Tally)> {
    let mut tally = Tally::default();
    let start = Instant::now();
    for _ in 0..job.operations {
        let users = User::all().await?;
        for user in &users {
            tally.read(user.id, &user.name, user.hair_color.as_deref());
        }
    }
    Ok((start.elapsed(), tally))
}

async fn insert(job: &Job) -> Result<(Duration, Tally)> {
    let user = |row: &protocol::Row| User { id: 0, name: row.name.clone(), hair_color: row.hair_color.clone() };
    let users: Vec<User> = job.rows.iter().map(user).collect();
    let mut tally = Tally::default();
    let start = Instant::now();
    for _ in 0..job.operations {
        tally.wrote(User::bulk_insert(&users).await?);
    }
    Ok((start.elapsed(), tally))
}

async fn update(job: &Job) -> Result<(Duration, Tally)> {
    let mut user = User::default();
    let mut tally = Tally::default();
    let start = Instant::now();
    for change in &job.changes {
        user.id = change.id;
        user.update_columns((User::NAME.set(&change.name),)).await?;
        tally.wrote(1);
    }
    Ok((start.elapsed(), tally))
}

async fn save(job: &Job) -> Result<(Duration, Tally)> {
    let user = |change: &protocol::Change| User {
        id: change.id,
        name: change.name.clone(),
        hair_color: change.hair_color.clone(),
    };
    let mut users: Vec<User> = job.changes.iter().map(user).collect();
    let mut tally = Tally::default();
    let start = Instant::now();
    for user in &mut users {
        user.save().await?;
        tally.wrote(1);
    }
    Ok((start.elapsed(), tally))
}
