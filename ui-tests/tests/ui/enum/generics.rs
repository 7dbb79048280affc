use activerecord::prelude::*;

#[derive(ActiveEnum)]
enum Status<const N: usize> {
    Active,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status<1>,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Active));
}
