use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
}

impl Hooks for User {}

fn main() {}
