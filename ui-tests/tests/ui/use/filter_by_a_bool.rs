use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<String>,
    age: i32,
    active: bool,
}

fn main() {
    let _ = User::filter(User::ACTIVE);
    let _ = User::query().filter(User::ACTIVE);
    let _ = User::find_by(User::ACTIVE);
}
