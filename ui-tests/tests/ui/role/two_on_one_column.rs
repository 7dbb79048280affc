use activerecord::prelude::*;

use chrono::{DateTime, Utc};

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[created_at]
    #[updated_at]
    time: DateTime<Utc>,
}

fn main() {
    let _ = User::filter(User::TIME.lt(Utc::now()));
}
