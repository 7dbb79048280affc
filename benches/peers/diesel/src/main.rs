//! Diesel in the way that its documentation calls the fastest: derived structs, the query builder's cached statements,
//! and one statement for a batch of rows.

mod connection;
mod insert;
mod records;

use std::sync::Mutex;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use protocol::{Change, Contestant, Job, Result, Row, Store, Tally, Workload, serve};

use connection::{DbConnection, connect};
use insert::insert;
use records::{Comment, NewUser, OneText, Post, User, changed, comments, grouped, new_users, posts, users};

fn main() -> Result<()> {
    serve::<Diesel>()
}

/// One connection; more for the threads of [`Workload::Tasks`].
struct Diesel {
    connections: Vec<Mutex<DbConnection>>,
}

impl Contestant for Diesel {
    type Batch = Vec<NewUser>;
    type Record = User;

    async fn open(store: &Store, workload: Workload) -> Result<Self> {
        let connections = 0..protocol::connections(store, workload);
        Ok(Self { connections: connections.map(|_| connect(store).map(Mutex::new)).collect::<Result<_>>()? })
    }

    async fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection()?.batch_execute(sql)?)
    }

    async fn text(&mut self, sql: &str) -> Result<String> {
        let query = diesel::sql_query(format!("SELECT ({sql}) AS text"));
        Ok(query.get_result::<OneText>(self.connection()?)?.text)
    }

    async fn find(&mut self, key: i64, tally: &mut Tally) -> Result<()> {
        find(self.connection()?, key, tally)
    }

    async fn tasks(&mut self, job: &Job) -> Result<(Duration, Tally)> {
        protocol::threads(&self.connections, job, find)
    }

    async fn all(&mut self, tally: &mut Tally) -> Result<()> {
        tally.users(&users::table.select(User::as_select()).load(self.connection()?)?);
        Ok(())
    }

    async fn join(&mut self, tally: &mut Tally) -> Result<()> {
        let query = users::table.left_join(posts::table).filter(users::hair_color.eq("black")).order_by(users::id);
        let query = query.select((User::as_select(), Option::<Post>::as_select()));
        tally.pairs(&query.load::<(User, Option<Post>)>(self.connection()?)?);
        Ok(())
    }

    async fn associations(&mut self, tally: &mut Tally) -> Result<()> {
        let connection = self.connection()?;
        let users = users::table.select(User::as_select()).load(connection)?;
        let posts = Post::belonging_to(&users).order_by(posts::id).select(Post::as_select()).load(connection)?;
        let comments =
            Comment::belonging_to(&posts).order_by(comments::id).select(Comment::as_select()).load(connection)?;
        tally.families(&grouped(users, posts, comments));
        Ok(())
    }

    fn batch(rows: &[Row]) -> Self::Batch {
        new_users(rows)
    }

    async fn insert(&mut self, rows: &Self::Batch) -> Result<u64> {
        Ok(insert(self.connection()?, rows)? as u64)
    }

    async fn update(&mut self, change: &Change) -> Result<u64> {
        let query = diesel::update(users::table.find(change.id)).set(users::name.eq(&change.name));
        Ok(query.execute(self.connection()?)? as u64)
    }

    fn record(change: &Change) -> User {
        changed(change)
    }

    async fn save(&mut self, user: User) -> Result<u64> {
        Ok(diesel::update(&user).set(&user).execute(self.connection()?)? as u64)
    }
}

impl Diesel {
    fn connection(&mut self) -> Result<&mut DbConnection> {
        let first = self.connections.first_mut().ok_or("no connection")?;
        first.get_mut().map_err(|_| "a thread has failed".into())
    }
}

fn find(connection: &mut DbConnection, key: i64, tally: &mut Tally) -> Result<()> {
    let user = users::table.find(key).select(User::as_select()).get_result(connection)?;
    tally.user(&user);
    Ok(())
}
