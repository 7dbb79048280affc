use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    email: String,
}

fn main() {
    let _ = User::all();
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
}
