use activerecord::prelude::*;

#[derive(ActiveRecord)]
#[activerecord(crat = activerecord)]
struct User {
    id: i64,
}

fn main() {}
