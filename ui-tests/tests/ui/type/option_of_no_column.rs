use activerecord::prelude::*;

use std::collections::HashMap;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    email: String,
    settings: Option<HashMap<String, bool>>,
}

fn main() {
    let _ = User::filter(User::EMAIL.eq("a@b.c"));
    let _ = User::find(1);
}
