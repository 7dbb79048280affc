use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[connection = 3]
struct User {
    id: i64,
}

fn main() {}
