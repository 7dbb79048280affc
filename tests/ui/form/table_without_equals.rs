use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[table("users")]
struct User {
    id: i64,
}

fn main() {}
