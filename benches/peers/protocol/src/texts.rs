use crate::Database;

/// The SQL of the workloads, for contestants that use SQL.
#[derive(Clone, Debug)]
pub struct Texts {
    database: Database,
    /// One user by `id`.
    pub find: String,
    /// All users.
    pub all: &'static str,
    /// Users with the bound colour, each with its post: the user's columns, then the post's columns.
    pub join: String,
    /// Writes `name` where `id`.
    pub update: String,
    /// Writes `name` and `hair_color` where `id`.
    pub save: String,
}

impl Texts {
    /// Writes the SQL of a database.
    pub fn new(database: Database) -> Self {
        let bind = |n| placeholder(database, n);
        let join = "SELECT u.id, u.name, u.hair_color, p.id, p.user_id, p.title, p.body FROM users u \
                    LEFT JOIN posts p ON p.user_id = u.id WHERE u.hair_color =";
        Self {
            database,
            find: format!("SELECT id, name, hair_color FROM users WHERE id = {}", bind(1)),
            all: "SELECT id, name, hair_color FROM users",
            join: format!("{join} {} ORDER BY u.id", bind(1)),
            update: format!("UPDATE users SET name = {} WHERE id = {}", bind(1), bind(2)),
            save: format!("UPDATE users SET name = {}, hair_color = {} WHERE id = {}", bind(1), bind(2), bind(3)),
        }
    }

    /// The posts of `users` users, ordered by `id`.
    pub fn posts(&self, users: usize) -> String {
        format!("SELECT id, user_id, title, body FROM posts WHERE user_id {} ORDER BY id", self.is_in(users))
    }

    /// The comments on `posts` posts, ordered by `id`.
    pub fn comments(&self, posts: usize) -> String {
        format!("SELECT id, post_id, text FROM comments WHERE post_id {} ORDER BY id", self.is_in(posts))
    }

    /// Inserts `rows` users with `name` and `hair_color`.
    pub fn insert(&self, rows: usize) -> String {
        let row = |n| format!("({}, {})", placeholder(self.database, 2 * n + 1), placeholder(self.database, 2 * n + 2));
        format!("INSERT INTO users (name, hair_color) VALUES {}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
    }

    /// One array bind if the database has arrays, otherwise one bind per value.
    fn is_in(&self, values: usize) -> String {
        match self.database {
            Database::Postgres => "= ANY($1)".to_owned(),
            Database::Sqlite | Database::Mariadb => format!("IN ({})", vec!["?"; values].join(", ")),
        }
    }
}

fn placeholder(database: Database, n: usize) -> String {
    match database {
        Database::Postgres => format!("${n}"),
        Database::Sqlite | Database::Mariadb => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_are_numbered_where_they_must_be() {
        let insert = |database| Texts::new(database).insert(2);
        assert_eq!(insert(Database::Postgres), "INSERT INTO users (name, hair_color) VALUES ($1, $2), ($3, $4)");
        assert_eq!(insert(Database::Mariadb), "INSERT INTO users (name, hair_color) VALUES (?, ?), (?, ?)");
    }
}
