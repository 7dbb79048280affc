use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    age: i32,
}

fn main() {
    let _ = User::filter(User::AGE.eq(None));
}
