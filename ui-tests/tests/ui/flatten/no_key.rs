use activerecord::prelude::*;

#[derive(Embedded)]
struct Address {
    id: i64,
}

#[derive(ActiveRecord)]
struct User {
    #[flatten]
    home: Address,
}

fn main() {
    let _ = User::find(1);
}
