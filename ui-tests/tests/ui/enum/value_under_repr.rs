use activerecord::prelude::*;

#[derive(ActiveEnum)]
#[repr(i16)]
enum Status {
    Active = 1,
    #[value = "suspended"]
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
