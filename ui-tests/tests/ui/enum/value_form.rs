use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {
    #[value = 1]
    Active,
    #[value("suspended")]
    Suspended,
    #[value = ""]
    Closed,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Active));
}
