use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    #[skip]
    city: String,
}

#[derive(Embedded)]
struct Nothing {}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten]
    home: Address,
}

fn main() {
    let _ = User::find(1);
}
