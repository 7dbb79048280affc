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
    #[column = "address"]
    home: Address,
    #[flatten]
    #[primary_key]
    work: Address,
    #[flatten]
    #[version]
    other: Address,
    #[flatten]
    #[skip]
    last: Address,
}

fn main() {
    let _ = User::filter(User::HOME.city.eq("Rico"));
    let _ = User::find(1);
}
