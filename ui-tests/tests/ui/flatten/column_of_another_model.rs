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

#[derive(ActiveRecord)]
struct Shop {
    id: i64,
    #[flatten]
    address: Address,
}

fn main() {
    let _ = User::filter(Shop::ADDRESS.city.eq("Rico"));
}
