use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    street: String,
    city: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    city: String,
    #[flatten]
    home: Address,
}

fn main() {
    let _ = User::filter(User::HOME.city.eq("Rico"));
    let _ = User::find(1);
}
