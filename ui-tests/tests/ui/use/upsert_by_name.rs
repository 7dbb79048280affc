use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    age: Option<i32>,
}

#[derive(ActiveRecord)]
struct Plane {
    tailnum: String,
    #[primary_key]
    id: i64,
}

fn main() {
    let user = User { id: 1, email: "a@b.c".into(), age: None };
    let _ = User::insert_or_update(&user, ["email"]);
}
