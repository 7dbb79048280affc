//! rusqlite as its documentation says it is fastest: statements from the cache, columns by ordinal.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use protocol::{Contestant, Job, PRAGMAS, Result, Store, TASKS, Tally, Workload, serve};
use rusqlite::{Connection, ToSql, params};

const FIND: &str = "SELECT id, name, hair_color FROM users WHERE id = ?1";
const ALL: &str = "SELECT id, name, hair_color FROM users";
const UPDATE: &str = "UPDATE users SET name = ?1 WHERE id = ?2";
const SAVE: &str = "UPDATE users SET name = ?1, hair_color = ?2 WHERE id = ?3";

fn main() -> Result<()> {
    serve::<Rusqlite>()
}

/// One connection; a thread of [`Workload::Tasks`] has one of its own, unless the database lives in the connection.
struct Rusqlite {
    connections: Vec<Mutex<Connection>>,
}

struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

impl Contestant for Rusqlite {
    fn open(store: &Store, workload: Workload) -> Result<Self> {
        let connections = match (store, workload) {
            (Store::File(_), Workload::Tasks) => TASKS,
            _ => 1,
        };
        let connections = (0..connections).map(|_| connect(store).map(Mutex::new)).collect::<Result<_>>()?;
        Ok(Self { connections })
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection()?.execute_batch(sql)?)
    }

    fn text(&mut self, sql: &str) -> Result<String> {
        Ok(self.connection()?.query_row(sql, [], |row| row.get(0))?)
    }

    fn run(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        if job.workload == Workload::Tasks {
            return tasks(&self.connections, job);
        }
        let connection = self.connection()?;
        let mut tally = Tally::default();
        let start = Instant::now();
        match job.workload {
            Workload::Point | Workload::Tasks => find(connection, &job.keys, &mut tally)?,
            Workload::Rows(_) => all(connection, job, &mut tally)?,
            Workload::Insert(_) => insert(connection, job, &mut tally)?,
            Workload::Update => update(connection, job, &mut tally)?,
            Workload::Save => save(connection, job, &mut tally)?,
        }
        Ok((start.elapsed(), tally))
    }
}

impl Rusqlite {
    fn connection(&mut self) -> Result<&mut Connection> {
        let first = self.connections.first_mut().ok_or("no connection")?;
        first.get_mut().map_err(|_| "a thread has failed".into())
    }
}

fn connect(store: &Store) -> Result<Connection> {
    let connection = match store {
        Store::Memory => Connection::open_in_memory()?,
        Store::File(path) => Connection::open(path)?,
    };
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}

fn find(connection: &Connection, keys: &[i64], tally: &mut Tally) -> Result<()> {
    for key in keys {
        let user = connection.prepare_cached(FIND)?.query_row([key], user)?;
        tally.read(user.id, &user.name, user.hair_color.as_deref());
    }
    Ok(())
}

fn all(connection: &Connection, job: &Job, tally: &mut Tally) -> Result<()> {
    for _ in 0..job.operations {
        let mut users: Vec<User> = Vec::new();
        let mut statement = connection.prepare_cached(ALL)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            users.push(user(row)?);
        }
        for user in &users {
            tally.read(user.id, &user.name, user.hair_color.as_deref());
        }
    }
    Ok(())
}

fn insert(connection: &Connection, job: &Job, tally: &mut Tally) -> Result<()> {
    let sql = format!("INSERT INTO users (name, hair_color) VALUES {}", vec!["(?, ?)"; job.rows.len()].join(", "));
    for _ in 0..job.operations {
        let mut statement = connection.prepare_cached(&sql)?;
        let values = job.rows.iter().flat_map(|row| [&row.name as &dyn ToSql, &row.hair_color]);
        tally.wrote(statement.execute(rusqlite::params_from_iter(values))? as u64);
    }
    Ok(())
}

fn update(connection: &Connection, job: &Job, tally: &mut Tally) -> Result<()> {
    for change in &job.changes {
        let rows = connection.prepare_cached(UPDATE)?.execute(params![change.name, change.id])?;
        tally.wrote(rows as u64);
    }
    Ok(())
}

fn save(connection: &Connection, job: &Job, tally: &mut Tally) -> Result<()> {
    for change in &job.changes {
        let rows = connection.prepare_cached(SAVE)?.execute(params![change.name, change.hair_color, change.id])?;
        tally.wrote(rows as u64);
    }
    Ok(())
}

/// The clock runs from the first thread's first lookup to the last one's last, so that starting threads costs nothing.
fn tasks(connections: &[Mutex<Connection>], job: &Job) -> Result<(Duration, Tally)> {
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

fn look_up(connection: &Mutex<Connection>, keys: &[i64]) -> Result<Tally> {
    let mut tally = Tally::default();
    for key in keys {
        let connection = connection.lock().map_err(|_| "a thread has failed")?;
        find(&connection, std::slice::from_ref(key), &mut tally)?;
    }
    Ok(tally)
}

fn user(row: &rusqlite::Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)? })
}
