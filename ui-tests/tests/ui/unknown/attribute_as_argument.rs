use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[activerecord(table = "users", connection = "primary")]
struct User {
    id: i64,
    email: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
