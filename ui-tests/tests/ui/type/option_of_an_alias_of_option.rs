use activerecord::prelude::*;

type Email = Option<String>;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<Email>,
}

fn main() {
    let _ = User::filter(User::EMAIL.is_null());
}
