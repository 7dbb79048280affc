use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[activerecord(crate)]
struct User {
    id: i64,
}

fn main() {}
