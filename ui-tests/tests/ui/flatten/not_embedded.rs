use activerecord::prelude::*;

struct Address {
    city: String,
}

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[flatten]
    home: Address,
}

fn main() {
    let _ = User::filter(User::ID.eq(1));
    let _ = User::find(1);
}
