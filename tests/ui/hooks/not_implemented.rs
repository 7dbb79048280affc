use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[hooks]
struct User {
    id: i64,
}

fn main() {}
