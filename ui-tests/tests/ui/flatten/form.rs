use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    street: String,
    city: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten = "home_"]
    home: Address,
    #[flatten(perfix = "work_")]
    work: Address,
    #[flatten(prefix = 1)]
    other: Address,
    #[flatten("last_")]
    last: Address,
    #[flatten(prefix = "a_")]
    #[flatten(prefix = "b_")]
    twice: Address,
}

fn main() {
    let _ = User::filter(User::HOME.city.eq("Rico"));
    let _ = User::find(1);
}
