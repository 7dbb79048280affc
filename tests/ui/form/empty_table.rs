use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[table = ""]
struct User {
    id: i64,
}

fn main() {}
