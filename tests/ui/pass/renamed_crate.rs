mod database {
    pub use activerecord as orm;
}

use database::orm::prelude::*;

mod activerecord {}

#[derive(ActiveEnum)]
#[activerecord(crate = crate::database::orm)]
enum Status {
    Active,
}

#[derive(ActiveRecord)]
#[activerecord(crate = crate::database::orm)]
struct User {
    id: i64,
    status: Status,
}

#[derive(Projection)]
#[activerecord(crate = crate::database::orm)]
#[model(User)]
struct UserId {
    id: i64,
}

fn main() {
    let _ = User::filter(User::STATUS.eq(Status::Active)).select_as::<UserId>();
}
