use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {
    Active = 1,
    Suspended = 2,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Active));
}
