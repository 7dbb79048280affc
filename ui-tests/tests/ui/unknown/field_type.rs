use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: Strng,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
}
