use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
}

fn main() {
    let _ = User::query().sum(User::EMAIL);
}
