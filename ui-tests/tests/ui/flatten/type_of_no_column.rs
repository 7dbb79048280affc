use activerecord::prelude::*;

struct Settings;

#[derive(Embedded)]
struct Address {
    city: String,
    settings: Settings,
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
