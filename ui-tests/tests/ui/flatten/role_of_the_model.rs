use activerecord::prelude::*;

use chrono::{DateTime, Utc};

#[derive(Embedded)]
struct Times {
    #[created_at]
    created_at: DateTime<Utc>,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[created_at]
    made_at: DateTime<Utc>,
    #[flatten]
    times: Times,
}

fn main() {
    let _ = User::find(1);
}
