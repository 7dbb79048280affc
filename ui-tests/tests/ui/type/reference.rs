use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: &'static str,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
