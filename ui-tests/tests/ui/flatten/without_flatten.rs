use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    street: String,
    city: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    home: Address,
}

fn main() {
    let _ = User::find(1);
}
