use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[version]
    version: String,
}

fn main() {}
