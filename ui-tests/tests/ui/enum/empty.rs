use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status {}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::filter(User::STATUS.is_null());
}
