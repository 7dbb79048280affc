use activerecord::prelude::*;

#[derive(Embedded)]
#[flatten]
struct Address {
    city: String,
}

#[derive(ActiveRecord)]
#[flatten]
struct User {
    id: i64,
    #[flatten]
    home: Address,
}

fn main() {
    let _ = User::filter(User::HOME.city.eq("Rico"));
    let _ = User::find(1);
}
