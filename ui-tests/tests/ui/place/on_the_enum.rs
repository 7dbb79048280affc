use activerecord::prelude::*;

#[derive(ActiveEnum)]
#[value = "status"]
enum Status {
    Active,
    #[activerecord(crate = activerecord)]
    Suspended,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    status: Status,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Suspended));
}
