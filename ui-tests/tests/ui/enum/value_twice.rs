use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {
    Active,
    #[value = "active"]
    Suspended,
    InUse,
    #[value = "in_use"]
    Used,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Active));
}
