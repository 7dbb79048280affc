use activerecord::prelude::*;

use chrono::{DateTime, Utc};

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[soft_delete]
    deleted_at: DateTime<Utc>,
}

fn main() {
    let _ = User::filter(User::DELETED_AT.lt(Utc::now()));
}
