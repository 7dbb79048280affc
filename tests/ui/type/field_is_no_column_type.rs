use activerecord::prelude::*;

struct Address;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    address: Address,
}

fn main() {}
