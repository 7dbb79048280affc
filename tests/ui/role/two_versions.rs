use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[version]
    a: i32,
    #[version]
    b: i32,
}

fn main() {}
