use activerecord::prelude::*;

#[derive(ActiveRecord)]
union User {
    id: i64,
}

fn main() {}
