use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<String>,
    age: i32,
    active: bool,
}

fn main() {
    for user in User::query() {
        drop(user);
    }
}
