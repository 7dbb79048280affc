use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {
    Active,
    Suspended(String),
    Closed { reason: String },
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Active));
}
