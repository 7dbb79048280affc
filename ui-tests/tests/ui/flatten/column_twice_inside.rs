use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    #[column = "city"]
    town: String,
    city: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten]
    home: Address,
}

fn main() {
    let _ = User::filter(User::HOME.city.eq("Rico"));
    let _ = User::find(1);
}
