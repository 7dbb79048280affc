use activerecord::prelude::*;

use std::cell::Cell;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    #[skip]
    reads: Cell<u32>,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
