use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    #[table = "users"]
    id: i64,
}

fn main() {}
