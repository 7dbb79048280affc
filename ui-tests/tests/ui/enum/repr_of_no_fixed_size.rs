use activerecord::prelude::*;

#[derive(ActiveEnum)]
#[repr(usize)]
enum Status {
    Active = 1,
    Suspended = 2,
}

#[derive(ActiveEnum)]
#[repr(i128)]
enum Level {
    Low,
    High,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Active));
}
