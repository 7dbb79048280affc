use activerecord::prelude::*;

#[derive(ActiveEnum)]
struct Status {
    text: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::STATUS.eq(Status { text: "active".into() });
}
