use activerecord::prelude::*;

use chrono::{DateTime, Utc};

#[derive(Embedded)]
struct Audit {
    #[created_at]
    created_at: String,
    #[updated_at]
    #[version]
    updated_at: DateTime<Utc>,
    #[version]
    version: bool,
    #[soft_delete]
    deleted_at: DateTime<Utc>,
    #[created_at]
    made_at: DateTime<Utc>,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten]
    audit: Audit,
}

fn main() {
    let _ = User::filter(User::AUDIT.version.eq(1));
}
