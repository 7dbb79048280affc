use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    #[primary_key]
    id: i64,
    city: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten(prefix = "home_")]
    home: Address,
}

fn main() {
    let _ = User::filter(User::HOME.city.eq("Rico"));
    let _ = User::find(1);
}
