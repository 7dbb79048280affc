use activerecord::prelude::*;

use chrono::{DateTime, Utc};

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[created_at]
    created_at: DateTime<Utc>,
    #[created_at]
    made_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[updated_at]
    changed_at: DateTime<Utc>,
    #[version]
    version: i32,
    #[version]
    revision: i32,
    #[soft_delete]
    deleted_at: Option<DateTime<Utc>>,
    #[soft_delete]
    gone_at: Option<DateTime<Utc>>,
}

fn main() {
    let _ = User::filter(User::GONE_AT.is_null());
}
