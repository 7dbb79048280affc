use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Option<String>,
    age: i32,
    active: bool,
}

fn main() {
    let _ = User::filter(User::AGE == 3);
    let _ = User::filter(User::AGE + 1 >= User::AGE);
}
