use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    #[primary_key = "yes"]
    id: i64,
}

fn main() {}
