//! rusqlite in the way that its documentation calls the fastest: cached statements, columns by ordinal.

use std::sync::Mutex;
use std::time::Duration;

use protocol::{
    Change, Comment, Contestant, Database, Job, PRAGMAS, Post, Result, Row, Store, Tally, Texts, User, Workload, serve,
};
use rusqlite::{Connection, Params, ToSql, params};

fn main() -> Result<()> {
    serve::<Rusqlite>()
}

/// One connection. Each thread of [`Workload::Tasks`] has its own, unless the database belongs to the connection.
struct Rusqlite {
    connections: Vec<Mutex<Connection>>,
    texts: Texts,
}

impl Contestant for Rusqlite {
    type Batch = (String, Vec<Row>);
    type Record = Change;

    async fn open(store: &Store, workload: Workload) -> Result<Self> {
        let connections = 0..protocol::connections(store, workload);
        let connections = connections.map(|_| connect(store).map(Mutex::new)).collect::<Result<_>>()?;
        Ok(Self { connections, texts: Texts::new(Database::Sqlite) })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.parts()?.0.execute_batch(sql)?)
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        Ok(self.parts()?.0.query_row(sql, [], |row| row.get(0))?)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        let (connection, texts) = self.parts()?;
        find(connection, texts, key, tally)
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        let texts = &self.texts;
        protocol::threads(&self.connections, job, |connection, key, tally| find(connection, texts, key, tally))
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        let (connection, texts) = self.parts()?;
        tally.users(&read(connection, texts.all, [], user)?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        let (connection, texts) = self.parts()?;
        tally.pairs(&read(connection, &texts.join, ["black"], pair)?);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let (connection, texts) = self.parts()?;
        let users = read(connection, texts.all, [], user)?;
        let ids = rusqlite::params_from_iter(users.iter().map(|user| user.id));
        let posts = read(connection, &texts.posts(users.len()), ids, |row| post(row, 0))?;
        let ids = rusqlite::params_from_iter(posts.iter().map(|post| post.id));
        let comments = read(connection, &texts.comments(posts.len()), ids, comment)?;
        tally.families(&protocol::group(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Self::Batch {
        (Texts::new(Database::Sqlite).insert(rows.len()), rows.to_vec())
    }

    async fn insert(&mut self, (sql, rows): &Self::Batch) -> Result<u64> {
        let values = rows.iter().flat_map(|row| [&row.name as &dyn ToSql, &row.hair_color]);
        self.write(|_| sql, rusqlite::params_from_iter(values))
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        self.write(|texts| &texts.update, params![change.name, change.id])
    }

    fn record(change: &Change) -> Change {
        change.clone()
    }

    async fn save(&mut self, change: Change) -> Result<u64> {
        self.write(|texts| &texts.save, params![change.name, change.hair_color, change.id])
    }
}

impl Rusqlite {
    fn parts(&mut self) -> Result<(&mut Connection, &Texts)> {
        let first = self.connections.first_mut().ok_or("no connection")?;
        Ok((first.get_mut().map_err(|_| "a thread has failed")?, &self.texts))
    }

    fn write<'a>(&'a mut self, sql: impl FnOnce(&'a Texts) -> &'a str, values: impl Params) -> Result<u64> {
        let first = self.connections.first_mut().ok_or("no connection")?;
        let connection = first.get_mut().map_err(|_| "a thread has failed")?;
        Ok(connection.prepare_cached(sql(&self.texts))?.execute(values)? as u64)
    }
}

fn connect(store: &Store) -> Result<Connection> {
    let connection = match store {
        Store::File(path) => Connection::open(path)?,
        _ => Connection::open_in_memory()?,
    };
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}

fn find(connection: &Connection, texts: &Texts, key: i64, tally: &mut Tally) -> Result<()> {
    tally.user(&connection.prepare_cached(&texts.find)?.query_row([key], user)?);
    Ok(())
}

fn read<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    record: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(row)?);
    }
    Ok(records)
}

fn user(row: &rusqlite::Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)? })
}

/// Reads the columns from `first` on.
fn post(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Post> {
    let (id, user_id) = (row.get(first)?, row.get(first + 1)?);
    Ok(Post { id, user_id, title: row.get(first + 2)?, body: row.get(first + 3)? })
}

fn pair(row: &rusqlite::Row<'_>) -> rusqlite::Result<(User, Option<Post>)> {
    let post = match row.get::<_, Option<i64>>(3)? {
        Some(_) => Some(post(row, 3)?),
        None => None,
    };
    Ok((user(row)?, post))
}

fn comment(row: &rusqlite::Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? })
}
