//! Diesel as its documentation says it is fastest: derived structs, the query builder's cached statements, and one
//! statement for a batch of rows.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use protocol::{Contestant, Job, PRAGMAS, Result, Store, TASKS, Tally, Workload, serve};

diesel::table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        hair_color -> Nullable<Text>,
    }
}

fn main() -> Result<()> {
    serve::<Diesel>()
}

/// One connection; a thread of [`Workload::Tasks`] has one of its own, unless the database lives in the connection.
struct Diesel {
    connections: Vec<Mutex<SqliteConnection>>,
}

#[derive(Queryable, Selectable, AsChangeset, Identifiable)]
#[diesel(table_name = users, check_for_backend(diesel::sqlite::Sqlite), treat_none_as_null = true)]
struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

/// A missing colour is written as NULL, not left to the column's default: a batch is then one statement.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
struct NewUser {
    name: String,
    hair_color: Option<String>,
}

#[derive(QueryableByName)]
struct OneText {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Contestant for Diesel {
    fn open(store: &Store, workload: Workload) -> Result<Self> {
        let connections = match (store, workload) {
            (Store::File(_), Workload::Tasks) => TASKS,
            _ => 1,
        };
        let connections = (0..connections).map(|_| connect(store).map(Mutex::new)).collect::<Result<_>>()?;
        Ok(Self { connections })
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection()?.batch_execute(sql)?)
    }

    fn text(&mut self, sql: &str) -> Result<String> {
        let query = diesel::sql_query(format!("SELECT ({sql}) AS text"));
        Ok(query.get_result::<OneText>(self.connection()?)?.text)
    }

    fn run(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        match job.workload {
            Workload::Tasks => tasks(&self.connections, job),
            Workload::Point => timed(|tally| find(self.connection()?, &job.keys, tally)),
            Workload::Rows(_) => timed(|tally| all(self.connection()?, job, tally)),
            Workload::Insert(_) => {
                let rows = new_users(job);
                timed(|tally| insert(self.connection()?, job, &rows, tally))
            }
            Workload::Update => timed(|tally| update(self.connection()?, job, tally)),
            Workload::Save => {
                let changes = changed_users(job);
                timed(|tally| save(self.connection()?, &changes, tally))
            }
        }
    }
}

impl Diesel {
    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        let first = self.connections.first_mut().ok_or("no connection")?;
        first.get_mut().map_err(|_| "a thread has failed".into())
    }
}

fn timed(work: impl FnOnce(&mut Tally) -> Result<()>) -> Result<(Duration, Tally)> {
    let mut tally = Tally::default();
    let start = Instant::now();
    work(&mut tally)?;
    Ok((start.elapsed(), tally))
}

fn connect(store: &Store) -> Result<SqliteConnection> {
    let mut connection = match store {
        Store::Memory => SqliteConnection::establish(":memory:")?,
        Store::File(path) => SqliteConnection::establish(path.to_str().ok_or("the path is no text")?)?,
    };
    connection.batch_execute(PRAGMAS)?;
    Ok(connection)
}

fn find(connection: &mut SqliteConnection, keys: &[i64], tally: &mut Tally) -> Result<()> {
    for key in keys {
        let user = users::table.find(key).select(User::as_select()).get_result(connection)?;
        tally.read(user.id, &user.name, user.hair_color.as_deref());
    }
    Ok(())
}

fn all(connection: &mut SqliteConnection, job: &Job, tally: &mut Tally) -> Result<()> {
    for _ in 0..job.operations {
        let users: Vec<User> = users::table.select(User::as_select()).load(connection)?;
        for user in &users {
            tally.read(user.id, &user.name, user.hair_color.as_deref());
        }
    }
    Ok(())
}

/// Diesel caches the statement of one row, and prepares that of a batch each time: up to ten rows, one by one is faster.
fn insert(connection: &mut SqliteConnection, job: &Job, rows: &Vec<NewUser>, tally: &mut Tally) -> Result<()> {
    for _ in 0..job.operations {
        let rows = match &rows[..] {
            [row] => insert_one(connection, row)?,
            [..] if rows.len() <= 10 => connection.transaction(|connection| {
                rows.iter().try_fold(0, |sum, row| QueryResult::Ok(sum + insert_one(connection, row)?))
            })?,
            [..] => diesel::insert_into(users::table).values(rows).execute(connection)?,
        };
        tally.wrote(rows as u64);
    }
    Ok(())
}

fn insert_one(connection: &mut SqliteConnection, row: &NewUser) -> QueryResult<usize> {
    diesel::insert_into(users::table).values(row).execute(connection)
}

fn update(connection: &mut SqliteConnection, job: &Job, tally: &mut Tally) -> Result<()> {
    for change in &job.changes {
        let query = diesel::update(users::table.find(change.id)).set(users::name.eq(&change.name));
        tally.wrote(query.execute(connection)? as u64);
    }
    Ok(())
}

fn save(connection: &mut SqliteConnection, changes: &[User], tally: &mut Tally) -> Result<()> {
    for user in changes {
        tally.wrote(diesel::update(user).set(user).execute(connection)? as u64);
    }
    Ok(())
}

/// The clock runs from the first thread's first lookup to the last one's last, so that starting threads costs nothing.
fn tasks(connections: &[Mutex<SqliteConnection>], job: &Job) -> Result<(Duration, Tally)> {
    let barrier = Barrier::new(TASKS);
    let work = &|connection, keys| {
        barrier.wait();
        let start = Instant::now();
        look_up(connection, keys).map(|tally| (start, Instant::now(), tally))
    };
    let done = thread::scope(|scope| {
        let pairs = connections.iter().cycle().zip(job.tasks());
        let threads: Vec<_> = pairs.map(|(connection, keys)| scope.spawn(move || work(connection, keys))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread has panicked")?)
            .collect::<Result<Vec<_>>>()
    })?;
    let start = done.iter().map(|(start, ..)| *start).min().ok_or("no thread")?;
    let end = done.iter().map(|(_, end, _)| *end).max().ok_or("no thread")?;
    let mut sum = Tally::default();
    done.iter().for_each(|(.., tally)| sum.add(*tally));
    Ok((end - start, sum))
}

fn look_up(connection: &Mutex<SqliteConnection>, keys: &[i64]) -> Result<Tally> {
    let mut tally = Tally::default();
    for key in keys {
        let mut connection = connection.lock().map_err(|_| "a thread has failed")?;
        find(&mut connection, std::slice::from_ref(key), &mut tally)?;
    }
    Ok(tally)
}

fn new_users(job: &Job) -> Vec<NewUser> {
    job.rows.iter().map(|row| NewUser { name: row.name.clone(), hair_color: row.hair_color.clone() }).collect()
}

fn changed_users(job: &Job) -> Vec<User> {
    let user = |change: &protocol::Change| User {
        id: change.id,
        name: change.name.clone(),
        hair_color: change.hair_color.clone(),
    };
    job.changes.iter().map(user).collect()
}
