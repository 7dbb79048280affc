use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    user_id: i64,
    email: String,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
