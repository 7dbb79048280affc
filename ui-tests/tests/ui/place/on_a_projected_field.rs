use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

#[derive(Projection)]
#[model(User)]
struct UserId {
    #[model(User)]
    id: i64,
}

fn main() {
    let _ = User::query().select_as::<UserId>();
}
