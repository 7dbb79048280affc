use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[table = "users"]
#[table = "people"]
struct User {
    id: i64,
}

fn main() {}
