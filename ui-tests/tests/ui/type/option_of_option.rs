use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<Option<String>>,
}

fn main() {
    let _ = User::filter(User::EMAIL.is_null());
}
