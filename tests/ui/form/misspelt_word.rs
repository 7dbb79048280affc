use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[conection = "primary"]
struct User {
    id: i64,
}

fn main() {}
