use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    street: String,
    city: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten]
    home: Address,
}

fn main() {
    let _ = User::filter(User::HOME.town.eq("Rico"));
}
