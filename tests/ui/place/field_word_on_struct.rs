use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[primary_key]
struct User {
    id: i64,
}

fn main() {}
