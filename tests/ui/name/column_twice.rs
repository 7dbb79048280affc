use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[column = "id"]
    other: i64,
}

fn main() {}
